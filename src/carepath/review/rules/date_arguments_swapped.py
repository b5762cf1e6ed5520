"""A date and the number added to it stand in each other's place.

What it does
    Reports `dateadd(day, started_on, 7)`: a whole number where the date belongs, and no number
    where the number belongs.

Why it is bad
    The query stops, or takes the number for a date.

For example
    dateadd(day, orders.ordered_on, 30)

Use instead
    dateadd(day, 30, orders.ordered_on)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

NUMBER_FIRST = ("snowflake", "redshift", "databricks", "spark")
"""Warehouses whose dateadd takes the number before the date, and no number for a date."""
ADDED = (exp.DateAdd, exp.TimestampAdd, exp.DatetimeAdd, exp.TsOrDsAdd)


def check(context: Context) -> Iterator[Issue]:
    """Look at each addition to a date."""
    if context.dialect not in NUMBER_FIRST:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, ADDED) or not _is_number(node.this):
                    continue
                if not node.expression or node.expression.find(exp.Column) is None:
                    continue
                unit = node.args.get("unit")
                part = unit.name.lower() if isinstance(unit, exp.Expr) else "day"
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node.this)} stands where dateadd takes the date, and "
                    f"{shown(node.expression)[:60]} where it takes the number.",
                    consequence="The query stops, or takes the number for a date.",
                    fix=f"Write dateadd({part}, {shown(node.this)}, "
                    f"{shown(node.expression)[:60]}).",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_number(node: exp.Expr) -> bool:
    """True for a whole number, also a negative one and one in parentheses or a cast."""
    while isinstance(node, (exp.Neg, exp.Paren, exp.Cast, exp.TsOrDsToDate)):
        node = node.this
    return isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()


RULE = Rule("SQL052", "date-arguments-swapped", Severity.ERROR, __doc__ or "", check)
