"""What a funnel gives: frozen records that turn into JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from carepath.funnels.events import EventAccount


@dataclass(frozen=True)
class StepResult:
    """One step; times are seconds from the previous step, of those who did both in order.

    Parameters
    ----------
    step_number : int
        From 1.
    name : str
        What the step is called.
    closed : int
        People whose progress passed the step.
    done : int
        Of these, those who did it (the others passed over an optional step).
    open : int
        People who did the step at all within their window, in whatever order.
    rate_from_start, rate_from_previous : float or None
        Of those who entered, and of those who passed the step before; None over nobody.
    low, high : float or None
        95 % interval of `rate_from_start` (Wilson).
    lost : int
        People who passed the step before and not this one.
    skipped, skip_rate
        People who never did it but did a later one; as a share of those who did a later one. None
        where steps come in any order.
    closed_mature, rate_from_start_mature
        The same of people whose window had ended when the data were last complete.
    n_seconds : int
        People behind the times of those who did it.
    n_came : int
        Those, and people who stopped at the step or are still on it and were watched there for
        some time. 0 at the first step. Nobody waits at an optional step that was passed over; in
        any order, step k is the k-th that a person does.
    censored_median_seconds : float or None
        Time within which half of all who came did the step, by the product-limit estimate (Kaplan
        and Meier 1958): who did not do it counts as longer than they were watched, which is to the
        end of their window, of complete data or of progress (by an exclusion, or in strict order
        by another event). None where fewer than half did it.
    persons_closed, persons_lost : tuple of str or None
        Who they are, on request.
    """

    step_number: int
    name: str
    event: str | None
    is_optional: bool
    closed: int
    done: int
    open: int
    rate_from_start: float | None
    low: float | None
    high: float | None
    rate_from_previous: float | None
    lost: int
    skipped: int | None
    skip_rate: float | None
    closed_mature: int
    rate_from_start_mature: float | None
    n_seconds: int
    mean_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None
    n_came: int
    censored_median_seconds: float | None
    persons_closed: tuple[str, ...] | None = None
    persons_lost: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Totals:
    """Everybody who entered.

    Parameters
    ----------
    entered, completed : int
        People who entered, and who passed the last step.
    completion_rate, low, high : float or None
        `completed` of `entered`, with its 95 % interval.
    converted, conversion_rate
        People who did the last step at all in the window, whatever lay between.
    n_mature, completed_mature, completion_rate_mature
        The same of people whose window has ended: the rate to quote.
    is_final : bool
        Whether everybody is mature.
    """

    entered: int
    completed: int
    completion_rate: float | None
    low: float | None
    high: float | None
    converted: int
    conversion_rate: float | None
    n_mature: int
    completed_mature: int
    completion_rate_mature: float | None
    is_final: bool


@dataclass(frozen=True)
class SegmentResult:
    """One group of people; `value` None: they have none, or did not reach the step asked for."""

    value: str | None
    label: str
    totals: Totals
    steps: tuple[StepResult, ...]


@dataclass(frozen=True)
class BreakdownResult:
    """The funnel of each group; `is_partition`: everybody is in exactly one."""

    property: str
    at: str
    step: int | None
    is_partition: bool
    n_people: int
    segments: tuple[SegmentResult, ...]


@dataclass(frozen=True)
class TrendRow:
    """People who entered in one period; final when nobody can enter or convert any more."""

    period: str
    starts_at: datetime
    ends_at: datetime
    entered: int
    converted: int
    rate: float | None
    n_mature: int
    converted_mature: int
    rate_mature: float | None
    is_final: bool


@dataclass(frozen=True)
class TrendResult:
    """Cohorts by period of entry, empty ones too."""

    interval: str
    timezone: str
    from_step: int
    to_step: int
    rows: tuple[TrendRow, ...]


@dataclass(frozen=True)
class Bin:
    """People who took from `from_seconds` to before `to_seconds`; the last bin has its end."""

    from_seconds: float
    to_seconds: float
    count: int


@dataclass(frozen=True)
class HistogramResult:
    """Time between two steps, of the `n` people who did both."""

    from_step: int
    to_step: int
    n: int
    mean_seconds: float | None
    median_seconds: float | None
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class SetAside:
    """People who are not among those who entered, and why; and people stopped.

    Parameters
    ----------
    never_entered : int
        Did a later step, but never the first.
    before_range, after_range : int
        Entered only before the date range, or at least once after it and never within.
    removed_by_exclusion, stopped_by_exclusion : int
        By an exclusion event; who was stopped stays among those who entered.
    """

    never_entered: int
    before_range: int
    after_range: int
    removed_by_exclusion: int
    stopped_by_exclusion: int


@dataclass(frozen=True)
class ProblemRow:
    """A row that cannot be used: its number (the first after the header is 1), and why."""

    row_number: int
    reason: str
    detail: str | None


@dataclass(frozen=True)
class UnseenEvent:
    """A name in the definition that no usable event has, and the nearest that one has."""

    event: str
    nearest: str | None


@dataclass(frozen=True)
class FirstTimestamp:
    """The time of the first usable row: its text, and the moment (UTC) that it is read as."""

    text: str
    read_as: datetime


@dataclass(frozen=True)
class FunnelResult:
    """A funnel's answer.

    Parameters
    ----------
    entries_from, entries_before : datetime or None
        Whose entries count (UTC); None is without limit.
    encoding : str
        What the file's text is written in: utf-8, utf-16 or windows-1252.
    timestamp_format : tuple of str
        How the file writes times, as defined or found; empty for the usual ways.
    timestamp_unit : str or None
        What numbers count, where the definition says it.
    timezone : str
        Zone of times that name none.
    first_timestamp : FirstTimestamp or None
        What the first time is read as; None without any usable row, and for the warehouse.
    problem_rows : tuple of ProblemRow
        The first rows of the file that cannot be used.
    unseen_events : tuple of UnseenEvent
        Events of steps and exclusions that never happened.
    """

    source: str
    encoding: str
    unit: str
    order: str
    entry: str
    window_seconds: float
    tie_seconds: float
    first_time_only: bool
    entries_from: datetime | None
    entries_before: datetime | None
    complete_through: datetime | None
    complete_through_source: str
    totals: Totals
    steps: tuple[StepResult, ...]
    breakdown: BreakdownResult | None
    trend: TrendResult | None
    histogram: HistogramResult | None
    set_aside: SetAside
    events: EventAccount
    timestamp_format: tuple[str, ...]
    timestamp_unit: str | None
    timezone: str
    first_timestamp: FirstTimestamp | None
    problem_rows: tuple[ProblemRow, ...]
    unseen_events: tuple[UnseenEvent, ...]
    sql: tuple[str, ...]

    def to_dict(self, *, with_sql: bool = False) -> dict[str, Any]:
        """Return plain values for JSON; moments in UTC with a Z."""
        described: dict[str, Any] = _plain(self)
        if not with_sql:
            del described["sql"]
        return described


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if not (field.name.startswith("persons_") and getattr(value, field.name) is None)
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value
