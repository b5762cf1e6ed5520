"""Numbers as a reader wants them: few digits, units, and the same way everywhere."""

from __future__ import annotations

import math
from datetime import date, datetime

from carepath.questions.answer import Cell, Figure

# Narrow no-break space: a number and its unit stay on one line.
_GAP = "\u202f"
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
    return f"{lower} to {upper}"


def show_figure(figure: Figure) -> dict[str, str]:
    """Return a figure as text: value, interval, level, n, method."""
    has_interval = figure.level is not None
    interval = show_interval(figure.low, figure.high, figure.unit) if has_interval else ""
    return {
        "name": figure.name,
        "label": figure.label[:1].upper() + figure.label[1:],
        "value": show(figure.value, figure.unit),
        "interval": interval,
        "level": f"{100 * (figure.level or 0):.0f}{_GAP}%" if interval else "",
        "n": f"{figure.n:,}",
        "method": "; ".join(part for part in (figure.method, figure.reason) if part),
    }


def show_moment(moment: datetime) -> str:
    """Return ``1 July 2026, 13:51 UTC``."""
    return f"{show_date(moment)}, {moment:%H:%M}{_GAP}UTC"


def show_date(day: date) -> str:
    """Return ``1 July 2026``."""
    return f"{day.day} {day:%B %Y}"


def show_title(name: str) -> str:
    """Return the name of a column as a heading: ``loss_rate`` becomes ``Loss rate``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _number(value: float, unit: str) -> str:
    if unit == "rate":
        return f"{100 * value:.1f}{_GAP}%"
    if unit == "points":
        return f"{100 * value:+.1f}{_GAP}points"
    if unit in ("days", "seconds"):
        return _time(value if unit == "days" else value / 86_400)
    if unit == "ratio":
        return f"{value:.2f}×"
    if unit == "" and isinstance(value, float) and 0 <= value < 0.001:
        return "<" + _GAP + "0.001" if value else "0"
    if value == round(value):
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


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
