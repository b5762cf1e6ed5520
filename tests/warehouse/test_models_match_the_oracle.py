"""The build against the slow oracle, and against itself over rows in another order."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from effort import times
from oracle.care_worlds import make_care_world
from oracle.definitions import Raw
from oracle.expectation import expect
from oracle.worlds import combine, shuffled

from warehouse.comparison import compare_tables, summarise
from warehouse.harness import add_rows, build_warehouse, make_workspace, read_prod
from warehouse.packs import STANDARD, UNUSUAL, make_pack

pytestmark = pytest.mark.slow

PACKS = {
    "standard": (20240501, STANDARD, times(400)),
    "unusual": (20240502, UNUSUAL, times(100)),
}
# What shuffling with repeats must change: the number of raw rows, and of duplicates among them.
COUNTS_ROWS = ("row_reconciliation",)


@pytest.mark.parametrize("name", PACKS)
def test_every_row_of_prod_is_what_the_oracle_expects(name: str, tmp_path: Path) -> None:
    pack = make_pack(*PACKS[name])
    workspace = make_workspace(tmp_path, pack.definitions)
    add_rows(workspace, pack.raw)
    build_warehouse(workspace, pack.definitions)
    differences = compare_tables(expect(pack.raw, pack.definitions), read_prod(workspace))
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


def test_a_build_without_events_leaves_the_definitions_as_they_were(tmp_path: Path) -> None:
    # dbt writes its run artefacts over the seeds themselves where seed-paths is absolute.
    raw = combine(make_care_world(Random(number), number) for number in range(1, 9))
    workspace = make_workspace(tmp_path, STANDARD)
    before = {path.name: path.read_bytes() for path in workspace.definitions.iterdir()}
    add_rows(workspace, raw)
    build_warehouse(workspace, STANDARD)
    differences = compare_tables(expect(raw, STANDARD), read_prod(workspace))
    assert not differences, summarise(differences)
    after = {path.name: path.read_bytes() for path in workspace.definitions.iterdir()}
    assert after == before


def split(raw: Raw, parts: int) -> list[Raw]:
    """The rows dealt out at random, so that every person and task spans several batches."""
    random = Random(7)
    batches: list[Raw] = [{table: [] for table in raw} for _ in range(parts)]
    for table, rows in raw.items():
        for row in rows:
            batches[random.randrange(parts)][table].append(row)
    return batches
