"""A self-join takes the next period for the previous one.

What it does
    Reports a relation that is joined under a name with previous, prior or last (next, following) by
    a period that the condition moves to the other side.

Why it is bad
    Growth and retention are computed against the future.

For example
    from yearly as y left join yearly as last_year on last_year.year = y.year + 1

Use instead
    from yearly as y left join yearly as last_year on last_year.year = y.year - 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

BEFORE = re.compile(r"(^|_)(prev|previous|prior|last|py|pm|ly)(_|$)")
AFTER = re.compile(r"(^|_)(next|following)(_|$)")
LATER = (exp.DateAdd, exp.TimestampAdd, exp.DatetimeAdd, exp.TsOrDsAdd, exp.AddMonths)
EARLIER = (exp.DateSub, exp.TimestampSub, exp.DatetimeSub)


def check(context: Context) -> Iterator[Issue]:
    """Look at the conditions of each join that is named after its place in time."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for name, binding in scope.bindings.items():
                says = [w for w, p in ((-1, BEFORE), (1, AFTER)) if p.search(name.lower())]
                if binding.join is None or len(says) != 1:
                    continue
                others = [b for n, b in scope.bindings.items() if n != name]
                if not any(_is_same(binding.node, other.node) for other in others):
                    continue
                for part in conjuncts(binding.join.args.get("on")):
                    way = _way(part, name)
                    if way is None or way == says[0]:
                        continue
                    yield Issue(
                        subject=f"{name} {write(part).lower()[:90]}",
                        message=f"{name} is the {'next' if way > 0 else 'previous'} one by "
                        f"{shown(part)[:80]}.",
                        consequence="The comparison runs the other way.",
                        fix="Move the period to the other side, or change the name.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(part) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _is_same(one: exp.Expr, other: exp.Expr) -> bool:
    """True for two readings of one relation."""
    if not isinstance(one, exp.Table) or not isinstance(other, exp.Table):
        return False
    return one.name == other.name and one.db == other.db


def _way(node: exp.Expr, name: str) -> int | None:
    """1 where the relation's period is the later one, -1 where it is the earlier."""
    if not isinstance(node, exp.EQ):
        return None
    for ours, theirs in ((node.left, node.right), (node.right, node.left)):
        mine, shift = _shifted(ours)
        other, back = _shifted(theirs)
        if mine is None or other is None or (shift == 0) == (back == 0):
            continue
        is_ours = mine.table.lower() == name.lower() and mine.name.lower() == other.name.lower()
        if is_ours and other.table.lower() not in ("", name.lower()):
            return 1 if back - shift > 0 else -1
    return None


def _shifted(node: exp.Expr) -> tuple[exp.Column | None, int]:
    """A column and the direction it is moved in."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.TsOrDsToDate, exp.Date, exp.DateTrunc)):
        node = node.this
    if isinstance(node, exp.Column):
        return node, 0
    way = 0
    if isinstance(node, (exp.Add, *LATER)):
        way = 1
    elif isinstance(node, (exp.Sub, *EARLIER)):
        way = -1
    inner = node.this
    while isinstance(inner, (exp.Paren, exp.Cast, exp.TsOrDsToDate)):
        inner = inner.this
    amount = node.args.get("expression")
    if not way or not isinstance(inner, exp.Column) or not isinstance(amount, exp.Expr):
        return None, 0
    if isinstance(amount, exp.Neg) or (
        isinstance(amount, exp.Literal) and amount.name.startswith("-")
    ):
        way = -way
    elif not isinstance(amount, (exp.Literal, exp.Interval)):
        return None, 0
    return inner, way


RULE = Rule(
    "JOIN016",
    "shifted-the-wrong-way",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
