"""The whole oracle: from raw rows to the expected tables of `prod`."""

from __future__ import annotations

from oracle.coordinator_days import coordinator_days
from oracle.definitions import Definitions, Raw, Row
from oracle.freshness import data_freshness
from oracle.members import funnel_events, intake
from oracle.rejection import rejection_summary, row_reconciliation, settle
from oracle.releases import product_releases
from oracle.work import gather_items, phase_row, project_row, task_row
from oracle.work_in_progress import work_in_progress_changes


def expect(raw: Raw, definitions: Definitions) -> dict[str, list[Row]]:
    """Work out every expected table.

    Funnel columns that need an entry are missing from the rows of people without one, and
    `member_intake_funnel_steps` holds entrants only: nothing is said about the others there.
    """
    settled = settle(raw, definitions)
    metrics, steps = intake(settled, definitions)
    tasks = gather_items("task", settled, definitions)
    projects = gather_items("project", settled, definitions)
    task_rows = [task_row(task, projects, definitions) for task in tasks.values()]
    return {
        "member_intake_funnel_metrics": metrics,
        "member_intake_funnel_steps": steps,
        "funnel_events": funnel_events(settled, definitions),
        "task_phases": [
            {"task_id": task["task_id"], "project_id": task["project_id"]}
            | phase_row(phase, settled.as_of)
            for task in task_rows
            for phase in tasks[task["task_id"]].phases
        ],
        "project_phases": [
            {"project_id": project.item_id} | phase_row(phase, settled.as_of)
            for project in projects.values()
            for phase in project.phases
        ],
        "current_task_summary": task_rows,
        "current_project_summary": [
            project_row(project, tasks, projects, definitions) for project in projects.values()
        ],
        "work_in_progress_changes": work_in_progress_changes(
            tasks, projects, settled.as_of, definitions
        ),
        "coordinator_days": coordinator_days(settled, definitions),
        "row_reconciliation": row_reconciliation(settled),
        "rejection_summary": rejection_summary(settled),
        "data_freshness": data_freshness(settled, definitions),
        "product_releases": product_releases(definitions),
    }
