"""The change gives an existing snapshot another unique_key.

What it does
    Compares the unique_key of each snapshot with the one at base: reports other columns, where the
    snapshot still selects those of before.

Why it is bad
    dbt looks for the open version of each new key: the versions it holds are never closed, and
    where several rows share the new key the run stops, or one of them wins.

For example
    {{ config(strategy='timestamp', unique_key='department_id', updated_at='updated_at') }}

Use instead
    -- keep the key; for another one, begin another snapshot
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Compare the keys of a snapshot on both sides."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or context.model.kind != "snapshot":
        return
    theirs = change.base.analyse(before).variants
    if not context.resolved or not theirs:
        return
    old, new = _key(before.configured(theirs)), _key(context.config)
    resolution = context.resolved[0].resolution
    if not old or not new or old == new or resolution is None:
        return
    names = {column.name.lower() for column in resolution.output.columns}
    if not set(old) <= names:
        # Renamed, or computed from what is selected.
        return
    yield Issue(
        subject="unique_key",
        message=f"The unique_key of {context.model.name} was {', '.join(old)}, and is now "
        f"{', '.join(new)}.",
        consequence="The versions it holds are never closed, and history no longer fits together.",
        fix="Keep the key, or begin another snapshot.",
        confidence=Confidence.LIKELY,
        word="unique_key",
        evidence=[Evidence(f"at base: unique_key {', '.join(old)}", base_place(context))],
    )


def _key(config: Mapping[str, object]) -> list[str]:
    told = config.get("unique_key")
    names = [told] if isinstance(told, str) else told
    return sorted(str(name).lower() for name in names) if isinstance(names, list) else []


RULE = Rule(
    "CFG016",
    "snapshot-key-changed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
