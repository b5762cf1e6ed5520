"""A FULL JOIN whose key is taken from one side only.

What it does
    Reports a FULL JOIN that puts out the key of one of its two sides, not of the other nor a
    COALESCE of both, beside other columns of the other side.

Why it is bad
    Rows that only the other side has come without a key.

For example
    select a.order_id, b.refunds from a full join b on b.order_id = a.order_id

Use instead
    select coalesce(a.order_id, b.order_id) as order_id, b.refunds from a full join b ...
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope, known_of
from carepath.review.sql.keys import shape_of
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Look at FULL JOINs of two relations."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            names = list(scope.bindings)
            join = scope.bindings[names[1]].join if len(names) == 2 else None
            if join is None or (join.side or "").upper() != "FULL" or join.args.get("using"):
                continue
            left, right = names
            if any(scope.node.args.get(k) for k in ("where", "group", "qualify", "distinct")):
                continue
            if any(e.is_star for e in scope.node.expressions):
                continue
            shape = shape_of(known, scope, right, scope.bindings[right])
            if len(shape.equated) != 1 or len(shape.left) != 1:
                continue
            keys = {left: next(iter(shape.left))[1], right: next(iter(shape.equated))}
            out = {name: _puts_out(scope, name, key) for name, key in keys.items()}
            for name, other in ((left, right), (right, left)):
                item = out[name]
                if item is None or out[other] is not None or _mixed(scope, keys[other], other):
                    continue
                theirs = scope.bindings[other]
                if not any(u.clause == "select" and u.binding is theirs for u in scope.uses):
                    continue
                key = keys[name]
                yield Issue(
                    subject=f"{name} {key}",
                    message=f"{name}.{key} is null in the rows that only {other} has: the FULL "
                    "JOIN keeps them without a key.",
                    consequence="Rows come without a key.",
                    fix=f"Put out coalesce({name}.{key}, {other}.{keys[other]}).",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{other} is joined with FULL JOIN")],
                )


def _puts_out(scope: Scope, name: str, key: str) -> exp.Expr | None:
    binding = scope.bindings[name]
    return next((i.node for i in scope.items if i.binding is binding and i.source == key), None)


def _mixed(scope: Scope, key: str, name: str) -> bool:
    """True where the other key is used in the select list at all, as in a COALESCE."""
    binding = scope.bindings[name]
    return any(
        use.clause == "select"
        and use.binding is binding
        and use.column is not None
        and use.column.name == key
        for use in scope.uses
    )


RULE = Rule(
    "JOIN011",
    "half-of-a-full-join",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
