"""A CASE calls a rise a fall, or one thing by the name of another.

What it does
    Reports a branch that compares a value with its earlier one (previous, prior, last) by > or <
    and gives it a label of the other direction: contraction, decline, down for a rise. Also a
    branch for `channel = 'email'` that gives 'Cost of sms' where other branches for email and for
    sms give what names them.

Why it is bad
    The labels are exchanged, and every report of them.

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
from carepath.review.sql.values import conjuncts, equality
from carepath.review.sql.writing import shown, write

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
SHORTEST = 3


def check(context: Context) -> Iterator[Issue]:
    """Look at the branches of each CASE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if isinstance(node, exp.Case):
                    yield from _branches(variant, scope, node)
                    yield from _names_of_others(variant, scope, node)


def _names_of_others(variant: Variant, scope: Scope, case: exp.Case) -> Iterator[Issue]:
    """A branch copied from that of another value, its label not adapted."""
    branches = [
        (column, value, label, node)
        for node in case.args.get("ifs") or []
        if isinstance(label := node.args.get("true"), exp.Literal) and label.is_string
        for part in conjuncts(node.this)
        if (equal := equality(part)) is not None and len(equal[1]) == 1
        for column, value in [(write(equal[0]).lower(), _letters(equal[1][0]))]
        if len(value) >= SHORTEST
    ]
    named = {(c, value) for c, value, label, _ in branches if value in _letters(label.name)}
    for column, value, label, branch in branches:
        text = _letters(label.name)
        if (column, value) not in named or value in text:
            continue
        others = sorted(v for c, v in named if c == column and v in text and value not in v)
        if not others:
            continue
        yield Issue(
            subject=f"{column} {value} {text}"[:120],
            message=f"{label.name!r} is given for {value!r} and names {others[-1]!r}, which has "
            "branches of its own.",
            consequence="What belongs to one is told of the other.",
            fix=f"Give the label of {value!r}.",
            confidence=Confidence.LIKELY,
            offset=start_of(branch.this) or 0,
            variant=variant,
            path=scope.path,
        )


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


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
            f"{shown(node.this)[:90]}.",
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
