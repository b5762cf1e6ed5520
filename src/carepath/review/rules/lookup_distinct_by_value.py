"""A lookup is made distinct by what it looks up.

What it does
    Reports a CTE of two columns, made distinct by both (GROUP BY without an aggregate, DISTINCT),
    that is joined by one of them to bring in the other.

Why it is bad
    A code with two names has two rows: what is joined with it comes twice.

For example
    with names as (select code, name from discounts group by code, name)
    select o.order_id, n.name from orders as o left join names as n on n.code = o.code

Use instead
    with names as (select code, max(name) as name from discounts group by code)
    select o.order_id, n.name from orders as o left join names as n on n.code = o.code
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.joins import matched
from carepath.review.sql.parse import start_of

KEYED = re.compile(r"(^|_)(id|ids|key|code|date|day|month|week|year|sk|pk|fk)$")


def check(context: Context) -> Iterator[Issue]:
    """Look at each join with a distinct pair."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if any(scope.node.args.get(part) for part in ("group", "distinct", "qualify")):
                continue
            for name, binding in scope.bindings.items():
                columns = {column.name for column in binding.relation.columns}
                keys = binding.relation.keys
                if binding.join is None or not binding.is_cte or len(columns) != 2:
                    continue
                if not binding.relation.is_complete or [k.columns for k in keys] != [columns]:
                    continue
                by = matched(variant.resolution, binding.join, binding) or set()
                rest = columns - by
                if len(by) != 1 or len(rest) != 1 or KEYED.search(next(iter(rest))):
                    continue
                value, key = rest.pop(), by.pop()
                if not any(
                    use.binding is binding
                    and use.clause == "select"
                    and use.node.name.lower() == value
                    for use in scope.uses
                ):
                    continue
                yield Issue(
                    subject=f"{name} {value}",
                    message=f"{name} is distinct by {key} and {value}: a {key} with two of them "
                    "has two rows.",
                    consequence="What is joined with it comes twice.",
                    fix=f"Take one {value} of each {key}: max({value}), or the newest.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(binding.join.args.get("on") or binding.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(keys[0].proof)],
                )


RULE = Rule(
    "GRAIN031",
    "lookup-distinct-by-value",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.NOTE,
)
