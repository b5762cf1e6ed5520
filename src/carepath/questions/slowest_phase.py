"""Is a particular phase of a task slower than the others?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.questions.figures import figure, tally
from carepath.questions.freshness import Knowledge, read_work
from carepath.questions.group_means import GroupMean, compare_groups, encode
from carepath.questions.hiding import note
from carepath.questions.question import Context, Question
from carepath.questions.wording import count, days, listed, percent

PHASES = "task_phases"
QUESTION = Question(
    id="slowest-phase",
    text="Is a particular phase of a task slower than the others?",
    decision="where in the life of a task time goes",
    population="visits of tasks to a status (todo, active, waiting, paused) that history shows; "
    "--since and --until bound the entry to it (date of the site)",
    unit="visit of a task to a phase",
    estimand="mean days of a visit, counting at most 30, beside that of the visits to all other "
    "phases; and the share of all task days",
    censoring="visits that still last count as longer than they were watched",
    reads=(PHASES, "data_freshness"),
    verdicts={
        "slower": "at least one phase is 20 % longer than the others, adjusted p under .05",
        "none slower": "no phase is, beyond chance",
        "cannot tell": "too few visits are over, or there is only one phase",
    },
    local_dates="range",
)
HORIZON_DAYS = 30.0
DAY = np.timedelta64(1, "D")
IMPUTED = "imputed for tasks without history"
UNKNOWN = "in a status that status_map.csv does not name"
KINDS = {"todo": "queue", "active": "work", "waiting": "external wait", "paused": "paused"}
COLUMNS = (
    Column("phase", "", "status the task is in"),
    Column("kind", "", "queue (not begun), work, external wait or paused"),
    Column("visits", "visits", "times a task entered the phase"),
    Column("tasks", "tasks", "tasks that were ever in it"),
    Column("visits_per_task", "ratio", "visits / tasks: over 1 when tasks come back"),
    Column(
        "still_in_it",
        "visits",
        "visits not over as far as is known, counted as lasting at least so long",
    ),
    Column("median_days", "days", "days within which half of the visits are over"),
    Column("median_low", "days", "lower limit of median_days"),
    Column("median_high", "days", "upper limit of median_days; null where the data set none"),
    Column("p90_days", "days", "days within which 90 % of the visits are over"),
    Column("mean_days", "days", "mean days of a visit, counting at most 30"),
    Column("mean_low", "days", "lower limit of mean_days"),
    Column("mean_high", "days", "upper limit of mean_days"),
    Column("ratio_to_rest", "ratio", "mean_days / that of the visits of all other phases"),
    Column("ratio_low", "ratio", "lower limit of ratio_to_rest"),
    Column("ratio_high", "ratio", "upper limit of ratio_to_rest"),
    Column("adjusted_p", "", "clustered log-rank against the rest, Benjamini-Hochberg adjusted"),
    Column("is_slower", "", "adjusted_p < .05 and at least 20 % longer; null: cannot be told"),
    Column("share_of_task_days", "rate", "days in this phase / days in all phases of the table"),
    Column("note", "", "insufficient: under 30 visits over, do not rank"),
)


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits to phases; arrays of shape (visits,)."""

    tasks: NDArray[Any]
    projects: NDArray[Any]
    phases: NDArray[Any]
    durations: NDArray[np.float64]
    is_over: NDArray[np.bool_]
    kinds: dict[str, str]
    known: Knowledge


def answer(context: Context) -> Answer:
    """Compare the visits to each phase with those to all others."""
    excluded = _find_excluded(context)
    visits = _read_visits(context)
    if not len(visits.durations):
        return context.answer(
            _say_none(context, excluded),
            "no data",
            caveats=(visits.known.say("Visits"),),
            excluded=excluded,
        )
    found = compare_groups(
        visits.durations,
        visits.is_over,
        visits.phases,
        visits.projects,
        HORIZON_DAYS,
        context.seed,
    )
    shares = _shares(visits)
    slower = [group for group in found if group.is_slower]
    rows = tuple(_row(visits, group, shares[group.group]) for group in found)
    return context.answer(
        *_conclude(visits, found, slower, shares),
        estimates=tuple(_estimates(found, shares)),
        table=Table(COLUMNS, rows),
        caveats=(
            "The slowest phase is not the cause: overload shows up as queueing time whatever "
            "causes it. Ask demand-or-efficiency for that.",
            "A visit is over when the task leaves the status, wherever it goes, or is deleted; "
            "visits still going on count as lasting at least as long as they are known.",
            visits.known.say("Visits"),
            "Phases of category waiting are waits for somebody outside the team.",
        ),
        excluded=excluded,
        chart=Chart(
            "interval",
            "phase",
            "mean_days",
            "Mean days of a visit",
            "mean_low",
            "mean_high",
            "kind",
        ),
    )


def _say_none(context: Context, excluded: tuple[Exclusion, ...]) -> str:
    """Say that there were no visits, or why the data do not tell of them."""
    if any(left.reason.endswith(IMPUTED) for left in excluded):
        return (
            f"No task is known to have been in any phase{context.period}: there is no history to "
            "tell it from, only current statuses."
        )
    unmapped = [left for left in excluded if left.reason.endswith(UNKNOWN)]
    if unmapped:
        return (
            f"No task is known to have been in any phase{context.period}: "
            f"{count(unmapped[0].count, 'visit')} {'is' if unmapped[0].count == 1 else 'are'} "
            f"{UNKNOWN}. Name it there and build again."
        )
    return f"No task was in any phase{context.period}."


