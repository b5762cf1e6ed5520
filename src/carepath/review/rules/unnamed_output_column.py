"""A computed column of the model's output has no name.

What it does
    Reports a comparison or another computed expression among the output columns of a model that
    has no AS, where another computed column of the list has one.

Why it is bad
    The warehouse makes a name up, or refuses to build: nobody can select the column by a name that
    stays.

For example
    select order_id, paid_on is not null as is_paid, shipped_on = ordered_on from orders

Use instead
    select order_id, paid_on is not null as is_paid, shipped_on = ordered_on as is_same_day from orders
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown, write

TRUTHS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.And, exp.Or)
COMPUTED = (*TRUTHS, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Case, exp.Coalesce, exp.Concat)


def check(context: Context) -> Iterator[Issue]:
    """Look at the output of a model."""
    if context.model.kind != "model" or not context.resolved:
        return
    variant = context.resolved[0]
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        parent = scope.node.parent
        if not scope.is_final or isinstance(parent, exp.SetOperation):
            continue
        listed = scope.node.expressions
        if not any(
            isinstance(i, exp.Alias) and isinstance(i.this, exp.Func | exp.Binary | exp.Case)
            for i in listed
        ):
            continue
        for item in listed:
            if not isinstance(item, COMPUTED) or PATTERN.search(write(item)):
                continue
            is_truth = isinstance(item, TRUTHS)
            yield Issue(
                subject=write(item).lower()[:100],
                message=f"{shown(item)[:80]} has no name in the output.",
                consequence="The warehouse makes a name up; readers cannot rely on it.",
                fix="Give it a name with AS.",
                severity=Severity.WARNING if is_truth else Severity.NOTE,
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
            )


RULE = Rule(
    "SQL053",
    "unnamed-output-column",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
