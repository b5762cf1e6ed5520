"""An answer's table as a reader wants it: no empty columns, limits beside their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carepath.questions.answer import Cell, Column, Table
from carepath.report.numbers import NOTHING, show, show_title
from carepath.report.scales import Scale, choose_scale

# A table of few rows and many columns is turned: it would not fit any page.
TURN_FROM_COLUMNS = 8
TURN_UP_TO_ROWS = 6
# A longer table is folded away: the chart above it says what it shows.
FOLD_FROM_ROWS = 13
# The rows are in this order anyway.
_ORDINALS = ("order", "rank", "step_number")
# Texts from this length on get room, so that they are not set in a column of single words.
_LONG = 24


@dataclass(frozen=True)
class _Shown:
    """A column that is shown: where it is, where its limits are, how its numbers are written."""

    column: Column
    place: int
    limits: tuple[int, int] | None
    scale: Scale
    is_numeric: bool
    is_long: bool


def describe_table(table: Table, caption: str) -> dict[str, Any] | None:
    """Return the table as text cells; None where it has no rows."""
    shown = _choose(table)
    if not table.rows or not shown:
        return None
    heads = [
        {
            "text": show_title(found.column.name, found.column.unit),
            "unit": found.scale.said,
            "numeric": found.is_numeric,
            "long": found.is_long,
        }
        for found in shown
    ]
    rows = [[_cell(row, found) for found in shown] for row in table.rows]
    if len(rows) <= TURN_UP_TO_ROWS and len(shown) >= TURN_FROM_COLUMNS:
        heads, rows = _turn(heads, rows)
    return {
        "caption": caption,
        "heads": heads,
        "rows": rows,
        "count": len(table.rows),
        "is_narrow": len(heads) <= 3 and not any(head["long"] for head in heads),
        "is_folded": len(rows) >= FOLD_FROM_ROWS and len(table.rows) >= FOLD_FROM_ROWS,
    }


def find_limits(columns: tuple[Column, ...], place: int) -> tuple[int, int] | None:
    """Return the places of the limits of a column: the next two, where they are its limits."""
    following = [column.name for column in columns[place + 1 : place + 3]]
    if len(following) < 2:
        return None
    low, high = following
    are_limits = low.endswith("low") and high.endswith("high") and low[:-3] == high[:-4]
    return (place + 1, place + 2) if are_limits else None


def _choose(table: Table) -> list[_Shown]:
    """Leave out what says nothing, and fold limits into the column they belong to."""
    limits = {
        place: found
        for place in range(len(table.columns))
        if (found := find_limits(table.columns, place)) is not None
    }
    folded = {place for pair in limits.values() for place in pair}
    chosen = []
    for place, column in enumerate(table.columns):
        values = [row[place] for row in table.rows]
        if place in folded or column.name in _ORDINALS or all(v in (None, "") for v in values):
            continue
        if column.name == "segment" and set(values) == {"all"}:
            continue
        pair = limits.get(place)
        numbers = [
            number
            for row in table.rows
            for where in (place, *(pair or ()))
            if (number := _number(row[where])) is not None
        ]
        texts = [value for value in values if isinstance(value, str)]
        chosen.append(
            _Shown(
                column,
                place,
                pair,
                choose_scale(column.unit, numbers),
                is_numeric=bool(numbers),
                is_long=any(len(text) >= _LONG for text in texts),
            )
        )
    return chosen


def _cell(row: tuple[Cell, ...], shown: _Shown) -> dict[str, str]:
    value = row[shown.place]
    number = _number(value)
    text = show(value) if number is None or isinstance(value, int) else shown.scale.show(number)
    interval = ""
    if shown.limits is not None and number is not None:
        low, high = (_number(row[place]) for place in shown.limits)
        interval = shown.scale.show_interval(low, high)
    if not text and shown.column.name != "note":
        text = NOTHING
    return {"text": text, "interval": interval}


def _number(value: Cell) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _turn(
    heads: list[dict[str, Any]], rows: list[list[dict[str, str]]]
) -> tuple[list[dict[str, Any]], list[list[dict[str, str]]]]:
    """Make rows of columns: the first column names the new columns."""
    turned = [
        [
            {"text": head["text"], "interval": head["unit"]},
            *(row[place] for row in rows),
        ]
        for place, head in enumerate(heads)
        if place
    ]
    new = [{"text": row[0]["text"], "unit": "", "numeric": True, "long": False} for row in rows]
    return [{**heads[0], "numeric": False}, *new], turned
