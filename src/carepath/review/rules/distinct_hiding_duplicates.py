"""DISTINCT only takes back what a join multiplied.

What it does
    Reports SELECT DISTINCT, or a GROUP BY without aggregates, whose rows would be unique without a
    join: the key of the first relation is put out, and a joined relation that can match several
    times gives no column to the output.

Why it is bad
    The join is a test for existence written as a product; the next column added brings the
    duplicates back.

For example
    select distinct c.customer_id, c.country from customers as c
    join orders as o on o.customer_id = c.customer_id

Use instead
    select c.customer_id, c.country from customers as c
    where exists (select 1 from orders as o where o.customer_id = c.customer_id)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import keys
from carepath.review.sql.bindings import Known, Scope, known_of
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Look at each SELECT DISTINCT over a join."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            word = _distinct(scope)
            if word is None:
                continue
            found = _multiplied(known, scope)
            if found is None:
                continue
            name, key, proof = found
            yield Issue(
                subject=name,
                message=f"{word} takes back what the join with {name} multiplies.",
                consequence="The next column added to it brings the duplicates back.",
                fix=f"Write WHERE EXISTS over {name}, or aggregate {name} first.",
                confidence=Confidence.LIKELY,
                offset=start_of(scope.bindings[name].node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[
                    Evidence(f"{key} is put out and unique without it ({proof})"),
                    Evidence(f"no column of {name} is put out"),
                ],
            )


def _distinct(scope: Scope) -> str | None:
    """DISTINCT, or a GROUP BY of all that is put out."""
    distinct, group = scope.node.args.get("distinct"), scope.node.args.get("group")
    if isinstance(distinct, exp.Distinct) and group is None:
        return "DISTINCT" if distinct.args.get("on") is None else None
    if distinct is not None or group is None or scope.node.args.get("having") is not None:
        return None
    return None if scope.node.find(exp.AggFunc) else "GROUP BY"


def _multiplied(known: Known, scope: Scope) -> tuple[str, str, str] | None:
    if len(scope.bindings) != 2:
        return None
    first, second = scope.bindings.items()
    name, binding = second
    if binding.join is None or binding.hidden or (binding.join.side or "").upper() == "FULL":
        return None
    shape = keys.shape_of(known, scope, name, binding)
    if shape.is_unique or not shape.equated or not binding.relation.keys:
        return None
    if any(item.binding is not first[1] or item.source is None for item in scope.items):
        return None
    out = {item.source for item in scope.items}
    key = next((k for k in first[1].relation.keys if k.columns and k.columns <= out), None)
    return (name, ", ".join(sorted(key.columns)), key.proof) if key is not None else None


RULE = Rule(
    "GRAIN004",
    "distinct-hiding-duplicates",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.NOTE,
)
