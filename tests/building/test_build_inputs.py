"""What a build makes of odd but possible input, and the moment it is of."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from jinja2 import Environment
from prod_tables import read_tables

from carepath.building import build
from carepath.building.build import parse_moment
from carepath.building.invocation import DbtResult
from carepath.building.project import find_project
from carepath.errors import CarepathError
from carepath.initialisation import init_workspace
from carepath.landing import create_raw, land
from carepath.operations.freshness import check_data
from carepath.workspace import Workspace

Copy = Callable[[Workspace], Workspace]


def test_nothing_landed_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(CarepathError, match="Nothing has been landed") as failure:
        build(init_workspace(tmp_path / "workspace"))
    assert "carepath land" in str(failure.value)


def test_a_damaged_raw_database_is_named(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    workspace.raw.write_bytes(b"not a database" * 1000)
    with pytest.raises(CarepathError, match="cannot be opened"):
        build(workspace)


def test_too_little_memory_is_said_of_landings_and_of_builds(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    file = tmp_path / "task.csv"
    file.write_text("id,created,modified\n1,2026-01-01,2026-01-01\n")
    with pytest.raises(CarepathError, match="not enough memory for this landing"):
        land(file, workspace, memory="1KB")
    land(file, workspace, memory="50MB")
    with pytest.raises(CarepathError, match="not enough memory for this build") as failure:
        build(workspace, memory="1MB")
    assert "raise memory in [build]" in str(failure.value)


def test_connections_work_that_are_opened_after_something_was_spilled(tmp_path: Path) -> None:
    # dbt opens one for every model; a build whose memory suffices for all of them spills nothing
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.adapters.duckdb.environments.local import LocalEnvironment

    values = {"CAREPATH_WORKSPACE": str(tmp_path), "CAREPATH_MEMORY": "100MB"}
    jinja = Environment()
    jinja.filters["as_number"] = int
    text = (find_project() / "profiles.yml").read_text()
    text = jinja.from_string(text.partition("    snowflake:")[0]).render(
        env_var=lambda name, default: values.get(name, default)
    )
    profile = yaml.safe_load(text)["carepath"]["outputs"]["duckdb"]
    duckdb.connect(str(tmp_path / "raw.duckdb")).close()
    (tmp_path / ".building").mkdir()
    environment = LocalEnvironment(
        DuckDBCredentials.from_dict({"schema": "main", "database": "memory"} | profile)
    )
    first = environment.handle().cursor()
    first.execute("create temp table many as select hash(i) as h, i from range(20_000_000) r (i)")
    assert list((tmp_path / ".building" / "spill").glob("*.tmp"))
    second = environment.handle().cursor()
    second.execute("select current_setting('memory_limit'), current_setting('temp_directory')")
    limit, folder = second.fetchone()
    assert (limit, folder) == ("95.3 MiB", str(tmp_path / ".building" / "spill"))


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "31/12/2025", "9999-12-31T23:00:00-14:00"]
)
def test_an_as_of_that_is_no_date_is_named(text: str) -> None:
    with pytest.raises(CarepathError, match="not a date or time"):
        parse_moment(text)


def test_an_as_of_with_a_zone_is_read_as_utc() -> None:
    assert parse_moment("2026-01-01T01:30:00+02:00") == "2025-12-31 23:30:00"


def test_dbt_is_given_what_was_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    create_raw(workspace)
    path = workspace.definitions / "status_map.csv"
    usual = path.read_text()
    path.write_text(usual.replace(",active", ", ACTIVE"))

    def look(project: Path, variables: object, environment: dict[str, str], *_: object) -> None:
        given = Path(environment["CAREPATH_DEFINITIONS"]) / path.name
        assert given.read_text() == usual
        raise InterruptedError

    monkeypatch.setattr(sys.modules["carepath.building.build"], "run_dbt_build", look)
    with pytest.raises(InterruptedError):
        build(workspace)


@pytest.mark.slow
def test_tables_without_any_row_build(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    create_raw(workspace)
    report = build(workspace)
    assert report.as_of is None
    assert {fate.raw for fate in report.fates} == {0}
    assert all(not rows for name, rows in read_tables(workspace.prod).items() if "member" in name)


@pytest.mark.slow
def test_history_without_tasks_and_tasks_without_history_are_all_there(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    data = tmp_path / "data"
    data.mkdir()
    (data / "task.csv").write_text(
        "id,project_id,title,status,created\n"
        "1,,G,in-progress,2026-01-05 10:00:00\n"
        "2,,I,COMPLETE,2026-01-05 10:00:00Z\n"
    )
    # The same ids as strings, another zone, and a task that only history knows.
    (data / "historical_task.jsonl").write_text(
        '{"history_id": "10", "id": "2", "status": "In Progress", '
        '"history_date": "2026-01-05T06:00:00-05:00"}\n'
        '{"history_id": "11", "id": "2", "status": "complete", '
        '"history_date": "2026-01-05 12:00:00"}\n'
        '{"history_id": "12", "id": "3", "status": "Frozen", '
        '"history_date": "2026-01-05 12:00:00"}\n'
    )
    land(data, workspace)
    report = build(workspace)
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        tasks = connection.execute(
            "select task_id, status, category, is_imputed, is_listed, cycle_seconds "
            "from current_task_summary order by task_id"
        ).fetchall()
    assert [task[:5] for task in tasks] == [
        ("1", "in_progress", "active", True, True),
        ("2", "complete", "done", False, True),
        ("3", "FROZEN", "unknown", False, False),
    ]
    assert tasks[1][5] == 3600
    assert any("FROZEN (1)" in warning for warning in report.warnings)


@pytest.mark.slow
def test_an_earlier_as_of_sets_later_rows_aside_and_counts_them(
    landed: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(landed)
    report = build(workspace, as_of="2026-03-01")
    assert report.as_of == "2026-03-01 00:00:00"
    later = {fate.source_table: fate.after_as_of for fate in report.fates}
    assert later["snowplow.events"] > 0
    assert later["care_platform.historical_task"] > 0
    assert all(fate.is_balanced for fate in report.fates)
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        row = connection.execute(
            "select max(event_at) <= timestamp '2026-03-01' from funnel_events"
        ).fetchone()
        open_past = connection.execute(
            "select count(*) from task_phases where seconds < 0"
        ).fetchone()
    assert row == (True,)
    (told,) = check_data(workspace)
    assert told.status == "warn"
    assert f"{sum(later.values()):,} rows are dated later" in told.what
    assert told.next_step == "run carepath build without --as-of"
    assert open_past == (0,)


@pytest.mark.slow
def test_a_moment_after_the_data_is_refused_and_nothing_is_published(
    built: Workspace, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy_of(built)
    before = workspace.prod.read_bytes()
    with duckdb.connect(str(built.prod), read_only=True) as connection:
        (latest,) = connection.execute("select max(as_of) from data_freshness").fetchone()
    midnight = datetime.combine(latest, time()) + timedelta(days=1)

    def take_built(*arguments: Any) -> DbtResult:
        shutil.copyfile(built.prod, arguments[2]["CAREPATH_PROD"])
        return DbtResult((), None)

    monkeypatch.setattr(sys.modules["carepath.building.build"], "run_dbt_build", take_built)
    for moment in ("2062-03-01", str(midnight + timedelta(seconds=1))):
        with pytest.raises(CarepathError, match="The data end at") as failure:
            build(workspace, as_of=moment)
        assert f"up to {midnight} (UTC)" in str(failure.value)
        assert failure.value.exit_code == 2
        assert workspace.prod.read_bytes() == before
    build(workspace, as_of=str(midnight))


@pytest.mark.slow
def test_a_build_leaves_the_definitions_as_they_were(built: Workspace) -> None:
    from carepath.building.project import shipped_definitions

    for path in sorted(shipped_definitions().glob("*.csv")):
        assert (built.definitions / path.name).read_bytes() == path.read_bytes()
