"""An incremental run replaces whole days, and reads only a part of the first one.

What it does
    Reports an incremental model that groups by the day (or a longer unit) of a moment and replaces
    the rows it has, where the condition of is_incremental() on that moment begins in the middle of
    a day: some hours before now, or after the newest moment loaded.

Why it is bad
    The first day it reads is made of its last hours only, and that takes the place of the whole.

For example
    {{ config(materialized='incremental', unique_key='day') }}
    select date(sent_at) as day, count(*) as messages from ...
    {% if is_incremental() %}
    where sent_at >= timestamp_sub(current_timestamp(), interval 2 day)
    {% endif %}
    group by 1

Use instead
    where date(sent_at) >= date_sub(current_date(), interval 2 day)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.keys import cut
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

THIS = "cp_rel.t_"
NOW = frozenset(
    {"now", "getdate", "sysdate", "current_timestamp", "localtimestamp", "systimestamp"}
)
WHOLE = (
    exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc, exp.Date, exp.TsOrDsToDate,
    exp.CurrentDate, exp.LastDay,
)  # fmt: skip
"""What ends at midnight."""


def check(context: Context) -> Iterator[Issue]:
    """Compare the groups of an incremental model with where its new rows begin."""
    if context.model.kind != "model":
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental") or not _replaces(context):
            continue
        for scope in variant.resolution.scopes:
            for moment, day in _days(scope):
                condition = _begins_within(variant.resolution, scope, moment, day)
                if condition is None:
                    continue
                yield Issue(
                    subject=f"{day} {moment}",
                    message=f"Rows are grouped by {day}, and {shown(condition)[:90]} begins in the "
                    "middle of one.",
                    consequence="What that day had before is replaced by its last hours.",
                    fix=f"Let the condition begin where a {day} begins.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(condition) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{day} is cut from {moment}")],
                )
                return


def _replaces(context: Context) -> bool:
    config = context.config
    if config.get("materialized") != "incremental":
        return False
    strategy = str(config.get("incremental_strategy") or "")
    return strategy == "insert_overwrite" or bool(config.get("unique_key"))


def _days(scope: Scope) -> Iterator[tuple[str, str]]:
    """(moment, name of the day cut from it) of what a query groups by."""
    if scope.node.args.get("group") is None:
        return
    for item in scope.items:
        if item.expression is None or item.expression.find(exp.AggFunc, exp.Window) is not None:
            continue
        found = cut(item.expression)
        if found is not None and found[1] >= 3:
            yield found[0].rsplit(".", 1)[-1].strip('"'), item.column.shown


def _begins_within(
    resolution: Resolution, scope: Scope, moment: str, day: str, depth: int = 0
) -> exp.Expr | None:
    """The condition that lets the rows of a moment begin at any time of a day."""
    where = scope.node.args.get("where")
    for part in conjuncts(where.this) if where is not None else []:
        if not isinstance(part, (exp.GT, exp.GTE)) or not isinstance(part.left, exp.Column):
            continue
        if part.left.name.lower() == moment and _is_within(resolution, part.right, moment):
            return part
    bindings = list(scope.bindings.values())
    if len(bindings) != 1 or not bindings[0].is_cte or depth > 5:
        return None
    inner = [s for s in resolution.scopes if s.path == bindings[0].node.name.lower()]
    if len(inner) != 1 or inner[0].node.args.get("group") is not None:
        return None
    return _begins_within(resolution, inner[0], moment, day, depth + 1)


def _is_within(resolution: Resolution, bound: exp.Expr, moment: str) -> bool:
    if bound.find(*WHOLE) is not None or any(_to_date(c) for c in bound.find_all(exp.Cast)):
        return False
    if bound.find(exp.Query) is None:
        return bound.find(exp.CurrentTimestamp) is not None or any(
            node.name.lower() in NOW for node in bound.find_all(exp.Anonymous)
        )
    newest = bound.find(exp.Max)
    if newest is None or THIS not in write(bound).lower() or bound.find(exp.Anonymous):
        return False
    columns = {c.name.lower() for c in newest.find_all(exp.Column)}
    return bool(columns & _latest(resolution, moment))


def _latest(resolution: Resolution, moment: str) -> set[str]:
    """The columns of the model that hold the newest moment of each group."""
    return {
        item.column.name.lower()
        for scope in resolution.scopes
        for item in scope.items
        if isinstance(item.expression, exp.Max)
        and isinstance(item.expression.this, exp.Column)
        and item.expression.this.name.lower() == moment
    }


def _to_date(node: exp.Cast) -> bool:
    to = node.args.get("to")
    return isinstance(to, exp.DataType) and to.is_type("date")


RULE = Rule(
    "CFG015",
    "part-of-a-period-replaced",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
