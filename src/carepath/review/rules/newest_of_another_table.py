"""The rows of one relation are narrowed to the newest day of another.

What it does
    Reports `where day = (select max(day) from b)` on rows of a, where the same query reads b with
    that very condition: the block was copied, and the inner name stayed.

Why it is bad
    As soon as the two are loaded at different times, a gives no row at all, or old ones.

For example
    plans as (select * from plans_daily where day = (select max(day) from plans_daily)),
    goals as (select * from goals_daily where day = (select max(day) from plans_daily))

Use instead
    goals as (select * from goals_daily where day = (select max(day) from goals_daily))
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts


def check(context: Context) -> Iterator[Issue]:
    """Compare what each query reads with what it takes the newest day of."""
    for variant in context.resolved:
        assert variant.resolution is not None
        found = [
            (scope, *newest)
            for scope in variant.resolution.scopes
            if (newest := _newest(variant, scope)) is not None
        ]
        own = {(inner, column.name.lower()) for _, outer, inner, column in found if outer == inner}
        for scope, outer, inner, column in found:
            if outer == inner or (inner, column.name.lower()) not in own:
                continue
            first, second = (id_.rsplit(".", 1)[-1] for id_ in (outer, inner))
            yield Issue(
                subject=f"{second} {column.name.lower()}",
                message=f"The rows of {first} are those of the newest {column.name} of {second}.",
                consequence="Where the two are loaded at different times, no row is left.",
                fix=f"Take the newest {column.name} of {first}.",
                confidence=Confidence.LIKELY,
                offset=start_of(column) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"the same condition stands on the rows of {second} too")],
            )


def _newest(variant: Variant, scope: Scope) -> tuple[str, str, exp.Column] | None:
    """What a scope reads, whose newest day it asks for, and the column."""
    where = scope.node.args.get("where")
    bindings = list(scope.bindings.values())
    if where is None or len(bindings) != 1 or ":" not in bindings[0].relation.id:
        return None
    for part in conjuncts(where.this):
        if not isinstance(part, exp.EQ) or not isinstance(part.left, exp.Column):
            continue
        select = part.right.this if isinstance(part.right, exp.Subquery) else None
        if not isinstance(select, exp.Select) or len(select.expressions) != 1:
            continue
        most = select.expressions[0].unalias()
        if not isinstance(most, exp.Max) or select.args.get("where") or select.args.get("joins"):
            continue
        if most.this.name.lower() != part.left.name.lower():
            continue
        inner = next((s for s in scope.children if s.node is select), None)
        sources = list(inner.bindings.values()) if inner is not None else []
        if len(sources) == 1 and ":" in sources[0].relation.id:
            return bindings[0].relation.id, sources[0].relation.id, part.left
    return None


RULE = Rule(
    "CLONE041",
    "newest-of-another-table",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
