"""A person who was erased is in no byte of the workspace, and the numbers do without them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from canaries import PERSON, plant, search_database, search_files
from commands import run

from carepath.building import build
from carepath.building.publication import lock_build
from carepath.errors import CarepathError
from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.operations import erasure
from carepath.operations.doctor import examine
from carepath.operations.erasure import erase_from_raw
from carepath.operations.history import read_history
from carepath.operations.readings import read_escapes
from carepath.workspace import Workspace

Copy = Callable[[Workspace], Workspace]
pytestmark = pytest.mark.slow


def read_prod(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(workspace.prod), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        return {
            name: connection.execute(f'from "{name}" order by all').fetchall() for (name,) in names
        }


def read_raw(workspace: Workspace) -> list[list[tuple[object, ...]]]:
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        return [
            connection.execute(f"from {name} order by all").fetchall()
            for name in (*erasure.OWN_ROWS, "landing.rejected_rows", "landing.files")
        ]


def test_an_erased_person_is_in_no_byte_and_prod_is_the_one_without_them(
    watched: Workspace, copy_of: Copy, tmp_path: Path
) -> None:
    workspace = copy_of(watched)
    # The search can find them: in raw, prep and prod, in columns and in bytes.
    for name in ("raw", "prep", "prod"):
        assert search_database(getattr(workspace, name), "XGONEX"), name
    assert {"raw.duckdb", "prep.duckdb", "prod.duckdb"} <= set(
        search_files(workspace.root, "XGONEX")
    )
    # What killed commands leave behind.
    for folder in ("candidate", "landing-killed", "spill"):
        (workspace.building / folder).mkdir()
        shutil.copyfile(workspace.raw, workspace.building / folder / "raw.duckdb")

    process = run("erase", "--user-id", PERSON, "--yes", "-w", workspace.root)

    assert process.returncode == 0, process.stderr
    assert "XGONEX" not in process.stdout + process.stderr
    assert search_files(workspace.root, "XGONEX") == []
    for name in ("raw", "prep", "prod"):
        assert search_database(getattr(workspace, name), "XGONEX") == [], name

    clean = init_workspace(tmp_path / "clean")
    land(plant(tmp_path / "files", without_person=True), clean)
    build(clean)
    assert read_prod(workspace) == read_prod(clean)

    # The record tells how much, and not who.
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        recorded = connection.execute(
            "select table_name, accepted_count, rejected_count from landing.erasures order by all"
        ).fetchall()
    assert [table for table, *_ in recorded] == sorted(erasure.OWN_ROWS)
    assert {table for table, _, rejected in recorded if rejected} == {
        "care_platform.members",
        "care_platform.task",
    }
    erase_run, build_run = reversed(read_history(workspace).runs[:2])
    assert (erase_run.verb, build_run.verb) == ("erase", "build")
    assert erase_run.arguments == {"people": 1}
    assert erase_run.counts["rows"] == sum(rows for _, rows, _ in recorded)
    # Nor when they came: the weeks that changed are theirs.
    assert build_run.counts["restated_weeks"] == 0


def test_on_snowflake_nobody_is_erased_and_it_is_said_where_to_do_it(watched: Workspace) -> None:
    with pytest.raises(CarepathError) as refusal:
        erase_from_raw(watched.on("snowflake"), [PERSON], is_rehearsal=True)
    assert "on Snowflake" in refusal.value.what
    assert "in the sources" in (refusal.value.fix or "")


def test_erasing_changes_nobody_else(watched: Workspace, copy_of: Copy, tmp_path: Path) -> None:
    workspace = copy_of(watched)
    erase_from_raw(workspace, [PERSON])
    clean = init_workspace(tmp_path / "clean")
    land(plant(tmp_path / "files", without_person=True), clean)
    # The ledger of files still tells what the files held.
    assert read_raw(workspace)[:-1] == read_raw(clean)[:-1]


def test_the_files_that_held_them_are_not_landed_again(watched: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(watched)
    erase_from_raw(workspace, [PERSON])
    before = read_raw(workspace)
    report = land(watched.root.parent / "files", workspace)
    assert report.batch_number is None
    assert read_raw(workspace) == before


def test_an_author_of_changes_is_emptied_and_the_changes_stay(
    watched: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(watched)
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        author, count = connection.execute(
            "select history_user_id, count(*) from care_platform.historical_task "
            "where history_user_id is not null group by all order by count(*) desc, 1 limit 1"
        ).fetchone()
    before = [len(rows) for rows in read_raw(workspace)]
    found = {erased.table: erased for erased in erase_from_raw(workspace, [author]).tables}
    assert found["care_platform.historical_task"].emptied == count
    assert found["care_platform.historical_task"].rows == 0
    assert [len(rows) for rows in read_raw(workspace)] == before
    assert search_database(workspace.raw, f"^{author}$") == []


def test_a_rehearsal_counts_and_changes_nothing(watched: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(watched)
    before = workspace.raw.read_bytes()
    process = run("erase", "--user-id", PERSON, "--dry-run", "-w", workspace.root)
    assert process.returncode == 0, process.stderr
    assert "snowplow.events" in process.stdout
    assert workspace.raw.read_bytes() == before


def test_without_yes_and_a_terminal_nothing_is_erased(watched: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(watched)
    before = workspace.raw.read_bytes()
    process = run("erase", "--user-id", PERSON, "-w", workspace.root)
    assert process.returncode == 2
    assert "--yes" in process.stderr
    assert workspace.raw.read_bytes() == before


def test_a_person_who_is_not_there_is_told(watched: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(watched)
    process = run("erase", "--user-id", "nobody", "--yes", "-w", workspace.root)
    assert process.returncode == 1
    assert "No row of these people was found." in process.stdout
    assert "Nothing was changed." in process.stdout
    assert "No row was found for 1 of 1 people." in process.stderr
    assert "--user-id number 1" in process.stderr
    assert read_history(workspace).runs[0].exit_code == 1


def test_those_who_are_not_there_are_told_by_line_and_the_others_are_erased(
    landed: Workspace, copy_of: Copy, tmp_path: Path
) -> None:
    workspace = copy_of(landed)
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        rows = connection.execute("select user_id from care_platform.members limit 2").fetchall()
    first, second = (person for (person,) in rows)
    file = tmp_path / "requests.txt"
    # With a byte-order mark, as Windows writes it.
    file.write_text(f"{first}\nnobody\n\n {second} \nnowhere\n", encoding="utf-8-sig")
    process = run("erase", "--user-ids", file, "--yes", "-w", workspace.root)
    assert process.returncode == 1
    assert "No row was found for 2 of 4 people." in process.stderr
    assert f"where: {file}:2, {file}:5" in process.stderr
    assert not {"nobody", "nowhere", first, second} & set(process.stderr.split())
    assert erase_from_raw(workspace, [first, second], is_rehearsal=True).missing == tuple(
        sorted([first, second])
    )


def test_a_byte_order_mark_on_stdin_is_no_part_of_an_id(landed: Workspace) -> None:
    with duckdb.connect(str(landed.raw), read_only=True) as connection:
        (person,) = connection.execute("select min(user_id) from care_platform.members").fetchone()
    command = [sys.executable, "-m", "carepath", "erase", "--user-ids", "-", "--dry-run"]
    process = subprocess.run(
        [*command, "-w", str(landed.root)],
        input=f"{person}\n".encode("utf-8-sig"),
        capture_output=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert b"care_platform.members" in process.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "members.jsonl",
            r'{"user_id": null, "user_name": "JOS\u00c9 M\u00fcller", "created": "2026-01-01"}',
        ),
        ("members.jsonl", r'{"user_name": "Jos\u00e9 M\u00fcller"'),
        ("members.csv", 'user_id,email,created\n,"the ""Zed"" one",2026-01-01'),
        (
            "events.csv",
            "event_id,collector_tstamp,contexts\n"
            ',2026-01-01,"{""name"": ""Jos\\u00e9 M\\u00fcller""}"',
        ),
        ("members.csv", b"user_id,user_name,created\n,Jos\xe9 M\xfcller,2026-01-01"),
    ],
)
def test_a_rejected_row_names_a_person_however_it_is_escaped(
    name: str, text: str | bytes, tmp_path: Path
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    files = tmp_path / "files"
    files.mkdir()
    members = files / "members-1.jsonl"
    person = {"user_id": "m1", "user_name": "José Müller", "created": "2026-01-01"}
    members.write_text(json.dumps({**person, "email": 'the "Zed" one'}) + "\n")
    rejected = files / name
    rejected.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert land(files, workspace).rejected == 1
    (erased,) = [one for one in erase_from_raw(workspace, ["m1"]).tables if one.rejected_rows]
    assert erased.rejected_rows == 1
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        assert connection.execute("select count(*) from landing.rejected_rows").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("plain", ["plain"]),
        (r"C:\users\x", [r"C:\users\x"]),
        (r"a\\u00e9", [r"a\\u00e9", r"a\u00e9", "aé"]),
        (r"\ud83d\ude00 \ud83d", [r"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"]),
        ('a""""b', ['a""""b', 'a""b', 'a"b']),
    ],
)
def test_escapes_are_undone_level_by_level(text: str, readings: list[str]) -> None:
    assert read_escapes(text) == readings


def test_until_the_next_build_doctor_says_that_prod_still_holds_them(
    watched: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(watched)
    erase_from_raw(workspace, [PERSON])
    assert erasure.is_unfinished(workspace)
    told = [line for line in examine(workspace) if line.status == "fail"]
    assert [line.next_step for line in told] == ["run carepath build"]
    assert "erased since" in told[0].what


def test_nobody_is_erased_while_a_build_runs(watched: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(watched)
    before = workspace.raw.read_bytes()
    with lock_build(workspace), pytest.raises(CarepathError, match="Another build is running"):
        erase_from_raw(workspace, [PERSON])
    assert workspace.raw.read_bytes() == before
