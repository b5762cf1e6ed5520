"""A sum adds or subtracts what a LEFT JOIN may not have found.

What it does
    Reports SUM(a - b) and SUM(a + b) where b comes from the side that a LEFT JOIN may not find and
    a does not, and neither COALESCE nor a condition takes care of it. As a note, a total `a + b` of
    such columns that is put out as it is.

Why it is bad
    Without a match b is null, and so is the total: the whole row is left out of the sum.

For example
    select sum(o.total - r.refunded) from orders as o
    left join refunds as r on r.order_id = o.order_id

Use instead
    select sum(o.total - coalesce(r.refunded, 0)) from orders as o
    left join refunds as r on r.order_id = o.order_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each sum of two columns."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _totals(variant, scope)
            for node, _ in nodes_of(scope):
                inner = node.this if isinstance(node, exp.Sum) else None
                while isinstance(inner, (exp.Paren, exp.Cast, exp.Round)):
                    inner = inner.this
                if not isinstance(inner, (exp.Add, exp.Sub)):
                    continue
                found = _unmatched(variant.resolution, inner)
                if found is None or _is_kept_out(scope, found):
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(found)} is null where the LEFT JOIN finds nothing, and "
                    f"{shown(node)[:80]} leaves such rows out whole.",
                    consequence="The total is too low.",
                    fix=f"Write coalesce({shown(found)}, 0).",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _totals(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`base.fees * price + tips.fees as fees`, where there are days without tips."""
    assert variant.resolution is not None
    uses = variant.resolution.uses
    if scope.node.args.get("group"):
        return
    for item in scope.node.expressions:
        total = item.this if isinstance(item, exp.Alias) else None
        while isinstance(total, exp.Paren):
            total = total.this
        if not isinstance(total, exp.Add):
            continue
        terms = [_plain(term) for term in total.flatten()]
        plain = [term for term in terms if isinstance(term, exp.Column)]
        found = [
            (term, use.binding) for term in plain if (use := uses.get(id(term))) and use.binding
        ]
        others = [
            use.binding
            for term in terms
            for column in term.find_all(exp.Column)
            if (use := uses.get(id(column))) is not None and use.binding is not None
        ]
        if not any(not binding.nullable for binding in others) or total.find(exp.Literal):
            continue
        missing = next((term for term, b in found if b.nullable and b.join is not None), None)
        if missing is None or _is_kept_out(scope, missing):
            continue
        yield Issue(
            subject=f"{item.alias_or_name.lower()} {write(missing).lower()}",
            message=f"{shown(missing)} is null where the LEFT JOIN finds nothing, and so is "
            f"{item.alias_or_name} then.",
            consequence="The total is missing where only this part of it is.",
            fix=f"Write coalesce({shown(missing)}, 0).",
            severity=Severity.NOTE,
            confidence=Confidence.POSSIBLE,
            offset=start_of(missing) or 0,
            variant=variant,
            path=scope.path,
        )


def _unmatched(resolution: Resolution, node: exp.Add | exp.Sub) -> exp.Column | None:
    """The column of the side that may not be found, beside one of another side."""
    sides = [_plain(node.left), _plain(node.right)]
    if not all(isinstance(side, exp.Column) for side in sides):
        return None
    uses = [resolution.uses.get(id(side)) for side in sides]
    if any(use is None or use.binding is None or use.alias for use in uses):
        return None
    for one, two in (uses, uses[::-1]):
        if one is None or two is None or one.binding is None or two.binding is None:
            continue
        if one.binding.nullable and not two.binding.nullable:
            return one.node
    return None


def _plain(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    return node


def _is_kept_out(scope: Scope, column: exp.Column) -> bool:
    """True where a condition of the query asks for a column of the same side."""
    where = scope.node.args.get("where")
    names = {c.table.lower() for c in where.find_all(exp.Column)} if where is not None else set()
    return column.table.lower() in names


RULE = Rule(
    "NULL006",
    "null-from-unmatched-row",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
