"""The change lets a period include its end, where it was half-open.

What it does
    Compares the conditions of joins and of WHERE with those at base: reports `x < end` made
    `x <= end`, or `x >= start and x < end` made BETWEEN. Also BETWEEN the begin of a period and an
    end that is LEAD of the begins.

Why it is bad
    Where one period ends as the next begins, a moment on the boundary meets both: rows double.

For example
    visited_on between rates.valid_from and rates.valid_to

Use instead
    visited_on >= rates.valid_from and visited_on < rates.valid_to
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts


def check(context: Context) -> Iterator[Issue]:
    """Compare the upper bounds of each scope with those at base, and with how they are made."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _next_ones(variant, scope)
    for variant, scope, before in edited(context):
        theirs = {bound: kind for bound, kind, _ in _bounds(before)}
        for bound, kind, node in _bounds(scope):
            if kind != "closed" or theirs.get(bound) != "open":
                continue
            yield Issue(
                subject=" ".join(bound),
                message=f"{bound[0]} may now equal the end of the period, {bound[1]}.",
                consequence="A moment on the boundary meets two periods: rows double.",
                fix=f"Write {bound[0]} < {bound[1]}, unless the periods have gaps between them.",
                confidence=Confidence.POSSIBLE,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {bound[0]} < {bound[1]}", base_place(context))],
            )


def _next_ones(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`day between valid_from and valid_to`, where valid_to is the next valid_from."""
    assert variant.resolution is not None
    for bound, kind, node in _bounds(scope):
        high = node.args["high"] if isinstance(node, exp.Between) else None
        low = node.args["low"] if isinstance(node, exp.Between) else None
        while isinstance(high, exp.Coalesce):
            high = high.this
        made = definition(variant.resolution, high) if isinstance(high, exp.Column) else None
        while isinstance(made, (exp.Coalesce, exp.Paren)):
            made = made.this
        following = made.this if isinstance(made, exp.Window) else None
        if kind != "closed" or not isinstance(following, exp.Lead) or low is None:
            continue
        begin = definition(variant.resolution, low) or low
        if bare(following.this) not in (bare(begin), bare(low)):
            continue
        yield Issue(
            subject=f"{bound[0]} next",
            message=f"{bound[1]} is where the next period begins, and BETWEEN lets {bound[0]} "
            "equal it.",
            consequence="A moment on the boundary meets two periods: rows double.",
            fix=f"Write {bound[0]} >= {bare(low)} and {bound[0]} < {bound[1]}.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{bound[1]} is {bare(following)[:80]} over ...")],
        )


def _bounds(scope: Scope) -> Iterator[tuple[tuple[str, str], str, exp.Expr]]:
    """((what, its upper bound), open or closed, condition) of periods with a lower bound too."""
    roots = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    where = scope.node.args.get("where")
    parts = [p for root in [*roots, where.this if where is not None else None]
             for p in conjuncts(root)]  # fmt: skip
    lower = {bare(p.left) for p in parts if isinstance(p, (exp.GTE, exp.GT))}
    lower |= {bare(p.right) for p in parts if isinstance(p, (exp.LTE, exp.LT))}
    for part in parts:
        if isinstance(part, exp.Between) and part.args["high"].find(exp.Column):
            yield (bare(part.this), bare(part.args["high"])), "closed", part
        elif isinstance(part, (exp.LT, exp.LTE, exp.GT, exp.GTE)):
            low, high = part.left, part.right
            if isinstance(part, (exp.GT, exp.GTE)):
                low, high = high, low
            if bare(low) in lower and high.find(exp.Column):
                kind = "open" if isinstance(part, (exp.LT, exp.GT)) else "closed"
                yield (bare(low), bare(high)), kind, part


RULE = Rule(
    "JOIN010",
    "overlapping-intervals",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
