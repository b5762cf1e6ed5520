"""The change takes the unique_key from an incremental model.

What it does
    Reports an incremental model that had a unique_key at base and has none now, where nothing else
    replaces its rows: no insert_overwrite, microbatch or hook, and no other materialization. Quiet
    where merge-without-key or overlap-without-key tells of it.

Why it is bad
    The rows of each run are appended: what is loaded again stands twice.

For example
    {{ config(materialized='incremental') }}     -- was: unique_key='order_id'

Use instead
    {{ config(materialized='incremental', unique_key='order_id') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place
from carepath.review.rule import Context, Issue, Rule
from carepath.review.rules import merge_without_key, overlap_without_key

KEPT = frozenset({"insert_overwrite", "microbatch", "replace_where"})


def check(context: Context) -> Iterator[Issue]:
    """Compare the key of a model on both sides."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or context.model.kind != "model":
        return
    theirs = change.base.analyse(before).variants
    if not context.resolved or not theirs:
        return
    old, now = before.configured(theirs), context.config
    if not old.get("unique_key") or now.get("unique_key"):
        return
    if now.get("materialized") != "incremental" or now.get("incremental_strategy") in KEPT:
        return
    if any(word in now for word in ("pre_hook", "post_hook")):
        return
    if any(True for told in (merge_without_key, overlap_without_key) for _ in told.check(context)):
        # They say what comes of it.
        return
    key = old["unique_key"]
    names = ", ".join(str(name) for name in key) if isinstance(key, list) else str(key)
    yield Issue(
        subject="unique_key removed",
        message=f"{context.model.name} has lost its unique_key ({names}): rows are appended.",
        consequence="What is loaded again stands twice.",
        fix="Keep the unique_key, or load only rows that are not there.",
        confidence=Confidence.LIKELY,
        word="config",
        evidence=[Evidence(f"at base: unique_key {names}", base_place(context))],
    )


RULE = Rule(
    "CFG018",
    "unique-key-removed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
