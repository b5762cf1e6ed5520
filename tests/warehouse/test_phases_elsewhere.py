"""Visits and clocks as pandas and polars work them out: the programs of the speed comparison."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import phases_speed


def test_pandas_and_polars_find_the_same_visits_and_clocks(tmp_path: Path) -> None:
    phases_speed.write_tasks(tmp_path, 400)
    for contender in phases_speed.RUN.values():
        contender(tmp_path)
    assert phases_speed.assert_equal(tmp_path) > 40


def test_a_clock_that_differs_is_seen(tmp_path: Path) -> None:
    import duckdb

    phases_speed.write_tasks(tmp_path, 30)
    for contender in phases_speed.RUN.values():
        contender(tmp_path)
    theirs, changed = tmp_path / "pandas.parquet", tmp_path / "changed.parquet"
    duckdb.execute(f"copy (select * replace (lead + 1 as lead) from '{theirs}') to '{changed}'")
    changed.replace(theirs)
    with pytest.raises(SystemExit, match="differ"):
        phases_speed.assert_equal(tmp_path)
