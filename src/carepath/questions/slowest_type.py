"""Is a particular project type or task type slower?"""

from __future__ import annotations

from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.questions.completions import (
    PROJECTS,
    TASKS,
    Completions,
    find_excluded,
    read_projects,
    read_tasks,
    say_known,
    say_none_started,
)
from carepath.questions.figures import figure
from carepath.questions.group_means import GroupMean, compare_groups
from carepath.questions.hiding import note
from carepath.questions.question import Context, Question, Segment
from carepath.questions.segments import PROJECT_TYPE, TASK_TYPE
from carepath.questions.wording import days, listed

QUESTION = Question(
    id="slowest-type",
    text="Is a particular project type or task type slower?",
    decision="which type of work needs another process or promise",
    population="tasks and projects that were ever worked on; --since and --until bound the first "
    "work (date of the site)",
    unit="task, and project, by type",
    estimand="mean days until completed, cancelled or deleted, up to a horizon of 90 (tasks) or "
    "180 days (projects), beside that of all other types",
    censoring="open work counts as longer than it was watched (right-censored at the moment up to "
    "which its sources are complete)",
    reads=(TASKS, PROJECTS, "data_freshness"),
    verdicts={
        "slower": "at least one type is 20 % longer than the others, adjusted p under .05",
        "none slower": "no type is, beyond chance",
        "cannot tell": "too few have ended, or there is only one type",
    },
    segments=(TASK_TYPE, PROJECT_TYPE),
    local_dates="range",
)
COLUMNS = (
    Column("unit", "", "tasks or projects"),
    Column("type", "", "type of the task or project"),
    Column("started", "items", "items that entered an active status"),
    Column("ended", "items", "of those, completed, cancelled or deleted as far as is known"),
    Column("completed", "items", "of those, completed"),
    Column("median_days", "days", "days within which half of the started are completed"),
    Column("median_low", "days", "lower limit of median_days"),
    Column("median_high", "days", "upper limit of median_days; null where the data set none"),
    Column("mean_days", "days", "mean days until they ended, counting at most horizon_days"),
    Column("mean_low", "days", "lower limit of mean_days"),
    Column("mean_high", "days", "upper limit of mean_days"),
    Column("ratio_to_rest", "ratio", "mean_days / that of all other types"),
    Column("ratio_low", "ratio", "lower limit of ratio_to_rest"),
    Column("ratio_high", "ratio", "upper limit of ratio_to_rest"),
    Column("adjusted_p", "", "log-rank against the rest, Benjamini-Hochberg over the table"),
    Column("is_slower", "", "adjusted_p < .05 and at least 20 % longer; null: cannot be told"),
    Column("horizon_days", "days", "horizon of the mean, declared beforehand"),
    Column("note", "", "insufficient: under 30 ended, not ranked"),
)
Found = tuple[Completions, GroupMean]


def answer(context: Context) -> Answer:
    """Compare each type of task, and of project, with all others of its unit."""
    found: list[Found] = []
    excluded: list[Exclusion] = []
    read = _read(context)
    units = [items.unit for items in read]
    for items in read:
        excluded.extend(find_excluded(context, items.unit))
        if len(items):
            found.extend((items, group) for group in _compare(items, context.seed))
    if not found:
        return context.answer(
            say_none_started(context, excluded),
            "no data",
            caveats=tuple(say_known(context, unit) for unit in units),
            excluded=tuple(excluded),
        )
    headline, verdict = _conclude(found)
    return context.answer(
        headline,
        verdict,
        tuple(_figures(found)),
        Table(COLUMNS, tuple(_row(items, group) for items, group in found)),
        caveats=(
            *(say_known(context, items.unit) for items in read if len(items)),
            "Slower means an adjusted p under .05 and a mean at least 20 % longer than that of all "
            "other types; a smaller difference may still be real.",
            "Types differ in what they ask for: slower does not mean less efficient.",
            "Tasks of one project are not independent: intervals and tests take whole projects.",
        ),
        excluded=tuple(excluded),
        chart=Chart(
            "interval",
            "type",
            "mean_days",
            "Mean days until they ended",
            "mean_low",
            "mean_high",
            "unit",
        ),
    )


def _read(context: Context) -> list[Completions]:
    wanted: list[tuple[Segment, bool]] = [(TASK_TYPE, True), (PROJECT_TYPE, False)]
    return [
        read_tasks(context.split(segment)) if is_task else read_projects(context.split(segment))
        for segment, is_task in wanted
        if context.segment in (None, segment)
    ]


def _compare(items: Completions, seed: int) -> tuple[GroupMean, ...]:
    return compare_groups(
        items.ended, items.kinds != 0, items.segments, items.projects, items.horizon, seed
    )


def _conclude(found: list[Found]) -> tuple[str, str]:
    slower = [pair for pair in found if pair[1].is_slower]
    if slower:
        told = [
            f"{group.group} {items.unit} ({days(group.mean.value)}, {group.ratio.value or 0:.1f} "
            "times the rest)"
            for items, group in slower
        ]
        return f"Slower than the others: {listed(told)}.", "slower"
    judged = [group for _, group in found if group.is_slower is not None]
    if not judged:
        return (
            f"Whether a type is slower cannot be told: {found[0][1].reason or 'too few ended'}.",
            "cannot tell",
        )
    units = sorted({items.unit for items, group in found if group.is_slower is not None})
    return (
        f"No type of {listed(units, 'or')} is slower than the others by 20 % beyond chance.",
        "none slower",
    )


def _figures(found: list[Found]) -> list[Figure]:
    return [
        figure(
            f"{items.unit}_{group.group.lower()}_ratio",
            f"mean of {group.group} {items.unit} over that of the rest",
            "ratio",
            group.ratio,
        )
        for items, group in found
    ]


def _row(items: Completions, group: GroupMean) -> tuple[Cell, ...]:
    from carepath.questions.completions import estimate_times

    times = estimate_times(items.of(items.segments == group.group))
    median = times.quantiles[0.5]
    return (
        items.unit,
        group.group,
        group.n,
        group.n_finished,
        times.completed,
        median.value,
        median.low,
        median.high,
        group.mean.value,
        group.mean.low,
        group.mean.high,
        group.ratio.value,
        group.ratio.low,
        group.ratio.high,
        group.adjusted_p,
        group.is_slower,
        items.horizon,
        note(group.n_finished),
    )
