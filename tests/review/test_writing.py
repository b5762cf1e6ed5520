"""Writing an expression leaves the tree that the rules read as it was."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from carepath.review.sql.writing import write

TREES = {
    "unnest": "select item.sku, offset as position from e, unnest(e.items) as item with offset",
    "pivot": "select * from (select plan, id from x) pivot (count(id) for plan in ('A', 'B'))",
    "plain": "with a as (select x /* why */ from t) select sum(x) over (order by x) as s from a",
}


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("dialect", ["bigquery", "snowflake"])
def test_no_tree_is_changed_by_writing_any_part_of_it(name: str, dialect: str) -> None:
    tree = parse_one(TREES[name], dialect=dialect)
    before = repr(tree)
    for node in list(tree.walk()):
        write(node)
    assert repr(tree) == before


def test_comments_are_left_out() -> None:
    (column,) = parse_one(TREES["plain"]).find(exp.CTE).this.expressions
    assert write(column) == "x"
