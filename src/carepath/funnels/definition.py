"""What a funnel is: steps, window, order, and how to look at the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Scalar = str | int | float | bool
Where = Mapping[str, tuple[Scalar, ...]]
"""Property -> the values it may have; every property must have one of its own."""

Order = Literal["ordered", "strict", "unordered"]
EntryMode = Literal["first_entry", "any_entry"]
ExclusionMode = Literal["stop", "remove_person"]
Attribution = Literal["entry", "first_touch", "last_touch", "all_events", "step"]
Interval = Literal["hour", "day", "week", "month"]

DEFAULT_WINDOW_SECONDS = 14 * 86_400
DEFAULT_TIE_SECONDS = 2
EARLIEST_PLAUSIBLE_AT = datetime(1980, 1, 1)
"""Year 1, 1900 and 1970 are how systems write that they have no date."""
EARLIEST_READABLE_AT = datetime(1000, 1, 1)
"""What is read as an earlier year was written in another order: 02-03-26."""
LATEST_READABLE_AT = datetime.max


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    event : str or None
        Name of the event; None where any event will do.
    where : mapping
        What the event's properties must be.
    is_optional : bool
        Whether it may be passed over.
    name : str
        What people call it.
    """

    event: str | None
    where: Where = field(default_factory=dict)
    is_optional: bool = False
    name: str = ""


@dataclass(frozen=True)
class Exclusion:
    """An event that must not happen between two steps (numbers from 1)."""

    event: str
    from_step: int
    to_step: int
    where: Where = field(default_factory=dict)
    mode: ExclusionMode = "stop"


@dataclass(frozen=True)
class Breakdown:
    """By which property people are told apart, and at which of their events it is read."""

    property: str
    at: Attribution = "entry"
    step: int | None = None


@dataclass(frozen=True)
class DateRange:
    """When people may enter (UTC): from `start` to before `end`; None is without limit."""

    start: datetime | None = None
    end: datetime | None = None
    clip_conversions: bool = False


@dataclass(frozen=True)
class Trend:
    """Cohorts by the time of entry, in local periods; conversion from one step to another."""

    interval: Interval
    from_step: int
    to_step: int
    timezone: str = "UTC"


@dataclass(frozen=True)
class Histogram:
    """Time between two steps; `bins` None is the cube root of n, rounded up."""

    from_step: int
    to_step: int
    bins: int | None = None


@dataclass(frozen=True)
class FunnelDefinition:
    """A funnel defined on the spot; every field as in ``docs/ad-hoc-funnels.md``.

    Parameters
    ----------
    steps : tuple of Step
        Two or more.
    columns : dict
        What a file calls its columns person, event, timestamp and event_id, where otherwise; the
        parts of one that stands in several.
    window_seconds : float
        From entry to the last moment that counts, end inclusive.
    tie_seconds : float
        Events closer than this are interchangeable in order.
    timestamp_format : tuple of str
        How a file writes times, as strptime has it; what has none of these, in any usual way.
    timestamp_unit : str, optional
        What numbers count in the times of a file; None: their size tells.
    timezone : str
        Time zone of the times of a file that name none.
    earliest_plausible_at : datetime, optional
        Events of a file dated earlier are set aside. None: EARLIEST_PLAUSIBLE_AT, unless most
        events are older.
    latest_plausible_at : datetime, optional
        Events of a file dated later are set aside. None: the end of tomorrow, unless most events
        are later.
    """

    steps: tuple[Step, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    window_seconds: float = DEFAULT_WINDOW_SECONDS
    order: Order = "ordered"
    entry: EntryMode = "first_entry"
    tie_seconds: float = DEFAULT_TIE_SECONDS
    first_time_only: bool = False
    exclusions: tuple[Exclusion, ...] = ()
    breakdown: Breakdown | None = None
    where: Where = field(default_factory=dict)
    group_by_property: str | None = None
    date_range: DateRange = field(default_factory=DateRange)
    trend: Trend | None = None
    histogram: Histogram | None = None
    complete_through: datetime | None = None
    timestamp_format: tuple[str, ...] = ()
    timestamp_unit: str | None = None
    timezone: str = "UTC"
    earliest_plausible_at: datetime | None = None
    latest_plausible_at: datetime | None = None

    @property
    def step_numbers(self) -> tuple[int, ...]:
        """Numbers of the steps, from 1."""
        return tuple(range(1, len(self.steps) + 1))

    @property
    def optional_steps(self) -> tuple[int, ...]:
        """Numbers of the steps that may be passed over."""
        return tuple(n for n, step in enumerate(self.steps, start=1) if step.is_optional)

    @property
    def has_one_entry(self) -> bool:
        """Whether nothing matters but what follows a person's first entry, up to their window.

        With a breakdown by all events each value has a first entry of its own.
        """
        has_more = self.breakdown is not None and self.breakdown.at == "all_events"
        return self.entry == "first_entry" and not has_more

    @property
    def properties(self) -> tuple[str, ...]:
        """Properties of events that are read, in order of first mention."""
        wanted: dict[str, None] = dict.fromkeys(self.where)
        for where in [part.where for part in self.steps] + [e.where for e in self.exclusions]:
            wanted.update(dict.fromkeys(where))
        if self.group_by_property is not None:
            wanted[self.group_by_property] = None
        if self.breakdown is not None:
            wanted[self.breakdown.property] = None
        return tuple(wanted)
