"""What happened to the care team's tasks on each day, from the visits of their histories."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from carepath.questions.freshness import Knowledge, read_work
from carepath.questions.question import Context

if TYPE_CHECKING:
    from carepath.stats.flow import FlowDays

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]
PHASES = "task_phases"
TASKS = "current_task_summary"
COORDINATORS = "coordinator_days"
DAY = np.timedelta64(1, "D")
SECOND = np.timedelta64(1, "s")
# An hour of the week in which fewer than this share of an average hour's visits end is closed.
OPEN_HOUR = 0.25
HOURS = 24 * 7
# Who worked is believed where the history says it of at least this share of the changes.
KNOWN_CHANGES = 0.9
# Until then a task has only not been noticed yet.
REACTION = np.timedelta64(30, "m")


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits of one kind: when each began and ended; those that last end with what is known."""

    entered: Moments
    exited: Moments
    is_over: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Staff:
    """Who worked, by local date.

    Parameters
    ----------
    dates : array of datetime64, shape (dates,)
        Dates on which some task changed, in order.
    coordinators : array of float
        Coordinators who made a change.
    changes, attributed : array of float
        Changes that are the team's work, and those of them that say who made them.
    """

    dates: Moments
    coordinators: Floats
    changes: Floats
    attributed: Floats

    def known_share(self, first: date, days: int) -> tuple[float, int]:
        """Return the share of a window's changes that say who made them, and the changes."""
        begin = np.datetime64(first, "D")
        within = (self.dates >= begin) & (self.dates < begin + np.timedelta64(days, "D"))
        changes = float(self.changes[within].sum())
        return (float(self.attributed[within].sum()) / changes if changes else 0.0), int(changes)

    def count(self, first: date, days: int) -> Floats:
        """Return the coordinators of each day of a window."""
        place = (self.dates - np.datetime64(first, "D")).astype(np.int64)
        within = (place >= 0) & (place < days)
        counted = np.zeros(days)
        counted[place[within]] = self.coordinators[within]
        return counted


@dataclass(frozen=True, eq=False)
class TaskFlow:
    """Everything that is counted by day.

    Parameters
    ----------
    first, last : date
        First and last whole day in the data, in the site's time zone, as all moments here.
    arrivals, finished : array of datetime64
        When tasks were created, and first completed.
    queue, active, waiting, open : Visits
        Visits waiting for a coordinator for more than half an hour and then picked up, being
        worked on, waiting for somebody outside, and all that are neither done nor cancelled.
    staff : Staff
        Who worked.
    untold : int
        Tasks of which it is not known when they were open: finished or cancelled ones without
        history, and those in a status that status_map.csv does not name.
    known : Knowledge
        Up to when the sources tell what happened: nothing here is later.
    """

    first: date
    last: date
    arrivals: Moments
    finished: Moments
    queue: Visits
    active: Visits
    waiting: Visits
    open: Visits
    staff: Staff
    untold: int
    known: Knowledge


def read_flow(context: Context) -> TaskFlow | None:
    """Read all tasks, as far as they are known; None when there is none."""
    known = read_work(context, "tasks")
    through = {"through": known.through}
    tasks = context.fetch(
        f"""
        select
            created_at,
            first_done_at,
            category = 'unknown' or (is_imputed and category in ('done', 'cancelled')) as is_untold
        from {TASKS}
        where created_at <= $through
        order by task_id
        """,
        through,
    )
    if not len(tasks):
        return None
    visits = context.fetch(
        f"""
        with followed as (
            select
                *,
                lead(category) over (partition by task_id order by visit_number) as next_category
            from {PHASES}
        )
        select category, entered_at, exited_at, coalesce(next_category, 'none') as next_category
        from followed
        where category not in ('done', 'cancelled') and entered_at <= $through
        order by task_id, visit_number
        """,
        through,
    )
    zone = context.site_time_zone
    end = convert_to_local(np.array([known.end]), zone)[0]
    entered = convert_to_local(visits.moments("entered_at"), zone)
    exited = convert_to_local(visits.moments("exited_at"), zone)
    # An end that came later had not come yet.
    is_over = visits.moments("exited_at") <= known.end
    # Clocks set back may end a visit before it began.
    exited = np.maximum(np.where(is_over, exited, end), entered)
    category = visits.objects("category")
    # A task nobody will ever pick up is no sign of a busy team; one picked up soon neither.
    picked = (category == "todo") & (visits.objects("next_category") == "active")
    picked &= is_over
    picked &= exited - entered > REACTION
    queued = Visits(entered[picked] + REACTION, exited[picked], is_over[picked])

    def of(chosen: NDArray[np.bool_]) -> Visits:
        return Visits(entered[chosen], exited[chosen], is_over[chosen])

    finished = tasks.moments("first_done_at")
    finished = convert_to_local(finished[finished <= known.end], zone)
    arrivals = convert_to_local(tasks.moments("created_at"), zone)
    return TaskFlow(
        _day(arrivals.min()),
        _day(end - DAY),
        arrivals,
        finished,
        queued,
        of(category == "active"),
        of(category == "waiting"),
        of(np.ones(len(category), dtype=bool)),
        _read_staff(context),
        int(tasks.booleans("is_untold").sum()),
        known,
    )


def _read_staff(context: Context) -> Staff:
    found = context.fetch(
        f"""
        select worked_date, coordinator_count, work_change_count, attributed_change_count
        from {COORDINATORS}
        order by worked_date
        """
    )
    return Staff(
        found.moments("worked_date").astype("datetime64[D]"),
        found.floats("coordinator_count"),
        found.floats("work_change_count"),
        found.floats("attributed_change_count"),
    )


