"""COUNT over a CASE that has a value in every branch.

What it does
    Reports `count(case when ... then 1 else 0 end)`, the same with IF, and `count(x = 1)`.

Why it is bad
    COUNT counts values that are not null, and 0 and false are such: every row is counted.

For example
    count(case when is_converted then 1 else 0 end) as conversions

Use instead
    count(case when is_converted then 1 end) as conversions
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write

CONDITIONS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Like, exp.ILike, exp.Is,
    exp.Between, exp.And, exp.Not,
)  # fmt: skip
"""Not OR: in ClickHouse and MySQL `x = 1 or null` is null where it does not hold."""


def check(context: Context) -> Iterator[Issue]:
    """Look at the argument of each COUNT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Count):
                    continue
                inner = node.this
                is_distinct = isinstance(inner, exp.Distinct)
                if is_distinct:
                    inner = inner.expressions[0] if len(inner.expressions) == 1 else None
                default = None
                if isinstance(inner, exp.Case):
                    default = inner.args.get("default")
                elif isinstance(inner, exp.If):
                    default = inner.args.get("false")
                if isinstance(inner, CONDITIONS) and not is_distinct:
                    yield _of_condition(variant, scope, node)
                    continue
                if not isinstance(default, (exp.Literal, exp.Boolean)):
                    continue
                yield Issue(
                    subject=write(node)[:100],
                    message=f"COUNT counts the ELSE {write(default)} as well"
                    + (", as one more distinct value." if is_distinct else ": every row."),
                    consequence="The count is wrong.",
                    fix=f"Remove ELSE {write(default)}, or use SUM.",
                    severity=Severity.WARNING if is_distinct else Severity.ERROR,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _of_condition(variant: Variant, scope: Scope, node: exp.Count) -> Issue:
    return Issue(
        subject=write(node)[:100],
        message="COUNT counts what is false as well: every row where the condition is not null.",
        consequence="The count is wrong.",
        fix="Use COUNT with CASE and without ELSE, or a count of the rows that meet it.",
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


RULE = Rule("AGG001", "count-of-case-else-zero", Severity.ERROR, __doc__ or "", check)
