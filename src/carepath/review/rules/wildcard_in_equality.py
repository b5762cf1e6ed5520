"""A pattern is compared with = instead of LIKE.

What it does
    Reports `column = '%text%'`, and the same with != and IN.

Why it is bad
    = compares exactly: the percent signs are taken literally, and nothing matches.

For example
    where page_url = '%/signup%'

Use instead
    where page_url like '%/signup%'
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of


def check(context: Context) -> Iterator[Issue]:
    """Look for percent signs in compared texts."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                literals: list[exp.Expr] = []
                if isinstance(node, (exp.EQ, exp.NEQ)):
                    literals = [node.left, node.right]
                elif isinstance(node, exp.In):
                    literals = node.expressions
                for literal in literals:
                    if not isinstance(literal, exp.Literal) or not literal.is_string:
                        continue
                    text = literal.name
                    if len(text) > 2 and (text[0] == "%" or text[-1] == "%") and " " not in text:
                        if text[-1] == "%" and text[:-1].replace(".", "").isdigit():
                            continue
                        yield Issue(
                            subject=text,
                            message=f"{text!r} is compared exactly, its % signs included.",
                            consequence="Nothing matches.",
                            fix="Use LIKE.",
                            confidence=Confidence.LIKELY,
                            offset=start_of(literal) or 0,
                            variant=variant,
                            path=scope.path,
                        )


RULE = Rule("LIT004", "wildcard-in-equality", Severity.WARNING, __doc__ or "", check)
