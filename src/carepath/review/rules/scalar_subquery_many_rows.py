"""A subquery stands for one value and can give several rows.

What it does
    Reports a subquery in the place of a value (in the SELECT list, or beside a comparison) that
    neither aggregates nor is limited, over one relation whose known keys its conditions do not
    cover. One without conditions is taken to read a relation of one row.

Why it is bad
    The warehouse stops with an error as soon as two rows match, or takes any of them.

For example
    select o.order_id,
        (select p.method from payments as p where p.order_id = o.order_id) as method
    from orders as o

Use instead
    -- join a relation with one row per order_id, or aggregate: (select max(p.method) ...)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
SHAPING = ("group", "limit", "qualify", "having", "distinct", "joins", "laterals")


def check(context: Context) -> Iterator[Issue]:
    """Look at each subquery that stands for a value."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            node = scope.node
            if scope.parent is None or not _is_value(node) or len(scope.bindings) != 1:
                continue
            if any(node.args.get(part) for part in SHAPING) or len(node.expressions) != 1:
                continue
            if node.expressions[0].find(exp.AggFunc, exp.Star, exp.Query):
                continue
            name, binding = next(iter(scope.bindings.items()))
            known = binding.relation.keys
            fixed = _fixed(variant.resolution, scope)
            if not known or not fixed or any(key.columns <= fixed for key in known):
                continue
            key = min(known, key=lambda k: (len(k.columns), sorted(k.columns)))
            by = f" by {', '.join(sorted(fixed))}"
            yield Issue(
                subject=write(node).lower()[:100],
                message=f"The subquery stands for one value, and can find several rows of {name}"
                f"{by}.",
                consequence="The warehouse stops at the second row, or takes any.",
                fix="Aggregate it, or join a relation that has one row for each.",
                confidence=Confidence.LIKELY,
                offset=start_of(node.expressions[0]) or 0,
                variant=variant,
                path=scope.path,
                evidence=[
                    Evidence(f"{name} is unique by {', '.join(sorted(key.columns))} ({key.proof})")
                ],
            )


def _is_value(node: exp.Select) -> bool:
    """True for a subquery in the SELECT list, or beside a comparison."""
    around = node.parent
    if not isinstance(around, exp.Subquery) or around.args.get("joins"):
        return False
    outer = around.parent
    while isinstance(outer, (exp.Paren, exp.Coalesce, exp.Cast, exp.Alias)):
        around, outer = outer, outer.parent
    if isinstance(outer, exp.Select):
        return around.arg_key == "expressions"
    return isinstance(outer, COMPARISONS)


def _fixed(resolution: Resolution, scope: Scope) -> frozenset[str]:
    """The columns of its relation that the conditions equate with something from outside."""
    where = scope.node.args.get("where")
    binding = next(iter(scope.bindings.values()))
    found: set[str] = set()
    for part in conjuncts(where.this) if where is not None else []:
        if not isinstance(part, (exp.EQ, exp.NullSafeEQ)):
            continue
        for side, other in ((part.left, part.right), (part.right, part.left)):
            use = resolution.uses.get(id(side)) if isinstance(side, exp.Column) else None
            if use is None or use.binding is not binding or use.column is None:
                continue
            inner = [resolution.uses.get(id(column)) for column in other.find_all(exp.Column)]
            if not any(u is not None and u.binding is binding for u in inner):
                found.add(use.column.name)
    return frozenset(found)


RULE = Rule(
    "JOIN013",
    "scalar-subquery-many-rows",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
