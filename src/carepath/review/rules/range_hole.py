"""A value between two ranges falls into neither, or into both.

What it does
    Looks at ranges of one column, in the branches of one CASE without ELSE or, with both ends
    written, in the alternatives of one OR, that follow one another. Reports a number or date that
    the end of one and the beginning of the next both leave out, a day between two closed ranges of
    dates, and a day that two alternatives of an OR both take.

Why it is bad
    Rows with just that value get no label, or the wrong one; what is counted twice is not seen.

For example
    case when age >= 0 and age < 18 then 'minor' when age > 18 and age < 65 then 'adult' end

Use instead
    case when age >= 0 and age < 18 then 'minor' when age >= 18 and age < 65 then 'adult' end
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.units import number
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

INFINITY = float("inf")
DAY = re.compile(r"^\d{4}-\d\d-\d\d$")


@dataclass(frozen=True, slots=True)
class _Range:
    column: str
    low: float
    high: float
    has_low: bool
    has_high: bool
    is_date: bool
    node: exp.Expr


def check(context: Context) -> Iterator[Issue]:
    """Look at the ranges of each CASE and each OR."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if isinstance(node, exp.Case) and node.this is None:
                    branches = node.args.get("ifs") or []
                    if node.args.get("default") is None and not any(
                        isinstance(branch.this, exp.EQ) for branch in branches
                    ):
                        ranges = [_range(branch.this) for branch in branches]
                        yield from _between(variant, scope, ranges, is_case=True)
                elif isinstance(node, exp.Or) and not isinstance(node.parent, (exp.Or, exp.Paren)):
                    yield from _between(variant, scope, [_range(p) for p in _parts(node)], False)
                elif isinstance(node, exp.Paren) and isinstance(node.this, exp.Or):
                    parts = _parts(node.this)
                    yield from _between(variant, scope, [_range(p) for p in parts], False)


def _parts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Or):
        return [*_parts(node.left), *_parts(node.right)]
    return [node]


def _between(
    variant: Variant, scope: Scope, found: list[_Range | None], is_case: bool
) -> Iterator[Issue]:
    ranges = [one for one in found if one is not None]
    if len(ranges) < 2 or len({r.column for r in ranges}) != 1:
        return
    if len(ranges) != len(found) and not is_case:
        return
    ordered = sorted(ranges, key=lambda r: (r.low, r.high))
    for one, two in itertools.pairwise(ordered):
        hole = ""
        closed = [r for r in (one, two) if abs(r.low) != INFINITY and abs(r.high) != INFINITY]
        if len(closed) < (1 if is_case else 2):
            # `x < 0 or x > 0` means just that.
            continue
        if one.high == two.low and not one.has_high and not two.has_low:
            hole = f"{one.column} = {_shown(one.high, one.is_date)} is in neither range."
        elif one.is_date and one.has_high and two.has_low and two.low - one.high == 2:
            hole = f"{_shown(one.high + 1, True)} is in neither range of {one.column}."
        elif not is_case and one.high == two.low and one.has_high and two.has_low and one.is_date:
            hole = f"{_shown(one.high, True)} is in both ranges of {one.column}."
        if not hole:
            continue
        yield Issue(
            subject=f"{one.column} {one.high:g} {two.low:g}",
            message=hole,
            consequence="Rows with just that value are lost or counted with the wrong ones.",
            fix="Let one range end where the next begins, one of the two included.",
            severity=Severity.WARNING if "neither" in hole else Severity.NOTE,
            confidence=Confidence.LIKELY,
            offset=start_of(two.node) or 0,
            variant=variant,
            path=scope.path,
        )


def _range(node: exp.Expr) -> _Range | None:
    low: tuple[str, float, bool, bool] | None = None
    high: tuple[str, float, bool, bool] | None = None
    for part in conjuncts(node):
        if isinstance(part, exp.Between):
            sides = ((part.args.get("low"), exp.GTE), (part.args.get("high"), exp.LTE))
            bounds: list[tuple[object, type[exp.Expr], object]] = [
                (part.this, kind, value) for value, kind in sides
            ]
        elif isinstance(part, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
            bounds = [(part.left, type(part), part.right)]
        else:
            return None
        for column, kind, value in bounds:
            found = _value(value)
            if not isinstance(column, exp.Column) or found is None:
                return None
            told = (write(column).lower(), found[0], kind in (exp.GTE, exp.LTE), found[1])
            if kind in (exp.GT, exp.GTE) and low is None:
                low = told
            elif kind in (exp.LT, exp.LTE) and high is None:
                high = told
            else:
                return None
    if low is None and high is None:
        return None
    name, _, _, is_date = low or high or ("", 0, False, False)
    if low is not None and high is not None and (low[0] != high[0] or low[3] != high[3]):
        return None
    return _Range(
        name,
        low[1] if low is not None else -INFINITY,
        high[1] if high is not None else INFINITY,
        low[2] if low is not None else True,
        high[2] if high is not None else True,
        is_date,
        node,
    )


def _value(node: object) -> tuple[float, bool] | None:
    while isinstance(node, (exp.Cast, exp.Paren, exp.Date, exp.TsOrDsToDate)):
        node = node.this
    if isinstance(node, exp.Literal) and node.is_string:
        if not DAY.match(node.name):
            return None
        try:
            return float(date.fromisoformat(node.name).toordinal()), True
        except ValueError:
            return None
    if isinstance(node, exp.Neg):
        inner = number(node.this)
        return (-inner, False) if inner is not None else None
    value = number(node)
    return (value, False) if value is not None else None


def _shown(value: float, is_date: bool) -> str:
    return date.fromordinal(int(value)).isoformat() if is_date else f"{value:g}"


RULE = Rule(
    "LIT013",
    "range-hole",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
