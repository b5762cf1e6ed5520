"""A part of an incremental model's unique_key can be null.

What it does
    Reports a unique_key column that comes from the optional side of an outer join, or from a
    CASE without ELSE.

Why it is bad
    A null equals nothing: MERGE inserts the row again at each run.

For example
    unique_key=['order_id', 'payment_id']   -- payment_id from a LEFT JOIN

Use instead
    coalesce(payment_id, 'none') as payment_id
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Look up the columns of unique_key."""
    for variant in context.resolved[:1]:
        config = variant.rendered.config
        key = config.get("unique_key")
        names = [key] if isinstance(key, str) else key
        if config.get("materialized") != "incremental" or not isinstance(names, list):
            continue
        if config.get("incremental_strategy") == "insert_overwrite":
            continue
        for name in names:
            column = context.analysis.relation.get(str(name).lower())
            if column is None or column.nullable is not True:
                continue
            yield Issue(
                subject=str(name),
                message=f"{name} is part of unique_key and can be null.",
                consequence="A row with a null is inserted again at each run.",
                fix=f"Give {name} a value with COALESCE, or take it out of the key.",
                confidence=Confidence.LIKELY,
                word=str(name),
                variant=variant,
                evidence=[Evidence("it comes from the optional side of a join or a CASE")],
            )


RULE = Rule("GRAIN002", "nullable-part-in-key", Severity.WARNING, __doc__ or "", check)
