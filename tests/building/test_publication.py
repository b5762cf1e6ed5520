"""Readers see the old prod or the new one; a killed or failed build damages nothing."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from prod_tables import read_tables

from carepath.building import build
from carepath.building.failures import BuildFailedError
from carepath.building.invocation import DbtResult
from carepath.building.project import find_project
from carepath.building.publication import lock_build, publish
from carepath.errors import CarepathError
from carepath.landing import land
from carepath.landing.database import lock_raw
from carepath.locks import hold_lock, read_holder, try_lock
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow

Copy = Callable[[Workspace], Workspace]


def _database(path: Path, value: int) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table answer as select {value} as value")
    return path


def _value(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute("select value from answer").fetchone()
    assert row is not None
    return int(row[0])


def test_a_reader_keeps_its_state_while_another_is_published(tmp_path: Path) -> None:
    prod = _database(tmp_path / "prod.duckdb", 1)
    script = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True); print('open', "
        "flush=True); sys.stdin.readline(); print(c.execute('select value from answer')"
        ".fetchone()[0], flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(prod)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        publish(_database(tmp_path / "candidate.duckdb", 2), prod)
        output, _ = reader.communicate("go on\n")
    assert output == "1\n"
    assert _value(prod) == 2


def test_a_log_left_beside_the_old_prod_does_not_spoil_the_new(tmp_path: Path) -> None:
    prod = _database(tmp_path / "prod.duckdb", 1)
    prod.with_name("prod.duckdb.wal").write_bytes(b"left behind by a killed writer")
    publish(_database(tmp_path / "candidate.duckdb", 2), prod)
    assert _value(prod) == 2


def test_a_second_build_is_refused_with_a_clear_word(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    with (
        lock_build(workspace),
        pytest.raises(CarepathError, match="Another build is running"),
    ):
        build(workspace)


def test_a_landing_under_way_keeps_builds_out(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    with lock_raw(workspace), pytest.raises(CarepathError, match="A landing is running in this"):
        build(workspace)


def test_a_build_under_way_keeps_landings_out(
    landed: Workspace, copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy_of(landed)
    refused: list[str] = []

    def land_meanwhile(*_: object) -> None:
        with pytest.raises(CarepathError) as refusal:
            land(tmp_path, workspace)
        refused.append(str(refusal.value))
        raise CarepathError("That was all.")

    monkeypatch.setattr(sys.modules["carepath.building.build"], "run_dbt_build", land_meanwhile)
    with pytest.raises(CarepathError, match="That was all"):
        build(workspace)
    assert [text.startswith("A build is running in this workspace") for text in refused] == [True]
    with lock_raw(workspace):
        pass  # it may again


def test_asking_who_holds_a_lock_refuses_nobody(tmp_path: Path) -> None:
    lock = tmp_path / "build.lock"
    with hold_lock(lock, "build", "build again"):
        holder = read_holder(lock)
        assert holder is not None
        assert holder.work == "build"
    with lock.open("rb") as asking:
        assert try_lock(asking, is_shared=True)
        assert read_holder(lock) is None  # somebody else who asks
        leave = threading.Timer(0.05, lambda: fcntl.flock(asking, fcntl.LOCK_UN))
        leave.start()
        with hold_lock(lock, "build", "build again"):
            leave.join()


def test_building_twice_gives_the_same_prod(built: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(built)
    with duckdb.connect(str(workspace.prod), read_only=True) as reader:
        before = reader.execute("select count(*) from funnel_events").fetchone()
        report = build(workspace)  # under an open reader
        assert reader.execute("select count(*) from funnel_events").fetchone() == before
    assert all(fate.is_balanced for fate in report.fates)
    assert read_tables(workspace.prod) == read_tables(built.prod)


def test_rows_of_files_without_a_fate_publish_nothing(
    built: Workspace, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy_of(built)
    before = workspace.prod.read_bytes()
    # Landing's ledger says that a file had more rows than raw holds.
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute("delete from landing.files where table_name = 'care_platform.task'")
        connection.execute(
            "insert into landing.files (file_id, batch_number, table_name, file_name, sha256, "
            "landed_at, row_count, accepted_count, rejected_count) "
            "values (999, 9, 'care_platform.task', 'lost.csv', 'x', now(), 999999, 999999, 0)"
        )
    ran: list[Path] = []

    def run_dbt_build(_: Path, __: object, environment: dict[str, str], *___: object) -> DbtResult:
        ran.append(Path(environment["CAREPATH_PROD"]))
        shutil.copyfile(built.prod, ran[0])
        return DbtResult((), None)

    monkeypatch.setattr(sys.modules["carepath.building.build"], "run_dbt_build", run_dbt_build)
    with pytest.raises(BuildFailedError, match="unaccounted for"):
        build(workspace)
    assert ran
    assert workspace.prod.read_bytes() == before


BREAKAGES = (
    # a model that does not run, and a data test that fails
    ("models/prod/task_phases.sql", "as seconds", "+ 'x' as seconds"),
    (
        "tests/assert_every_source_row_is_accounted_for.sql",
        "raw.raw_row_count !=",
        "raw.raw_row_count =",
    ),
)


def test_a_broken_project_publishes_nothing_and_all_that_is_broken_is_named(
    built: Workspace, copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "warehouse"
    shutil.copytree(find_project(), project)
    for path, old, new in BREAKAGES:
        text = (project / path).read_text()
        assert old in text
        (project / path).write_text(text.replace(old, new))
    monkeypatch.setattr(sys.modules["carepath.building.build"], "find_project", lambda: project)
    workspace = copy_of(built)
    before = workspace.prod.read_bytes()
    with pytest.raises(BuildFailedError) as failure:
        build(workspace)
    for path, _, _ in BREAKAGES:
        assert f"({path})" in str(failure.value)
    assert workspace.prod.read_bytes() == before
    assert "prod is unchanged" in str(failure.value)
