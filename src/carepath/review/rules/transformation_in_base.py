"""A base model aggregates.

What it does
    Reports GROUP BY in the base layer, where at least nine in ten base models of the project, and
    at least five of them, do not aggregate.

Why it is bad
    The rows of the source are nowhere to be had; business rules hide where only renames are looked
    for.

For example
    -- models/staging/stg_orders.sql
    select customer_id, sum(amount) as amount from {{ source('shop', 'orders') }} group by 1

Use instead
    -- stg_orders with one row per order; the sum in an intermediate model
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot
from carepath.review.sql.bindings import outermost
from carepath.review.sql.parse import start_of

FEWEST = 5


def check(context: Context) -> Iterator[Issue]:
    """Look at what decides the rows of a base model."""
    if context.model.layer != "base" or context.model.kind != "model":
        return
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in outermost(variant.resolution.scopes):
            group = scope.node.args.get("group")
            if group is None:
                continue
            peers = [
                model
                for model in context.space.models.values()
                if model.layer == "base" and model.kind == "model" and model.id != context.model.id
            ]
            plain = [model for model in peers if not _is_grouped(context.snapshot, model)]
            if len(plain) < FEWEST or len(plain) * 10 < 9 * len(peers):
                return
            yield Issue(
                subject="group by",
                message=f"{context.model.name} aggregates in the base layer.",
                consequence="The rows of the source cannot be had any more.",
                fix="Keep one row per source row here; aggregate one layer later.",
                confidence=Confidence.LIKELY,
                offset=start_of(group) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"{len(plain)} of {len(peers)} base models do not aggregate")],
            )
            return


def _is_grouped(snapshot: Snapshot, model: Model) -> bool:
    keys = snapshot.facts(model).relation.keys
    return any(key.proof.startswith("GROUP BY") for key in keys)


RULE = Rule(
    "LAY004",
    "transformation-in-base",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.NOTE,
)
