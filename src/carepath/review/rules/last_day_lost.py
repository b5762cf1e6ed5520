"""The upper bound of a range of moments is a date, so its day is lost.

What it does
    Reports BETWEEN and <= that compare a timestamp with a date as its upper bound, unless that is
    the first of a month, and a range from the first of a month that ends before the last day of
    one; also a column of dates that is named after an end (promised_date). Where no cast says what
    the column is, a name like created_at makes it a note.

Why it is bad
    A date means its midnight: whatever happens later on the last day is left out.

For example
    where ordered_at between '2024-01-01' and '2024-12-31'     -- ordered_at is a timestamp

Use instead
    where ordered_at >= '2024-01-01' and ordered_at < '2025-01-01'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def check(context: Context) -> Iterator[Issue]:
    """Look at the upper bound of each comparison of a timestamp."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                yield from _whole(variant, scope, node)
                yield from _until(variant, scope, node)
                bound = _bound(node)
                if bound is None:
                    continue
                column, high = bound
                day = _day(high)
                if day is None or day.day == 1:
                    continue
                is_cast = _is_moment(variant.resolution, column)
                if not is_cast and not _is_called_moment(variant.resolution, column):
                    continue
                following = day + timedelta(days=1)
                name = write(column)
                yield Issue(
                    subject=f"{name.lower()} {day}",
                    message=f"{name} is a timestamp{'' if is_cast else ' by its name'}, and {day} "
                    "means its midnight: the rest of that day is left out.",
                    consequence="The last day is lost.",
                    fix=f"Write {name} < '{following}'.",
                    severity=None if is_cast else Severity.NOTE,
                    confidence=Confidence.LIKELY if is_cast else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{column.name} is cast to a timestamp upstream")]
                    if is_cast
                    else [],
                )


def _whole(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`x >= '2024-01-01' and x < '2024-12-31'`: all of a year but its last day."""
    if not isinstance(node, exp.LT) or not isinstance(node.left, exp.Column):
        return
    end = _day(node.right)
    if end is None or (end + timedelta(days=1)).day != 1:
        return
    around = node.find_ancestor(exp.Where, exp.If)
    for other in conjuncts(around.this if around is not None else None):
        if not isinstance(other, exp.GTE) or other.left != node.left:
            continue
        start = _day(other.right)
        if start is None or start.day != 1 or start >= end:
            continue
        following = end + timedelta(days=1)
        yield Issue(
            subject=f"{write(node.left).lower()} {end}",
            message=f"{shown(node.left)} begins with {start}, and {end} is not taken: the last day "
            "of the month is left out.",
            consequence="The last day is lost.",
            fix=f"Write {shown(node.left)} < '{following}'.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


ENDS = re.compile(
    r"(^|_)(due|promised|deadline|expected|target|end|ends|last|until|expires|expiry)(_|$)"
)
BEGINS = re.compile(r"(^|_)(from|start|starts|started|begin|effective|since)(_|$)")


def _until(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`delivered_at <= promised_date`: the promised day ends at its first moment."""
    bound = _bound(node)
    if bound is None:
        return
    column, high = bound
    while isinstance(high, (exp.Cast, exp.Paren, exp.Timestamp)):
        high = high.this
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(high)) if isinstance(high, exp.Column) else None
    if use is None or use.column is None or use.column.type != "date":
        return
    if not ENDS.search(use.column.name.lower()) or BEGINS.search(column.name.lower()):
        return
    if not _is_moment(variant.resolution, column):
        return
    yield Issue(
        subject=f"{write(column).lower()} {use.column.name.lower()}",
        message=f"{shown(column)} is a timestamp, and {use.column.shown} a date, which means its "
        "midnight: the rest of that day is left out.",
        consequence="What happens on the last day is not in time.",
        fix=f"Compare the date of {shown(column)}, or write < the day after.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{column.name} is cast to a timestamp, {use.column.shown} to a date")],
    )


def _bound(node: exp.Expr) -> tuple[exp.Column, exp.Expr] | None:
    if isinstance(node, exp.Between) and isinstance(node.this, exp.Column):
        return node.this, node.args["high"]
    if isinstance(node, exp.LTE) and isinstance(node.left, exp.Column):
        return node.left, node.right
    if isinstance(node, exp.GTE) and isinstance(node.right, exp.Column):
        return node.right, node.left
    return None


def _day(node: exp.Expr) -> date | None:
    while isinstance(node, (exp.Cast, exp.Paren, exp.Date, exp.TsOrDsToDate, exp.Timestamp)):
        node = node.this
    if not isinstance(node, exp.Literal) or not node.is_string or not DAY.match(node.name):
        return None
    try:
        found = date.fromisoformat(node.name)
        return found if found.year < 9999 else None
    except ValueError:
        return None


def _is_moment(resolution: Resolution, column: exp.Column) -> bool:
    use = resolution.uses.get(id(column))
    return use is not None and use.column is not None and use.column.type == "timestamp"


CALLED = re.compile(r"(_at|_ts|_timestamp|_datetime)$|^(timestamp|datetime|created|updated)$")


def _is_called_moment(resolution: Resolution, column: exp.Column) -> bool:
    """True for a name that moments have, of a column whose type nothing tells."""
    use = resolution.uses.get(id(column))
    known = use.column.type if use is not None and use.column is not None else None
    is_alias = use is not None and use.alias
    return known is None and not is_alias and bool(CALLED.search(column.name.lower()))


RULE = Rule("LIT009", "last-day-lost", Severity.WARNING, __doc__ or "", check)
