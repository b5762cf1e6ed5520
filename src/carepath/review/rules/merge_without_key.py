"""An incremental model is to be merged, and has no key to merge by.

What it does
    Reports incremental_strategy merge or delete+insert without a unique_key, in the model, its
    YAML or dbt_project.yml.

Why it is bad
    dbt has nothing to match the new rows with: it appends them, and a row that is loaded again
    stands twice.

For example
    {{ config(materialized='incremental', incremental_strategy='merge') }}

Use instead
    {{ config(materialized='incremental', incremental_strategy='merge', unique_key='order_id') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule

STRATEGIES = ("merge", "delete+insert")


def check(context: Context) -> Iterator[Issue]:
    """Compare the strategy with the key."""
    model = context.model
    if model.kind != "model" or not context.analysis.variants:
        return
    config = context.config
    strategy = config.get("incremental_strategy")
    if config.get("materialized") != "incremental" or strategy not in STRATEGIES:
        return
    # The model's own key, or one that stands anywhere above it.
    if any(key in config for key in ("unique_key", "primary_key", "merge_keys")):
        return
    declared = sorted(
        ", ".join(sorted(key.columns)) for key in context.analysis.relation.keys if key.columns
    )
    yield Issue(
        subject=str(strategy),
        message=f"{model.name} is loaded by {strategy}, and has no unique_key.",
        consequence="Rows are appended: one that is loaded again stands twice.",
        fix=f"Set unique_key to {declared[0]}." if declared else "Set unique_key.",
        confidence=Confidence.LIKELY,
        word="incremental_strategy",
        evidence=[Evidence(f"incremental_strategy is {strategy}")],
    )


RULE = Rule(
    "CFG006",
    "merge-without-key",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
