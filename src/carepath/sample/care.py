"""Care: what projects and tasks there are, how big the team is, and how the work went."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.browsing import MORE_PROJECTS_SHARE
from carepath.sample.clients import NEVER
from carepath.sample.expectation import Expectation
from carepath.sample.histories import History, in_order, project_history_of
from carepath.sample.hours import WorkingClock
from carepath.sample.people import Numbers, pick
from carepath.sample.plan import DAY, HOUR, SECOND, SamplePlan
from carepath.sample.rates import IN_WINDOW, Rates
from carepath.sample.roster import Roster
from carepath.sample.team import ABSENCE, SYSTEM, CareParameters, Tasks, Team
from carepath.sample.vocabulary import (
    CANCELLED,
    IN_PROGRESS,
    PROJECT_TYPES,
    TASK_TYPES,
    TODO,
)

UTILISATION = 0.82
"""Work that arrives per hour of coordinators at work, before any change."""
TASKS_PER_PROJECT = 3.0
LATER_TASK_SHARE, LATER_TASK_DAYS = 0.5, 5.0
EARLY_END_SHARE, EARLY_END_DAYS = 0.03, 4.0
NATURAL_WORK_HOURS = 0.75
FEWEST_COORDINATORS = 4
WAIT_SHARE, PAUSE_SHARE, ABANDON_SHARE, REOPEN_SHARE = 0.38, 0.05, 0.03, 0.06
DELETED_SHARE = 0.4
WAIT_DAYS = (2.5, 5.0)


@dataclass(frozen=True)
class Care:
    """Projects and tasks in order of creation, with all that happened until the end."""

    parameters: CareParameters
    project_creator: Numbers
    project_created: Numbers
    project_type: Numbers
    project_first_active: NDArray[np.int64]
    """NEVER where no task was ever active."""
    project_history: History
    task_project: Numbers
    task_created: Numbers
    task_type: Numbers
    task_history: History
    task_deleted_at: Numbers
    """NEVER where the task is not deleted."""
    roster: Roster


def visits_per_task(reopen_share: float) -> float:
    """Expected active visits of a task that is not given up before it begins."""
    episode = 1 / (1 - WAIT_SHARE * (1 - ABANDON_SHARE) - PAUSE_SHARE)
    completes = (1 - WAIT_SHARE - PAUSE_SHARE) * episode
    return episode / (1 - completes * reopen_share)


def raised_reopen_share(rise: float) -> float:
    """The re-open share at which visits per task are higher by `rise`."""
    episode = 1 / (1 - WAIT_SHARE * (1 - ABANDON_SHARE) - PAUSE_SHARE)
    completes = (1 - WAIT_SHARE - PAUSE_SHARE) * episode
    return min((1 - (1 - completes * REOPEN_SHARE) / (1 + rise)) / completes, 0.95)


def care_parameters(rates: Rates, expectation: Expectation) -> CareParameters:
    """Size the team so that it is busy `UTILISATION` of its time before the change."""
    plan = rates.plan
    what, effect = plan.what, plan.planted_effect
    per_hour = expected_tasks_per_hour(rates, expectation)
    visits = visits_per_task(REOPEN_SHARE) * (1 - EARLY_END_SHARE)
    wanted = per_hour * visits * NATURAL_WORK_HOURS / (UTILISATION * (1 - ABSENCE))
    coordinators = max(FEWEST_COORDINATORS, round(wanted))
    work = UTILISATION * (1 - ABSENCE) * coordinators / (per_hour * visits)
    fewer = max(1, round(coordinators / (1 + effect)))
    wait_factor = 1 + effect if what.external_wait else 1.0
    return CareParameters(
        coordinators=coordinators,
        coordinators_after=fewer if what.coordinators else coordinators,
        work_hours=work,
        work_hours_after=work * (1 + effect) if what.service else work,
        work_spread=0.8,
        wait_share=WAIT_SHARE,
        pause_share=PAUSE_SHARE,
        wait_days=WAIT_DAYS,
        wait_days_after=(WAIT_DAYS[0] * wait_factor, WAIT_DAYS[1] * wait_factor),
        wait_spread=0.8,
        pause_days=6.0,
        abandon_share=ABANDON_SHARE,
        deleted_share=DELETED_SHARE,
        reopen_share=REOPEN_SHARE,
        reopen_share_after=raised_reopen_share(effect) if what.visits else REOPEN_SHARE,
        reopen_days=4.0,
    )


def expected_tasks_per_hour(rates: Rates, expectation: Expectation) -> float:
    """Expected tasks per working hour before anything changes."""
    plan = rates.plan
    rollouts = (rates.clients.page, rates.clients.verification)
    released = np.concatenate([rollout.partial_from for rollout in rollouts])
    inside = released[(released > plan.begins) & (released < plan.ends)]
    until = min(plan.changes, int(inside.min(initial=NEVER)))
    days = max(1, (until - plan.begins) // DAY)
    projects = float(expectation.conversions_by_day[:days].sum()) / IN_WINDOW
    projects /= 1 - MORE_PROJECTS_SHARE
    clock = WorkingClock(plan)
    hours = clock.worked(plan.begins + days * DAY) - clock.worked(plan.begins)
    return projects * TASKS_PER_PROJECT / max(hours, 1.0)


def _factors(kind: tuple[tuple[str, float, float], ...]) -> tuple[NDArray[np.float64], float]:
    factors = np.array([entry[2] for entry in kind])
    return factors, float(factors @ np.array([entry[1] for entry in kind]))


def work_factors() -> NDArray[np.float64]:
    """Work of one active visit relative to the mean, shape (project types, task types)."""
    projects, project_mean = _factors(PROJECT_TYPES)
    tasks = np.array([entry[2] for entry in TASK_TYPES])
    task_mean = float(tasks @ np.array([entry[1] for entry in TASK_TYPES]))
    return np.outer(projects / project_mean, tasks / task_mean)


def run_care(rates: Rates, expectation: Expectation, creator: Numbers, created: Numbers) -> Care:
    """Work all projects.

    Parameters
    ----------
    rates : Rates
        Planted parameters.
    expectation : Expectation
        What follows from them; it sizes the team.
    creator : array
        Number of the person who creates each project.
    created : array
        When, microseconds UTC.
    """
    plan = rates.plan
    random = plan.random("care")
    order = np.lexsort((creator, created))
    creator, created = creator[order], created[order]
    count = created.size
    project_type = pick(random, np.array([share for _, share, _ in PROJECT_TYPES]), count)
    sizes = 1 + random.poisson(TASKS_PER_PROJECT - 1, count)
    project = np.repeat(np.arange(count, dtype=np.int64), sizes)
    first = np.zeros(project.size, dtype=bool)
    first[np.cumsum(sizes) - sizes] = True
    lag = np.where(
        ~first & (random.random(project.size) < LATER_TASK_SHARE),
        random.exponential(LATER_TASK_DAYS * DAY, project.size),
        random.uniform(SECOND, 5 * SECOND, project.size),
    )
    task_created = created[project] + lag.astype(np.int64) // 1000 * 1000
    keep = task_created < plan.ends
    project, task_created = project[keep], task_created[keep]
    order = np.lexsort((project, task_created))
    project, task_created = project[order], task_created[order]
    task_type = pick(random, np.array([entry[1] for entry in TASK_TYPES]), project.size)
    parameters = care_parameters(rates, expectation)
    early = random.random(project.size) < EARLY_END_SHARE
    history, deleted_at, roster = _work(
        plan, random, parameters, task_created, project_type[project], task_type, early
    )
    active = history.status == IN_PROGRESS
    first_active = np.full(count, NEVER, dtype=np.int64)
    np.minimum.at(first_active, project[history.item[active]], history.time[active])
    return Care(
        parameters=parameters,
        project_creator=creator,
        project_created=created,
        project_type=project_type,
        project_first_active=first_active,
        project_history=project_history_of(plan, random, created, project, history, deleted_at),
        task_project=project,
        task_created=task_created,
        task_type=task_type,
        task_history=history,
        task_deleted_at=deleted_at,
        roster=roster,
    )


def _work(
    plan: SamplePlan,
    random: np.random.Generator,
    parameters: CareParameters,
    created: Numbers,
    project_type: Numbers,
    task_type: Numbers,
    early: NDArray[np.bool_],
) -> tuple[History, Numbers, Roster]:
    """Send the tasks to the team, except those given up before anybody begins."""
    projects, project_mean = _factors(PROJECT_TYPES)
    worked = np.flatnonzero(~early)
    changes = Team(
        plan,
        parameters,
        Tasks(
            created=created[worked],
            work_factor=work_factors()[project_type[worked], task_type[worked]],
            wait_factor=(projects / project_mean)[project_type[worked]],
            member_wait_share=np.array([entry[3] for entry in TASK_TYPES])[task_type[worked]],
        ),
    ).work()
    deleted_at = np.full(created.size, NEVER, dtype=np.int64)
    deleted_at[worked[changes.deleted_task]] = changes.deleted_at
    given_up = np.flatnonzero(early)
    lag = random.lognormal(np.log(EARLY_END_DAYS) - 0.32, 0.8, given_up.size)
    end = created[given_up] + np.maximum(lag * DAY, HOUR).astype(np.int64) // 1000 * 1000
    is_deleted = random.random(given_up.size) < DELETED_SHARE
    inside = end < plan.ends
    deleted = given_up[is_deleted & inside]
    deleted_at[deleted] = end[is_deleted & inside]
    cancelled = ~is_deleted & inside
    items = np.arange(created.size, dtype=np.int64)
    history = in_order(
        [
            (items, created, TODO, SYSTEM),
            (worked[changes.task], changes.time, changes.status, changes.coordinator),
            (given_up[cancelled], end[cancelled], CANCELLED, SYSTEM),
        ]
    )
    return history, deleted_at, changes.roster
