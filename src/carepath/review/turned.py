"""Conditions a change turns: a bound that takes its value in, a join that faces the other way."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.snapshot import Analysis, Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

Asked = tuple[str, str, Variant, int]
BOUNDS: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.GT: (">", False), exp.GTE: (">=", False), exp.LT: (">", True), exp.LTE: (">=", True),
}  # fmt: skip
"""Each comparison as the larger side first: its sign, and whether its sides change places."""
Bound = tuple[str, str, str]
"""Path of the scope, larger and smaller side."""


def turned(old: Analysis, new: Analysis) -> Iterator[Asked]:
    """Ask about each condition that stands on both sides, turned."""
    before, after = old.variants[:1], new.variants[:1]
    if not before or not after or not before[0].resolution or not after[0].resolution:
        return
    yield from _bounds(before[0], after[0])
    yield from _joins(before[0], after[0])


def _bounds(before: Variant, after: Variant) -> Iterator[Asked]:
    old = _signs(before)
    for bound, (sign, nodes) in _signs(after).items():
        was, others = old.get(bound, ("", []))
        if not was or was == sign or len(nodes) != len(others):
            continue
        node, other = nodes[0], others[0]
        yield (
            "bound",
            f"{write(other)} became {write(node)}: do the rows at the very bound belong or not?",
            after,
            start_of(node) or 0,
        )


def _signs(variant: Variant) -> dict[Bound, tuple[str, list[exp.Expr]]]:
    """The comparisons of a query that stand with one sign only."""
    found: dict[Bound, tuple[str, list[exp.Expr]]] = {}
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        for node, _ in nodes_of(scope):
            if type(node) not in BOUNDS or not isinstance(node, exp.Binary):
                continue
            sign, is_swapped = BOUNDS[type(node)]
            sides = [_text(node.left), _text(node.right)]
            large, small = reversed(sides) if is_swapped else sides
            key = (scope.path, large, small)
            kept = found.setdefault(key, (sign, []))
            if kept[0] != sign:
                found[key] = ("", [])
            kept[1].append(node)
    return found


def _joins(before: Variant, after: Variant) -> Iterator[Asked]:
    old = _equalities(before)
    new = _equalities(after)
    for (path, pair), (scope, node) in new.items():
        turned_pair = _turned(pair)
        if (path, pair) in old or (path, turned_pair) in new or turned_pair == pair:
            continue
        match = old.get((path, turned_pair))
        if match is not None and set(match[0].bindings) == set(scope.bindings):
            yield (
                "turned-join",
                f"{write(match[1])} became {write(node)}: which of the "
                "two sides is meant to point at the other?",
                after,
                start_of(node) or 0,
            )


Pair = frozenset[tuple[str, str]]


def _equalities(variant: Variant) -> dict[tuple[str, Pair], tuple[Scope, exp.Expr]]:
    """Equated columns of two relations, in the conditions of joins."""
    found: dict[tuple[str, Pair], tuple[Scope, exp.Expr]] = {}
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        for binding in scope.bindings.values():
            join = binding.join
            condition = join.args.get("on") if isinstance(join, exp.Join) else None
            for part in conjuncts(condition):
                sides = [part.left, part.right] if isinstance(part, exp.EQ) else []
                columns = [s for s in sides if isinstance(s, exp.Column) and s.table]
                pair = frozenset((c.table.lower(), c.name.lower()) for c in columns)
                if len(pair) == 2 and len({table for table, _ in pair}) == 2:
                    found[(scope.path, pair)] = (scope, part)
    return found


def _turned(pair: Pair) -> Pair:
    """The same two tables, each with the other's column."""
    (first, one), (second, other) = sorted(pair)
    return frozenset({(first, other), (second, one)})


def _text(node: exp.Expr) -> str:
    return write(node).lower()
