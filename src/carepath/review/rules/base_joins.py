"""A base model joins, where the project's other base models read one source table each.

What it does
    Reports a join of sources or models in the base layer, where at least nine in ten base models
    of the project, and at least five of them, read one relation only.

Why it is bad
    Nobody can read the one table alone any more, and its grain is that of the join.

For example
    -- models/staging/stg_orders.sql
    from {{ source('shop', 'orders') }} join {{ source('shop', 'customers') }} using (customer_id)

Use instead
    -- stg_orders and stg_customers, joined in an intermediate model
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot
from carepath.review.sql.parse import start_of

FEWEST = 5


def check(context: Context) -> Iterator[Issue]:
    """Look at the joins of a base model."""
    if context.model.layer != "base" or not _reads_several(context.snapshot, context.model):
        return
    peers = [
        model
        for model in context.space.models.values()
        if model.layer == "base" and model.kind == "model" and model.id != context.model.id
    ]
    plain = [model for model in peers if not _reads_several(context.snapshot, model)]
    if len(plain) < FEWEST or len(plain) * 10 < 9 * len(peers):
        return
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            joined = [b for b in scope.bindings.values() if b.join is not None]
            if not joined:
                continue
            yield Issue(
                subject="join",
                message=f"{context.model.name} joins in the base layer.",
                consequence="Its grain is that of the join; the table alone has no base model.",
                fix="Give each table a base model and join them one layer later.",
                confidence=Confidence.LIKELY,
                offset=start_of(joined[0].node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"{len(plain)} of {len(peers)} base models read one relation")],
            )
            return


def _reads_several(snapshot: Snapshot, model: Model) -> bool:
    return len({call.label for call in snapshot.calls(model)}) > 1


RULE = Rule("LAY002", "base-joins", Severity.NOTE, __doc__ or "", check, ceiling=Severity.NOTE)
