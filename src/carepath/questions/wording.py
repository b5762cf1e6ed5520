"""Numbers in words, the same way in every answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from carepath.questions.answer import Exclusion, Figure

_SINGULAR = {"people": "person"}
# What is said of several, and of one.
_OF_ONE = (
    (r"^(that )?have\b", r"\1has"),
    (r"^(that )?were\b", r"\1was"),
    (r"\bthey were\b", "it was"),
    (r"\bthey are\b", "it is"),
)


def count(number: float, noun: str = "", plural: str | None = None) -> str:
    """Return ``1,234 tasks``, ``1 task``."""
    whole = f"{round(number):,}"
    if not noun:
        return whole
    return f"{whole} {noun if round(number) == 1 else plural or noun + 's'}"


def name_left_out(left: Exclusion) -> str:
    """Return what was left out, to stand behind the number: ``tasks that were cancelled``."""
    reason = left.reason.removeprefix(f"{left.unit} ")
    space = ": " if reason == left.reason else " "
    if left.count != 1:
        return f"{left.unit}{space}{reason}"
    for several, one in _OF_ONE:
        reason = re.sub(several, one, reason)
    return f"{_SINGULAR.get(left.unit, left.unit.removesuffix('s'))}{space}{reason}"


def percent(rate: float | None) -> str:
    """Return a share as ``45.7 %``."""
    return "unknown" if rate is None else f"{100 * rate:.1f} %"


def points(difference: float | None) -> str:
    """Return a difference of rates as ``-3.1 points``."""
    if difference is None:
        return "unknown"
    told = f"{100 * difference:+.1f}"
    return f"{'+0.0' if told == '-0.0' else told} points"


def days(value: float | None, like: float | None = None) -> str:
    """Return a time in days, or in hours, minutes or seconds where it, or `like`, is short."""
    if value is None:
        return "unknown"
    size = abs(like or value)
    if size >= 2:
        return f"{value:.1f} days"
    if size * 24 >= 2:
        return f"{value * 24:.1f} hours"
    if size * 1440 >= 10:
        return f"{value * 1440:.0f} minutes"
    if size * 1440 >= 2:
        return f"{value * 1440:.1f} minutes"
    return f"{value * 86_400:.0f} seconds"


def per_week(value: float | None) -> str:
    """Return a number per week, to a tenth or, under ten, to a hundredth."""
    if value is None:
        return "unknown"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"


def within(figure: Figure) -> str:
    """Return the interval of a figure in brackets, with its level; empty when it has none."""
    if figure.level is None or (figure.low is None and figure.high is None):
        return ""
    show = {
        "rate": percent,
        "points": points,
        "days": lambda limit: days(limit, like=figure.value),
        "per week": per_week,
    }.get(figure.unit, _number)
    low = "no limit" if figure.low is None else show(figure.low)
    high = "no limit" if figure.high is None else show(figure.high)
    return f" ({100 * figure.level:.0f} % interval {low} to {high})"


def fall(change: Figure) -> str:
    """Return a fall as ``3.8 points (95 % interval 2.1 to 5.5)``; `change` is negative."""
    if change.value is None:
        return "unknown"
    told = f"{-100 * change.value:.1f} points"
    if change.level is None or change.low is None or change.high is None:
        return told
    low, high = -100 * change.high, -100 * change.low
    return f"{told} ({100 * change.level:.0f} % interval {low:.1f} to {high:.1f})"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
