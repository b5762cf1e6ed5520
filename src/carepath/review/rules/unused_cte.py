"""A CTE that nothing reads.

What it does
    Reports a CTE of a model that no other CTE and not the final query reads.

Why it is bad
    It is dead code, or the final query still reads the CTE before it: a filter or a join that
    was written takes no effect.

For example
    with orders as (...), paid_orders as (select * from orders where is_paid)
    select * from orders

Use instead
    select * from paid_orders
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report the CTEs nobody reads, in any variant."""
    resolved = context.resolved
    if not resolved:
        return
    for variant in resolved[:1]:
        assert variant.resolution is not None
        for name in variant.resolution.unused_ctes:
            read_elsewhere = any(
                other.resolution is not None and name not in other.resolution.unused_ctes
                for other in context.analysis.variants[1:]
            )
            if read_elsewhere or variant.parsed.is_patched:
                continue
            text = variant.rendered.text.lower()
            offset = text.find(name)
            yield Issue(
                subject=name,
                message=f"Nothing reads the CTE {name}.",
                consequence="What it does takes no effect.",
                fix=f"Read {name} where it was meant, or remove it.",
                confidence=Confidence.CERTAIN,
                offset=max(offset, 0),
                variant=variant,
            )


RULE = Rule("CLONE003", "unused-cte", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING)
