"""Each thing that can be wrong with a workspace is found, and the next step is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from commands import run

from carepath.errors import CarepathError
from carepath.landing import create_raw
from carepath.locks import BUILD_LOCK, LANDING_LOCK, hold_lock
from carepath.operations import doctor, freshness, places
from carepath.operations.findings import Finding
from carepath.operations.installation import fits
from carepath.workspace import Workspace

Copy = Callable[[Workspace], Workspace]
pytestmark = pytest.mark.slow


def find(workspace: Workspace, check: str, *, deep: bool = False) -> list[Finding]:
    return [found for found in doctor.examine(workspace, deep=deep) if found.check == check]


def test_a_built_workspace_is_well(
    built: Workspace, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy_of(built)
    monkeypatch.setattr(freshness, "OLD", timedelta(days=100_000))
    findings = doctor.examine(workspace, deep=True)
    assert [found for found in findings if found.status != "ok"] == []
    assert all(found.next_step is None for found in findings)


def test_every_line_that_is_not_ok_names_the_next_step_and_failing_exits_with_1(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    assert run("doctor", "-w", workspace.root).returncode == 0
    workspace.prod.write_bytes(b"not a database")
    process = run("doctor", "-w", workspace.root, "--format", "json")
    assert process.returncode == 1
    told = json.loads(process.stdout)
    assert told["is_well"] is False
    assert all(line["next_step"] for line in told["checks"] if line["status"] != "ok")
    (prod,) = [line for line in told["checks"] if line["status"] == "fail"]
    assert prod["check"] == "prod" and "carepath build" in prod["next_step"]


@pytest.mark.parametrize("name", ["raw", "prep", "prod"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "overwritten"])
def test_a_damaged_database_fails(name: str, damage: str, built: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(built)
    path: Path = getattr(workspace, name)
    content = path.read_bytes()
    made = {"cut": content[:5000], "emptied": b"", "overwritten": b"x" * len(content)}
    path.write_bytes(made[damage])
    (found,) = [line for line in find(workspace, name) if line.what.find(str(path)) >= 0]
    assert found.status == "fail"


def test_a_flipped_byte_deep_in_a_database_is_found_by_the_deep_check(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    content = bytearray(workspace.prod.read_bytes())
    with duckdb.connect(str(built.prod), read_only=True) as connection:
        (block,) = connection.execute(
            "select block_id from pragma_storage_info('funnel_events') "
            "where column_name = 'event_id' and block_id >= 0 limit 1"
        ).fetchone()
    place = 3 * 4096 + block * 262_144 + 5000
    content[place] ^= 0xFF
    workspace.prod.write_bytes(content)
    assert any(line.status == "fail" for line in find(workspace, "prod", deep=True))


def test_who_holds_a_lock_is_told(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    for name, work in ((BUILD_LOCK, "build"), (LANDING_LOCK, "landing")):
        with hold_lock(workspace.building / name, work, "again"):
            (found,) = find(workspace, "locks")
            assert found.status == "warn"
            assert f"a {work} is running: process" in found.what
    assert [line.status for line in find(workspace, "locks")] == ["ok"]


def test_leftovers_of_killed_runs_are_found(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    (workspace.building / "candidate").mkdir()
    (workspace.building / "candidate" / "prod.duckdb").write_bytes(b"x" * 2000)
    (workspace.building / "landing-abc").mkdir()
    workspace.prod.with_name("prod.duckdb.wal").touch()
    (found,) = find(workspace, "leftovers")
    assert found.status == "warn"
    for word in ("candidates of a build that failed (2.0 kB)", "killed landing", "prod.duckdb.wal"):
        assert word in found.what


def test_too_little_disk_fails_and_a_little_more_warns(
    built: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = places.estimate_space(built)
    assert needed > built.prod.stat().st_size + built.prep.stat().st_size
    for share, status in ((0.5, "fail"), (1.5, "warn"), (2.5, "ok")):
        usage = shutil.disk_usage(built.root)._replace(free=int(needed * share))
        monkeypatch.setattr(places.shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert [line.status for line in places.check_disk(built)] == [status]


def test_a_mistake_in_definitions_or_configuration_fails(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    steps = workspace.definitions / "funnel_steps.csv"
    steps.write_text(steps.read_text().replace(",1,", ",7,", 1))
    assert [line.status for line in find(workspace, "definitions")] == ["fail"]
    workspace.config.write_text("[build]\nthreds = 2\n")
    (found,) = find(workspace, "configuration")
    assert found.status == "fail" and "threads" in (found.next_step or "")


def test_what_was_landed_after_the_build_is_not_in_prod_yet(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    assert find(workspace, "prod")[-1].status == "ok"
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute("update landing.files set landed_at = now() + interval 1 hour")
    found = find(workspace, "prod")[-1]
    assert found.status == "warn" and found.next_step == "run carepath build"


def test_a_table_whose_dates_are_none_has_rows_all_the_same(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    with duckdb.connect(str(workspace.prod)) as connection:
        connection.execute("update data_freshness set latest_source_at = null")
    assert "usable row" not in find(workspace, "data")[0].what
    with duckdb.connect(str(workspace.prod)) as connection:
        connection.execute(
            "update row_reconciliation set row_count = 0 "
            "where source_table = 'care_platform.clients'"
        )
    assert "1 source table has no usable row" in find(workspace, "data")[0].what


def test_on_snowflake_the_settings_are_checked_and_not_the_files(
    landed: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNT", "USER", "ROLE", "WAREHOUSE", "PRIVATE_KEY_PATH"):
        monkeypatch.delenv(f"SNOWFLAKE_{name}", raising=False)
    findings = doctor.examine(landed.on("snowflake"))
    (found,) = [finding for finding in findings if finding.check == "snowflake"]
    assert found.status == "fail" and "SNOWFLAKE_ACCOUNT" in found.what
    assert {"raw", "prep", "prod", "batches"}.isdisjoint(finding.check for finding in findings)
    with pytest.raises(CarepathError, match="no files"):
        doctor.examine(landed.on("snowflake"), deep=True)


def date_data(workspace: Workspace, ahead: timedelta) -> datetime:
    """Date all of prod so far ahead of now."""
    as_of = datetime.now(UTC).replace(tzinfo=None) + ahead
    with duckdb.connect(str(workspace.prod)) as connection:
        connection.execute(
            "update data_freshness set as_of = $1, latest_source_at = $1, latest_loaded_at = $1",
            [as_of],
        )
    return as_of


def test_a_source_that_has_stopped_while_others_go_on_is_named(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    as_of = date_data(workspace, timedelta(0))
    assert find(workspace, "data")[0].status == "ok"
    with duckdb.connect(str(workspace.prod)) as connection:
        connection.execute(
            "update data_freshness set latest_source_at = $1, latest_loaded_at = null "
            "where source_table in ('snowplow.events', 'care_platform.clients')",
            [as_of - timedelta(days=8)],
        )
    (found,) = find(workspace, "data")
    assert found.status == "warn"
    assert found.what.endswith("nothing for a week from events")


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(timedelta(), "ok"), (timedelta(hours=5), "warn"), (timedelta(days=2), "fail")],
)
def test_data_from_the_future_cannot_be_right(
    ahead: timedelta, status: str, built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    date_data(workspace, ahead)
    (found,) = find(workspace, "data")
    assert found.status == status
    assert ("in the future" in found.what) == (status != "ok")


def test_an_empty_workspace_names_the_first_steps(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    workspace.raw.unlink()
    create_raw(workspace)
    assert find(workspace, "batches")[0].next_step == "run carepath land FOLDER"
    assert find(workspace, "prod")[0].next_step == "run carepath build"


def test_databases_open_to_everyone_are_told(landed: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(landed)
    workspace.raw.chmod(0o644)
    (found,) = find(workspace, "permissions")
    assert found.status == "warn" and "raw.duckdb" in found.what


@pytest.mark.parametrize(
    ("version", "specifier", "expected"),
    [
        ("1.11.16", "dbt-core<1.12,>=1.11", True),
        ("1.12.0", "dbt-core<1.12,>=1.11", False),
        ("1.10.9", "dbt-core<1.12,>=1.11", False),
        ("2.0.0", "duckdb<3,>=2.0", True),
        ("3", "duckdb<3,>=2.0", False),
        ("8.1", "click>=8.1", True),
    ],
)
def test_versions_are_compared_number_by_number(
    version: str, specifier: str, expected: bool
) -> None:
    assert fits(version, specifier) is expected
