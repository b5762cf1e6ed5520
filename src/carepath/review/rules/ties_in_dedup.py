"""Rows are deduplicated by RANK, which keeps ties, or by an order that cannot tell them apart.

What it does
    Reports RANK() = 1 and DENSE_RANK() = 1 in QUALIFY, or in WHERE or ON over such a column, unless
    partition and order hold a key of the rows; and ROW_NUMBER() = 1 where all that orders the rows
    is a moment cut down to a day or longer.

Why it is bad
    Two rows with equal order values both have rank 1: the duplicates stay. ROW_NUMBER takes any of
    the rows of one day, another one at the next run.

For example
    qualify rank() over (partition by user_id order by updated_at desc) = 1

Use instead
    qualify row_number() over (partition by user_id order by updated_at desc, event_id) = 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope, known_of
from carepath.review.sql.keys import equals_one, is_total
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts, type_of
from carepath.review.sql.writing import shown, write

RANKS = (exp.Rank, exp.DenseRank)


def check(context: Context) -> Iterator[Issue]:
    """Look for ranks that are compared with one."""
    claimed = {c for columns, _, _ in declared_keys(context.model.doc) for c in columns}
    for variant in context.resolved:
        assert variant.resolution is not None
        yield from _by_day(variant, context.dialect)
        known = known_of(variant.resolution, context.dialect)
        ranked: dict[str, exp.Window] = {}
        scope_of: dict[int, Scope] = {}
        for scope in variant.resolution.scopes:
            scope_of |= {id(n): scope for n, _ in nodes_of(scope) if isinstance(n, exp.Window)}
            for name, expression in scope.aliases.items():
                if isinstance(expression, exp.Window) and isinstance(expression.this, RANKS):
                    ranked[name] = expression
        for scope in variant.resolution.scopes:
            parts_of = [scope.node.args.get(key) for key in ("qualify", "where")]
            clauses = [part.this for part in parts_of if part is not None]
            clauses += [b.join.args.get("on") for b in scope.bindings.values() if b.join]
            for clause in clauses:
                for condition in conjuncts(clause):
                    window = _ranked(condition, ranked, context.dialect)
                    if window is None or is_total(known, scope_of[id(window)], window):
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


def _by_day(variant: Variant, dialect: str) -> Iterator[Issue]:
    """ROW_NUMBER() = 1 in the order of days, among rows of one day."""
    assert variant.resolution is not None
    numbered: dict[str, exp.Window] = {}
    for scope in variant.resolution.scopes:
        for name, expression in scope.aliases.items():
            if isinstance(expression, exp.Window) and isinstance(expression.this, exp.RowNumber):
                numbered[name] = expression
    for scope in variant.resolution.scopes:
        parts = [scope.node.args.get(key) for key in ("qualify", "where")]
        conditions = [c for part in parts if part is not None for c in conjuncts(part.this)]
        for binding in scope.bindings.values():
            if binding.join is not None:
                conditions += conjuncts(binding.join.args.get("on"))
        for condition in conditions:
            window = _ranked(condition, numbered, dialect, exp.RowNumber)
            order = window.args.get("order") if window is not None else None
            if window is None or order is None or len(order.expressions) != 1:
                continue
            moment = order.expressions[0].this
            if not _is_cut(moment) or _is_partition(window, moment):
                continue
            yield Issue(
                subject=write(window)[:100],
                message=f"{shown(moment)[:80]} cannot tell rows of one day apart: ROW_NUMBER() = 1 "
                "takes any of them.",
                consequence="Which row is kept differs from run to run.",
                fix="Order by the moment itself, then by a unique column.",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                offset=start_of(window) or 0,
                variant=variant,
                path=scope.path,
            )


def _is_cut(node: exp.Expr) -> bool:
    """True for a column cast to a date or truncated to a day or longer."""
    unit = node.args.get("unit")
    if isinstance(node, (exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)):
        name = unit.name.upper() if isinstance(unit, exp.Expr) else ""
        return name in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
    if isinstance(node, exp.Cast):
        column = node.this.name.lower() if isinstance(node.this, exp.Column) else ""
        # A date kept as text is cast to be in order.
        return type_of(node.args.get("to")) == "date" and bool(MOMENT.search(column))
    if isinstance(node, (exp.Date, exp.TsOrDsToDate)):
        return isinstance(node.this, exp.Column) and bool(MOMENT.search(node.this.name.lower()))
    return False


MOMENT = re.compile(r"(_at|_ts|_timestamp|_datetime|_time)$|^(timestamp|datetime)$")


def _is_partition(window: exp.Window, moment: exp.Expr) -> bool:
    return any(write(part) == write(moment) for part in window.args.get("partition_by") or [])


def _ranked(
    condition: exp.Expr,
    ranked: dict[str, exp.Window],
    dialect: str,
    kinds: type[exp.Expr] | tuple[type[exp.Expr], ...] = RANKS,
) -> exp.Window | None:
    left = equals_one(condition)
    if isinstance(left, exp.Window) and isinstance(left.this, kinds):
        return left
    if isinstance(left, exp.Column):
        return ranked.get(fold_identifier(left.this, dialect))
    return None


RULE = Rule(
    "GRAIN003", "ties-in-dedup", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
