"""A CASE calls a rise a fall, or a fall a rise.

What it does
    Reports a branch that compares a value with its earlier one (previous, prior, last) by > or <
    and gives it a label of the other direction: contraction, decline, down for a rise.

Why it is bad
    The two labels are exchanged, and every report of them.

For example
    case when amount > previous_amount then 'contraction' else 'expansion' end

Use instead
    case when amount > previous_amount then 'expansion' else 'contraction' end
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

EARLIER = re.compile(r"(^|_)(prev|previous|prior|before|old|lag|lagged)(_|$)")
RISE = re.compile(
    r"(^|[_ -])(increased?|increasing|growth|growing|grown|expansion|expanded|up|upgraded?|gain"
    r"|rise|rising|upsell|higher)([_ -]|$)"
)
FALL = re.compile(
    r"(^|[_ -])(decreased?|decreasing|contraction|contracted|down|downgraded?|declined?|declining"
    r"|drop|dropped|fall|falling|shrunk|shrinking|downsell|lower)([_ -]|$)"
)
INVERSE = re.compile(r"rank|position|price|cost|error|latency|duration|time|_at$|date|churn|risk")
"""What is better when it falls, or is a moment."""


def check(context: Context) -> Iterator[Issue]:
    """Look at the branches of each CASE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if isinstance(node, exp.Case):
                    yield from _branches(variant, scope, node)


def _branches(variant: Variant, scope: Scope, case: exp.Case) -> Iterator[Issue]:
    for node in case.args.get("ifs") or []:
        label = node.args.get("true")
        if not isinstance(label, exp.Literal) or not label.is_string:
            continue
        directions = {d for part in conjuncts(node.this) if (d := _direction(part))}
        text = label.name.lower()
        says = {w for w, p in (("rise", RISE), ("fall", FALL)) if p.search(text)}
        if len(directions) != 1 or len(says) != 1 or directions == says:
            continue
        yield Issue(
            subject=f"{write(node.this).lower()[:90]} {text}",
            message=f"{label.name!r} is what a {directions.pop()} is called: "
            f"{write(node.this)[:90]}.",
            consequence="The labels are exchanged.",
            fix="Turn the comparison, or exchange the labels.",
            confidence=Confidence.LIKELY,
            offset=start_of(label) or start_of(node.this) or 0,
            variant=variant,
            path=scope.path,
        )
        return


def _direction(node: exp.Expr) -> str | None:
    if not isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
        return None
    left, right = node.left, node.right
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return None
    names = (left.name.lower(), right.name.lower())
    earlier = [bool(EARLIER.search(name)) for name in names]
    if earlier[0] == earlier[1] or any(INVERSE.search(name) for name in names):
        return None
    is_greater = isinstance(node, (exp.GT, exp.GTE))
    return "rise" if is_greater == earlier[1] else "fall"


RULE = Rule(
    "AGG018",
    "label-contradicts-condition",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
