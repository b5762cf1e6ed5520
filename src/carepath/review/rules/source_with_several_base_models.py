"""The change adds a second base model of a source table.

What it does
    Reports a new base model whose one source table another base model reads already, where at
    least nine in ten source tables of the project have one base model only.

Why it is bad
    Renames, casts and deduplication are done twice, and one of the two is forgotten.

For example
    -- models/staging/stg_orders_clean.sql, beside stg_orders.sql
    select id as order_id from {{ source('shop', 'orders') }}

Use instead
    -- extend stg_orders
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Model

FEWEST = 5


def check_change(change: Change) -> Iterator[Issue]:
    """Look at the sources of new base models."""
    for space in change.head.spaces:
        readers: dict[str, list[Model]] = {}
        for model in space.models.values():
            if model.layer != "base" or model.kind != "model":
                continue
            sources = {c.label for c in change.head.calls(model) if c.kind == "source"}
            if len(sources) == 1 and not any(c.kind == "ref" for c in change.head.calls(model)):
                readers.setdefault(sources.pop(), []).append(model)
        for table, models in sorted(readers.items()):
            new = [m for m in models if change.is_new(m) and m.file.path in change.changed_files]
            old = [m for m in models if m not in new]
            others = [found for name, found in readers.items() if name != table]
            single = [found for found in others if len(found) == 1]
            if not new or not old or len(single) < FEWEST or len(single) * 10 < 9 * len(others):
                continue
            yield Issue(
                subject=table,
                message=f"{new[0].name} is a second base model of source {table}, beside "
                f"{old[0].name}.",
                consequence="Renames and deduplication are done twice.",
                fix=f"Extend {old[0].name}.",
                confidence=Confidence.LIKELY,
                place=Place(new[0].file.path, 1),
                model=new[0],
                evidence=[
                    Evidence(f"{old[0].name} reads it", Place(old[0].file.path, 1)),
                    Evidence(f"{len(single)} of {len(others)} other tables have one base model"),
                ],
            )


RULE = Rule(
    "LAY003",
    "source-with-several-base-models",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
