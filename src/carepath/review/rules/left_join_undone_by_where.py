"""A LEFT JOIN whose unmatched rows WHERE throws away again.

What it does
    Reports a condition of WHERE on the optional side that a null cannot meet, also a bare flag or
    NOT of one, and one that takes what is newer than the newest row loaded; and an array of the
    optional side that is taken apart (UNNEST, FLATTEN, EXPLODE) without OUTER.

Why it is bad
    The LEFT JOIN behaves as an INNER JOIN: rows without a match disappear.

For example
    from orders left join payments on payments.order_id = orders.order_id
    where payments.method = 'card'

Use instead
    from orders left join payments
        on payments.order_id = orders.order_id and payments.method = 'card'
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.normal import WRITTEN_RIGHT
from carepath.review.sql.parse import start_of
from carepath.review.sql.unnested import unnested
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

REJECTING = (exp.EQ, exp.NEQ, exp.GT, exp.LT, exp.GTE, exp.LTE, exp.In, exp.Between, exp.Like)

STRICT = (
    exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Trim, exp.Date, exp.TsOrDsToDate, exp.DateTrunc,
    exp.TimestampTrunc, exp.Length, exp.Abs, exp.Round,
)  # fmt: skip
"""Functions that give null for a null."""


def check(context: Context) -> Iterator[Issue]:
    """Compare WHERE with the optional sides."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _unnested(variant, scope)
            where = scope.node.args.get("where")
            if where is None:
                continue
            optional = {
                name: b
                for name, b in scope.bindings.items()
                if b.join is not None and (b.join.side or "").upper() == "LEFT"
            }
            full = _full(scope)
            optional |= full
            told: set[str] = set()
            for part in conjuncts(where.this):
                # NOT IN ('a', 'b') rejects a null as well.
                bare = part.this if isinstance(part, exp.Not) else part
                if not isinstance(bare, (*REJECTING, exp.Column)) or (
                    part.find(exp.Query) and not _is_newer(part)
                ):
                    continue
                sides = [bare.left, bare.right] if isinstance(bare, exp.Binary) else [bare.this]
                if isinstance(bare, exp.Column):
                    sides = [bare]
                for side in sides:
                    while isinstance(side, STRICT):
                        side = side.this
                    if not isinstance(side, exp.Column):
                        continue
                    name = fold_identifier(side.args.get("table"), context.dialect)
                    if not name:
                        use = variant.resolution.uses.get(id(side))
                        if use is not None and use.binding is not None:
                            name = use.binding.name
                    if name not in optional or name in told:
                        continue
                    told.add(name)
                    join = optional[name].join
                    is_right = join is not None and WRITTEN_RIGHT in join.meta
                    written = "RIGHT" if is_right else "LEFT"
                    if name in full:
                        yield _outer(variant, scope, name, part)
                        continue
                    yield Issue(
                        subject=name,
                        message=f"WHERE {_shown(part)} drops the rows that "
                        f"have no match in {name}: its {written} JOIN acts as an INNER JOIN.",
                        consequence="Rows without a match are lost.",
                        fix="Move the condition into ON, or write INNER JOIN if that is meant.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(part) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"{name} is joined with {written} JOIN")],
                    )


def _unnested(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`left join events as e ..., lateral flatten(input => e.items)`: no items, no row."""
    assert variant.resolution is not None
    for one in unnested(variant.resolution, scope):
        join = one.owner.join
        if one.is_outer or join is None or (join.side or "").upper() != "LEFT":
            continue
        yield Issue(
            subject=f"{one.owner.name} {one.name}",
            message=f"{shown(one.array)} is taken apart without OUTER: rows that have no match in "
            f"{one.owner.name} are lost, and its LEFT JOIN acts as an INNER JOIN.",
            consequence="Rows without a match are lost.",
            fix="Take it apart in a LEFT JOIN (or with OUTER), or write INNER JOIN if that is "
            "meant.",
            confidence=Confidence.LIKELY,
            offset=start_of(one.array) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{one.owner.name} is joined with LEFT JOIN")],
        )


def _shown(part: exp.Expr) -> str:
    if _is_newer(part) and isinstance(part, exp.Binary):
        return f"{write(part.left)} > (the newest {part.left.name})"
    return write(part)[:80]


def _is_newer(part: exp.Expr) -> bool:
    """True for `updated_at > (select max(updated_at) from {{ this }})`."""
    return (
        isinstance(part, (exp.GT, exp.GTE))
        and isinstance(part.left, exp.Column)
        and isinstance(part.right, exp.Subquery)
        and part.right.find(exp.Max) is not None
    )


def _full(scope: Scope) -> dict[str, Binding]:
    """Both sides of a FULL JOIN of two relations."""
    joins = [b.join for b in scope.bindings.values() if b.join is not None]
    if len(joins) != 1 or (joins[0].side or "").upper() != "FULL":
        return {}
    return dict(scope.bindings)


def _outer(variant: Variant, scope: Scope, name: str, part: exp.Expr) -> Issue:
    return Issue(
        subject=name,
        message=f"WHERE {shown(part)[:80]} drops the rows that have no match in "
        f"{name}: the FULL JOIN keeps one side only.",
        consequence="Rows of the other side without a match are lost.",
        fix="Filter before the join, or compare a COALESCE of both sides.",
        confidence=Confidence.LIKELY,
        offset=start_of(part) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{name} is joined with FULL JOIN")],
    )


RULE = Rule(
    "JOIN003",
    "left-join-undone-by-where",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
