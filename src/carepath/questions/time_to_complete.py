"""How long does it take to complete tasks and projects?"""

from __future__ import annotations

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.questions.clocks import PHASES, describe_clocks
from carepath.questions.completions import (
    PROJECTS,
    QUANTILES,
    TASKS,
    Completions,
    CompletionTimes,
    estimate_times,
    find_excluded,
    read_projects,
    read_tasks,
    say_known,
    say_none_started,
    warn_of_late_history,
)
from carepath.questions.drift import warn
from carepath.questions.figures import figure, tally
from carepath.questions.hiding import note
from carepath.questions.question import Context, Question
from carepath.questions.segments import PROJECT_TYPE, START_QUARTER, TASK_TYPE
from carepath.questions.wording import count, days, within

QUESTION = Question(
    id="time-to-complete",
    text="How long does it take to complete tasks and projects?",
    decision="what to promise about how long care takes",
    population="tasks and projects that were ever worked on; --since and --until bound the first "
    "work (date of the site)",
    unit="task, and project",
    estimand="days from the first entry to an active status to the first entry to done: the day "
    "by which half, 75, 85 and 90 % of all that was started are completed; mean days open up to a "
    "horizon of 90 (tasks) or 180 days (projects)",
    censoring="open work counts as longer than it was watched (Kaplan-Meier, right-censored at "
    "the moment up to which its sources are complete); cancelled and deleted work counts as never "
    "completed, so the curve is the cumulative incidence of completion",
    reads=(TASKS, PROJECTS, *PHASES.values(), "data_freshness"),
    verdicts={
        "estimated": "half of the tasks or of the projects were completed, and a median can be "
        "given",
        "not reached": "fewer than half were completed, or too few for a median",
    },
    segments=(TASK_TYPE, PROJECT_TYPE, START_QUARTER),
    local_dates="range",
)
_Q = tuple(f"p{round(100 * q)}" if q != 0.5 else "median" for q in QUANTILES)
COLUMNS = (
    Column("unit", "", "tasks or projects"),
    Column("segment", "", "group; all where nothing was split"),
    Column("started", "items", "items that entered an active status"),
    Column("completed", "items", "of those, completed at least once"),
    Column(
        "open", "items", "of those, still open as far as is known: counted as not yet completed"
    ),
    Column("removed", "items", "of those, cancelled or deleted first: counted as never completed"),
    *(
        column
        for name, q in zip(_Q, QUANTILES, strict=True)
        for column in (
            Column(
                f"{name}_days", "days", f"days within which {q:.0%} of the started are completed"
            ),
            Column(f"{name}_low", "days", f"lower limit of {name}_days"),
            Column(f"{name}_high", "days", "upper limit; null where the data set none"),
        )
    ),
    Column(
        "restricted_mean_days",
        "days",
        "mean days until completed, cancelled or deleted, counting at most horizon_days",
    ),
    Column("restricted_mean_low", "days", "lower limit of restricted_mean_days"),
    Column("restricted_mean_high", "days", "upper limit of restricted_mean_days"),
    Column("horizon_days", "days", "horizon of the restricted mean, declared beforehand"),
    Column("completed_only_mean_days", "days", "mean of the completed alone: biased, too short"),
    Column(
        "completed_only_median_days", "days", "median of the completed alone: biased, too short"
    ),
    Column("note", "", "insufficient: under 30 completed, do not rank"),
)
# Under ten completions there is no interval, and nothing to be sure of.
MINIMUM_TO_TELL = 10


