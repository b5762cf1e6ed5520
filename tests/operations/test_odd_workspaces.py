"""A workspace is its own, whatever its path holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from carepath.building import build
from carepath.workspace import Workspace


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
