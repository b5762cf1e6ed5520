"""One unit and as many decimals for a whole column, so that its numbers can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carepath.report.numbers import join_limits, show, show_points

_MINUS = "\u2212"
# Smallest first; how many seconds each is.
_TIMES = (("seconds", 1.0), ("minutes", 60.0), ("hours", 3_600.0), ("days", 86_400.0))


@dataclass(frozen=True)
class Scale:
    """How the numbers of a column are written.

    Parameters
    ----------
    unit : str
        Of the values.
    said : str
        What the heading says; empty where the numbers say it, or nothing does.
    factor : float
        From a value to the number that is shown.
    decimals : int or None
        Digits behind the point; None where each number decides for itself.
    """

    unit: str
    said: str = ""
    factor: float = 1.0
    decimals: int | None = None

    def show(self, value: float | None) -> str:
        """Return one number."""
        if value is None or self.decimals is None:
            return show(value, self.unit)
        if self.unit == "points":
            return show_points(value)
        return f"{value * self.factor:,.{self.decimals}f}".replace("-", _MINUS)

    def show_interval(self, low: float | None, high: float | None) -> str:
        """Return limits; empty where there are none."""
        if low is None and high is None:
            return ""
        return join_limits(
            "no limit" if low is None else self.show(low),
            "no limit" if high is None else self.show(high),
        )


def choose_scale(unit: str, values: Sequence[float]) -> Scale:
    """Return how a column of these values is written.

    Times keep the unit of the column unless all of them are small or large in it.
    """
    if unit == "points":
        return Scale(unit, "points", 1.0, 1)
    if unit == "log":
        return Scale(unit, "log", 1.0, 3)
    sizes = [abs(value) for value in values if value]
    if unit not in ("days", "seconds") or not sizes:
        return Scale(unit)
    names = [name for name, _ in _TIMES]
    place = names.index(unit)
    start = _TIMES[place][1]
    while place + 1 < len(_TIMES) and min(sizes) * start >= 2 * _TIMES[place + 1][1]:
        place += 1
    while place > 0 and max(sizes) * start < 2 * _TIMES[place][1]:
        place -= 1
    said, seconds = _TIMES[place]
    smallest = min(sizes) * start / seconds
    whole = all(size * start / seconds == round(size * start / seconds) for size in sizes)
    if whole or smallest >= 100:
        return Scale(unit, said, start / seconds, 0)
    decimals = 1 if smallest >= 1 else 2 if smallest >= 0.05 else 3
    return Scale(unit, said, start / seconds, decimals)
