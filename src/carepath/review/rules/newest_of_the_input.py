"""New rows are compared with the newest of the input itself.

What it does
    Reports, in the incremental run of a model, `x >= (select max(x) from t)` where t is what the
    query reads its rows from, and not {{ this }}.

Why it is bad
    Only the newest rows of the input pass: what came between two runs is never loaded.

For example
    select * from events {% if is_incremental() %}
    where sent_at >= (select max(sent_at) from events) {% endif %}

Use instead
    select * from events {% if is_incremental() %}
    where sent_at >= (select max(sent_at) from {{ this }}) {% endif %}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at the bounds of incremental runs."""
    if context.config.get("materialized") != "incremental":
        return
    first = {
        write(node).lower()
        for variant in context.resolved
        if not variant.rendered.flags.get("is_incremental") and variant.resolution is not None
        for scope in variant.resolution.scopes
        for node, clause in nodes_of(scope)
        if clause == "where" and isinstance(node, (exp.GT, exp.GTE))
    }
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental"):
            continue
        for scope in variant.resolution.scopes:
            tables = {
                _name(b.node) for b in scope.bindings.values() if isinstance(b.node, exp.Table)
            }
            for node, clause in nodes_of(scope):
                if clause != "where" or not isinstance(node, (exp.GT, exp.GTE)):
                    continue
                column, bound = node.left, node.right
                query = bound.find(exp.Select)
                if not isinstance(column, exp.Column) or query is None:
                    continue
                newest = query.expressions[0].find(exp.Max) if query.expressions else None
                read = [_name(table) for table in query.find_all(exp.Table)]
                if newest is None or len(read) != 1 or read[0] not in tables:
                    continue
                if not isinstance(newest.this, exp.Column) or "cp_rel.t_" in read[0]:
                    continue
                is_same = newest.this.name.lower() == column.name.lower()
                is_moved = bound.find(exp.Interval, exp.Sub, exp.DateAdd, exp.DateSub) is not None
                if not is_same or is_moved or write(node).lower() in first:
                    continue
                yield Issue(
                    subject=column.name.lower(),
                    message=f"The incremental run compares {column.name} with the newest of its "
                    "own input, not of {{ this }}.",
                    consequence="Only the newest rows of the input are loaded; others are lost.",
                    fix="Take the maximum from {{ this }}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _name(table: exp.Table) -> str:
    return f"{table.catalog}.{table.db}.{table.name}".lower()


RULE = Rule(
    "CFG051",
    "newest-of-the-input",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
