"""How a text is read where nothing says its dialect."""

from __future__ import annotations

import pytest
from sqlglot import exp

from carepath.review.sql.parse import parse


@pytest.mark.parametrize(
    ("text", "divides"),
    [
        ("select sold // rooms as occupancy from nights", True),
        ("select a, sum(cents) // 100 as euros, b from t", True),
        ("select a // the first column\nfrom t", False),
        ("// all of it\nselect a, b from t", False),
        ("select 'http://x' as a from t", False),
    ],
)
def test_two_slashes_divide_where_one_operand_follows(text: str, divides: bool) -> None:
    tree = parse(text, "", False).tree
    assert tree is not None
    assert (tree.find(exp.IntDiv) is not None) == divides


@pytest.mark.parametrize("dialect", ["postgres", "snowflake", "bigquery", "duckdb"])
@pytest.mark.parametrize("condition", ["a is not null", "a not like 'b'", "a not ilike 'b'"])
def test_a_negated_condition_is_a_not_in_every_dialect(dialect: str, condition: str) -> None:
    tree = parse(f"select a from t where {condition}", dialect, False).tree
    assert tree is not None
    found = tree.args["where"].this
    assert isinstance(found, exp.Not) and not found.this.args.get("negate")
