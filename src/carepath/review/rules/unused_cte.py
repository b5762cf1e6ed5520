"""A CTE that nothing reads.

What it does
    Reports a CTE that neither another CTE nor the final query of the model reads.

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

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of


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
            final = _final(variant, name)
            if final is not None:
                yield Issue(
                    subject=name,
                    message=f"The last CTE, {name}, is not read: the model selects from "
                    f"{final.name}.",
                    consequence="What the CTE does takes no effect.",
                    fix=f"Select from {name}.",
                    severity=Severity.WARNING,
                    confidence=Confidence.LIKELY,
                    offset=start_of(final) or 0,
                    variant=variant,
                )
                continue
            yield Issue(
                subject=name,
                message=f"Nothing reads the CTE {name}.",
                consequence="What it does takes no effect.",
                fix=f"Read {name} where it was meant, or remove it.",
                confidence=Confidence.CERTAIN,
                offset=max(offset, 0),
                variant=variant,
            )


def _final(variant: Variant, name: str) -> exp.Table | None:
    """The one earlier CTE the model selects from, where the unused CTE is the last one."""
    assert variant.resolution is not None
    tree = variant.parsed.tree
    clause = tree.args.get("with_") if tree is not None else None
    if clause is None or len(clause.expressions) < 2:
        return None
    names = [cte.alias.lower() for cte in clause.expressions]
    if names[-1] != name:
        return None
    tables = [
        binding.node
        for scope in variant.resolution.scopes
        if scope.is_final
        for binding in scope.bindings.values()
    ]
    if len(tables) != 1 or not isinstance(tables[0], exp.Table):
        return None
    return tables[0] if tables[0].name.lower() in names else None


RULE = Rule("CLONE003", "unused-cte", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING)
