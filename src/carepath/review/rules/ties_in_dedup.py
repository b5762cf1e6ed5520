"""Rows are deduplicated by RANK, which keeps ties.

What it does
    Reports RANK() = 1 and DENSE_RANK() = 1 in QUALIFY, or in WHERE over such a column.

Why it is bad
    Two rows with equal order values both have rank 1: the duplicates stay.

For example
    qualify rank() over (partition by user_id order by updated_at desc) = 1

Use instead
    qualify row_number() over (partition by user_id order by updated_at desc, event_id) = 1
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

RANKS = (exp.Rank, exp.DenseRank)


def check(context: Context) -> Iterator[Issue]:
    """Look for ranks that are compared with one."""
    claimed = {c for columns, _, _ in declared_keys(context.model.doc) for c in columns}
    for variant in context.resolved:
        assert variant.resolution is not None
        ranked: dict[str, exp.Window] = {}
        for scope in variant.resolution.scopes:
            for name, expression in scope.aliases.items():
                if isinstance(expression, exp.Window) and isinstance(expression.this, RANKS):
                    ranked[name] = expression
        for scope in variant.resolution.scopes:
            for key in ("qualify", "where"):
                part = scope.node.args.get(key)
                for condition in conjuncts(part.this) if part is not None else []:
                    window = _ranked(condition, ranked, context.dialect)
                    if window is None:
                        continue
                    parts = {p.name.lower() for p in window.args.get("partition_by") or []}
                    unique = bool(claimed) and parts <= claimed and bool(parts)
                    yield Issue(
                        subject=write(window)[:100],
                        message="RANK() = 1 keeps every row that ties for the first place.",
                        consequence="Duplicates stay where the order has ties.",
                        fix="Use ROW_NUMBER() with an order that ends in a unique column.",
                        severity=Severity.WARNING if unique else Severity.NOTE,
                        confidence=Confidence.LIKELY if unique else Confidence.POSSIBLE,
                        offset=start_of(condition) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"a test says {', '.join(sorted(parts))} is unique")]
                        if unique
                        else [],
                    )


def _ranked(condition: exp.Expr, ranked: dict[str, exp.Window], dialect: str) -> exp.Window | None:
    if not isinstance(condition, exp.EQ) or condition.right.name != "1":
        return None
    left = condition.left
    if isinstance(left, exp.Window) and isinstance(left.this, RANKS):
        return left
    if isinstance(left, exp.Column):
        return ranked.get(fold_identifier(left.this, dialect))
    return None


RULE = Rule(
    "GRAIN003", "ties-in-dedup", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
