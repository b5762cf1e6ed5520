"""What the time of completed work consisted of: the clocks beside the one that is estimated."""

from __future__ import annotations

from carepath.questions.answer import Figure
from carepath.questions.completions import PROJECTS, TASKS
from carepath.questions.figures import figure
from carepath.questions.freshness import read_work
from carepath.questions.question import Context

PHASES = {"tasks": "task_phases", "projects": "project_phases"}
SUMMARIES = {"tasks": TASKS, "projects": PROJECTS}
DAY = 86_400.0
CLOCKS = (
    ("lead", "from creation"),
    ("cycle", "from first work, waits and pauses in"),
    ("active", "being worked on, waits and pauses out"),
    ("business", "from first work, in working hours"),
)


def describe_clocks(context: Context, unit: str) -> list[Figure]:
    """Return the medians of every clock of the work now done, and its flow efficiency.

    A later re-opening undoes these clocks, so they are described only for starts older than the
    time by which 95 % of the re-openings have come.
    """
    from carepath.stats.percentiles import percentile
    from carepath.stats.ratios import ratio_of_sums

    columns = ",\n            ".join(
        f"cast({name}_seconds as double) as {name}" for name, _ in CLOCKS
    )
    found = context.fetch(
        f"""
        with visits as (
            select
                {unit[:-1]}_id as item_id,
                entered_at,
                visit_number,
                category,
                lag(category) over (
                    partition by {unit[:-1]}_id order by visit_number
                ) as previous_category
            from {PHASES[unit]}
            where not is_imputed and entered_at <= $through
        ),
        -- several done statuses in a row are one completion
        marked as (
            select
                item_id,
                entered_at,
                category not in ('done', 'cancelled') and previous_category = 'done'
                    as is_reopening,
                max(
                    case
                        when category = 'done' and coalesce(previous_category, '') != 'done'
                            then entered_at
                    end
                ) over (
                    partition by item_id order by visit_number
                    rows between unbounded preceding and current row
                ) as completed_at
            from visits
        ),
        gaps as (
            select
                coalesce(
                    percentile_cont(0.95) within group (
                        order by
                            cast(datediff('microsecond', completed_at, entered_at) as double)
                    ),
                    0
                ) as usual_gap
            from marked
            where is_reopening
        )
        select
            dense_rank() over (order by coalesce(project_id, {unit[:-1]}_id)) as cluster,
            cast(touch_seconds as double) as touch,
            {columns}
        from {SUMMARIES[unit]}
        cross join gaps
        where
            is_done and not is_imputed and cycle_seconds is not null and last_done_at <= $through
            and datediff('microsecond', first_active_at, $through) > gaps.usual_gap
            and {context.within_moments("first_active_at")}
        order by {unit[:-1]}_id
        """,
        {"through": read_work(context, unit).through},
    )
    if not len(found):
        return []
    figures = [
        figure(
            f"{unit}_{name}_median_days",
            f"median of completed {unit} alone, {meaning}",
            "days",
            percentile(found.floats(name) / DAY, 0.5, clusters=found.integers("cluster")),
        )
        for name, meaning in CLOCKS
    ]
    active, touch = found.floats("active"), found.floats("touch")
    figures.append(
        figure(
            f"{unit}_flow_efficiency_rate",
            f"flow efficiency of completed {unit}: time worked on / time in progress",
            "rate",
            ratio_of_sums(active, touch, found.integers("cluster")),
        )
    )
    return figures
