"""One field of an interval is taken for the whole of it.

What it does
    Reports `extract(minute from a - b)` and the like for hours, minutes and seconds of a difference
    of two moments, where no other field of it is used.

Why it is bad
    An hour and a half has the minutes 30: the field starts again at each full hour.

For example
    extract(minute from ended_at - started_at) as duration_minutes

Use instead
    extract(epoch from ended_at - started_at) / 60 as duration_minutes
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

FIELDS = frozenset({"HOUR", "MINUTE", "SECOND", "HOURS", "MINUTES", "SECONDS"})
MOMENT = re.compile(r"(_at|_time|_ts|_timestamp)(_utc|_local)?$|^(ts|timestamp)$")
INTERVALS = frozenset({"postgres", "redshift", "duckdb", "trino", "athena", ""})


def check(context: Context) -> Iterator[Issue]:
    """Look at what each EXTRACT takes its field from."""
    if context.dialect not in INTERVALS:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            fields = [node for node, _ in nodes_of(scope) if isinstance(node, exp.Extract)]
            for node in fields:
                field, inner = node.this.name.upper(), node.expression
                while isinstance(inner, exp.Paren):
                    inner = inner.this
                whole = definition(variant.resolution, inner) or inner
                if field not in FIELDS or not _is_difference(whole):
                    continue
                if sum(other.expression == node.expression for other in fields) > 1:
                    # The other fields are taken too.
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:90]} gives only the {field.lower().rstrip('s')} field "
                    "of the interval.",
                    consequence="It starts again from 0 at each full "
                    f"{'day' if field.startswith('HOUR') else 'hour or minute'}.",
                    fix="Take the epoch, and divide it.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_difference(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.Sub):
        return False
    sides = (node.left, node.right)
    return all(
        isinstance(_bare(side), (exp.CurrentTimestamp, exp.CurrentDatetime))
        or (isinstance(_bare(side), exp.Column) and bool(MOMENT.search(_bare(side).name.lower())))
        or isinstance(_bare(side), (exp.Max, exp.Min))
        for side in sides
    )


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren) or (
        isinstance(node, exp.Cast) and "TIMESTAMP" in write(node.args["to"]).upper()
    ):
        node = node.this
    return node


RULE = Rule(
    "AGG016",
    "part-of-an-interval",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
