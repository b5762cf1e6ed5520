"""Only different values are summed or averaged.

What it does
    Reports SUM(DISTINCT x) and AVG(DISTINCT x) of a column.

Why it is bad
    Two orders of the same amount count as one. It is often written against rows that a join has
    multiplied, and takes away more than these.

For example
    sum(distinct o.amount)

Use instead
    -- aggregate the joined rows to one per order first, then sum(o.amount)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each sum and average."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                inner = node.this if isinstance(node, (exp.Sum, exp.Avg)) else None
                if not isinstance(inner, exp.Distinct) or len(inner.expressions) != 1:
                    continue
                value = inner.expressions[0]
                # With the key inside, as in hashes that are taken off again, equal rows are meant.
                if not isinstance(value, exp.Column):
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:90]} takes equal values of different rows once.",
                    consequence="The total is too low wherever two values are the same.",
                    fix="Make the rows single first, and drop the DISTINCT.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


RULE = Rule(
    "AGG014",
    "sum-of-distinct",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
