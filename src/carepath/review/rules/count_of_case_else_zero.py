"""COUNT over a CASE that has a value in every branch.

What it does
    Reports `count(case when ... then 1 else 0 end)` and the same with IF and COALESCE(x, 0).

Why it is bad
    COUNT counts values that are not null, and 0 is one: every row is counted.

For example
    count(case when is_converted then 1 else 0 end) as conversions

Use instead
    count(case when is_converted then 1 end) as conversions
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at the argument of each COUNT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Count):
                    continue
                inner = node.this
                is_distinct = isinstance(inner, exp.Distinct)
                if is_distinct:
                    inner = inner.expressions[0] if len(inner.expressions) == 1 else None
                default = None
                if isinstance(inner, exp.Case):
                    default = inner.args.get("default")
                elif isinstance(inner, exp.If):
                    default = inner.args.get("false")
                if not isinstance(default, (exp.Literal, exp.Boolean)):
                    continue
                yield Issue(
                    subject=write(node)[:100],
                    message=f"COUNT counts the ELSE {write(default)} as well"
                    + (", as one more distinct value." if is_distinct else ": every row."),
                    consequence="The count is wrong.",
                    fix=f"Remove ELSE {write(default)}, or use SUM.",
                    severity=Severity.WARNING if is_distinct else Severity.ERROR,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


RULE = Rule("AGG001", "count-of-case-else-zero", Severity.ERROR, __doc__ or "", check)
