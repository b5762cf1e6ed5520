"""One column is compared with the same word in two spellings.

What it does
    Follows a column to where it comes from and compares all literals the project compares it with:
    reports a spelling that differs from a more frequent one in case, spaces or separators only.

Why it is bad
    Text comparison is exact: one of the two never matches.

For example
    where status = 'Completed'   -- nine other places: 'completed'

Use instead
    where status = 'completed'
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import comparisons, unresolved
from carepath.review.sql.relation import Source


def check(context: Context) -> Iterator[Issue]:
    """Compare spellings within the lineage of each column."""
    table = spellings(context.snapshot)
    for variant in context.resolved:
        yield from _unknown(context, variant)
        assert variant.resolution is not None
        for found in comparisons(variant.resolution):
            root, value = found.column.root, found.literal.name
            if root is None or (
                found.column.domain is not None and "filter" not in (found.column.domain.proof)
            ):
                continue
            counts = table.get((root, _plain(value)), {})
            mine = counts.get(value, 1)
            if _listed_together(found.node, value):
                continue
            better = sorted((n, v) for v, n in counts.items() if v != value and n > mine)
            slip = None if better else _slip(context.snapshot, root, value)
            if slip is not None:
                yield Issue(
                    subject=f"{found.column.name} {value}",
                    message=f"{found.column.shown} is compared with {value!r} here only, and with "
                    f"{slip!r} elsewhere.",
                    consequence="If it is a slip, nothing matches.",
                    fix=f"Use {slip!r}, if that is meant.",
                    severity=Severity.NOTE,
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(found.literal) or 0,
                    variant=variant,
                    path=found.scope.path,
                )
            if not better:
                continue
            other = better[-1][1]
            yield Issue(
                subject=f"{found.column.name} {value}",
                message=f"{found.column.shown} is compared with {value!r} here and with {other!r} "
                f"in {better[-1][0]} other places.",
                consequence="Text comparison is exact: one of the two never matches.",
                fix=f"Use {other!r}, or make both sides lower case.",
                confidence=Confidence.LIKELY,
                offset=start_of(found.literal) or 0,
                variant=variant,
                path=found.scope.path,
                evidence=[Evidence(f"both compare {root[0].split(':', 1)[-1]}.{root[1]}")],
            )


def _unknown(context: Context, variant: Variant) -> Iterator[Issue]:
    """A slip in a text compared with a column whose origin is not known: by the column's name."""
    assert variant.resolution is not None
    for scope, column, literal, _ in unresolved(variant.resolution):
        name = column.name.lower()
        slip = _slip(context.snapshot, ("", name), literal.name)
        if slip is None:
            continue
        yield Issue(
            subject=f"{name} {literal.name}",
            message=f"{column.name} is compared with {literal.name!r} here only, and with "
            f"{slip!r} elsewhere.",
            consequence="If it is a slip, nothing matches.",
            fix=f"Use {slip!r}, if that is meant.",
            severity=Severity.NOTE,
            confidence=Confidence.POSSIBLE,
            offset=start_of(literal) or 0,
            variant=variant,
            path=scope.path,
        )


def _slip(snapshot: Snapshot, root: Source, value: str) -> str | None:
    """A word that others compare the column with, one letter from one used here only."""
    if len(value) < 5 or any(char.isdigit() for char in value):
        return None
    table = spellings(snapshot)
    if sum(table.get((root, _plain(value)), {}).values()) > 1:
        return None
    for (origin, _), counts in table.items():
        if origin != root:
            continue
        for other, count in counts.items():
            if count < 2 or other[:1] != value[:1]:
                continue
            if count >= 2 and _is_part(value, other):
                return other
            if abs(len(other) - len(value)) > 1:
                continue
            ratio = difflib.SequenceMatcher(None, other, value, autojunk=False).ratio()
            if ratio > 0.86 and other.rstrip("sd") != value.rstrip("sd"):
                return other
    return None


def _is_part(value: str, other: str) -> bool:
    """True where a text of several words is another one cut off before its last word."""
    return other.startswith(value + " ") and " " in value and " " not in other[len(value) + 1 :]


def _plain(value: str) -> str:
    return re.sub(r"[\s_-]+", "", value).lower()


def _listed_together(node: object, value: str) -> bool:
    """True where one list holds several spellings on purpose."""
    expressions = getattr(node, "expressions", [])
    same = [e for e in expressions if _plain(getattr(e, "name", "")) == _plain(value)]
    return len(same) > 1


def spellings(snapshot: Snapshot) -> dict[tuple[Source, str], dict[str, int]]:
    """(origin, plain word) -> spelling -> number of models that use it."""
    kept = snapshot.local.get("spellings")
    if kept is None:
        kept = {}
        for model in snapshot.models.values():
            for root, value in snapshot.facts(model).literals:
                counts = kept.setdefault((root, _plain(value)), {})
                counts[value] = counts.get(value, 0) + 1
        snapshot.local["spellings"] = kept
    found: dict[tuple[Source, str], dict[str, int]] = kept
    return found


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a literal of the model has another spelling somewhere."""
    table = spellings(snapshot)
    return any(
        (root[0] and len(table.get((root, _plain(value)), ())) > 1)
        or _slip(snapshot, root, value) is not None
        for root, value in snapshot.facts(model).literals
    )


RULE = Rule(
    "LIT002", "literal-spelled-two-ways", Severity.WARNING, __doc__ or "", check, screen=screen
)
