"""What a question declares, and what it gets to work with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from carepath.questions.answer import Answer, Chart, Exclusion, Figure, Table
from carepath.questions.warehouse import Columns, Parameter, Warehouse, write_out

SEED = 20_240_701


@dataclass(frozen=True)
class Segment:
    """A way to split an answer.

    Parameters
    ----------
    id : str
        What follows ``--by``.
    expression : str
        SQL over the columns of the table that carries it; never null.
    description : str
        What the groups are.
    """

    id: str
    expression: str
    description: str


@dataclass(frozen=True)
class Question:
    """A question of the product, and what its answer means.

    The page in `docs/questions` and the definitions of the report are made from it.

    Parameters
    ----------
    id : str
        Stable and public.
    text : str
        The question, one line.
    decision : str
        What its answer helps to decide.
    population : str
        Who or what is counted.
    unit : str
        What is one observation.
    estimand : str
        What is estimated.
    censoring : str
        How those are counted whose outcome is not known yet.
    reads : tuple of str
        Tables of prod it reads.
    verdicts : mapping of str to str
        Every verdict it can give, besides ``no data``, and what it means.
    segments : tuple of Segment
        What ``--by`` accepts.
    local_dates : {"always", "range", "never"}
        Whether the answer speaks of dates or weeks of the site: always, only where a range of
        them was asked for, or never. Where it does, a caveat names the site's time zone.
    range_unit : {"day", "month"}
        What --since and --until are widened to. Months where people are counted: answers over
        ranges a day apart would tell of the few who entered on that day.
    """

    id: str
    text: str
    decision: str
    population: str
    unit: str
    estimand: str
    censoring: str
    reads: tuple[str, ...]
    verdicts: Mapping[str, str]
    segments: tuple[Segment, ...] = ()
    local_dates: Literal["always", "range", "never"] = "never"
    range_unit: Literal["day", "month"] = "day"


@dataclass(frozen=True)
class Context:
    """A warehouse at a moment, and what was asked of it.

    Parameters
    ----------
    question : Question
        What is being answered.
    warehouse : Warehouse
        `prod`.
    as_of : datetime
        Moment the warehouse is of (UTC).
    site_time_zone : str
        Zone of the site's calendar: of every local date and week in `prod`.
    segment : Segment or None
        What to split by.
    since, until : date or None
        First and last local date of what is asked about, both inclusive.
    is_widened : bool
        Whether that is more than was asked for: ranges of people are whole months.
    seed : int
        Of every resampling.
    """

    question: Question
    warehouse: Warehouse
    as_of: datetime
    site_time_zone: str
    segment: Segment | None = None
    since: date | None = None
    until: date | None = None
    is_widened: bool = False
    seed: int = SEED
    statements: list[str] = field(default_factory=list)

    def fetch(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> Columns:
        """Run one select against prod and keep it for the answer."""
        given = dict(parameters or {})
        bounds: tuple[tuple[str, date | datetime | None], ...] = (
            ("since", self.since),
            ("until", self.until),
            ("since_moment", self.midnight(self.since)),
            ("until_moment", self.midnight(self.until, days=1)),
        )
        for name, value in bounds:
            if value is not None and re.search(rf"\${name}\b", sql):
                given[name] = value
        statement = write_out(sql, given)
        if statement not in self.statements:
            self.statements.append(statement)
        return self.warehouse.fetch(sql, given)

    def within(self, column: str) -> str:
        """Return the SQL condition that `column`, a local date, lies in the range asked for."""
        parts = ["true"]
        if self.since is not None:
            parts.append(f"{column} >= $since")
        if self.until is not None:
            parts.append(f"{column} <= $until")
        return " and ".join(parts[1:] or parts)

    def within_moments(self, column: str) -> str:
        """Return the SQL condition that `column`, a UTC moment, lies on a day of the range."""
        parts = ["true"]
        if self.since is not None:
            parts.append(f"{column} >= $since_moment")
        if self.until is not None:
            parts.append(f"{column} < $until_moment")
        return " and ".join(parts[1:] or parts)

    def midnight(self, day: date | None, days: int = 0) -> datetime | None:
        """Return the UTC moment at which a date of the site, or one some days later, begins."""
        if day is None:
            return None
        try:
            local = datetime.combine(day + timedelta(days), time(), ZoneInfo(self.site_time_zone))
            return local.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:  # the ends of the calendar
            return datetime.max if days else datetime.min

    def local_date(self, moment: datetime) -> date:
        """Return the date of the site at a UTC moment."""
        try:
            return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.site_time_zone)).date()
        except OverflowError:  # the ends of the calendar
            return moment.date()

    def whole(self) -> Context:
        """Return the same context, split by nothing; statements go to the same answer."""
        return replace(self, segment=None)

    def split(self, segment: Segment) -> Context:
        """Return the same context, split by `segment`."""
        return replace(self, segment=segment)

    @property
    def by(self) -> str:
        """SQL of the group of a row; one group where nothing was asked to be split."""
        return self.segment.expression if self.segment else "'all'"

    @property
    def period(self) -> str:
        """The range asked for, in words; empty when it is everything."""
        if self.since and self.until:
            return f" between {self.since} and {self.until}"
        if self.since:
            return f" since {self.since}"
        return f" up to {self.until}" if self.until else ""

    @property
    def _zone_caveat(self) -> str:
        """The zone of the dates and weeks the answer speaks of; empty where it speaks of none."""
        spoken = self.question.local_dates
        if spoken == "never" or (spoken == "range" and not self.period):
            return ""
        return (
            "Dates, and ISO weeks from Monday, are those of the site's time zone, "
            f"{self.site_time_zone}."
        )

    @property
    def _range_caveat(self) -> str:
        """Say that the range is wider than the one asked for."""
        if not self.is_widened:
            return ""
        return (
            f"The range was widened to whole months: sign-ups{self.period}. Ranges a few days "
            "apart would tell by subtraction of the few people who signed up on those days."
        )

    def answer(
        self,
        headline: str,
        verdict: str,
        estimates: tuple[Figure, ...] = (),
        table: Table | None = None,
        caveats: tuple[str, ...] = (),
        excluded: tuple[Exclusion, ...] = (),
        chart: Chart | None = None,
    ) -> Answer:
        """Make the answer, with the statements that ran."""
        return Answer(
            question=self.question.id,
            as_of=self.as_of,
            headline=headline,
            verdict=verdict,
            estimates=estimates,
            table=table or Table(),
            caveats=tuple(
                caveat for caveat in (*caveats, self._range_caveat, self._zone_caveat) if caveat
            ),
            excluded=tuple(left for left in excluded if left.count),
            sql=tuple(self.statements),
            chart=chart,
        )
