"""How many tasks are in progress in each project?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from carepath.questions.answer import Answer, Chart, Column, Figure, Table
from carepath.questions.figures import tally
from carepath.questions.freshness import Knowledge, read_work
from carepath.questions.question import Context, Question
from carepath.questions.segments import PROJECT_TYPE
from carepath.questions.wording import count

PHASES = "task_phases"
CHANGES = "work_in_progress_changes"
PROJECTS = "current_project_summary"
TASKS = "current_task_summary"
NO_PROJECT = "(none)"
USUAL_DAYS = 28
MOST_UNDATED = 0.10
QUESTION = Question(
    id="tasks-in-progress",
    text="How many tasks are in progress in each project?",
    decision="which projects are busy, and whether the team carries more than usual",
    population="all tasks that are neither done, cancelled nor deleted at the "
    "moment: the one up to which tasks are known; --until moves it back",
    unit="project",
    estimand="none: a count of everything there is. Means are over the ends of days, the last 28 "
    "or those of the range",
    censoring="none: the state at a moment needs no follow-up",
    reads=(PHASES, CHANGES, TASKS, PROJECTS, "data_freshness"),
    verdicts={
        "counted": "tasks are open",
        "nothing in progress": "no task is open",
    },
    segments=(PROJECT_TYPE,),
    local_dates="always",
)
COLUMNS = (
    Column("project_id", "", "project; (none) for tasks without one"),
    Column("segment", "", "type of the project; all where nothing was split"),
    Column("active_tasks", "tasks", "tasks being worked on at the end of the date"),
    Column(
        "open_tasks", "tasks", "tasks neither done, cancelled nor deleted, active ones included"
    ),
    Column("changed_date", "date", "local date on which these numbers last changed"),
)


def answer(context: Context) -> Answer:
    """Count active tasks, and all open ones beside them, of every project with open work."""
    known = read_work(context, "tasks")
    last = _last_day(context, known)
    until = context.until if context.until and context.until <= last else None
    moment = f"at the end of {until}" if until else f"at {known.through:%Y-%m-%d %H:%M:%S} UTC"
    ends_at = context.midnight(until, days=1) or known.through + timedelta(microseconds=1)
    found = context.fetch(
        f"""
        with opened as (
            select
                coalesce(project_id, $no_project) as project_key,
                count(case when category = 'active' then 1 end) as active_tasks,
                count(case when category = 'unknown' then 1 end) as unknown_tasks,
                count(*) as open_tasks
            from {PHASES}
            where
                category not in ('done', 'cancelled')
                and entered_at < $ends_at and (exited_at is null or exited_at >= $ends_at)
            group by 1
        ),
        dated as (
            select project_key, max(changed_date) as changed_date
            from {CHANGES}
            where changed_date <= $day
            group by project_key
        )
        select
            opened.project_key as project_id,
            {context.by} as segment,
            opened.active_tasks,
            opened.open_tasks,
            dated.changed_date,
            opened.unknown_tasks
        from opened
        inner join dated on opened.project_key = dated.project_key
        left join {PROJECTS} as projects on opened.project_key = projects.project_id
        order by opened.active_tasks desc, opened.open_tasks desc, opened.project_key
        """,
        {
            "ends_at": ends_at,
            "day": until or _day(context, known),
            "no_project": NO_PROJECT,
        },
    )
    if not len(found):
        return context.answer(
            f"No task was open {moment}.", "nothing in progress", caveats=(known.say("Tasks"),)
        )
    active, opened = found.integers("active_tasks"), found.integers("open_tasks")
    ids = found.values("project_id")
    projects = len(ids) - ids.count(NO_PROJECT)
    of_projects = np.array([name != NO_PROJECT for name in ids])
    middle = float(np.median(active[of_projects])) if projects else None
    busiest = int(active[of_projects].max()) if projects else 0
    in_progress = _place(active, of_projects)
    headline = (
        f"{count(active.sum(), 'task')} {_are(active.sum())} in progress{in_progress}"
        f"{',' if in_progress.startswith(',') else ''} {moment}, of "
        f"{count(opened.sum(), 'open task')}{_place(opened, of_projects)}"
        f"{' with open work' if projects else ''}"
        + (
            f": {middle or 0:g} in the middle project, {busiest:,} in the busiest."
            if projects
            else "."
        )
    )
    estimates = [
        tally("active_tasks", "tasks in progress", float(active.sum()), "tasks"),
        tally("open_tasks", "open tasks, in progress or not", float(opened.sum()), "tasks"),
        tally("projects_with_open_tasks", "projects with open tasks", projects, "projects"),
        tally(
            "median_active_tasks",
            "median of the tasks in progress of these projects",
            middle,
            "tasks",
            projects,
        ),
        tally(
            "largest_active_tasks", "tasks in progress of the busiest", busiest, "tasks", projects
        ),
        *_usual(context, until or last),
    ]
    return context.answer(
        headline,
        "counted",
        tuple(estimates),
        Table(COLUMNS, tuple((*row[:4], row[4].date()) for row in found.rows())),
        caveats=(
            "In progress means a status of category active; open tasks also wait, pause or have "
            "not begun. These are counts of everything, not estimates: they have no interval.",
            _say_unknown(int(found.integers("unknown_tasks").sum())),
            _say_without_project(int(opened[~of_projects].sum())),
            known.say("Tasks"),
            "--since bounds the days of the daily means only." if context.since else "",
        ),
        chart=Chart("histogram", "active_tasks", "projects", "Projects by tasks in progress"),
    )


def _usual(context: Context, last: date) -> list[Figure]:
    """Return the daily means of the range asked for, else of four weeks, up to the last day."""
    found = context.fetch(
        f"""
        with moves as (
            select
                changed_date,
                tasks_entered - tasks_left as open_change,
                active_task_count - coalesce(
                    lag(active_task_count) over (partition by project_key order by changed_date), 0
                ) as active_change
            from {CHANGES}
        )
        select
            changed_date,
            sum(open_change) as open_change,
            sum(active_change) as active_change
        from moves
        group by changed_date
        order by changed_date
        """
    )
    dates = [moment.date() for moment in found.values("changed_date")]
    # nothing is known of the days before the first change
    first = max(context.since or last - timedelta(days=USUAL_DAYS - 1), dates[0])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    places = np.searchsorted(np.array(dates, dtype="datetime64[D]"), np.array(days), side="right")
    undated, tasks = _count_undated(context)
    reason = (
        f"{count(undated)} of {count(tasks, 'task')} have no history that tells when they were open"
        if undated > MOST_UNDATED * tasks
        else None
    )
    figures = []
    for name, label in (("active", "tasks in progress"), ("open", "open tasks")):
        totals = np.concatenate([[0.0], np.cumsum(found.floats(f"{name}_change"))])
        mean = float(totals[places].mean()) if days else None
        shown = tally(
            f"mean_{name}_tasks",
            f"{label} at the end of a day, mean of {count(len(days), 'day')} to {last}"
            if days
            else f"{label} at the end of a day: no day is in the range",
            None if reason else mean,
            "tasks",
            len(days),
        )
        figures.append(replace(shown, reason=reason))
    return figures


def _count_undated(context: Context) -> tuple[int, int]:
    """Count finished tasks without history, which count as open on no day, and all tasks."""
    found = context.fetch(
        f"""
        select
            count(case when is_imputed and category in ('done', 'cancelled') then 1 end) as undated,
            count(*) as tasks
        from {TASKS}
        """
    )
    return int(found.integers("undated")[0]), int(found.integers("tasks")[0])


def _last_day(context: Context, known: Knowledge) -> date:
    """Return the last date of the site that is over at the end of what is known."""
    return _day(context, known, timedelta(microseconds=1)) - timedelta(days=1)


def _day(context: Context, known: Knowledge, later: timedelta = timedelta(0)) -> date:
    """Return the date of the site at the end of what is known."""
    return context.local_date(known.through + later)


def _place(tasks: NDArray[np.int64], of_projects: NDArray[np.bool_]) -> str:
    """Say in how many projects the tasks are, and how many of them, where some are in none."""
    inside = tasks[of_projects]
    total, within = int(tasks.sum()), int(inside.sum())
    if total and not within:
        return ", none of them in a known project"
    projects = count(int((inside > 0).sum()), "project")
    return f" in {projects}" if total == within else f", {within:,} of them in {projects}"


def _say_unknown(tasks: int) -> str:
    if not tasks:
        return ""
    one = tasks == 1
    return (
        f"{count(tasks, 'open task')} {'is' if one else 'are'} in a status that status_map.csv "
        f"does not name: {'it counts' if one else 'they count'} as open and not as in progress."
    )


def _say_without_project(tasks: int) -> str:
    if not tasks:
        return ""
    belong = "belongs" if tasks == 1 else "belong"
    return f"{count(tasks, 'open task')} {belong} to no known project."


def _are(number: float) -> str:
    return "is" if number == 1 else "are"