def answer(context: Context) -> Answer:
    """Estimate times from first work to first completion, with open work counted as open."""
    wanted = [read_tasks(context)]
    if context.segment != TASK_TYPE:
        wanted.append(read_projects(context))
    excluded: list[Exclusion] = []
    for items in wanted:
        excluded.extend(find_excluded(context, items.unit))
    units = [items.unit for items in wanted]
    wanted = [items for items in wanted if len(items)]
    if not wanted:
        return context.answer(
            say_none_started(context, excluded),
            "no data",
            caveats=tuple(say_known(context, unit) for unit in units),
            excluded=tuple(excluded),
        )
    times = {items.unit: estimate_times(items) for items in wanted}
    told = [_say(unit, found) for unit, found in times.items()]
    reached = any(
        found.quantiles[0.5].value is not None and found.completed >= MINIMUM_TO_TELL
        for found in times.values()
    )
    rows = [row for items in wanted for row in _rows(items)]
    return context.answer(
        " ".join(told),
        "estimated" if reached else "not reached",
        tuple(
            number
            for items in wanted
            for number in (
                *_estimates(items, times[items.unit]),
                *describe_clocks(context, items.unit),
            )
        ),
        Table(COLUMNS, tuple(rows)),
        caveats=(
            "From the first entry to an active status to the first entry to done after it; "
            "re-opening later does not undo it. Days are elapsed days, nights and weekends in.",
            *(say_known(context, items.unit) for items in wanted),
            "Open items count as open as long as they are known; cancelled and deleted ones count "
            "as never completed. A figure of completed items alone is too short and is there for "
            "comparison only.",
            "Time worked on over time in progress is the flow efficiency; it and the clocks of "
            "completed work leave out starts so young that a re-opening may still undo them.",
            *(caveat for items in wanted for caveat in warn(items, context.seed)),
            *(warn_of_late_history(context, items.unit, len(items)) for items in wanted),
            "--since and --until bound the start." if context.period else "",
        ),
        excluded=tuple(excluded),
        chart=Chart(
            "interval",
            "segment" if context.segment else "unit",
            "median_days",
            "Median days to completion",
            low="median_low",
            high="median_high",
            series="unit" if context.segment else None,
        ),
    )


def _say(unit: str, found: CompletionTimes) -> str:
    middle, late = found.quantiles[0.5], found.quantiles[0.9]
    if found.completed < MINIMUM_TO_TELL and found.n < 2 * MINIMUM_TO_TELL:
        return (
            f"Too few {unit} were completed to tell how long they take: {found.completed} of "
            f"{count(found.n)} started."
        )
    if middle.value is None:
        last = found.followed_to
        by = f"by day {last:.0f}" if last >= 2 else f"within {days(last)}"
        return (
            f"Fewer than half of the {count(found.n)} started {unit} were completed {by}."
            if not found.is_half_reached
            else f"Too few {unit} were completed to tell their median ({middle.reason})."
        )
    shown = figure("", "", "days", middle)
    tail = f", 90 % within {days(late.value)}" if late.value is not None else ""
    return (
        f"Half of the {unit} are completed within {days(middle.value)}{within(shown)}{tail}, "
        f"of {count(found.n)} started."
    )


def _estimates(items: Completions, found: CompletionTimes) -> list[Figure]:
    unit = items.unit
    figures = [
        figure(f"{unit}_{name}_days", f"{name} of {unit}", "days", found.quantiles[q])
        for name, q in zip(_Q, QUANTILES, strict=True)
    ]
    figures.append(
        figure(
            f"{unit}_restricted_mean_days",
            f"mean days {unit} are open, of the first {items.horizon:.0f}",
            "days",
            found.mean,
        )
    )
    figures.extend(_ends(items))
    figures.append(
        tally(
            f"{unit}_completed_only_mean_days",
            f"mean of completed {unit} alone (biased: leaves open work out)",
            found.completed_only_mean,
            "days",
            found.completed,
        )
    )
    return figures


def _ends(items: Completions) -> list[Figure]:
    """Return the shares completed, and cancelled or deleted, within 30 days and the horizon."""
    from carepath.stats.competing import cumulative_incidence

    found = cumulative_incidence(items.ended, items.kinds, clusters=items.projects)
    names = {1: "completed", 2: "removed"}
    return [
        figure(
            f"{items.unit}_{names[kind]}_by_{day:.0f}_days_rate",
            f"share of {items.unit} {names[kind]} by day {day:.0f}",
            "rate",
            found[kind].at(day),
        )
        for kind in sorted(found)
        for day in (30.0, items.horizon)
    ]


def _rows(items: Completions) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(set(items.segments.tolist())):
        group = items.of(np.asarray(items.segments == name, dtype=bool))
        found = estimate_times(group)
        limits: list[Cell] = []
        for q in QUANTILES:
            estimate = found.quantiles[q]
            limits.extend((estimate.value, estimate.low, estimate.high))
        rows.append(
            (
                items.unit,
                name,
                found.n,
                found.completed,
                found.open,
                found.removed,
                *limits,
                found.mean.value,
                found.mean.low,
                found.mean.high,
                items.horizon,
                found.completed_only_mean,
                found.completed_only_median,
                note(found.completed),
            )
        )
    return rows
