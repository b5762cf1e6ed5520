"""Grouping by everything, amounts too, merges rows with equal amounts.

What it does
    Reports a GROUP BY without any aggregate that groups by an amount of money or by a product of
    one, where nothing else it groups by is a key, a number or a time of the rows.

Why it is bad
    Two sales of the same amount become one: what is added up later is too small.

For example
    select agent, sales, sales * 0.03 as credit from agent_sales group by 1, 2, 3

Use instead
    select agent, sum(sales) as sales, sum(sales) * 0.03 as credit from agent_sales group by 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.keys import has_subtotals
from carepath.review.sql.parse import start_of

AMOUNT = re.compile(r"(^|_)(amount|amt|sales|revenue|premium|payment|paid|spend)$")
TELLS_ROWS = re.compile(
    r"(^|_)(id|key|uuid|guid|sk|pk|code|no|nr|num|number|date|day|month|year|week|at|on|time|ts"
    r"|timestamp|email|policy|invoice|order|transaction)s?($|_)|(id|key|code|number|date)$"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at each grouped query."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            amount = _merged(scope)
            if amount is None:
                continue
            yield Issue(
                subject=f"merged {amount.name.lower()}",
                message=f"Nothing is aggregated: rows with an equal {amount.name} become one.",
                consequence="What is added up later is too small.",
                fix=f"Write sum({amount.name}), or group by what tells the rows apart.",
                confidence=Confidence.LIKELY,
                offset=start_of(amount) or 0,
                variant=variant,
                path=scope.path,
            )


def _merged(scope: Scope) -> exp.Column | None:
    node = scope.node
    group = node.args.get("group")
    if group is None or has_subtotals(group) or not group.expressions or node.args.get("having"):
        return None
    items = [i.this if isinstance(i, exp.Alias) else i for i in node.expressions]
    grouped: list[exp.Expr] = []
    for part in group.expressions:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            if not 0 < int(part.name) <= len(items):
                return None
            grouped.append(items[int(part.name) - 1])
        else:
            grouped.append(part)
    if any(item.find(exp.AggFunc, exp.Window, exp.Star, exp.Anonymous) for item in items):
        return None
    plain = [part for part in grouped if isinstance(part, exp.Column)]
    amount = next((c for c in plain if AMOUNT.search(c.name.lower())), None)
    columns = [c for part in [*grouped, *items] for c in part.find_all(exp.Column)]
    if amount is None:
        return None
    for column in columns:
        # What a joined relation is known by does not tell the rows of this one apart.
        is_own = not column.table or not amount.table or column.table == amount.table
        if is_own and TELLS_ROWS.search(column.name.lower()):
            return None
    return amount


RULE = Rule(
    "GRAIN052",
    "equal-amounts-merged",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
