"""An average over a CASE that has one value and no ELSE.

What it does
    Reports AVG over a CASE or IF whose branches all give the same number and which has no ELSE.

Why it is bad
    The rows that meet no branch are null, and AVG leaves them out: what is left is always that
    number.

For example
    avg(case when is_on_time then 1 end) as on_time_share     -- always 1

Use instead
    avg(case when is_on_time then 1.0 else 0 end) as on_time_share
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
    """Look at the argument of each AVG."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                value = _only_value(node.this) if isinstance(node, exp.Avg) else None
                if value is None:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:80]} is always {value}: the other rows are null and "
                    "left out.",
                    consequence="The average is a constant.",
                    fix="Add ELSE 0.",
                    confidence=Confidence.CERTAIN,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _only_value(node: exp.Expr | None) -> str | None:
    """The one number that the branches give, None where there is another or an ELSE."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Case):
        given = [branch.args.get("true") for branch in node.args.get("ifs") or []]
        default = node.args.get("default")
    elif isinstance(node, exp.If):
        given, default = [node.args.get("true")], node.args.get("false")
    else:
        return None
    if default is not None and not isinstance(default, exp.Null):
        return None
    numbers = {v.name for v in given if isinstance(v, exp.Literal) and not v.is_string}
    is_whole = all(isinstance(v, exp.Literal) and not v.is_string for v in given)
    return numbers.pop() if is_whole and len(numbers) == 1 else None


RULE = Rule("AGG011", "average-of-one-value", Severity.WARNING, __doc__ or "", check)
