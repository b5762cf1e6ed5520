"""A running total is added up.

What it does
    Reports SUM of a column that is called a running or cumulative total, unless the groups hold a
    date fixed or a condition chooses one row of each.

Why it is bad
    Each row of a running total holds all rows before it: they are counted again and again.

For example
    select ticket_id, sum(running_total_minutes) as elapsed_minutes from visits group by 1

Use instead
    select ticket_id, max(running_total_minutes) as elapsed_minutes from visits group by 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown

RUNNING = re.compile(r"(^|_)(running|cumulative|cumul|cum)_|_(running|cumulative)$")
DATE = re.compile(r"(^|_)(date|day|week|month|quarter|year|period)(_|$)|_on$|^as_of")
CHOSEN = re.compile(
    r"(^|_)(rn|rank|row_num\w*|row_number|is_last|is_latest|is_current|latest)(_|$)"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at each sum of a column."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                for total in item.find_all(exp.Sum):
                    column = total.this
                    if not isinstance(column, exp.Column) or not RUNNING.search(
                        column.name.lower()
                    ):
                        continue
                    if isinstance(total.parent, exp.Window) or _is_one_of_each(scope):
                        continue
                    yield Issue(
                        subject=item.alias_or_name.lower() or column.name.lower(),
                        message=f"{shown(total)[:80]} adds up a running total: every row of it "
                        "holds the rows before.",
                        consequence="What came first is counted once for each row after it.",
                        fix="Take MAX, or the last row, or sum what the total was made of.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(total) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _is_one_of_each(scope: Scope) -> bool:
    """True where the groups hold a date fixed or a condition chooses rows by their number."""
    node = scope.node
    if node.args.get("qualify") is not None:
        return True
    where = node.args.get("where")
    names = [c.name.lower() for c in where.find_all(exp.Column)] if where is not None else []
    if any(CHOSEN.search(name) or DATE.search(name) for name in names):
        return True
    group = node.args.get("group")
    for part in group.expressions if group is not None else ():
        if isinstance(part, exp.Literal) and part.name.isdigit():
            place = int(part.name) - 1
            part = node.expressions[place] if place < len(node.expressions) else part
        if DATE.search(part.alias_or_name.lower()):
            return True
        if any(DATE.search(c.name.lower()) for c in part.find_all(exp.Column)):
            return True
    return False


RULE = Rule(
    "AGG026",
    "running-total-summed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
