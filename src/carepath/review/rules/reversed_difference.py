"""A duration is computed from the end to the start.

What it does
    Reports a date difference whose first moment is named as an end (ended, closed, completed)
    and whose second as a beginning (started, created, opened).

Why it is bad
    Every duration is negative.

For example
    datediff('day', completed_at, created_at) as days_to_complete

Use instead
    datediff('day', created_at, completed_at) as days_to_complete
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of

DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff)
BEGIN = re.compile(
    r"(^|_)(start|started|begin|began|created|opened|open|first|signed_up|entered)(_|$)"
)
FINISH = re.compile(
    r"(^|_)(end|ended|closed|close|completed|finished|cancelled|canceled|last|left|resolved)(_|$)"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at the two moments of each difference; the parser puts the later one first."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, DIFFERENCES):
                    continue
                later, earlier = _name(node.this), _name(node.args.get("expression"))
                if not BEGIN.search(later) or FINISH.search(later):
                    continue
                if not FINISH.search(earlier) or BEGIN.search(earlier):
                    continue
                if isinstance(node.parent, (exp.Neg, exp.Abs, exp.Mul)):
                    continue
                alias = node.find_ancestor(exp.Alias)
                if alias is not None and "since" in alias.alias.lower():
                    continue
                yield Issue(
                    subject=f"{earlier} {later}",
                    message=f"The difference runs from {earlier} to {later}.",
                    consequence="Every duration is negative.",
                    fix="Swap the two.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _name(node: object) -> str:
    while isinstance(node, (exp.Cast, exp.Paren, exp.TsOrDsToDate, exp.Date)):
        node = node.this
    return node.name.lower() if isinstance(node, exp.Column) else ""


RULE = Rule("AGG006", "reversed-difference", Severity.WARNING, __doc__ or "", check)
