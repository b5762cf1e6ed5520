"""Expressions as texts: to show, and to compare."""

from __future__ import annotations

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.dialect import Dialect

LEFT_ALONE = frozenset({
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Alias, exp.Where, exp.Paren,
    exp.Sum, exp.Max, exp.Min, exp.Avg, exp.Count, exp.Lower, exp.Upper, exp.Case,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.And, exp.Or, exp.Not,
    exp.Add, exp.Sub, exp.Mul,
})  # fmt: skip
"""Kinds of nodes that sqlglot's generator only reads (tested): trees of them need no copy."""
DIALECT = "dialect"
"""Under which the root of a parsed tree remembers what it was written in."""
_GENERATOR = Dialect().generator(comments=False)


def write(node: exp.Expr) -> str:
    """Write an expression on one line, without its comments, in no dialect's own words.

    A copy is written: sqlglot's generator takes trees with UNNEST or PIVOT apart as it goes, and
    gives an IF outside of CASE another parent. Only the commonest kinds of nodes go uncopied.
    """
    return _GENERATOR.generate(node, copy=not is_left_alone(node))


def shown(node: exp.Expr) -> str:
    """Write an expression as the people of its project write it: to show, never to compare."""
    dialect = node.root().meta.get(DIALECT)
    copy = node.copy()
    for outside in list(copy.find_all(exp.Not)):
        inner = outside.this
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            is_not = exp.Is(this=inner.this, expression=exp.Not(this=inner.expression))
            copy = is_not if outside is copy else copy
            outside.replace(is_not)
    return copy.sql(dialect=dialect or None, comments=False, unsupported_level=ErrorLevel.IGNORE)


def is_left_alone(node: exp.Expr) -> bool:
    """True where every node is of a kind that writing leaves as it is."""
    for part in node.walk():
        kind = type(part)
        if kind not in LEFT_ALONE and not (
            kind is exp.If and part is not node and type(part.parent) is exp.Case
        ):
            return False
    return True
