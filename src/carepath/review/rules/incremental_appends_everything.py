"""An incremental model appends all of its rows at each run.

What it does
    Reports a model materialized as incremental that has neither unique_key nor
    incremental_strategy, and never asks is_incremental().

Why it is bad
    Each run selects every row again and inserts it: after ten runs each stands ten times.

For example
    {{ config(materialized='incremental') }}
    select * from {{ ref('stg_answers') }}

Use instead
    {{ config(materialized='incremental', unique_key='answer_id') }}
    select * from {{ ref('stg_answers') }}
    {% if is_incremental() %}
    where answered_at > (select max(answered_at) from {{ this }})
    {% endif %}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule

KEYS = (
    "incremental_strategy", "unique_key", "primary_key", "merge_keys", "partition_by", "event_time",
    "pre_hook",
)  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Compare the materialization with what the text asks."""
    model = context.model
    if model.kind != "model" or not context.analysis.variants:
        return
    config = context.config
    if config.get("materialized") != "incremental":
        return
    if any(key in config for key in KEYS):
        return
    text = context.snapshot.text(model.file)
    if any("is_incremental" in v.rendered.flags for v in context.analysis.variants):
        return
    if any(word in text for word in ("is_incremental", "this", "execute", "run_query", "var(")):
        return
    yield Issue(
        subject="incremental",
        message=f"{model.name} is incremental without a unique_key, and never asks "
        "is_incremental().",
        consequence="Each run appends all of its rows again.",
        fix="Set unique_key and select only new rows, or make it a table.",
        confidence=Confidence.LIKELY,
        word="incremental",
    )


RULE = Rule(
    "CFG008",
    "incremental-appends-everything",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
