"""The unit of measure an expression gives, as its names and conversions tell."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from sqlglot import exp

from carepath.review.sql.bindings import Resolution
from carepath.review.sql.definitions import definition

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """What is measured, and how much of its base unit (second, whole money, byte...) one is."""

    kind: str
    size: float

    def equals(self, other: Unit) -> bool:
        """True for the same size; a kilobyte may be 1000 bytes or 1024, a month 30 days or 31."""
        slack = {"data": 0.1, "time": 0.05}.get(self.kind, 0.01)
        return abs(self.size / other.size - 1) <= slack


NAMES = {
    "ms": Unit("time", 0.001), "millis": Unit("time", 0.001), "milliseconds": Unit("time", 0.001),
    "secs": Unit("time", 1), "seconds": Unit("time", 1),
    "mins": Unit("time", 60), "minutes": Unit("time", 60),
    "hrs": Unit("time", 3600), "hours": Unit("time", 3600),
    "days": Unit("time", 86400), "weeks": Unit("time", 604800),
    "months": Unit("time", 2_629_800), "years": Unit("time", 31_557_600),
    "cents": Unit("money", 0.01), "dollars": Unit("money", 1), "usd": Unit("money", 1),
    "eur": Unit("money", 1), "euros": Unit("money", 1), "micros": Unit("money", 1e-6),
    "grams": Unit("mass", 1), "kg": Unit("mass", 1000),
    "meters": Unit("length", 1), "metres": Unit("length", 1), "km": Unit("length", 1000),
    "lbs": Unit("mass", 453.592), "miles": Unit("length", 1609.344),
    "wh": Unit("energy", 1), "kwh": Unit("energy", 1e3), "mwh": Unit("energy", 1e6),
    "bytes": Unit("data", 1), "kb": Unit("data", 2**10), "mb": Unit("data", 2**20),
    "gb": Unit("data", 2**30), "tb": Unit("data", 2**40),
}  # fmt: skip
"""Plurals and symbols only: `order_day` is a date, not a number of days."""
PARTS = {
    "MILLISECOND": 0.001, "SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800,
    "MONTH": 2_629_800, "YEAR": 31_557_600,
}  # fmt: skip
OTHERWISE = re.compile(
    r"(^|_)(per|rate|ratio|pct|percent|share|score|count|number|num|index|rolling|"
    r"last|past|trailing|prior|previous|within|first|next|every|top|over|under|window|\d+)(_|$)"
)
"""Words beside which a unit belongs to something else: revenue_last_7_days, price_per_kg."""
PASSING = (
    exp.Paren, exp.Round, exp.Floor, exp.Ceil, exp.Cast, exp.TryCast, exp.Sum, exp.Avg, exp.Min,
    exp.Max, exp.Median, exp.Abs, exp.Neg, exp.Coalesce, exp.Nullif, exp.AnyValue, exp.Window,
)  # fmt: skip
DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff)
EPOCHS = (exp.StrToUnix, exp.TimeToUnix, exp.UnixSeconds)


def named(name: str) -> Unit | None:
    """The one unit a name tells."""
    lowered = name.lower()
    found = [NAMES[word] for word in lowered.split("_") if word in NAMES]
    return found[0] if len(found) == 1 and not OTHERWISE.search(lowered) else None


def measured(resolution: Resolution, node: object, depth: int = 0) -> Unit | None:
    """The unit of an expression's value, None where it cannot be told."""
    if depth > DEEPEST or not isinstance(node, exp.Expr):
        return None
    if isinstance(node, exp.Column):
        return named(node.name) or measured(
            resolution, definition(resolution, node), depth + DEEPEST // 2
        )
    if isinstance(node, DIFFERENCES):
        part = getattr(node.args.get("unit"), "name", "").upper()
        return Unit("time", PARTS[part]) if part in PARTS else None
    if isinstance(node, exp.Extract):
        return Unit("time", 1) if node.this.name.upper() == "EPOCH" else None
    if isinstance(node, PASSING):
        return measured(resolution, node.this, depth + 1)
    if isinstance(node, (exp.Mul, exp.Div)):
        return _converted(resolution, node, depth)
    if isinstance(node, (exp.Add, exp.Sub)):
        if all(isinstance(side, EPOCHS) for side in (node.left, node.right)):
            return Unit("time", 1)
        ours = measured(resolution, node.left, depth + 1)
        theirs = measured(resolution, node.right, depth + 1)
        return ours if ours is not None and ours == theirs else None
    return None


def _converted(resolution: Resolution, node: exp.Mul | exp.Div, depth: int) -> Unit | None:
    factor, inner = number(node.right), node.left
    if factor is None and isinstance(node, exp.Mul):
        factor, inner = number(node.left), node.right
    unit = measured(resolution, inner, depth + 1) if factor else None
    if unit is None or not factor:
        return None
    return Unit(unit.kind, unit.size * factor if isinstance(node, exp.Div) else unit.size / factor)


STEPS = {24: 3600.0, 1440: 60.0, 86400: 1.0, 3600: 1.0}
"""What a number of days or hours times these is counted in, in seconds."""


def spelled_out(node: object) -> Unit | None:
    """The unit that a product is written for: `14 * 24 * 60` is a number of minutes."""
    factors: list[float] = []
    others, stack = 0, [node]
    while stack:
        part = stack.pop()
        if isinstance(part, exp.Mul):
            stack += [part.left, part.right]
        elif isinstance(part, exp.Paren):
            stack.append(part.this)
        elif (value := number(part)) in (24, 60, 1440, 3600, 86400) and value is not None:
            factors.append(value)
        else:
            others += 1
    size = STEPS.get(int(math.prod(factors))) if factors and others <= 1 else None
    return Unit("time", size) if size is not None and others + len(factors) > 1 else None


def number(node: object) -> float | None:
    """The value of an expression of plain numbers: `60 * 60`, `1000.0`."""
    if isinstance(node, (exp.Paren, exp.Cast)):
        return number(node.this)
    if isinstance(node, (exp.Mul, exp.Div)):
        left, right = number(node.left), number(node.right)
        if left is None or not right:
            return None
        return left * right if isinstance(node, exp.Mul) else left / right
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    try:
        return float(node.name)
    except ValueError:
        return None


__all__ = ["Unit", "measured", "named", "number", "spelled_out"]
