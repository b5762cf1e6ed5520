"""Expressions as texts: to show, and to compare."""

from __future__ import annotations

from sqlglot import exp


def write(node: exp.Expr) -> str:
    """Write an expression on one line, without its comments, in no dialect's own words.

    A copy is written: sqlglot's generator takes trees with UNNEST or PIVOT apart as it goes.
    """
    return node.sql(comments=False)
