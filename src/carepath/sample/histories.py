"""Status changes of tasks and projects, and how a project follows from its tasks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carepath.sample.clients import NEVER
from carepath.sample.people import Numbers
from carepath.sample.plan import DAY, HOUR, SECOND, SamplePlan
from carepath.sample.team import SYSTEM
from carepath.sample.vocabulary import CANCELLED, COMPLETE, IN_PROGRESS, PAUSED

PROJECT_PAUSE_SHARE, PROJECT_PAUSE_DAYS = 0.08, 5.0
PROJECT_REOPEN_SHARE, PROJECT_REOPEN_DAYS = 0.03, 5.0


@dataclass(frozen=True)
class History:
    """Status changes of tasks or projects: `item` indexes them; the insert comes first."""

    item: Numbers
    time: Numbers
    status: Numbers
    coordinator: Numbers


def in_order(
    pieces: list[tuple[Numbers, Numbers, Numbers | int, Numbers | int]],
) -> History:
    """One history from pieces, by time; pieces given first come first on a tie."""
    item, time, status, coordinator = (
        np.concatenate(
            [np.broadcast_to(np.asarray(p[n], dtype=np.int64), p[0].shape) for p in pieces]
        )
        for n in range(4)
    )
    order = np.argsort(time, kind="stable")
    return History(item[order], time[order], status[order], coordinator[order])


def project_history_of(
    plan: SamplePlan,
    random: np.random.Generator,
    created: Numbers,
    project: Numbers,
    history: History,
    deleted_at: Numbers,
) -> History:
    """In progress from the start; complete some hours after the last task has ended."""
    count = created.size
    last = np.full(project.size, -1, dtype=np.int64)
    last[history.item] = np.arange(history.item.size)  # in order of time: the last one stays
    status, time = history.status[last], history.time[last]
    ended = np.isin(status, (COMPLETE, CANCELLED)) | (deleted_at < NEVER)
    end = np.where(deleted_at < NEVER, deleted_at, time)
    all_ended = np.bincount(project, ~ended, minlength=count) == 0
    any_done = np.bincount(project, status == COMPLETE, minlength=count) > 0
    closed = created.copy()
    np.maximum.at(closed, project, end)
    closed += (random.exponential(4 * HOUR, count)).astype(np.int64) // 1000 * 1000 + SECOND
    closes = all_ended & (closed < plan.ends)
    coordinator = np.full(count, SYSTEM, dtype=np.int64)
    np.maximum.at(coordinator, project[history.item], history.coordinator)
    items = np.arange(count, dtype=np.int64)

    def later(base: Numbers, days: float) -> Numbers:
        lag = random.exponential(days * DAY, base.size).astype(np.int64)
        return base + lag // 1000 * 1000 + SECOND

    paused = random.random(count) < PROJECT_PAUSE_SHARE
    pause = later(created, 3.0)
    resume = later(pause, PROJECT_PAUSE_DAYS)
    limit = np.where(closes, closed, plan.ends)
    paused &= resume < limit
    reopened = closes & any_done & (random.random(count) < PROJECT_REOPEN_SHARE)
    again = later(closed, PROJECT_REOPEN_DAYS)
    done_again = later(again, 2.0)
    reopened &= again < plan.ends
    closed_again = reopened & (done_again < plan.ends)
    return in_order(
        [
            (items, created, IN_PROGRESS, SYSTEM),
            (items[paused], pause[paused], PAUSED, coordinator[paused]),
            (items[paused], resume[paused], IN_PROGRESS, coordinator[paused]),
            (
                items[closes],
                closed[closes],
                np.where(any_done[closes], COMPLETE, CANCELLED),
                coordinator[closes],
            ),
            (items[reopened], again[reopened], IN_PROGRESS, coordinator[reopened]),
            (
                items[closed_again],
                done_again[closed_again],
                COMPLETE,
                coordinator[closed_again],
            ),
        ]
    )
