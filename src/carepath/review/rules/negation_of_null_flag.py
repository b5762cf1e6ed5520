"""WHERE negates a flag that can be null, which leaves the rows of null out.

What it does
    Reports `not x`, `x = false` and `x <> true` in WHERE, where x is null for some rows by the SQL
    that makes it: a CASE without ELSE, or the unmatched rows of a LEFT JOIN upstream.

Why it is bad
    NOT of null is null: the rows that nothing is known of go with those that are meant. Of a flag
    that is true or null, nothing is left.

For example
    select order_id from {{ ref('flagged_orders') }} where not is_refunded   -- null unless refunded

Use instead
    select order_id from {{ ref('flagged_orders') }} where not coalesce(is_refunded, false)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Use
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each condition of WHERE that must hold."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            where = scope.node.args.get("where")
            conditions = conjuncts(where.this) if where is not None else []
            for part in conditions:
                column = _negated(part)
                use = variant.resolution.uses.get(id(column)) if column is not None else None
                if column is None or not _can_be_null(use):
                    continue
                others = (other for other in conditions if other is not part)
                if any(column in list(other.find_all(exp.Column)) for other in others):
                    # `x is not null and not x` knows of the null.
                    continue
                name = shown(column)
                yield Issue(
                    subject=write(part).lower()[:120],
                    message=f"{name} can be null, and {shown(part)} leaves those rows out.",
                    consequence="Rows of which the flag says nothing go with those it marks.",
                    fix=f"Write not coalesce({name}, false).",
                    confidence=Confidence.LIKELY,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[_why(use)],
                )


def _negated(part: exp.Expr) -> exp.Column | None:
    """The column of `not x`, `x = false`, `x <> true`."""
    while isinstance(part, exp.Paren):
        part = part.this
    if isinstance(part, exp.Not):
        inner = part.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        return inner if isinstance(inner, exp.Column) else None
    if not isinstance(part, (exp.EQ, exp.NEQ)) or not isinstance(part.right, exp.Boolean):
        return None
    is_negation = part.right.this is isinstance(part, exp.NEQ)
    return part.left if is_negation and isinstance(part.left, exp.Column) else None


def _can_be_null(use: Use | None) -> bool:
    """True by the SQL of another query; of a LEFT JOIN here, left-join-undone-by-where tells."""
    if use is None or use.column is None or use.binding is None or use.binding.nullable:
        return False
    return use.column.nullable is True


def _why(use: Use | None) -> Evidence:
    assert use is not None and use.column is not None and use.binding is not None
    domain = use.column.domain
    values = f", else {listing(sorted(domain.values))}" if domain is not None else ""
    return Evidence(f"{use.column.shown} of {use.binding.name} is null in some rows{values}")


RULE = Rule(
    "NULL076",
    "negation-of-null-flag",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
