"""A workspace is its own, whatever its path holds."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import duckdb
import pytest
from commands import run

from carepath.building import build
from carepath.initialisation import init_workspace
from carepath.workspace import Workspace, find_workspace


@pytest.mark.parametrize("name", ["definitions", ".building", "target", "logs", "history"])
@pytest.mark.parametrize("is_link", [False, True])
def test_what_stands_in_the_place_of_a_folder_is_named(
    name: str, is_link: bool, tmp_path: Path
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    place = workspace.root / name
    shutil.rmtree(place, ignore_errors=True)
    if is_link:
        place.symlink_to(tmp_path / "unmounted")
    else:
        place.write_text("")
    for verb in ("build", "history", "doctor"):
        process = run(verb, "-w", workspace.root)
        assert process.returncode == 2
        assert str(place) in process.stderr and "move it away" in process.stderr


@pytest.mark.parametrize("name", ["raw.duckdb", "prep.duckdb", "prod.duckdb"])
def test_a_folder_in_the_place_of_a_database_is_named(name: str, tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    (workspace.root / name).mkdir()
    for verb in ("build", "doctor"):
        process = run(verb, "-w", workspace.root)
        assert process.returncode == 2
        assert str(workspace.root / name) in process.stderr


def test_a_folder_that_a_link_leads_to_is_one(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    (workspace.root / "definitions").rename(tmp_path / "elsewhere")
    (workspace.root / "definitions").symlink_to(tmp_path / "elsewhere")
    assert find_workspace(workspace.root) == workspace


def test_the_next_command_can_be_copied_whatever_the_folder_is_called(tmp_path: Path) -> None:
    root = tmp_path / "my 'own"
    said = run("init", root).stdout.splitlines()[-1].replace("FOLDER", "nowhere")
    (_, command) = said.split("Next: carepath ")
    assert "no such file" in run(*shlex.split(command)).stderr


@pytest.mark.slow
def test_a_build_reads_the_definitions_of_its_own_workspace(
    landed: Workspace, tmp_path: Path
) -> None:
    root = tmp_path / "it's [a]*"
    shutil.copytree(landed.root, root)
    holidays = "holiday_date,holiday_name\n2025-07-0{},Ours\n"
    (root / "definitions" / "holidays.csv").write_text(holidays.format(4))
    # What the path would find if it were a pattern.
    beside = tmp_path / "it's ab" / ".building" / "definitions"
    shutil.copytree(root / "definitions", beside)
    (beside / "holidays.csv").write_text(holidays.format(5))
    build(Workspace(root))
    with duckdb.connect(str(root / "prep.duckdb"), read_only=True) as connection:
        found = connection.execute("select day(holiday_date) from definitions.holidays").fetchall()
    assert found == [(4,)]
