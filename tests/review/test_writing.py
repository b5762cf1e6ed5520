"""Writing an expression leaves the tree that the rules read as it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, TokenError

from carepath.review.sql.parse import parse
from carepath.review.sql.writing import is_left_alone, shown, write

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


PROJECT = Path(__file__).parents[2] / "warehouse" / "models"
JINJA = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


def test_uncopied_texts_are_those_of_copies_and_leave_every_link_of_a_tree() -> None:
    uncopied = 0
    for path in sorted(PROJECT.rglob("*.sql"))[::4]:
        text = JINJA.sub(lambda found: "x" if found[0].startswith("{{") else "", path.read_text())
        try:
            tree = parse_one(text + IF, dialect="duckdb")
        except (ParseError, TokenError):
            continue
        before = links(tree)
        for node in list(tree.walk()):
            if not isinstance(node, exp.Query | exp.With | exp.CTE):
                uncopied += is_left_alone(node)
                assert write(node) == node.sql(comments=False)
        assert links(tree) == before
    assert uncopied > 1000


IF = " union all select iff(a = 1, sum(case when b then 1 else - 2 end), max(c)) from t"


def links(tree: exp.Expr) -> list[tuple[int, int, str | None, int | None]]:
    return [(id(node), id(node.parent), node.arg_key, node.index) for node in tree.walk()]


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("snowflake", "iff(a is not null, 1, 0)", "IFF(a IS NOT NULL, 1, 0)"),
        ("snowflake", "datediff('minute', a, b)", "DATEDIFF(MINUTE, a, b)"),
        ("bigquery", "timestamp_diff(a, b, hour)", "TIMESTAMP_DIFF(a, b, HOUR)"),
        ("duckdb", "date_diff('day', a, b)", "DATE_DIFF('DAY', a, b)"),
        ("postgres", "b is not null", "b IS NOT NULL"),
    ],
)
def test_an_expression_is_shown_as_its_project_writes_it(
    dialect: str, sql: str, expected: str
) -> None:
    tree = parse(f"select {sql} as x from t", dialect, False).tree
    assert tree is not None
    before = repr(tree)
    assert shown(tree.expressions[0].this) == expected
    assert repr(tree) == before
