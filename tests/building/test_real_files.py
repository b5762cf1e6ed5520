"""The real help desk and the real Snowplow events land, build and add up."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from carepath.building import BuildReport, build
from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real files are not in {DATA}")

# The help desk's own words, as its users would map them: a workspace's file, not the package's.
HELP_DESK_STATUSES = (ROOT / "benchmarks" / "helpdesk_status_map.csv").read_text(encoding="utf-8")


def _build(
    folder: Path, data: Path, status_map: str | None = None
) -> tuple[Workspace, BuildReport]:
    workspace = init_workspace(folder)
    if status_map:
        (workspace.definitions / "status_map.csv").write_text(status_map)
    land(data, workspace)
    return workspace, build(workspace)


@needs_data
def test_every_task_and_history_row_of_the_help_desk_is_modelled(tmp_path: Path) -> None:
    workspace, report = _build(tmp_path / "helpdesk", DATA / "helpdesk", HELP_DESK_STATUSES)
    fates = {fate.source_table: fate for fate in report.fates}
    assert fates["care_platform.task"].modelled == fates["care_platform.task"].in_files == 4580
    history = fates["care_platform.historical_task"]
    assert (history.in_files, history.modelled, history.rejected) == (21348, 21348, 0)
    assert all(fate.is_balanced for fate in report.fates)
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        unknown = connection.execute(
            "select count(*) from task_phases where category = 'unknown'"
        ).fetchone()
        # Straight from the file: how many tasks end in a status that the map calls done.
        done = connection.execute(
            "select count(*) from current_task_summary where is_done"
        ).fetchone()
        expected = connection.execute(
            """
            select count(*)
            from (
                select id, arg_max(status, (history_date, history_id)) as last_status
                from read_csv(?)
                group by id
            )
            where last_status in (
                'Resolve ticket', 'Resolve SW anomaly', 'RESOLVED', 'VERIFIED', 'Closed'
            )
            """,
            [str(DATA / "helpdesk" / "historical_task.csv")],
        ).fetchone()
    assert unknown == (0,)
    assert done == expected


@needs_data
def test_the_160_real_events_become_157_and_3_duplicates(tmp_path: Path) -> None:
    workspace, report = _build(tmp_path / "snowplow", DATA / "snowplow")
    events = {fate.source_table: fate for fate in report.fates}["snowplow.events"]
    assert (events.in_files, events.raw) == (160, 160)
    assert (events.modelled, events.deduplicated, events.rejected) == (157, 3, 0)
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        assert connection.execute("select count(*) from funnel_events").fetchone() == (157,)
