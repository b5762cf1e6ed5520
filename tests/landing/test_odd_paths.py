"""Each file is read, whatever its path holds, and no other file in its place."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from carepath.errors import CarepathError
from carepath.funnels import funnel
from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.quoting import quote_text
from carepath.workspace import find_workspace

AT = "2026-01-05T10:00:00"
# What a pattern of a file system would take for the same.
NAMES = (("exports[1]", "exports1"), ("a*", "ab"), ("it's [x-z]", "it's y"))
STEPS = {"steps": [{"event": "A"}, {"event": "B"}]}


def write_files(folder: Path, who: str) -> None:
    """Write one file of each kind that a reader of DuckDB's opens, and one with a bad row."""
    folder.mkdir()
    (folder / "members-1.csv").write_text(f"user_id,created\n{who},{AT}\n")
    (folder / "project-1.jsonl").write_text(f'{{"id": "{who}", "created": "{AT}"}}\n{who}\n')
    task = f"select {quote_text(who)} as id, timestamp '2026-01-05' as created"
    target = quote_text(str(folder / "task-1.parquet"))
    duckdb.connect().execute(f"copy ({task}) to {target} (format parquet)")


@pytest.mark.parametrize(("name", "alike"), NAMES)
def test_a_path_is_no_pattern(name: str, alike: str, tmp_path: Path) -> None:
    for folder in (name, alike):
        write_files(tmp_path / folder, f"of {folder}")
    workspace = init_workspace(tmp_path / f"ws {name}")
    init_workspace(tmp_path / f"ws {alike}")
    report = land(tmp_path / name, workspace)
    assert (report.accepted, report.rejected) == (3, 1)
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        for column, table in (("user_id", "members"), ("id", "project"), ("id", "task")):
            found = connection.execute(f"select {column} from care_platform.{table}").fetchall()
            assert found == [(f"of {name}",)], table
        rejected = connection.execute("select row_text from landing.rejected_rows").fetchall()
    assert rejected == [(f"of {name}",)]


@pytest.mark.parametrize(("name", "alike"), NAMES)
def test_a_funnel_reads_the_file_that_was_named(name: str, alike: str, tmp_path: Path) -> None:
    for people, stem in ((1, name), (3, alike)):
        rows = "".join(f"p{number},A,{AT}\n" for number in range(people))
        (tmp_path / f"{stem}.csv").write_text(f"person,event,timestamp\n{rows}")
    assert funnel(STEPS, events=tmp_path / f"{name}.csv").totals.entered == 1


@pytest.mark.parametrize("name", ["what?", "back\\slash", "caf\udce9"])
def test_a_folder_that_can_hold_no_database_is_refused_by_name(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    with pytest.raises(CarepathError, match="A database cannot be") as refused:
        init_workspace(root)
    assert not root.exists()
    str(refused.value).encode()
    root.mkdir()
    (root / "carepath.toml").touch()
    with pytest.raises(CarepathError, match="A database cannot be"):
        find_workspace(root)
