"""The change removes or retypes columns others may read.

What it does
    Compares the columns a model puts out before and after, and lists what is gone or has another
    type, with the models that read it. Within the project a broken reader is an error of its own.

Why it is bad
    Dashboards and exports outside of the project are not part of the pull request.

For example
    -   amount,
    +   amount_usd,

Use instead
    amount_usd,
    amount_usd as amount,   -- until its readers have moved
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the outputs of models that nothing in the project reads: the outermost ones."""
    read: set[str] = set()
    for model in change.head.models.values():
        read |= {upstream.id for upstream in change.head.upstream(model)}
    for model in change.affected():
        before = change.counterpart(model)
        if before is None or model.kind != "model" or model.id in read:
            continue
        old, new = change.base.facts(before).relation, change.head.facts(model).relation
        if not old.is_complete or not new.is_complete:
            continue
        gone = [column.shown for column in old.columns if column.name not in new.index]
        types = [
            f"{c.shown} ({c.type} to {now.type})"
            for c in old.columns
            if (now := new.get(c.name)) is not None and c.type and now.type and c.type != now.type
        ]
        if not gone and not types:
            continue
        lines = change.changed_lines(model.file.path)
        yield Issue(
            subject=", ".join(gone + types)[:200],
            message=f"{model.name} no longer puts out {listing(gone, 6)}."
            if gone
            else f"{model.name} changes the type of {listing(types, 6)}.",
            consequence="Readers outside of the project break.",
            fix="Tell them, or keep the old columns for a while.",
            confidence=Confidence.CERTAIN,
            place=Place(model.file.path, min(lines) if lines else 1),
            model=model,
            evidence=[
                Evidence(f"at base it put out {listing([c.shown for c in old.columns], 12)}")
            ],
        )


RULE = Rule(
    "BRK001",
    "output-contract-change",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
