"""A total that a window has put on each row is added up.

What it does
    Reports SUM of a column that the CTE read computes as SUM or COUNT OVER a partition, without an
    order: every row of the partition has the whole total. Quiet where a condition chooses rows, and
    where the query groups by the columns of the partition.

Why it is bad
    The total of a customer counts as often as the customer has rows.

For example
    with invoices as (
        select customer_id, region, sum(amount) over (partition by customer_id) as customer_amount
        from ...
    )
    select region, sum(customer_amount) from invoices group by region

Use instead
    select region, sum(amount) from invoices group by region
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

CHOOSING = ("where", "qualify", "distinct", "limit", "having")


def check(context: Context) -> Iterator[Issue]:
    """Look at what each SUM adds up."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if any(scope.node.args.get(part) is not None for part in CHOOSING[:4]):
                continue
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Sum) or clause != "select":
                    continue
                column = node.this
                if isinstance(node.parent, exp.Window) or not isinstance(column, exp.Column):
                    continue
                total = _total(variant.resolution, column)
                if total is None or _has_all(scope, total):
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:60]} adds up {shown(total)[:80]}, which every row of "
                    "the partition has.",
                    consequence="The total counts once for each of them.",
                    fix="Add up what the window adds up, or take one row of each partition first.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{column.name} is {shown(total)[:160]}")],
                )


def _total(resolution: Resolution, column: exp.Column) -> exp.Window | None:
    """The window that a column of the CTE read is, where that CTE keeps all of its rows."""
    use = resolution.uses.get(id(column))
    if use is None or use.binding is None or use.column is None or not use.binding.is_cte:
        return None
    inner = [s for s in resolution.scopes if s.path == use.binding.node.name.lower()]
    if len(inner) != 1 or inner[0].node.args.get("qualify") is not None:
        return None
    if inner[0].node.args.get("distinct") is not None:
        return None
    for item in inner[0].items:
        window = item.expression
        if item.column.name != use.column.name or not isinstance(window, exp.Window):
            continue
        if not isinstance(window.this, (exp.Sum, exp.Count)) or window.args.get("order"):
            continue
        return window if window.args.get("partition_by") else None
    return None


def _has_all(scope: Scope, total: exp.Window) -> bool:
    """True where a group is one partition's row: all of its columns are grouped by beside a key."""
    group = scope.node.args.get("group")
    if group is None:
        return False
    names = {c.name.lower() for c in group.find_all(exp.Column)}
    for part in group.expressions:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            place = int(part.name) - 1
            if place < len(scope.node.expressions):
                found = scope.node.expressions[place]
                names |= {c.name.lower() for c in found.find_all(exp.Column)}
    return any(
        key.columns <= names for binding in scope.bindings.values() for key in binding.relation.keys
    )


RULE = Rule(
    "AGG022",
    "window-total-added-up",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
