"""The build against the slow oracle, and against itself over rows in another order."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from effort import times
from oracle.care_worlds import make_care_world
from oracle.definitions import Raw
from oracle.expectation import expect
from oracle.worlds import shuffled

from warehouse.comparison import compare_tables, summarise
from warehouse.fast import FastWarehouse
from warehouse.harness import add_rows, build_warehouse, make_workspace, read_prod
from warehouse.packs import STANDARD, UNUSUAL, Pack, make_pack

pytestmark = pytest.mark.slow

# What shuffling with repeats must change: the number of raw rows, and of duplicates among them.
COUNTS_ROWS = ("row_reconciliation",)


def test_every_row_of_prod_is_what_the_oracle_expects(tmp_path: Path) -> None:
    pack = make_pack(20240501, STANDARD, times(400))
    workspace = make_workspace(tmp_path, pack.definitions)
    add_rows(workspace, pack.raw)
    build_warehouse(workspace, pack.definitions)
    differences = compare_tables(expect(pack.raw, pack.definitions), read_prod(workspace))
    assert not differences, summarise(differences)


# dbt is asked above whether it makes the same of the models.
@pytest.mark.parametrize("name", ["unusual definitions", "no events"])
def test_the_models_without_dbt_give_what_the_oracle_expects(name: str, tmp_path: Path) -> None:
    pack = make_pack(20240502, UNUSUAL, times(100))
    if name == "no events":
        pack = Pack(STANDARD, {n: make_care_world(Random(n), n) for n in range(1, 9)})
    warehouse = FastWarehouse()
    warehouse.define(pack.definitions, tmp_path / "definitions")
    warehouse.add_rows(pack.raw, 1, tmp_path / "rows.jsonl")
    warehouse.build()
    differences = compare_tables(expect(pack.raw, pack.definitions), warehouse.read_prod())
    assert not differences, summarise(differences)


def test_shuffled_repeated_batched_rows_give_what_is_expected_of_clean_ones(
    tmp_path: Path,
) -> None:
    pack = make_pack(20240503, STANDARD, times(200))
    workspace = make_workspace(tmp_path, pack.definitions)
    for number, batch in enumerate(split(shuffled(pack.raw, seed=1), parts=2), start=1):
        add_rows(workspace, batch, number)
        build_warehouse(workspace, pack.definitions)
    differences = compare_tables(expect(pack.raw, pack.definitions), read_prod(workspace))
    differences = [found for found in differences if found.table not in COUNTS_ROWS]
    assert not differences, summarise(differences)


def split(raw: Raw, parts: int) -> list[Raw]:
    """The rows dealt out at random, so that every person and task spans several batches."""
    random = Random(7)
    batches: list[Raw] = [{table: [] for table in raw} for _ in range(parts)]
    for table, rows in raw.items():
        for row in rows:
            batches[random.randrange(parts)][table].append(row)
    return batches
