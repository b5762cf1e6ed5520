"""Did people go missing, or only their events? Records of accounts and projects against events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carepath.questions.freshness import read_complete_through
from carepath.questions.people import METRICS, entrants
from carepath.questions.question import Context

if TYPE_CHECKING:
    from carepath.stats.estimates import Estimate

PROJECTS = "current_project_summary"
FUNNEL_EVENTS = "funnel_events"
ALARM = 0.01
MINIMUM_LOSS = 0.01


@dataclass(frozen=True)
class Loss:
    """A span of days in which events of records are missing.

    Parameters
    ----------
    event : str
        CREATE_ACCOUNT or CREATE_PROJECT.
    among : str
        everybody, or the client or device it was found in.
    first_date, last_date : date
        Both inclusive (UTC).
    captured, usual : float
        Share of records with their event, in the span and outside.
    """

    event: str
    among: str
    first_date: date
    last_date: date
    captured: float
    usual: float


@dataclass(frozen=True)
class Tracking:
    """What the comparison of records and events found.

    Parameters
    ----------
    losses : tuple of Loss
        Spans, by first date.
    missed : Estimate or None
        Share of the people who entered in the spans who have a project record in time but no
        event: what the measured conversion is short of. None without spans.
    compared : mapping of str to (int, int)
        By event: records compared, and those of them whose event came.
    """

    losses: tuple[Loss, ...]
    missed: Estimate | None
    compared: Mapping[str, tuple[int, int]]

    @property
    def records(self) -> int:
        """Count the records compared."""
        return sum(records for records, _ in self.compared.values())

    def covers(self, day: date, lead: timedelta) -> bool:
        """Whether an entry of that day may have lost its conversion in a span."""
        return any(loss.first_date - lead <= day <= loss.last_date for loss in self.losses)


def find_tracking_losses(context: Context) -> Tracking:
    """Compare first projects, and people with later steps, with their events.

    Scans all records, then those of each device and client, since an outage may be partial; the
    alarm level is shared between the scans.
    """
    losses: list[Loss] = []
    projects = _read_projects(context)
    compared = {}
    for event, (days, captured, groups) in (
        ("CREATE_PROJECT", projects),
        ("CREATE_ACCOUNT", _read_entries(context)),
    ):
        compared[event] = (len(days), int(captured.sum()))
        losses.extend(_scan(event, days, captured, groups))
    losses.sort(key=lambda loss: (loss.first_date, loss.last_date, loss.event, loss.among))
    missed = _measure(context, losses) if losses else None
    return Tracking(tuple(losses), missed, compared)


Records = tuple[NDArray[np.datetime64], NDArray[np.bool_], dict[str, NDArray[np.str_]]]


def _read_projects(context: Context) -> Records:
    """Read each member's first project and whether an event of the step came within a day.

    Only projects whose event has had its day: where the feed of events stopped, none is lost.
    """
    through = read_complete_through(context, "snowplow.events")
    found = context.fetch(
        f"""
        with first_projects as (
            select member_id, min(created_at) as created_at
            from {PROJECTS}
            where member_id is not null
            group by member_id
        ),
        captured as (
            select distinct first_projects.member_id
            from first_projects
            inner join {FUNNEL_EVENTS} as events
                on
                    first_projects.member_id = events.member_id
                    and events.step_name = 'CREATE_PROJECT'
                    and abs(datediff('second', first_projects.created_at, events.event_at))
                    <= 86400
        )
        select
            first_projects.created_at as recorded_at,
            captured.member_id is not null as is_captured,
            coalesce(people.entry_device_type, 'unknown') as device,
            coalesce(people.entry_client_id, 'unknown') as client
        from first_projects
        inner join {METRICS} as people on first_projects.member_id = people.member_id
        left join captured on first_projects.member_id = captured.member_id
        where
            people.exclusion_reason is null and people.population != 'no_funnel_events'
            and datediff('second', first_projects.created_at, $through) >= 86400
            and {context.within_moments("first_projects.created_at")}
        order by first_projects.created_at, first_projects.member_id
        """,
        {"through": through},
    )
    return _records(
        found.moments("recorded_at"),
        found.booleans("is_captured"),
        found.objects("device"),
        found.objects("client"),
    )


def _read_entries(context: Context) -> Records:
    """Read people by their first event of the funnel and whether it was an entry.

    Only people whose later steps came through can be seen to lack CREATE_ACCOUNT.
    """
    found = context.fetch(
        f"""
        with first_events as (
            select member_id, min(event_at) as event_at
            from {FUNNEL_EVENTS}
            where step_number is not null and exclusion_reason is null
            group by member_id
        )
        select
            first_events.event_at as recorded_at,
            people.population = 'entrant' as is_captured,
            coalesce(people.entry_device_type, 'unknown') as device,
            coalesce(people.entry_client_id, 'unknown') as client
        from first_events
        inner join {METRICS} as people on first_events.member_id = people.member_id
        where
            people.population in ('entrant', 'no_entry')
            and {context.within_moments("first_events.event_at")}
        order by first_events.event_at, first_events.member_id
        """
    )
    # Who has no entry has no device or client at entry either: only the whole can be compared.
    return (
        found.moments("recorded_at").astype("datetime64[D]"),
        found.booleans("is_captured"),
        {},
    )


def _records(
    moments: NDArray[np.datetime64],
    captured: NDArray[np.bool_],
    devices: NDArray[np.object_],
    clients: NDArray[np.object_],
) -> Records:
    return (
        moments.astype("datetime64[D]"),
        captured,
        {"device": devices.astype(str), "client": clients.astype(str)},
    )


def _scan(
    event: str,
    days: NDArray[np.datetime64],
    captured: NDArray[np.bool_],
    groups: dict[str, NDArray[np.str_]],
) -> list[Loss]:
    from carepath.stats.suppression import MINIMUM_PEOPLE
    from carepath.stats.tracking import find_outages

    if not len(days):
        return []
    first = days.min()
    place = (days - first).astype(np.int64)
    length = int(place.max()) + 1
    parts: list[tuple[str, NDArray[np.bool_]]] = [("everybody", np.ones(len(days), dtype=bool))]
    for kind, labels in groups.items():
        for name in np.unique(labels).tolist():
            if name != "unknown":
                parts.append((f"{kind} {name}", labels == name))
    found: list[Loss] = []
    for among, chosen in parts:
        records = np.bincount(place[chosen], minlength=length)
        if records.sum() < MINIMUM_PEOPLE:
            continue
        with_event = np.bincount(place[chosen & captured], minlength=length)
        for outage in find_outages(with_event, records):
            if outage.p * len(parts) > ALARM or outage.captured.n < MINIMUM_PEOPLE:
                continue
            begin = (first + np.timedelta64(outage.first_day, "D")).astype(object)
            end = (first + np.timedelta64(outage.last_day, "D")).astype(object)
            found.append(Loss(event, among, begin, end, outage.captured.value or 0.0, outage.usual))
    return found


def _measure(context: Context, losses: list[Loss]) -> Estimate:
    """Return the share of the spans' people who have a project in time but no event of it."""
    from carepath.stats.proportions import wilson

    spans = " or ".join(
        f"people.entered_date between $first_{_letter(i)} and $last_{_letter(i)}"
        for i in range(len(losses))
    )
    values = {}
    for index, loss in enumerate(losses):
        values[f"first_{_letter(index)}"] = loss.first_date
        values[f"last_{_letter(index)}"] = loss.last_date
    found = context.fetch(
        f"""
        with people as ({entrants(context.whole())}
        ),
        in_time as (
            select distinct people.member_id
            from people
            inner join {PROJECTS} as projects
                on
                    people.member_id = projects.member_id
                    and projects.created_at >= people.entered_at
                    and projects.created_at <= people.window_ends_at
        )
        select
            count(*) as people,
            count(case when in_time.member_id is not null and not people.is_converted then 1 end)
                as missed
        from people
        left join in_time on people.member_id = in_time.member_id
        where people.is_mature and ({spans})
        """,
        values,
    )
    return wilson(int(found.integers("missed")[0]), int(found.integers("people")[0]))


def _letter(index: int) -> str:
    """Name a parameter without digits."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(index))