def _read_visits(context: Context) -> Visits:
    known = read_work(context, "tasks")
    found = context.fetch(
        f"""
        select
            task_id,
            coalesce(project_id, task_id) as project_key,
            status,
            category,
            entered_at,
            exited_at
        from {PHASES}
        where
            category in ('todo', 'active', 'waiting', 'paused') and not is_imputed
            and entered_at <= $through
            and {context.within_moments("entered_at")}
        order by task_id, visit_number
        """,
        {"through": known.through},
    )
    statuses = found.objects("status")
    kinds = dict(sorted(set(zip(statuses.tolist(), found.values("category"), strict=True))))
    exited = found.moments("exited_at")
    # an end that came later had not come yet
    is_over = exited <= known.end
    return Visits(
        found.objects("task_id"),
        found.objects("project_key"),
        statuses,
        (np.where(is_over, exited, known.end) - found.moments("entered_at")) / DAY,
        is_over,
        {status: KINDS[category] for status, category in kinds.items()},
        known,
    )


Shares = dict[str, float | None]


def _shares(visits: Visits) -> Shares:
    total = float(visits.durations.sum())
    place, names = encode(visits.phases)
    sums = np.bincount(place, weights=visits.durations)
    return {
        name: float(value / total) if total else None
        for name, value in zip(names, sums, strict=True)
    }


def _conclude(
    visits: Visits, found: tuple[GroupMean, ...], slower: list[GroupMean], shares: Shares
) -> tuple[str, str]:
    if slower:
        told = [
            f"{_name(visits, group)}{days(group.mean.value)} a visit, "
            f"{group.ratio.value or 0:.1f} times the rest)"
            for group in slower
        ]
        verb = "is" if len(told) == 1 else "are"
        return f"{listed(told)} {verb} slower than the other phases{_say_most(shares)}.", "slower"
    if all(group.is_slower is None for group in found):
        reason = found[0].reason or "too few visits"
        return (
            f"Whether a phase is slower cannot be told: {reason}{_say_most(shares)}.",
            "cannot tell",
        )
    return (
        f"No phase is slower than the others by 20 % beyond chance{_say_most(shares)}.",
        "none slower",
    )


def _say_most(shares: Shares) -> str:
    most = max(shares, key=lambda name: shares[name] or 0.0)
    held = shares[most]
    return "" if held is None else f"; {most} holds the most task time, {percent(held)}"


def _name(visits: Visits, group: GroupMean) -> str:
    """Return the phase and, where its name does not say it, its kind."""
    kind = visits.kinds[group.group]
    return f"{group.group} (" + ("" if kind == group.group else f"{kind}, ")


def _estimates(found: tuple[GroupMean, ...], shares: Shares) -> list[Figure]:
    figures = [
        figure(
            f"{group.group}_mean_days", f"mean days of a visit to {group.group}", "days", group.mean
        )
        for group in found
    ]
    figures += [
        tally(
            f"{name}_share_rate",
            f"share of all task time in {name}",
            share,
            "rate",
            sum(group.n for group in found if group.group == name),
        )
        for name, share in shares.items()
    ]
    return figures


def _row(visits: Visits, group: GroupMean, share: float | None) -> tuple[Cell, ...]:
    from carepath.stats.survival import kaplan_meier, quantile

    chosen = visits.phases == group.group
    curve = kaplan_meier(
        visits.durations[chosen],
        visits.is_over[chosen],
        clusters=encode(visits.projects[chosen])[0],
    )
    median, late = quantile(curve), quantile(curve, 0.9)
    tasks = len(set(visits.tasks[chosen].tolist()))
    return (
        group.group,
        visits.kinds[group.group],
        group.n,
        tasks,
        group.n / tasks,
        group.n - group.n_finished,
        median.value,
        median.low,
        median.high,
        late.value,
        group.mean.value,
        group.mean.low,
        group.mean.high,
        group.ratio.value,
        group.ratio.low,
        group.ratio.high,
        group.adjusted_p,
        group.is_slower,
        share,
        note(group.n_finished),
    )


def _find_excluded(context: Context) -> tuple[Exclusion, ...]:
    found = context.fetch(
        f"""
        select
            case
                when is_imputed then 'imputed'
                when category in ('unknown', 'before_history') then category
                else 'later'
            end as fate,
            count(*) as visits
        from {PHASES}
        where
            (
                is_imputed
                or category in ('unknown', 'before_history')
                or (entered_at > $through and category not in ('done', 'cancelled'))
            )
            and {context.within_moments("entered_at")}
        group by 1
        order by 1
        """,
        {"through": read_work(context, "tasks").through},
    )
    reasons = {
        "imputed": IMPUTED,
        "unknown": UNKNOWN,
        "later": "begun after the moment up to which they are known",
        "before_history": "before the task's history begins",
    }
    return tuple(
        Exclusion(f"visits {reasons.get(fate, fate)}", int(visits), "visits")
        for fate, visits in found.rows()
    )
