"""Expressions as texts: to show, and to compare."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect


def write(node: exp.Expr) -> str:
    """Write an expression on one line, without its comments, in no dialect's own words.

    The tree is not copied first: this generator changes nothing in it, and copies took a tenth of
    the time of a review.
    """
    return Dialect.get_or_raise(None).generate(node, copy=False, comments=False)
