"""How long tasks and projects take from first being worked on to first being done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from carepath.questions.answer import Exclusion
from carepath.questions.freshness import read_work
from carepath.questions.group_means import encode
from carepath.questions.question import Context
from carepath.questions.wording import count, listed

if TYPE_CHECKING:
    from carepath.stats.estimates import Estimate

TASKS = "current_task_summary"
PROJECTS = "current_project_summary"
TASK_HORIZON_DAYS = 90.0
PROJECT_HORIZON_DAYS = 180.0
DAY = 86_400.0
# Ends, as the statistics count them; 0 is still open.
COMPLETED, REMOVED = 1, 2
NO_HISTORY = "have no history, only a current status"
UNKNOWN_STATUS = "are in a status that status_map.csv does not name"


@dataclass(frozen=True, eq=False)
class Completions:
    """Items that were started, and what became of them; arrays of shape (items,).

    Parameters
    ----------
    unit : str
        tasks or projects.
    horizon : float
        Days up to which means are restricted, declared beforehand.
    segments, projects : array of str
        Group and project of each item (a task without project is one of its own).
    started : array of datetime64
        First entry to an active status (UTC).
    watched : array of float
        Days from the start to the moment up to which they are known.
    ended : array of float
        Days from the start to the end of whatever kind, or to that moment.
    kinds : array of int
        0 still open, 1 completed, 2 cancelled or deleted before any completion.
    """

    unit: str
    horizon: float
    segments: NDArray[Any]
    projects: NDArray[Any]
    started: NDArray[np.datetime64]
    watched: NDArray[np.float64]
    ended: NDArray[np.float64]
    kinds: NDArray[np.int64]

    def __len__(self) -> int:
        """Count the items."""
        return len(self.kinds)

    @property
    def is_completed(self) -> NDArray[np.bool_]:
        """Which were completed."""
        return np.asarray(self.kinds == COMPLETED)

    @property
    def durations(self) -> NDArray[np.float64]:
        """Days to completion; for the others, days in which they could have been completed.

        A cancelled or deleted item stays in the denominator as never completed, for as long as it
        would have been watched: with every item followed to one moment that length is known, and
        the curve is the cumulative incidence of completion.
        """
        return np.where(self.kinds == REMOVED, self.watched, self.ended)

    def of(self, chosen: NDArray[np.bool_]) -> Completions:
        """Return some of the items."""
        return Completions(
            self.unit,
            self.horizon,
            self.segments[chosen],
            self.projects[chosen],
            self.started[chosen],
            self.watched[chosen],
            self.ended[chosen],
            self.kinds[chosen],
        )


def read_tasks(context: Context) -> Completions:
    """Read the tasks started in the range asked for."""
    return _read(context, "tasks", TASK_HORIZON_DAYS, _TYPED_TASKS)


def read_projects(context: Context) -> Completions:
    """Read the projects started in the range asked for."""
    return _read(context, "projects", PROJECT_HORIZON_DAYS, PROJECTS)


_TYPED_TASKS = f"""(
            select tasks.*, projects.project_type
            from {TASKS} as tasks
            left join {PROJECTS} as projects on tasks.project_id = projects.project_id
        ) as items"""


def _read(context: Context, unit: str, horizon: float, source: str) -> Completions:
    key = "task_id" if unit == "tasks" else "project_id"
    known = read_work(context, unit)
    found = context.fetch(
        f"""
        select
            {context.by} as segment,
            coalesce(project_id, {key}) as project_key,
            first_active_at,
            cast(first_done_seconds as double) as done_seconds,
            case when end_reason in ('cancelled', 'deleted') then ended_at end as removed_at
        from {source}
        where
            first_active_at <= $through and not is_imputed
            and {context.within_moments("first_active_at")}
        order by {key}
        """,
        {"through": known.through},
    )
    started = found.moments("first_active_at")
    second = np.timedelta64(1, "s")
    watched = ((known.end - started) / second) / DAY
    removed = np.maximum((found.moments("removed_at") - started) / second, 0.0) / DAY
    seconds = found.floats("done_seconds")
    done = seconds / DAY
    # an end that came later had not come yet: to the microsecond, as days are not exact
    is_done = np.round(seconds * 1e6) <= (known.end - started) / np.timedelta64(1, "us")
    is_removed = found.moments("removed_at") <= known.end
    kinds = np.where(is_done, COMPLETED, np.where(is_removed, REMOVED, 0))
    ended = np.where(kinds == COMPLETED, done, np.where(kinds == REMOVED, removed, watched))
    return Completions(
        unit,
        horizon,
        np.array(found.values("segment"), dtype=object),
        np.array(found.values("project_key"), dtype=object),
        started,
        watched,
        np.asarray(ended, dtype=np.float64),
        kinds.astype(np.int64),
    )


def say_known(context: Context, unit: str) -> str:
    """Say up to when tasks or projects are known; nothing where that is as_of."""
    return read_work(context, unit).say(unit.capitalize())


def find_excluded(context: Context, unit: str) -> tuple[Exclusion, ...]:
    """Count the items that have no time to completion."""
    known = read_work(context, unit)
    found = context.fetch(
        f"""
        select
            case
                when is_imputed then 'imputed'
                when first_active_at > $through then 'later'
                when end_reason is null and category = 'unknown' then 'unknown'
                when end_reason is null then 'waiting'
                else end_reason
            end as fate,
            count(*) as items
        from {TASKS if unit == "tasks" else PROJECTS}
        where
            first_active_at is null
            or is_imputed
            or (first_active_at > $through and {context.within_moments("first_active_at")})
        group by 1
        order by 1
        """,
        {"through": known.through},
    )
    reasons = {
        "imputed": NO_HISTORY,
        "later": "were started after the moment up to which they are known",
        "unknown": UNKNOWN_STATUS,
        "waiting": "have not been started",
        "completed": "were done without ever having been in an active status",
        "cancelled": "were cancelled before they were started",
        "deleted": "were deleted before they were started",
    }
    return tuple(
        Exclusion(f"{unit} that {reasons.get(fate, fate)}", int(items), unit)
        for fate, items in found.rows()
    )


def say_none_started(context: Context, excluded: list[Exclusion]) -> str:
    """Say that nothing was started, or why the data do not tell."""
    without = [left for left in excluded if left.reason.endswith(NO_HISTORY)]
    unmapped = [left for left in excluded if left.reason.endswith(UNKNOWN_STATUS)]
    if not without and not unmapped:
        return f"No task or project was started{context.period}."
    told = []
    if unmapped:
        verb = "is" if sum(left.count for left in unmapped) == 1 else "are"
        told.append(
            f"{_say_counts(unmapped)} {verb}{UNKNOWN_STATUS.removeprefix('are')} (name it there "
            "and build again)"
        )
    if without:
        verb = "has" if sum(left.count for left in without) == 1 else "have"
        told.append(f"{_say_counts(without)} {verb} no history to tell it from")
    return f"No task or project is known to have been started{context.period}: {listed(told)}."


def _say_counts(excluded: list[Exclusion]) -> str:
    return listed([count(left.count, left.unit[:-1]) for left in excluded])


# History that begins in the middle of work is told of from this share of the items.
TOLD_SHARE = 0.05
MINIMUM_TOLD = 10


def warn_of_late_history(context: Context, unit: str, started: int) -> str:
    """Say of how many items the first that history knows is that they were being worked on."""
    key, phases = f"{unit[:-1]}_id", f"{unit[:-1]}_phases"
    found = context.fetch(
        f"""
        select count(*) as items
        from {phases} as firsts
        inner join {phases} as befores on firsts.{key} = befores.{key}
        where
            firsts.visit_number = 1 and firsts.category = 'active'
            and befores.visit_number = 0 and befores.seconds > 3600
            and firsts.entered_at <= $through
            and {context.within_moments("firsts.entered_at")}
        """,
        {"through": read_work(context, unit).through},
    )
    late = int(found.integers("items")[0])
    if late < max(MINIMUM_TOLD, TOLD_SHARE * started):
        return ""
    return (
        f"The history of {count(late)} {unit} begins over an hour after they were created, with "
        "work under way: if it was recorded late, that work began earlier and took longer."
    )


@dataclass(frozen=True)
class CompletionTimes:
    """Times of a group, in days: quantiles to completion, mean to whatever end came first."""

    n: int
    completed: int
    open: int
    removed: int
    quantiles: dict[float, Estimate]
    mean: Estimate
    followed_to: float
    is_half_reached: bool
    completed_only_mean: float | None
    completed_only_median: float | None


QUANTILES = (0.5, 0.75, 0.85, 0.9)


def estimate_times(items: Completions) -> CompletionTimes:
    """Estimate median, p75, p85, p90 and the restricted mean, open work counted as open.

    The tasks of a project are no independent observations: variances are taken over projects.
    """
    from carepath.stats.survival import kaplan_meier, quantile, restricted_mean

    durations, done = items.durations, items.is_completed
    clusters = encode(items.projects)[0]
    curve = kaplan_meier(durations, done, clusters=clusters)
    still_open = kaplan_meier(items.ended, items.kinds != 0, clusters=clusters)
    only = durations[done]
    return CompletionTimes(
        n=len(items),
        completed=int(done.sum()),
        open=int(np.sum(items.kinds == 0)),
        removed=int(np.sum(items.kinds == REMOVED)),
        quantiles={q: quantile(curve, q) for q in QUANTILES},
        mean=restricted_mean(still_open, items.horizon),
        followed_to=float(curve.followed_to or 0.0),
        is_half_reached=bool(len(curve.survival)) and bool(curve.survival[-1] <= 0.5),
        completed_only_mean=float(only.mean()) if len(only) else None,
        completed_only_median=float(np.median(only)) if len(only) else None,
    )
