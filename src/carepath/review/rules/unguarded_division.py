"""A division by something that can be zero.

What it does
    Reports a divisor that is a count, a sum or a column, without NULLIF, a CASE around it, or a
    safe division; the days between the first and the last of a group, which are none for one row;
    and a divisor that COALESCE makes zero where there is nothing.

Why it is bad
    One row with zero stops the whole model, on warehouses that raise an error for it.

For example
    sum(case when is_returned then 1 else 0 end) / count(case when is_shipped then 1 end)

Use instead
    ... / nullif(count(case when is_shipped then 1 end), 0)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.definitions import located
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write

QUIET = frozenset({"duckdb", "clickhouse", "databricks", "spark", ""})

SPANS = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff)


def check(context: Context) -> Iterator[Issue]:
    """Look at each divisor."""
    if context.dialect in QUIET:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            where = scope.node.args.get("where")
            filtered = write(where).lower() if where is not None else ""
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Div) or node.args.get("safe"):
                    continue
                divisor = node.right
                while isinstance(divisor, (exp.Paren, exp.Cast)):
                    divisor = divisor.this
                if not divisor.find(exp.Column, exp.Count, exp.Sum):
                    continue
                if _is_zero_by_default(divisor):
                    yield _by_default(variant, scope, divisor)
                    continue
                guards = divisor.find(exp.Nullif, exp.Greatest, exp.Exp, exp.Coalesce, exp.Case)
                if guards and not isinstance(divisor, (exp.Sum, exp.Count)):
                    continue
                if isinstance(divisor, exp.Count) and isinstance(divisor.this, exp.Star):
                    continue
                if _counts_something(variant, scope, divisor):
                    continue
                text = write(divisor).lower()
                if PATTERN.search(text) or "cp_fn" in text or text in filtered:
                    continue
                guard = node.find_ancestor(exp.Case, exp.If)
                if guard is not None and text.split(".")[-1] in _conditions(guard, node):
                    continue
                conditional = isinstance(divisor, (exp.Sum, exp.Count)) and bool(
                    divisor.find(exp.Case, exp.If)
                )
                conditional = conditional or _is_span_of_one(scope, divisor)
                yield Issue(
                    subject=text[:100],
                    message=f"{text[:80]} can be zero, and something is divided by it.",
                    consequence="One such row stops the model.",
                    fix=f"Divide by nullif({text[:60]}, 0).",
                    severity=Severity.WARNING if conditional else Severity.NOTE,
                    confidence=Confidence.LIKELY if conditional else Confidence.POSSIBLE,
                    offset=start_of(divisor) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_span_of_one(scope: Scope, divisor: exp.Expr) -> bool:
    """True for the days between MIN and MAX of one column: none for a group of one row."""
    if not isinstance(divisor, SPANS) or scope.node.args.get("group") is None:
        return False
    ends = (divisor.this, divisor.expression)
    inner = {write(n).lower() for e in ends if e is not None for n in e.find_all(exp.Min, exp.Max)}
    return len(inner) == 2 and len({text.split("(", 1)[1] for text in inner}) == 1


def _is_zero_by_default(divisor: exp.Expr) -> bool:
    """True for `coalesce(x, 0)`: zero for every row without a match."""
    if not isinstance(divisor, exp.Coalesce) or not divisor.expressions:
        return False
    last = divisor.expressions[-1]
    return isinstance(last, exp.Literal) and not last.is_string and not float(last.name)


def _by_default(variant: Variant, scope: Scope, divisor: exp.Expr) -> Issue:
    text = write(divisor).lower()
    return Issue(
        subject=text[:100],
        message=f"{text[:80]} is zero wherever there is nothing, and something is divided by it.",
        consequence="One such row stops the model.",
        fix="Divide by nullif(..., 0) instead.",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        offset=start_of(divisor) or 0,
        variant=variant,
        path=scope.path,
    )


def _counts_something(variant: Variant, scope: Scope, divisor: exp.Expr) -> bool:
    """True for a count, within groups, of a column that is never null: at least one."""
    assert variant.resolution is not None
    if isinstance(divisor, exp.Column):
        # The side a LEFT JOIN does not find gives null, and no zero.
        found = located(variant.resolution, divisor)
        if found is None or not isinstance(found[0], exp.Count):
            return False
        divisor, scope = found
        if scope.node.args.get("group") is not None and isinstance(divisor.this, exp.Star):
            return True
    if not isinstance(divisor, exp.Count) or scope.node.args.get("group") is None:
        return False
    inner = divisor.this
    if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
        inner = inner.expressions[0]
    use = variant.resolution.uses.get(id(inner)) if isinstance(inner, exp.Column) else None
    if use is None or use.column is None or use.binding is None:
        return False
    return use.column.nullable is False and not use.binding.nullable


def _conditions(guard: exp.Expr, division: exp.Expr) -> str:
    """What is asked before a division is made; not the conditions that make it themselves."""
    branches = guard.args.get("ifs") or [guard]
    made = write(division).lower()
    asked = (write(branch.this).lower() for branch in branches)
    return " ".join(text for text in asked if made not in text)


RULE = Rule(
    "NULL001", "unguarded-division", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
