"""A CASE gives the same value in all of its branches.

What it does
    Reports a CASE with several branches, or one and an ELSE, that all give the same column or
    expression of columns. Constants are left alone where there is no ELSE: such a CASE is a filter.

Why it is bad
    The conditions decide nothing: a sign or another column was lost in one of them.

For example
    case direction when 'debit' then amount when 'credit' then amount end as signed_amount

Use instead
    case direction when 'debit' then -amount when 'credit' then amount end as signed_amount
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Compare the branches of each CASE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Case) or clause != "select":
                    continue
                values = [branch.args.get("true") for branch in node.args.get("ifs") or []]
                default = node.args.get("default")
                if default is not None:
                    values.append(default)
                texts = {write(value).lower() for value in values if isinstance(value, exp.Expr)}
                if len(values) < 2 or len(texts) != 1:
                    continue
                text = texts.pop()
                if PATTERN.search(text) or text == "null":
                    continue
                has_column = any(value.find(exp.Column) for value in values if value is not None)
                if default is None and not has_column:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"Every branch of this CASE gives {text[:60]}.",
                    consequence="Its conditions decide nothing.",
                    fix="Adapt one of the branches, or leave the CASE out.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


RULE = Rule(
    "CLONE005",
    "every-branch-the-same",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
