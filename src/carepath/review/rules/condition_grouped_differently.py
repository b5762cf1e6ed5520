"""Two conditions of a model test the same things and join them differently.

What it does
    Reports two WHERE or ON conditions of one model that are made of the same three to six tests
    with AND and OR, and are not true for the same rows: `a and (b or c)` beside `(a and b) or c`.

Why it is bad
    One of the two has its parentheses in the wrong place.

For example
    with starts as (select * from visits where is_paid and (is_open or ended_at is null)),
    ends as (select * from visits where (is_paid and is_open) or ended_at is null)

Use instead
    ends as (select * from visits where is_paid and (is_open or ended_at is null))
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown, write

FEWEST, MOST = 3, 6


def check(context: Context) -> Iterator[Issue]:
    """Compare the conditions of a model that are made of the same tests."""
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        seen: dict[frozenset[str], list[tuple[exp.Expr, tuple[bool, ...], str]]] = {}
        for scope in variant.resolution.scopes:
            where = scope.node.args.get("where")
            conditions = [where.this] if where is not None else []
            conditions += [
                b.join.args["on"]
                for b in scope.bindings.values()
                if b.join is not None and b.join.args.get("on") is not None
            ]
            for condition in conditions:
                atoms = sorted(set(_atoms(condition)))
                if not FEWEST <= len(atoms) <= MOST or condition.find(exp.Or) is None:
                    continue
                table = tuple(
                    _value(condition, dict(zip(atoms, values, strict=True)))
                    for values in product((False, True), repeat=len(atoms))
                )
                seen.setdefault(frozenset(atoms), []).append((condition, table, scope.path))
        for several in seen.values():
            first = several[0]
            for condition, table, path in several[1:]:
                if table == first[1]:
                    continue
                one, other = (condition, path), (first[0], first[2])
                if isinstance(first[0].unnest(), exp.Or) > isinstance(condition.unnest(), exp.Or):
                    one, other = other, one
                yield Issue(
                    subject=write(one[0]).lower()[:100],
                    message=f"{shown(one[0])[:110]} and the condition of {other[1] or 'the end'} "
                    "are made of the same tests, joined differently.",
                    consequence="One of the two keeps rows it should not, or loses some.",
                    fix="Put the parentheses where they are in the other one, if that is meant.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(one[0]) or 0,
                    variant=variant,
                    path=one[1],
                    evidence=[Evidence(shown(other[0])[:160])],
                )
                break


def _parts(node: exp.Expr) -> tuple[exp.Expr, ...]:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.And, exp.Or)):
        return (node.left, node.right)
    if isinstance(node, exp.Not):
        return (node.this,)
    return ()


def _text(node: exp.Expr) -> str:
    """A test without the names of the relations of its columns."""
    copy = node.unnest().copy()
    for column in list(copy.find_all(exp.Column)):
        column.set("table", None)
    return write(copy).lower()


def _atoms(node: exp.Expr) -> Iterator[str]:
    parts = _parts(node)
    if not parts:
        yield _text(node)
    for part in parts:
        yield from _atoms(part)


def _value(node: exp.Expr, values: dict[str, bool]) -> bool:
    node = node.unnest()
    if isinstance(node, exp.And):
        return _value(node.left, values) and _value(node.right, values)
    if isinstance(node, exp.Or):
        return _value(node.left, values) or _value(node.right, values)
    if isinstance(node, exp.Not):
        return not _value(node.this, values)
    return values[_text(node)]


RULE = Rule(
    "CLONE006",
    "condition-grouped-differently",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
