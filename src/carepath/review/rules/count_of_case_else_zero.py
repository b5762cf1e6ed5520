"""COUNT over a CASE that has a value in every branch.

What it does
    Reports `count(case when ... then 1 else 0 end)`, the same with IF, with
    a COALESCE to a number, or of a flag of a CTE that is 1 or 0; and `count(x = 1)`.

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
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import outcomes
from carepath.review.sql.writing import shown, write

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
                inner, filled = _unwrapped(inner)
                inner = _flag(variant, inner)
                default = None
                if isinstance(inner, exp.Case):
                    default = inner.args.get("default") or filled
                elif isinstance(inner, exp.If):
                    default = inner.args.get("false") or filled
                if isinstance(inner, CONDITIONS) and not is_distinct:
                    yield _of_condition(variant, scope, node)
                    continue
                if not isinstance(default, (exp.Literal, exp.Boolean)):
                    continue
                yield Issue(
                    subject=write(node)[:100],
                    message=f"COUNT counts the ELSE {shown(default)} as well"
                    + (", as one more distinct value." if is_distinct else ": every row."),
                    consequence="The count is wrong.",
                    fix=f"Remove ELSE {shown(default)}, or use SUM.",
                    severity=Severity.WARNING if is_distinct else Severity.ERROR,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _unwrapped(node: exp.Expr | None) -> tuple[exp.Expr | None, exp.Expr | None]:
    """An expression without casts and parentheses, and the default a COALESCE gives it."""
    filled = None
    while isinstance(node, (exp.Paren, exp.Cast, exp.Coalesce)):
        if isinstance(node, exp.Coalesce) and node.expressions:
            filled = filled or node.expressions[-1]
        node = node.this
    return node, filled


def _flag(variant: Variant, node: exp.Expr | None) -> exp.Expr | None:
    """The CASE of 1 and 0 behind a flag of the same query."""
    if not isinstance(node, exp.Column) or variant.resolution is None:
        return node
    made = definition(variant.resolution, node)
    if not isinstance(made, (exp.Case, exp.If)):
        return node
    return made if {n.name for n in outcomes(made)} == NUMBERS else node


NUMBERS = {"0", "1"}


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
