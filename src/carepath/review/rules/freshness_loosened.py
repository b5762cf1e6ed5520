"""The change lets a source grow older before anybody hears of it.

What it does
    Compares the freshness of each source table that both sides have: reports limits that are gone,
    limits that are longer than before, and a loaded_at_field that was listed among the columns of
    the source and is another one now, which is not.

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
    yield from _unlisted(change)
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


def _unlisted(change: Change) -> Iterator[Issue]:
    """A loaded_at_field that the change takes from what the YAML lists to what it does not."""
    before = {k: v for space in change.base.spaces for k, v in space.docs.freshness.items()}
    told: set[tuple[str, int]] = set()
    for space in change.head.spaces:
        for (source, table), now in space.docs.freshness.items():
            old, doc = before.get((source, table)), space.docs.sources.get((source, table))
            if old is None or doc is None or now.file not in change.changed_files:
                continue
            if not old.loaded_at.isidentifier() or not now.loaded_at.isidentifier():
                continue
            if doc.column(old.loaded_at) is None or doc.column(now.loaded_at) is not None:
                continue
            if (now.file, now.loaded_at_line) in told:
                continue
            told.add((now.file, now.loaded_at_line))
            yield Issue(
                subject=f"{source}.{table} loaded_at_field",
                message=f"loaded_at_field is {now.loaded_at}, which {source}.{table} does not "
                f"list; it was {old.loaded_at}, which is listed.",
                consequence="Where there is no such column, the freshness check fails.",
                fix=f"Use {old.loaded_at}, or list {now.loaded_at}.",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                place=Place(now.file, now.loaded_at_line),
                evidence=[Evidence("at base", Place(old.file, old.loaded_at_line))],
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
