"""Numbers as a reader wants them: few digits, units, and the same way everywhere."""

from __future__ import annotations

import math
from datetime import date, datetime

from carepath.questions.answer import Cell, Figure

# No-break spaces, narrow before a sign: a number and its unit stay on one line.
_THIN, _GAP = "\u202f", "\u00a0"
_MINUS = "\u2212"
NOTHING = "\u2013"


def show(value: Cell, unit: str = "") -> str:
    """Return a cell as text; a dash where there is nothing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return show_moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return _number(value, unit).replace("-", _MINUS)


def show_interval(low: float | None, high: float | None, unit: str = "") -> str:
    """Return limits as ``44.8 % to 46.5 %``; empty where there are none."""
    if low is None and high is None:
        return ""
    lower = "no limit" if low is None else show(low, unit)
    upper = "no limit" if high is None else show(high, unit)
    return join_limits(lower, upper)


def join_limits(lower: str, upper: str, word: str = "to") -> str:
    """Return ``10.5 to 10.9 days``: a unit that both limits have is said once."""
    if lower.endswith("×") and upper.endswith("×"):
        return f"{lower[:-1]} {word} {upper}"
    for space in (_GAP, _THIN):
        number, gap, unit = lower.partition(space)
        if gap and upper.partition(space)[2] == unit:
            return f"{number} {word} {upper}"
    return f"{lower} {word} {upper}"


def show_figure(figure: Figure) -> dict[str, str]:
    """Return a figure as text: value, interval, level, n, method."""
    has_interval = figure.level is not None
    interval = show_interval(figure.low, figure.high, figure.unit) if has_interval else ""
    return {
        "name": figure.name,
        "label": figure.label[:1].upper() + figure.label[1:],
        "value": show(figure.value, figure.unit),
        "interval": interval,
        "level": f"{100 * (figure.level or 0):.0f}{_THIN}%" if interval else "",
        "n": f"{figure.n:,}",
        "method": "; ".join(part for part in (figure.method, figure.reason) if part),
    }


def show_moment(moment: datetime) -> str:
    """Return ``1 July 2026, 13:51 UTC``."""
    return f"{show_date(moment)}, {moment:%H:%M}{_GAP}UTC"


def show_date(day: date) -> str:
    """Return ``1 July 2026``."""
    return f"{day.day} {day:%B %Y}"


def show_title(name: str, unit: str = "") -> str:
    """Return the name of a column as a heading: ``loss_rate`` becomes ``Loss rate``."""
    stem = name.removesuffix(f"_{unit}") if unit in ("days", "seconds") else name
    words = stem.replace("_", " ").replace("dropoff", "drop-off").strip()
    return words[:1].upper() + words[1:]


def _number(value: float, unit: str) -> str:
    if unit == "rate":
        return f"{100 * value:.1f}{_THIN}%"
    if unit == "points":
        return f"{show_points(value)}{_GAP}points"
    if unit in ("days", "seconds"):
        return _time(value if unit == "days" else value / 86_400)
    if unit == "ratio":
        return f"{round(value, 2) + 0.0:.2f}×"
    if unit == "" and isinstance(value, float) and 0 <= value < 0.001:
        return f"<{_THIN}0.001"
    if value == round(value) or abs(value) >= 1000:
        return f"{value + 0.0:,.0f}"
    digits = ".1f" if abs(value) >= 10 else ".2f" if abs(value) >= 0.1 else "#.2g"
    return format(value, digits)


def show_points(value: float) -> str:
    """Return a difference of rates in points, with its sign; nothing has none."""
    text = f"{100 * value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", _MINUS)


def _time(days: float) -> str:
    """Return a time in the unit in which it has two or three digits."""
    size = abs(days)
    if size >= 2 or size == 0:
        return f"{days:.1f}{_GAP}days"
    if size * 24 >= 2:
        return f"{days * 24:.1f}{_GAP}hours"
    if size * 1440 >= 2:
        return f"{days * 1440:.1f}{_GAP}min"
    return f"{days * 86_400:.0f}{_GAP}s"
