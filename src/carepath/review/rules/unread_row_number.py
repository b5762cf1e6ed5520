"""A CTE numbers its rows, and nothing reads the number.

What it does
    Reports a ROW_NUMBER of a CTE that no filter, no join, no other CTE and no output column uses:
    a warning where it is called as a number to pick one row by (rn, row_num, rank), else a note.

Why it is bad
    The rows were numbered to keep one of each group, and the filter is missing: all are kept.

For example
    with ranked as (select *, row_number() over (partition by id order by at desc) as rn from x)
    select id, status from ranked

Use instead
    select id, status from ranked where rn = 1
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.rules.dedup_removed import NUMBER
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look for a use of each numbered column."""
    for variant in context.resolved[:1]:
        resolution = variant.resolution
        assert resolution is not None
        if variant.parsed.is_patched or len(context.resolved) != len(context.analysis.variants):
            continue
        for scope in resolution.scopes:
            if scope.is_final or not scope.path or "/" in scope.path:
                continue
            for item in scope.items:
                inner = item.expression
                if not isinstance(inner, exp.Window) or not isinstance(inner.this, exp.RowNumber):
                    continue
                name = item.column.name
                if not inner.args.get("partition_by") or _is_read(resolution, scope, name, set()):
                    continue
                if any(
                    v.resolution is not None and _mentions(v.resolution, name)
                    for v in context.resolved[1:]
                ):
                    continue
                picks = NUMBER.search(name) is not None
                yield Issue(
                    subject=name,
                    message=f"Nothing reads {item.column.shown}: every numbered row stays.",
                    consequence="Where one row of each group is meant, all come.",
                    fix=f"Filter by {item.column.shown} = 1 where it is read, or remove it.",
                    severity=Severity.WARNING if picks else Severity.NOTE,
                    confidence=Confidence.LIKELY if picks else Confidence.POSSIBLE,
                    offset=start_of(item.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name} is {shown(inner)[:160]}")],
                )


def _mentions(resolution: Resolution, name: str) -> bool:
    return any(use.node.name.lower() == name.lower() for use in resolution.uses.values())


def _is_read(resolution: Resolution, scope: Scope, name: str, seen: set[str]) -> bool:
    """True where a column of a CTE is used anywhere, or reaches the output."""
    if scope.path in seen:
        return True
    seen.add(scope.path)
    if _mentions(resolution, name):
        return True
    readers = [
        (reader, binding)
        for reader in resolution.scopes
        for binding in reader.bindings.values()
        if binding.is_cte
        and isinstance(binding.node, exp.Table)
        and binding.node.name.lower() == scope.path.lower()
    ]
    if not readers:
        return True
    for reader, binding in readers:
        for item in reader.items:
            if item.binding is binding and item.source == name:
                if reader.is_final or not reader.path or "/" in reader.path:
                    return True
                if _is_read(resolution, reader, item.column.name, seen):
                    return True
        if any(star.is_star for star in reader.node.expressions) and not reader.items:
            return True
    return False


RULE = Rule(
    "GRAIN008",
    "unread-row-number",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
