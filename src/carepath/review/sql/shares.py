"""How large one of a share is: a ratio, a percentage, a basis point."""

from __future__ import annotations

import re

from sqlglot import exp

from carepath.review.sql.units import number

BASIS_POINTS = 1e-4
SHARES = {BASIS_POINTS: "basis points", 1e-2: "a percentage", 1.0: "a ratio"}
NAMES = (
    (re.compile(r"(^|_)(bps|bips|basis_points?)(_|$)"), BASIS_POINTS),
    (re.compile(r"(^|_)(pct|percent|percentage)(_|$)"), 1e-2),
    (re.compile(r"(^|_)(ratio|fraction|proportion)$"), 1.0),
)
"""A rate or a share may be either, and is not told by its name."""
SPEED = re.compile(r"bytes?|bits?|sec|speed|bandwidth|throughput|network|(^|_)(ms|kb|mb|gb)(_|$)")
"""Words beside which bps are bits per second."""
PASSING = (exp.Paren, exp.Round, exp.Cast, exp.TryCast, exp.Coalesce, exp.Nullif)


def share_named(name: str) -> float | None:
    """The size that a name tells, None where it tells none or several."""
    lowered = name.lower()
    found = {size for pattern, size in NAMES if pattern.search(lowered)}
    return found.pop() if len(found) == 1 and not SPEED.search(lowered) else None


def share_of(node: object) -> float | None:
    """The size of one of an expression's value, None where it cannot be told."""
    while isinstance(node, PASSING):
        node = node.this
    if isinstance(node, exp.Column):
        return share_named(node.name)
    if not isinstance(node, (exp.Mul, exp.Div)):
        return None
    sides = (node.left, node.right)
    factors = [number(side) for side in sides]
    if isinstance(node, exp.Mul):
        factor, inner = (factors[1], sides[0]) if factors[1] else (factors[0], sides[1])
        size = share_of(inner) if factor else None
        return round(size / factor, 12) if size is not None and factor else None
    if factors[1]:
        size = share_of(sides[0])
        return round(size * factors[1], 12) if size is not None else None
    return _ratio(*sides)


def _ratio(above: exp.Expr, below: exp.Expr) -> float | None:
    """`a / b` of two amounts of one kind is a ratio, `100 * a / b` a percentage."""
    factor = 1.0
    while isinstance(above, (*PASSING, exp.Mul)):
        if isinstance(above, exp.Mul):
            told = number(above.right) or number(above.left)
            if not told:
                return None
            factor *= told
            above = above.left if number(above.right) else above.right
        else:
            above = above.this
    columns = [c.name.lower() for side in (above, below) for c in side.find_all(exp.Column)]
    if not columns or not below.find(exp.Column):
        return None
    if any(share_named(name) is not None or SPEED.search(name) for name in columns):
        return None
    if above.find(exp.Div, exp.Mul, exp.Query) or below.find(exp.Div, exp.Mul, exp.Query):
        return None
    return round(1 / factor, 12)
