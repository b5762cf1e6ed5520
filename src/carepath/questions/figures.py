"""From an estimate of the statistics to a figure of an answer."""

from __future__ import annotations

import math

from carepath.questions.answer import Figure
from carepath.stats.estimates import Estimate


def figure(name: str, label: str, unit: str, estimate: Estimate, scale: float = 1.0) -> Figure:
    """Return the figure of an estimate, times `scale`."""
    return Figure(
        name=name,
        label=label,
        unit=unit,
        value=_times(estimate.value, scale),
        low=_times(estimate.low, scale),
        high=_times(estimate.high, scale),
        level=estimate.level,
        n=estimate.n,
        method=estimate.method,
        reason=estimate.reason,
    )


def tally(name: str, label: str, value: float | None, unit: str, n: int | None = None) -> Figure:
    """Return a plain count or fact, which has no interval."""
    return Figure(name, value, unit, round(value or 0) if n is None else n, label)


def _times(value: float | None, scale: float) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return float(value * scale)
