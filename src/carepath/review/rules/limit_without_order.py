"""LIMIT without ORDER BY.

What it does
    Reports LIMIT in a model or CTE that has no ORDER BY beside it, and ARRAY_AGG(x LIMIT n) without
    an order of its own.

Why it is bad
    Which rows are kept is up to the warehouse. Often the LIMIT was for a trial and stayed.

For example
    select * from {{ ref('events') }} limit 1000

Use instead
    select * from {{ ref('events') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at each LIMIT."""
    for variant in context.resolved:
        if variant.rendered.flags:
            continue
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _arrays(variant, scope)
            limit = scope.node.args.get("limit")
            if limit is None or scope.node.args.get("order") is not None:
                continue
            count = limit.args.get("expression")
            text = count.name if isinstance(count, exp.Literal) else ""
            if text in ("0", "1") or any(not k.columns for k in scope.output.keys):
                continue
            yield Issue(
                subject=f"limit {text}",
                message=f"LIMIT {text} without ORDER BY keeps arbitrary rows.",
                consequence="Rows are lost, other ones at each run.",
                fix="Remove the LIMIT, or order the rows.",
                confidence=Confidence.LIKELY,
                offset=start_of(limit) or 0,
                variant=variant,
                path=scope.path,
            )


def _arrays(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """ARRAY_AGG that keeps some of its values, whichever come first."""
    for node, _ in nodes_of(scope):
        limit = node.this if isinstance(node, exp.ArrayAgg) else None
        if not isinstance(limit, exp.Limit) or isinstance(limit.this, exp.Order):
            continue
        if isinstance(limit.this, exp.Distinct):
            continue
        text = limit.args["expression"].name
        yield Issue(
            subject=write(node).lower()[:100],
            message=f"ARRAY_AGG with LIMIT {text} and without ORDER BY keeps arbitrary values.",
            consequence="Other ones may be kept at each run.",
            fix="Order the values, or use ANY_VALUE where any will do.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


RULE = Rule("DET002", "limit-without-order", Severity.WARNING, __doc__ or "", check)
