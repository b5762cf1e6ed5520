"""A difference of two conditional sums, one of which may have no row.

What it does
    Reports the sum or difference of two SUMs, each over a CASE without an ELSE or with a FILTER, of
    different conditions, in a query that groups.

Why it is bad
    A SUM of no row is null, and null with anything is null: an account without debits loses its
    credits as well.

For example
    sum(case when direction = 'credit' then amount end)
        - sum(case when direction = 'debit' then amount end) as net_amount

Use instead
    sum(case when direction = 'credit' then amount else 0 end)
        - sum(case when direction = 'debit' then amount else 0 end) as net_amount
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at both sides of each sum and difference."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if scope.node.args.get("group") is None:
                continue
            for node, clause in nodes_of(scope):
                if not isinstance(node, (exp.Add, exp.Sub)) or clause != "select":
                    continue
                conditions = [_condition(side) for side in (node.left, node.right)]
                if None in conditions or conditions[0] == conditions[1]:
                    continue
                if node.find_ancestor(exp.Coalesce, exp.Case, exp.If) is not None:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:100]} is null where one of the two has no row.",
                    consequence="The side that has rows is lost with the other.",
                    fix="Write ELSE 0, or coalesce(..., 0) around each.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _condition(node: exp.Expr) -> str | None:
    """The condition of a SUM that is null where no row meets it."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Round)):
        node = node.this
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.Sum):
        return write(node.expression).lower()
    if not isinstance(node, exp.Sum):
        return None
    inner = node.this
    if isinstance(inner, exp.If):
        return write(inner.this).lower() if inner.args.get("false") is None else None
    if not isinstance(inner, exp.Case) or inner.args.get("default") is not None:
        return None
    return " ".join(write(branch.this).lower() for branch in inner.args.get("ifs") or [])


RULE = Rule(
    "NULL007",
    "null-from-empty-case",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
