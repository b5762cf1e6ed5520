"""A window that is partitioned by the key of its rows has one row.

What it does
    Reports SUM, AVG, MIN, MAX, LAG, LEAD, FIRST_VALUE and LAST_VALUE over a partition that holds a
    whole key of the one relation that is read. Row numbers and counts are left alone: they look for
    duplicates on purpose.

Why it is bad
    The minimum is the row's own value, and there is nothing before or after it.

For example
    min(issued_at) over (partition by invoice_id) as first_issued_at     -- a row per invoice

Use instead
    min(issued_at) over (partition by customer_id) as first_issued_at
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.rows import telling_keys
from carepath.review.sql.writing import shown, write

OVER = (
    exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
)  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Compare each partition with the keys of what is read."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if len(scope.bindings) != 1 or scope.node.args.get("group") is not None:
                continue
            binding = next(iter(scope.bindings.values()))
            keys = [key for key in telling_keys(binding.relation) if key.columns]
            for node, clause in nodes_of(scope) if keys else []:
                if not isinstance(node, exp.Window) or clause != "select":
                    continue
                inner = node.this
                while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
                    inner = inner.this
                parts = node.args.get("partition_by") or []
                uses = [variant.resolution.uses.get(id(part)) for part in parts]
                names = {u.column.name for u in uses if u is not None and u.column is not None}
                key = next((k for k in keys if k.columns <= names), None)
                if key is None or not isinstance(inner, OVER):
                    continue
                by = ", ".join(sorted(key.columns))
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:90]} looks at one row: there is one per {by}.",
                    consequence="It gives the row's own value, or null.",
                    fix="Partition by what the row belongs to.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{binding.name} is unique by {by} ({key.proof})")],
                )


RULE = Rule(
    "GRAIN012",
    "window-of-one-row",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
