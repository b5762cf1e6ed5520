"""BigQuery does not compare a DATE with a TIMESTAMP.

What it does
    On BigQuery, reports comparisons and BETWEEN of a TIMESTAMP with a DATE, both known from casts
    and functions, here or upstream. A text written out is taken for either, and a DATETIME is
    compared with a DATE.

Why it is bad
    The model does not build: no matching signature for operator.

For example
    where viewed_at >= date_sub(current_date(), interval 7 day)     -- viewed_at is a TIMESTAMP

Use instead
    where viewed_at >= timestamp_sub(current_timestamp(), interval 7 day)
    -- or: where date(viewed_at) >= date_sub(current_date(), interval 7 day)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import INSTANT, type_of
from carepath.review.sql.writing import write

COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
THIS = "cp_rel.t_"
MOVED = (exp.DateAdd, exp.DateSub, exp.DateTrunc, exp.LastDay)
INSTANTS = (exp.CurrentTimestamp, exp.TimestampAdd, exp.TimestampSub, exp.TimestampTrunc)
PASSING = (exp.Paren, exp.Max, exp.Min, exp.AnyValue)


def check(context: Context) -> Iterator[Issue]:
    """Compare the types of both sides of each comparison."""
    if context.dialect != "bigquery":
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                for one, other in _pairs(node):
                    kinds = [_kind(variant.resolution, side) for side in (one, other)]
                    if set(kinds) != {"DATE", "TIMESTAMP"}:
                        continue
                    yield Issue(
                        subject=write(node).lower()[:120],
                        message=f"{_shown(one)} is a {kinds[0]}, {_shown(other)} a "
                        f"{kinds[1]}: BigQuery does not compare the two.",
                        consequence="The model does not build.",
                        fix=f"Write date({_shown((one, other)[kinds.index('TIMESTAMP')])}), or "
                        "make both a TIMESTAMP.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence("as casts and functions tell, here or upstream")],
                    )
                    break


def _shown(node: exp.Expr) -> str:
    """A side as it is told: short, and without the names that stand for relations."""
    text = re.sub(r"(?i)cp_rel\.t_\w+", "{{ this }}", write(node))
    return text[:60] if "cp_rel" not in text.lower() else "the subquery"


def _pairs(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    if isinstance(node, COMPARED):
        yield node.left, node.right
    elif isinstance(node, exp.Between):
        yield node.this, node.args["low"]
        yield node.this, node.args["high"]


def _kind(resolution: Resolution, node: exp.Expr, depth: int = 0) -> str | None:
    """DATE or TIMESTAMP, None for all else and where nothing tells."""
    if depth > 8:
        return None
    if isinstance(node, (exp.CurrentDate, exp.Date, exp.StrToDate)):
        return "DATE"
    if isinstance(node, INSTANTS):
        return _instant(resolution, node, depth)
    if isinstance(node, exp.Timestamp):
        return "TIMESTAMP" if node.args.get("with_tz") else None
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return _told(node.args.get("to"))
    if isinstance(node, MOVED):
        inner = _kind(resolution, node.this, depth + 1)
        return inner if inner == "DATE" else None
    if isinstance(node, PASSING):
        return _kind(resolution, node.this, depth + 1)
    if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
        items = node.this.expressions
        inner = items[0].unalias() if len(items) == 1 else None
        return _kind(resolution, inner, depth + 1) if inner is not None else None
    if isinstance(node, exp.Column):
        use = resolution.uses.get(id(node))
        if use is None or use.alias:
            return None
        if use.column is None:
            return _own(resolution, node)
        if INSTANT in use.column.tags:
            return "TIMESTAMP"
        return "DATE" if use.column.type == "date" else None
    return None


def _own(resolution: Resolution, node: exp.Column) -> str | None:
    """What a column of {{ this }} is, as the model itself puts it out."""
    query = node.find_ancestor(exp.Select)
    source = query.args.get("from_") if query is not None else None
    if query is None or source is None or query.args.get("joins"):
        return None
    if not write(source.this).lower().startswith(THIS):
        return None
    column = resolution.output.get(node.name.lower())
    if column is None:
        return None
    if INSTANT in column.tags:
        return "TIMESTAMP"
    return "DATE" if column.type == "date" else None


def _instant(resolution: Resolution, node: exp.Expr, depth: int) -> str | None:
    """TIMESTAMP_TRUNC and its kind take a DATETIME as well, and give what they take."""
    if isinstance(node, exp.CurrentTimestamp):
        return "TIMESTAMP"
    return "TIMESTAMP" if _kind(resolution, node.this, depth + 1) == "TIMESTAMP" else None


def _told(to: object) -> str | None:
    if not isinstance(to, exp.DataType):
        return None
    if getattr(to.this, "name", "") == "TIMESTAMPTZ":
        return "TIMESTAMP"
    return "DATE" if type_of(to) == "date" else None


RULE = Rule("SQL017", "date-compared-with-timestamp", Severity.ERROR, __doc__ or "", check)
