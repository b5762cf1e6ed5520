"""A window function stands in WHERE, HAVING, GROUP BY or ON.

What it does
    Reports a window function in a clause that is worked out before windows are.

Why it is bad
    Every warehouse refuses the query.

For example
    where row_number() over (partition by account_id order by booked_at) = 1

Use instead
    qualify row_number() over (partition by account_id order by booked_at) = 1
    -- or number the rows in a CTE, and filter in the next one
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

CLAUSES = {"where": "WHERE", "having": "HAVING", "group": "GROUP BY", "on": "ON"}


def check(context: Context) -> Iterator[Issue]:
    """Look for windows in the clauses of each SELECT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Window) or clause not in CLAUSES:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:80]} stands in {CLAUSES[clause]}, where no window "
                    "function may.",
                    consequence="The warehouse refuses the query.",
                    fix="Use QUALIFY, or compute it in a CTE first.",
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


RULE = Rule("SQL020", "window-in-condition", Severity.ERROR, __doc__ or "", check)
