"""A care team as a queue, written without looking at the rule that is to be judged with it.

Tasks arrive, wait for a coordinator, are worked on in one or more active visits, and between
visits may wait for somebody outside the team. Each coordinator works on several tasks at once
and shares the day among them, so the raw active time of a visit grows with demand although the
work does not. Time is in days; the team works seven days a week, each coordinator on some of them.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from carepath.stats.flow import FlowDays

BURN_IN_DAYS = 98
WEEK_DAYS = 7
EDITS_PER_DAY = 3.0


@dataclass(frozen=True)
class Team:
    """Parameters of the process; all rates per working day.

    Parameters
    ----------
    arrivals : float
        Tasks per day, before the weekly shock.
    coordinators : int
        People in the team.
    presence : float
        Chance that a coordinator is at work on a day.
    work : float
        Mean days of one coordinator's undivided work in one visit.
    another_visit : float
        Chance that a visit is followed by another one.
    goes_outside : float
        Chance that the next visit first waits outside the team.
    outside_days : float
        Mean length of such a wait.
    at_once : int
        Tasks a coordinator has open at once.
    weekly_shock : float
        Standard deviation of the log arrival rate of a week.
    """

    arrivals: float
    coordinators: int
    presence: float = 0.9
    work: float = 0.25
    another_visit: float = 0.3
    goes_outside: float = 0.6
    outside_days: float = 4.0
    at_once: int = 4
    weekly_shock: float = 0.1

    @property
    def load(self) -> float:
        """Work arriving per unit of work the team can do."""
        visits = self.arrivals / (1 - self.another_visit)
        return visits * self.work / (self.coordinators * self.presence)


def changed(team: Team, driver: str, factor: float) -> Team:
    """Return the team after one driver was multiplied by `factor` (as load)."""
    if driver == "arrivals":
        return replace(team, arrivals=team.arrivals * factor)
    if driver == "rework":
        return replace(team, another_visit=1 - (1 - team.another_visit) / factor)
    if driver == "service":
        return replace(team, work=team.work * factor)
    if driver == "capacity":
        return replace(team, coordinators=max(1, round(team.coordinators / factor)))
    if driver == "external waiting":
        return replace(team, outside_days=team.outside_days * factor)
    return team


@dataclass
class _Coordinator:
    """Virtual-time processor sharing: `clock` is the work each open task has received."""

    clock: float = 0.0
    since: float = 0.0
    version: int = 0
    is_here: bool = False

    def __post_init__(self) -> None:
        self.open: list[float] = []

    def advance(self, now: float) -> None:
        """Share the time since the last event among the open tasks."""
        if self.is_here and self.open:
            self.clock += (now - self.since) / len(self.open)
        self.since = now


def run(
    before: Team, after: Team, days_before: int, days_after: int, rng: np.random.Generator
) -> tuple[FlowDays, FlowDays]:
    """Simulate a burn-in and two windows, `after` taking over between them.

    Returns
    -------
    FlowDays, FlowDays
        What an observer of the task histories sees; a coordinator counts as at work on a day if
        they started or ended a visit or made another edit (of a title, of a due date).
    """
    total = BURN_IN_DAYS + days_before + days_after
    seen = {name: np.zeros(total) for name in FlowDays.__dataclass_fields__}
    most = max(before.coordinators, after.coordinators)
    people = [_Coordinator() for _ in range(most)]
    todo: deque[float] = deque()
    outside: list[float] = []
    shock = 1.0
    for day in range(total):
        team = before if day < BURN_IN_DAYS + days_before else after
        if day % WEEK_DAYS == 0:
            sd = team.weekly_shock
            shock = float(np.exp(rng.normal(-sd * sd / 2, sd)))
        _one_day(day, team, shock, people, todo, outside, seen, rng)
    cut, switch = BURN_IN_DAYS, BURN_IN_DAYS + days_before
    return (
        FlowDays(**{name: values[cut:switch] for name, values in seen.items()}),
        FlowDays(**{name: values[switch:] for name, values in seen.items()}),
    )


def _one_day(
    day: int,
    team: Team,
    shock: float,
    people: list[_Coordinator],
    todo: deque[float],
    outside: list[float],
    seen: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> None:
    """Play one day in the order of its events."""
    start, end = float(day), float(day + 1)
    arrivals = rng.poisson(team.arrivals * shock)
    events: list[tuple[float, int, int, int]] = []
    for moment in start + rng.random(arrivals):
        heapq.heappush(events, (float(moment), 0, 0, 0))
    while outside and outside[0] < end:
        heapq.heappush(events, (max(heapq.heappop(outside), start), 1, 0, 0))
    acted: set[int] = set()
    here = rng.random(len(people)) < team.presence
    here[team.coordinators :] = False
    for index, person in enumerate(people):
        # Somebody who leaves the team for good hands their open tasks back to the queue.
        if index >= team.coordinators and person.open:
            todo.extendleft(w - person.clock for w in person.open)
            person.open = []
        person.since, person.is_here = start, bool(here[index])
        person.version += 1
    now = start
    area = {"wip": 0.0, "external_wip": 0.0, "waiting_share": 0.0}

    def pass_time(until: float) -> None:
        nonlocal now
        width = until - now
        working = sum(len(p.open) for p in people)
        waiting_outside = len(outside) + sum(1 for e in events if e[1] == 1)
        area["wip"] += width * (len(todo) + working + waiting_outside)
        area["external_wip"] += width * waiting_outside
        area["waiting_share"] += width * (len(todo) > 0)
        now = until

    def plan(index: int) -> None:
        person = people[index]
        person.version += 1
        if person.open and person.is_here:
            moment = now + (person.open[0] - person.clock) * len(person.open)
            if moment < end:
                heapq.heappush(events, (max(moment, now), 2, index, person.version))

    def hand_out() -> None:
        while todo:
            free = [i for i, p in enumerate(people) if p.is_here and len(p.open) < team.at_once]
            if not free:
                return
            index = min(free, key=lambda i: (len(people[i].open), i))
            person = people[index]
            person.advance(now)
            heapq.heappush(person.open, person.clock + todo.popleft())
            acted.add(index)
            plan(index)

    for index in range(len(people)):
        plan(index)
    hand_out()
    while events:
        moment, kind, index, version = events[0]
        if kind == 2 and version != people[index].version:
            heapq.heappop(events)
            continue
        pass_time(moment)
        heapq.heappop(events)
        if kind in (0, 1):
            seen["arrivals"][day] += kind == 0
            todo.append(float(rng.exponential(team.work)))
        else:
            person = people[index]
            person.advance(now)
            heapq.heappop(person.open)
            acted.add(index)
            seen["visits_completed"][day] += 1
            seen["waiting_visits"][day] += len(todo) > 0
            if rng.random() >= team.another_visit:
                seen["finished"][day] += 1
            elif rng.random() < team.goes_outside:
                seen["external_entered"][day] += 1
                back = now + float(rng.exponential(team.outside_days))
                if back < end:
                    heapq.heappush(events, (back, 1, 0, 0))
                else:
                    heapq.heappush(outside, back)
            else:
                todo.append(float(rng.exponential(team.work)))
            plan(index)
        hand_out()
    pass_time(end)
    for person in people:
        person.advance(end)
    for name, value in area.items():
        seen[name][day] = min(value, 1.0) if name == "waiting_share" else value
    edited = (rng.poisson(EDITS_PER_DAY, len(people)) > 0) & here
    seen["coordinators"][day] = len(acted | set(np.flatnonzero(edited).tolist()))
