"""The funnel as people look at funnels: people, share of start, share of previous, time."""

from __future__ import annotations

from typing import Any

from carepath.questions.answer import Answer, Cell
from carepath.report.numbers import NOTHING, show, show_interval


def describe_funnel(losses: Answer | None, times: Answer | None) -> list[dict[str, Any]]:
    """Return the steps of the funnel, top to bottom; empty where nobody entered.

    Parameters
    ----------
    losses : Answer
        Of ``largest-dropoff``, not split.
    times : Answer or None
        Of ``time-per-step``; without it the times are left out.
    """
    if losses is None or not losses.table.rows:
        return []
    rows = _named(losses)
    start = _number(rows[0].get("closed"))
    if not start:
        return []
    medians = {str(row["step"]): row for row in _named(times)} if times else {}
    most = max((_number(row.get("lost")) or 0 for row in rows), default=0)
    return [_describe(row, start, most, medians.get(str(row["step"]), {})) for row in rows]


def _describe(
    row: dict[str, Cell], start: float, most: float, time: dict[str, Cell]
) -> dict[str, Any]:
    closed, previous = _number(row.get("closed")), _number(row.get("reached_previous"))
    lost, rate = _number(row.get("lost")), _number(row.get("loss_rate"))
    kept = None if rate is None else 1 - rate
    low, high = _number(row.get("loss_rate_low")), _number(row.get("loss_rate_high"))
    return {
        "step": str(row["step"]),
        "people": "suppressed" if closed is None else show(round(closed)),
        "width": 0 if closed is None else round(100 * closed / start, 2),
        "lost_width": 0 if lost is None else round(100 * lost / start, 2),
        "of_start": NOTHING if closed is None else show(closed / start, "rate"),
        "of_previous": NOTHING if kept is None or not previous else show(kept, "rate"),
        "interval": "" if low is None or high is None else show_interval(1 - high, 1 - low, "rate"),
        "lost": NOTHING if lost is None else show(round(lost)),
        "is_largest": bool(lost) and lost == most,
        "time": show(_number(time.get("median_seconds")), "seconds"),
    }


def _named(answer: Answer) -> list[dict[str, Cell]]:
    names = [column.name for column in answer.table.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.table.rows]


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None
