"""What to make: sizes, span, scenario, seed, formats."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

import numpy as np

from carepath.errors import CarepathError
from carepath.sample.scenarios import Scenario, find_scenario

DEFAULT_END = date(2026, 7, 1)
FILE_FORMATS = ("parquet", "csv", "jsonl")
EVENTS_FORMATS = ("flattened", "json", "tsv")
# Measured on the default plan; used to turn a wanted number of events into members.
EVENTS_PER_MEMBER = 19.3
# Times are whole microseconds.
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
WEEK = 7 * DAY


@dataclass(frozen=True)
class SamplePlan:
    """A sample to make. The same plan makes the same data.

    Parameters
    ----------
    members : int
        People who sign up inside the span.
    clients : int
        Employers.
    months : int
        Length of the span in calendar months.
    start : date, optional
        First day (UTC). By default the span ends on 2026-06-30, whatever today is.
    scenario : str
        Name of a scenario, see `carepath.sample.scenarios`.
    effect : float, optional
        Size of what the scenario plants; by default the scenario's own.
    seed : int
        Non-negative seed of all random numbers.
    file_format : str
        ``parquet``, ``csv`` or ``jsonl``.
    events_format : str
        ``flattened`` columns, Snowplow's ``json`` columns, or its enriched ``tsv``.
    """

    members: int = 20_000
    clients: int = 40
    months: int = 24
    start: date | None = None
    scenario: str = "none"
    effect: float | None = None
    seed: int = 1
    file_format: str = "parquet"
    events_format: str = "flattened"

    def __post_init__(self) -> None:
        """Refuse what cannot be made, naming the option."""
        find_scenario(self.scenario)
        for option, value, low, high in (
            ("--members", self.members, 1, 100_000_000),
            ("--clients", self.clients, 1, 100_000),
            ("--months", self.months, 1, 600),
            ("--seed", self.seed, 0, 2**63 - 1),
        ):
            if not low <= value <= high:
                raise CarepathError(
                    f"{value} is out of range.",
                    where=option,
                    fix=f"give a whole number from {low} to {high}",
                )
        if self.effect is not None and not 0 <= self.effect <= 10:
            raise CarepathError(
                f"{self.effect} is out of range.",
                where="--effect",
                fix="give a number from 0 to 10; what it measures is in --list-scenarios",
            )
        if self.effect is not None and not self.what.effect_means:
            raise CarepathError(
                f"The scenario {self.scenario!r} plants nothing that has a size.",
                where="--effect",
                fix="leave --effect out, or choose a scenario: `carepath sample --list-scenarios`",
            )
        if self.start is not None and not 2001 <= self.start.year <= 2100:
            raise CarepathError(
                f"{self.start} is out of range.",
                where="--start",
                fix="give a day from 2001 to 2100",
            )
        points = bool(self.what.effect_means) and self.what.driver == "none"
        if self.effect is not None and points and self.effect > 1:
            raise CarepathError(
                f"{self.effect} is more than 100 %: this effect is a rate.",
                where="--effect",
                fix="for 10 percentage points give 0.10",
            )
        for option, name, known in (
            ("--file-format", self.file_format, FILE_FORMATS),
            ("--events-format", self.events_format, EVENTS_FORMATS),
        ):
            if name not in known:
                raise CarepathError(
                    f"{name!r} is not a known format.", where=option, fix="use " + ", ".join(known)
                )

    @property
    def what(self) -> Scenario:
        """The scenario itself."""
        return find_scenario(self.scenario)

    @property
    def planted_effect(self) -> float:
        """Size of the effect: the given one, else the scenario's own."""
        return self.what.default_effect if self.effect is None else self.effect

    @property
    def first_day(self) -> date:
        """First day of the span."""
        return self.start or add_months(DEFAULT_END, -self.months)

    @property
    def last_day(self) -> date:
        """The day after the span: nothing happens on or after it."""
        return add_months(self.first_day, self.months)

    @property
    def begins(self) -> int:
        """Start of the span, microseconds since 1970 UTC."""
        return microseconds(self.first_day)

    @property
    def ends(self) -> int:
        """End of the span (exclusive): the moment the data was extracted."""
        return microseconds(self.last_day)

    @property
    def changes(self) -> int:
        """The change date: the Monday nearest to 60 % of the span (UTC midnight)."""
        monday = 4 * DAY  # 1970-01-05 was a Monday
        wanted = self.begins + 0.6 * (self.ends - self.begins)
        return monday + round((wanted - monday) / WEEK) * WEEK

    def sized_for(self, events: int) -> SamplePlan:
        """The same plan with the members that make about `events` events."""
        return replace(self, members=max(1, round(events / EVENTS_PER_MEMBER)))

    def random(self, purpose: str, part: int = 0) -> np.random.Generator:
        """Random numbers of one purpose, so that one part never disturbs another.

        Scenarios share the draws: the same seed has the same people under `none` and `new_page`.
        """
        key = (*purpose.encode(), 0, part)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


def add_months(day: date, months: int) -> date:
    """Shift `day` by calendar months, to the month's last day at most."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    longest = (following - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, longest))


def microseconds(day: date) -> int:
    """Midnight UTC of `day`, in microseconds since 1970."""
    return int(datetime.combine(day, time(), UTC).timestamp()) * SECOND