def convert_to_local(moments: Moments, time_zone: str) -> Moments:
    """Return the local wall times of UTC moments; NaT stays.

    Where clocks are set back an hour is there twice, where they are set forward one is missing:
    spans across either are wrong by that hour, which counts by day can bear.
    """
    zone = ZoneInfo(time_zone)
    shifts = np.zeros(len(moments), dtype="timedelta64[s]")
    known = ~np.isnat(moments)
    days, place = np.unique(moments[known].astype("datetime64[D]"), return_inverse=True)
    begins = _find_shifts(days, zone)
    found = begins[place]
    # Only on a day on which clocks are set does the time of day matter.
    ends = _find_shifts(np.asarray(days + DAY, dtype="datetime64[D]"), zone)
    unsure = (begins != ends)[place]
    found[unsure] = _find_shifts(moments[known][unsure], zone)
    shifts[known] = found
    return moments + shifts


def _find_shifts(moments: Moments, zone: ZoneInfo) -> NDArray[np.timedelta64]:
    """Return local less UTC, one moment at a time."""
    found = []
    for moment in moments.astype("datetime64[s]").astype(object):
        shift = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        found.append(np.timedelta64(shift, "s"))
    return np.array(found, dtype="timedelta64[s]")


def _day(moment: np.datetime64) -> date:
    value: datetime = moment.astype("datetime64[us]").astype(object)
    return value.date()


def count_days(flow: TaskFlow, first: date, days: int) -> FlowDays:
    """Count a window of days.

    Nobody's working hours are in prod: an hour of the week counts as working time when at least
    a quarter as many visits end in it as in an average hour of the whole history.
    """
    from carepath.stats.flow import FlowDays

    edges = np.datetime64(first, "us") + DAY * np.arange(days + 1)
    ends = flow.active.exited[flow.active.is_over]
    outside_before = _integral(flow.waiting, edges)
    return FlowDays(
        arrivals=_count(flow.arrivals, edges),
        finished=_count(flow.finished, edges),
        visits_completed=_count(ends, edges),
        coordinators=flow.staff.count(first, days),
        waiting_share=_waiting_share(flow, edges),
        waiting_visits=_count(ends[_is_covered(flow.queue, ends)], edges),
        wip=np.diff(_integral(flow.open, edges)) / 86_400,
        external_wip=np.diff(outside_before) / 86_400,
        external_entered=_count(flow.waiting.entered, edges),
    )


def _count(moments: Moments, edges: Moments) -> Floats:
    places = np.searchsorted(np.sort(moments), edges)
    return np.asarray(np.diff(places), dtype=np.float64)


def _integral(visits: Visits, edges: Moments) -> Floats:
    """Return the visit-seconds spent up to each edge."""
    total = np.zeros(len(edges))
    for moments, sign in ((visits.entered, 1.0), (visits.exited, -1.0)):
        seconds = np.sort((moments - edges[0]) / SECOND)
        summed = np.concatenate([[0.0], np.cumsum(seconds)])
        at = (edges - edges[0]) / SECOND
        places = np.searchsorted(seconds, at)
        total += sign * (places * at - summed[places])
    return total


def _union(visits: Visits) -> tuple[Moments, Moments]:
    """Return the disjoint spans in which at least one visit lasts."""
    order = np.argsort(visits.entered, kind="stable")
    entered, exited = visits.entered[order], visits.exited[order]
    if not len(entered):
        return entered, exited
    reach = np.maximum.accumulate(exited)
    fresh = np.concatenate([[True], entered[1:] > reach[:-1]])
    last = np.concatenate([np.flatnonzero(fresh)[1:] - 1, [len(entered) - 1]])
    return entered[fresh], reach[last]


def _is_covered(visits: Visits, moments: Moments) -> NDArray[np.bool_]:
    """Tell at which moments at least one visit lasts."""
    begins, ends = _union(visits)
    if not len(begins):
        return np.zeros(len(moments), dtype=bool)
    place = np.searchsorted(begins, moments, side="right") - 1
    return (place >= 0) & (moments < ends[np.maximum(place, 0)])


def _waiting_share(flow: TaskFlow, edges: Moments) -> Floats:
    """Return the share of each day's working hours in which some task waited."""
    days = len(edges) - 1
    hours = edges[0] + np.timedelta64(1, "h") * np.arange(24 * days + 1)
    begins, ends = _union(flow.queue)
    covered = np.zeros(24 * days)
    if len(begins):
        spans = Visits(begins, ends, np.ones(len(begins), dtype=bool))
        covered = np.diff(_integral(spans, hours)) / 3_600
    open_hours = _open_hours(flow)[_hour_of_week(hours[:-1])].reshape(days, 24)
    working = open_hours.sum(axis=1)
    waited = (covered.reshape(days, 24) * open_hours).sum(axis=1)
    share = np.divide(waited, working, out=np.zeros(days), where=working > 0)
    return np.asarray(np.clip(share, 0.0, 1.0), dtype=np.float64)


def _open_hours(flow: TaskFlow) -> Floats:
    ends = flow.active.exited[flow.active.is_over]
    counted = np.bincount(_hour_of_week(ends), minlength=HOURS)
    return np.asarray(counted >= OPEN_HOUR * counted.mean(), dtype=np.float64)


def _hour_of_week(moments: Moments) -> NDArray[np.int64]:
    hours = moments.astype("datetime64[h]").astype(np.int64)
    return np.asarray(hours % HOURS, dtype=np.int64)
