"""An age counts the years of the calendar, not birthdays.

What it does
    Reports an age that is the difference of two years since a date of birth, or the difference of
    two dates in years where the warehouse counts how often a year begins between them (Snowflake,
    BigQuery, Redshift, DuckDB), without a correction.

Why it is bad
    Until the birthday of the year it is one too many.

For example
    datediff('year', birth_date, current_date) as age

Use instead
    floor(months_between(current_date, birth_date) / 12) as age
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of

BOUNDARIES = frozenset({"snowflake", "bigquery", "redshift", "duckdb"})
AGE = re.compile(r"(^|_)ages?(_|$)")
BIRTH = re.compile(r"(^|_)(birth|born|dob|birthdate|birthday)(_|$)")
DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff)


def check(context: Context) -> Iterator[Issue]:
    """Look at each column that is called an age."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                if not isinstance(item, exp.Alias) or not AGE.search(item.alias.lower()):
                    continue
                node = item.this
                while isinstance(node, (exp.Cast, exp.Paren, exp.Floor)):
                    node = node.this
                counts = context.dialect in BOUNDARIES and _is_difference(node)
                if not (counts or _is_of_years(node)) or not _is_of_birth(node):
                    continue
                yield Issue(
                    subject=item.alias.lower(),
                    message=f"{item.alias} counts the years of the calendar: it grows on the first "
                    "of January.",
                    consequence="Until the birthday it is one too many.",
                    fix="Count whole months or days, or take one off before the birthday.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_difference(node: exp.Expr) -> bool:
    unit = node.args.get("unit") if isinstance(node, DIFFERENCES) else None
    return isinstance(unit, exp.Expr) and unit.name.upper() == "YEAR"


def _is_of_years(node: exp.Expr) -> bool:
    return isinstance(node, exp.Sub) and _is_year(node.left) and _is_year(node.right)


def _is_year(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Year):
        return True
    return isinstance(node, exp.Extract) and node.this.name.upper() == "YEAR"


def _is_of_birth(node: exp.Expr) -> bool:
    return any(BIRTH.search(column.name.lower()) for column in node.find_all(exp.Column))


RULE = Rule(
    "AGG013",
    "age-by-calendar-years",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
