"""NOT IN over a subquery that can give a null.

What it does
    Reports `x not in (select y ...)` where y can be null: it comes from the optional side of an
    outer join, or no test says it is not null.

Why it is bad
    One null on the right, and the condition holds for no row at all.

For example
    where customer_id not in (select referrer_id from customers)

Use instead
    where not exists (select 1 from customers as c where c.referrer_id = t.customer_id)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at each negated IN with a query."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                # Some dialects' NOT IN is parsed as `!= ALL`.
                if isinstance(node, exp.Not) and isinstance(node.this, exp.In):
                    query = node.this.args.get("query")
                elif isinstance(node, exp.NEQ) and isinstance(node.right, exp.All):
                    query = node.right.this
                else:
                    continue
                inner = query.this if isinstance(query, exp.Subquery) else query
                child = next((c for c in scope.children if c.node is inner), None)
                if child is None or not child.items:
                    continue
                column = child.items[0].column
                if column.nullable is False or _is_filtered(child, column.name):
                    continue
                yield Issue(
                    subject=write(node)[:100],
                    message=f"NOT IN over {column.shown or 'an expression'}, which can be null.",
                    consequence="One null, and the condition holds for no row.",
                    fix="Use NOT EXISTS, or filter the nulls out.",
                    severity=Severity.WARNING if column.nullable else Severity.NOTE,
                    confidence=Confidence.LIKELY if column.nullable else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence("it comes from the optional side of an outer join")
                        if column.nullable
                        else Evidence("nothing says it is never null")
                    ],
                )


def _is_filtered(scope: Scope, name: str) -> bool:
    where = scope.node.args.get("where")
    text = write(where).lower() if where is not None else ""
    return "is null" in text and name in text


RULE = Rule(
    "NULL003",
    "not-in-nullable-subquery",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
