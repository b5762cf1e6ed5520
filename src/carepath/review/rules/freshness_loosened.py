"""The change lets a source grow older before anybody hears of it.

What it does
    Compares the freshness of each source table that both sides have: reports limits that are gone,
    and limits that are longer than before.

Why it is bad
    A load that has stopped is noticed later, or never.

For example
    -   freshness:
    -     error_after: {count: 24, period: hour}

Use instead
    # keep the limits, or say in the pull request why the source may be late
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.nodes import Freshness
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the limits of both sides; tables of one source that lose the same are one finding."""
    before = {k: v for space in change.base.spaces for k, v in space.docs.freshness.items()}
    found: dict[tuple[str, str, str], list[tuple[str, Freshness, Freshness]]] = {}
    for space in change.head.spaces:
        for (source, table), now in space.docs.freshness.items():
            old = before.get((source, table))
            what = _difference(old, now) if old is not None else ""
            if old is not None and what and now.file in change.changed_files:
                found.setdefault((source, what, now.file), []).append((table, old, now))
    for (source, what, file), tables in found.items():
        names = sorted(f"{source}.{table}" for table, _, _ in tables)
        _, old, now = tables[0]
        yield Issue(
            subject=", ".join(names)[:100],
            message=f"{what} for {listing(names, 4)}.",
            consequence="A load that has stopped is noticed later, or never.",
            fix="Keep the limit, or say why the source may be late.",
            confidence=Confidence.CERTAIN,
            place=Place(file, now.line),
            evidence=[Evidence("at base", Place(old.file, old.line))],
        )


def _difference(before: Freshness, now: Freshness) -> str:
    """What became weaker, or nothing."""
    parts = [
        ("an error", before.error_after, now.error_after),
        ("a warning", before.warn_after, now.warn_after),
    ]
    if all(new is None for _, _, new in parts) and any(old is not None for _, old, _ in parts):
        return "The freshness limits are gone"
    for word, old, new in parts:
        if old is not None and new is None:
            return f"The limit of age that is {word} is gone"
        if old is not None and new is not None and new > old:
            return f"The age that is {word} rises from {old:g} to {new:g} hours"
    return ""


RULE = Rule(
    "TST006",
    "freshness-loosened",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
