"""The care team as a queue: tasks wait for a coordinator, are worked, wait outside, come back."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.hours import DAY_HOURS, WorkingClock
from carepath.sample.plan import DAY, SECOND, SamplePlan
from carepath.sample.roster import Roster
from carepath.sample.vocabulary import (
    CANCELLED,
    COMPLETE,
    IN_PROGRESS,
    PAUSED,
    TODO,
    WAITING_ON_MEMBER,
    WAITING_ON_THIRD_PARTY,
)

SLOTS = 3
"""Tasks one coordinator has in progress at most; attention is shared equally among them."""
ABSENCE = 0.06
"""Share of working days on which a coordinator is away."""
REACTION_HOURS = 0.15
"""Mean working time before new work is noticed."""
ARRIVES, FINISHES, DAY_BEGINS = range(3)
SYSTEM = -1
"""Not a person: rows written by the platform itself."""


@dataclass(frozen=True)
class CareParameters:
    """Parameters of care before and after the change date.

    Times of waiting and pause are calendar days; work is hours of attention. All are lognormal
    with the given mean and spread of the logarithm.
    """

    coordinators: int
    coordinators_after: int
    work_hours: float
    work_hours_after: float
    work_spread: float
    wait_share: float
    pause_share: float
    wait_days: tuple[float, float]
    """On the member, on a third party."""
    wait_days_after: tuple[float, float]
    wait_spread: float
    pause_days: float
    abandon_share: float
    """Share of waits that end in cancellation or deletion instead of a return."""
    deleted_share: float
    """Share of those that are deleted without a status change."""
    reopen_share: float
    reopen_share_after: float
    reopen_days: float


@dataclass(frozen=True)
class Tasks:
    """Tasks as they arrive, ordered by creation; times in microseconds UTC."""

    created: NDArray[np.int64]
    work_factor: NDArray[np.float64]
    wait_factor: NDArray[np.float64]
    member_wait_share: NDArray[np.float64]


@dataclass(frozen=True)
class Changes:
    """Status changes in order of time, and deletions."""

    task: NDArray[np.int64]
    time: NDArray[np.int64]
    status: NDArray[np.int64]
    coordinator: NDArray[np.int64]
    deleted_task: NDArray[np.int64]
    deleted_at: NDArray[np.int64]
    roster: Roster


def _stream(draw: np.random.Generator, kind: str) -> Iterator[float]:
    while True:
        if kind == "uniform":
            yield from draw.random(8192).tolist()
        elif kind == "normal":
            yield from draw.standard_normal(8192).tolist()
        else:
            yield from draw.standard_exponential(8192).tolist()


def _lognormal(mean: float, spread: float, normal: float) -> float:
    return mean * math.exp(spread * normal - spread * spread / 2)


class Team:
    """One run of the queue, on the working clock; see `work`."""

    def __init__(self, plan: SamplePlan, parameters: CareParameters, tasks: Tasks) -> None:
        self.parameters = parameters
        self.tasks = tasks
        # Plain lists: single elements of arrays are slow to read.
        self.work_factor: list[float] = tasks.work_factor.tolist()
        self.wait_factor: list[float] = tasks.wait_factor.tolist()
        self.member_wait_share: list[float] = tasks.member_wait_share.tolist()
        self.clock = WorkingClock(plan)
        self.begins, self.ends = plan.begins, plan.ends
        self.changes_at = plan.changes
        count = parameters.coordinators
        random = plan.random("team")
        self.uniform = _stream(plan.random("team uniform"), "uniform")
        self.normal = _stream(plan.random("team normal"), "normal")
        self.exponential = _stream(plan.random("team exponential"), "exponential")
        # Each coordinator serves tasks at rate 1/n: `served` is the attention each has had so far.
        self.held: list[list[tuple[float, int]]] = [[] for _ in range(count)]
        self.served = [0.0] * count
        self.updated = [0.0] * count
        self.version = [0] * count
        self.present = [True] * count
        self.gone = [False] * count
        days = len(self.clock.opens)
        self.absent = random.random((days, count)) < ABSENCE
        self.work_left: dict[int, float] = {}
        self.queue: deque[int] = deque()
        self.free: list[tuple[int, float, int]] = []
        self.events: list[tuple[float, int, int, int, int]] = []
        self.sequence = 0
        self.log = (array("q"), array("q"), array("b"), array("q"))
        self.deleted = (array("q"), array("q"))

    def work(self) -> Changes:
        """Run from the first task to the end of the span."""
        worked = self.clock.worked
        first_day = int(worked(self.begins) // DAY_HOURS)
        last = worked(self.ends)
        for day in range(first_day, int(last // DAY_HOURS) + 1):
            self._schedule(day * DAY_HOURS, DAY_BEGINS, day, 0)
        for task, created in enumerate(self.tasks.created.tolist()):
            self._schedule(worked(created) + self._reaction(), ARRIVES, task, 0)
        while self.events:
            now, _, kind, what, version = heapq.heappop(self.events)
            if now >= last:
                break
            if kind == ARRIVES:
                self.queue.append(what)
            elif kind == FINISHES:
                if version != self.version[what]:
                    continue
                self._finish(now, what)
            else:
                self._begin_day(now, what)
            self._assign(now)
        columns = [np.array(column, dtype=np.int64) for column in self.log]
        order = np.argsort(columns[1], kind="stable")
        tasks, times, statuses, coordinators = (column[order] for column in columns)
        return Changes(
            task=tasks,
            time=times,
            status=statuses,
            coordinator=coordinators,
            deleted_task=np.array(self.deleted[0], dtype=np.int64),
            deleted_at=np.array(self.deleted[1], dtype=np.int64),
            roster=self._roster(),
        )

    def _roster(self) -> Roster:
        """Who was at work on which day; the lost coordinators leave as a day begins."""
        opens = self.clock.opens
        leaves = np.zeros(len(self.held), dtype=np.bool_)
        leaves[self.parameters.coordinators_after : self.parameters.coordinators] = True
        present = ~self.absent & ~((opens >= self.changes_at)[:, None] & leaves)
        return Roster(opens, np.asarray(present, dtype=np.bool_))

    def _schedule(self, when: float, kind: int, what: int, version: int) -> None:
        self.sequence += 1
        heapq.heappush(self.events, (when, self.sequence, kind, what, version))

    def _reaction(self) -> float:
        return next(self.exponential) * REACTION_HOURS

    def _record(self, task: int, time: int, status: int, coordinator: int) -> None:
        if time < self.ends:
            for column, value in zip(self.log, (task, time, status, coordinator), strict=True):
                column.append(value)

    def _update(self, now: float, who: int) -> None:
        held = len(self.held[who])
        if held and self.present[who]:
            self.served[who] += (now - self.updated[who]) / held
        self.updated[who] = now

    def _plan_next(self, now: float, who: int) -> None:
        """After any change of what a coordinator holds: when is the next task finished?"""
        self.version[who] += 1
        held = self.held[who]
        if not self.present[who]:
            return
        if held:
            ready = now + max(held[0][0] - self.served[who], 0.0) * len(held)
            self._schedule(ready, FINISHES, who, self.version[who])
        if len(held) < SLOTS:
            heapq.heappush(self.free, (len(held), next(self.uniform), who))

    def _assign(self, now: float) -> None:
        while self.queue and self.free:
            load, _, who = heapq.heappop(self.free)
            if not self.present[who] or load != len(self.held[who]):
                continue
            task = self.queue.popleft()
            self._update(now, who)
            heapq.heappush(self.held[who], (self.served[who] + self._work_of(now, task), task))
            self._record(task, self.clock.calendar(now), IN_PROGRESS, who)
            self._plan_next(now, who)

    def _work_of(self, now: float, task: int) -> float:
        left = self.work_left.pop(task, None)
        if left is not None:
            return left
        parameters = self.parameters
        late = self.clock.calendar(now) >= self.changes_at
        mean = parameters.work_hours_after if late else parameters.work_hours
        factor = self.work_factor[task]
        return _lognormal(mean * factor, parameters.work_spread, next(self.normal))

    def _finish(self, now: float, who: int) -> None:
        self._update(now, who)
        _, task = heapq.heappop(self.held[who])
        self._plan_next(now, who)
        time = self.clock.calendar(now)
        parameters = self.parameters
        late = time >= self.changes_at
        draw, length = next(self.uniform), next(self.normal)
        if draw < parameters.wait_share:
            on_member = next(self.uniform) < self.member_wait_share[task]
            status = WAITING_ON_MEMBER if on_member else WAITING_ON_THIRD_PARTY
            means = parameters.wait_days_after if late else parameters.wait_days
            mean = means[status - WAITING_ON_MEMBER] * self.wait_factor[task]
            self._record(task, time, status, who)
            back = time + self._days(_lognormal(mean, parameters.wait_spread, length))
            self._schedule_return(back, task, next(self.uniform) < parameters.abandon_share)
        elif draw < parameters.wait_share + parameters.pause_share:
            self._record(task, time, PAUSED, who)
            mean = parameters.pause_days
            back = time + self._days(_lognormal(mean, parameters.wait_spread, length))
            self._schedule_return(back, task, False)
        else:
            self._record(task, time, COMPLETE, who)
            share = parameters.reopen_share_after if late else parameters.reopen_share
            reopened = next(self.uniform) < share
            lag = next(self.exponential) * parameters.reopen_days
            if reopened:
                self._schedule_return(time + self._days(lag), task, False)

    @staticmethod
    def _days(days: float) -> int:
        return max(int(days * DAY) // 1000 * 1000, SECOND)

    def _schedule_return(self, time: int, task: int, abandoned: bool) -> None:
        if time >= self.ends:
            return
        if abandoned:
            if next(self.uniform) < self.parameters.deleted_share:
                self.deleted[0].append(task)
                self.deleted[1].append(time)
            else:
                self._record(task, time, CANCELLED, SYSTEM)
            return
        self._record(task, time, TODO, SYSTEM)
        self._schedule(self.clock.worked(time) + self._reaction(), ARRIVES, task, 0)

    def _begin_day(self, now: float, day: int) -> None:
        self._leave(now)
        for who in range(len(self.held)):
            here = not self.absent[day, who] and not self.gone[who]
            if here != self.present[who]:
                self._update(now, who)
                self.present[who] = here
                self._plan_next(now, who)
            elif here and self.version[who] == 0:
                self._plan_next(now, who)  # the first day: free to take work

    def _leave(self, now: float) -> None:
        """From the change date on the lost coordinators are gone; their tasks go back."""
        parameters = self.parameters
        if self.clock.calendar(now) < self.changes_at:
            return
        for who in range(parameters.coordinators_after, parameters.coordinators):
            if self.gone[who]:
                continue
            self._update(now, who)
            self.gone[who] = True
            for needed, task in sorted(self.held[who]):
                self.work_left[task] = max(needed - self.served[who], 0.01)
                self._record(task, self.clock.calendar(now), TODO, SYSTEM)
                self.queue.append(task)
            self.held[who] = []
            self.present[who] = False
            self.version[who] += 1
