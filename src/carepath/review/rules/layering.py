"""A model reads from a layer it should not.

What it does
    Knows the layer of a model by configuration, folder or prefix. Reports sources read outside
    of the base layer (whether a base model of the source exists or not), base models that read
    models of a later layer, and intermediate models that read the last one. Only where at least
    nine in ten models of the project keep to the rule, or, in a project of few models, where all
    others do and there is a base model of the source.

Why it is bad
    The renames, casts and deduplication of the base model are missing, or done twice.

For example
    -- models/marts/fct_orders.sql
    select * from {{ source('shop', 'orders') }}

Use instead
    select * from {{ ref('stg_orders') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Space

ENOUGH = 0.9
OUTSIDE = "source-outside-base"


def _breaches(snapshot: Snapshot, space: Space, model: Model) -> Iterator[tuple[str, str, str]]:
    """(kind, name read, what is wrong)."""
    for call in snapshot.calls(model):
        if call.kind == "source" and model.layer in ("intermediate", "prod"):
            yield "source-outside-base", call.name, f"reads source {call.package}.{call.name}"
        elif call.kind == "ref" and model.layer == "base":
            target = snapshot.find(space, call)
            if target is not None and target.layer in ("intermediate", "prod"):
                yield "base-reads-model", call.name, f"is a base model and reads {call.name}"
        elif call.kind == "ref" and model.layer == "intermediate":
            target = snapshot.find(space, call)
            if target is not None and target.layer == "prod":
                yield "intermediate-reads-prod", call.name, f"reads {call.name} of a later layer"


def check(context: Context) -> Iterator[Issue]:
    """Compare with the habit of the project."""
    model = context.model
    if model.layer is None:
        return
    for kind, name, what in _breaches(context.snapshot, context.space, model):
        kept, total = _habit(context.snapshot, context.space, kind)
        # The model itself is one that does not keep to it.
        base = _base_of(context.snapshot, context.space, name) if kind == OUTSIDE else None
        few = base is not None and total > 2 and kept == total - 1
        if not few and (total < 5 or kept / (total - 1) < ENOUGH):
            continue
        yield Issue(
            subject=f"{kind} {name}",
            message=f"{model.name} {what}.",
            consequence="What the base model cleans is missing here, or layers depend in a circle.",
            fix=f"Read {base}." if base is not None else "Read the model of the layer below.",
            confidence=Confidence.LIKELY,
            word=name,
            evidence=[Evidence(f"{kept} of {total} models of this layer do not do so ({kind})")],
        )


def _base_of(snapshot: Snapshot, space: Space, source: str) -> str | None:
    """The one base model that reads a source."""
    found = [
        model.name
        for model in space.models.values()
        if model.layer == "base"
        and any(c.kind == "source" and c.name == source for c in snapshot.calls(model))
    ]
    return found[0] if len(found) == 1 else None


def _habit(snapshot: Snapshot, space: Space, kind: str) -> tuple[int, int]:
    slot = f"layers|{space.project.root}"
    if slot not in snapshot.local:
        counts: dict[str, int] = {}
        totals: dict[str, int] = {}
        for model in space.models.values():
            if model.layer is None or model.kind != "model":
                continue
            totals[model.layer] = totals.get(model.layer, 0) + 1
            for found in {k for k, _, _ in _breaches(snapshot, space, model)}:
                counts[found] = counts.get(found, 0) + 1
        snapshot.local[slot] = (counts, totals)
    counts, totals = snapshot.local[slot]
    layers = {
        "source-outside-base": ("intermediate", "prod"),
        "base-reads-model": ("base",),
        "intermediate-reads-prod": ("intermediate",),
    }[kind]
    total = sum(totals.get(layer, 0) for layer in layers)
    return total - counts.get(kind, 0), total


RULE = Rule("LAY001", "layer-skipped", Severity.NOTE, __doc__ or "", check, ceiling=Severity.NOTE)
