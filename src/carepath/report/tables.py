"""An answer's table as a reader wants it: no empty columns, limits beside their number."""

from __future__ import annotations

from typing import Any

from carepath.questions.answer import Cell, Column, Table
from carepath.report.numbers import NOTHING, show, show_interval, show_title

# A table of few rows and many columns is turned: it would not fit any page.
TURN_FROM_COLUMNS = 8
TURN_UP_TO_ROWS = 3
# A longer table is folded away: the chart above it says what it shows.
FOLD_FROM_ROWS = 13


def describe_table(table: Table, caption: str) -> dict[str, Any] | None:
    """Return the table as text cells; None where it has no rows."""
    if not table.rows:
        return None
    columns = _choose(table)
    heads = [
        {"text": show_title(column.name), "numeric": _is_numeric(table, column)}
        for column, _, _ in columns
    ]
    rows = [[_cell(table, row, place) for place in columns] for row in table.rows]
    if len(rows) <= TURN_UP_TO_ROWS and len(columns) >= TURN_FROM_COLUMNS:
        heads, rows = _turn(heads, rows)
    return {
        "caption": caption,
        "heads": heads,
        "rows": rows,
        "count": len(rows),
        "is_folded": len(rows) >= FOLD_FROM_ROWS,
    }


def find_limits(columns: tuple[Column, ...], column: Column) -> tuple[str, str] | None:
    """Return the columns that hold the limits of a column; None where it has none."""
    names = [other.name for other in columns]
    stem = column.name.removesuffix(f"_{column.unit}")
    for prefix in (f"{column.name}_", f"{stem}_"):
        if f"{prefix}low" in names and f"{prefix}high" in names:
            return f"{prefix}low", f"{prefix}high"
    place = names.index(column.name)
    if names[place + 1 : place + 3] == ["low", "high"]:
        return "low", "high"
    return None


_Choice = tuple[Column, str | None, str | None]


def _choose(table: Table) -> list[_Choice]:
    """Leave out what says nothing, and fold limits into the column they belong to."""
    limits = {
        column.name: found
        for column in table.columns
        if (found := find_limits(table.columns, column)) is not None
    }
    folded = {name for pair in limits.values() for name in pair}
    chosen: list[_Choice] = []
    for column in table.columns:
        values = table.column(column.name)
        if column.name in folded or all(value in (None, "") for value in values):
            continue
        if column.name == "segment" and set(values) == {"all"}:
            continue
        low, high = limits.get(column.name, (None, None))
        chosen.append((column, low, high))
    return chosen


def _cell(table: Table, row: tuple[Cell, ...], choice: _Choice) -> dict[str, str]:
    column, low, high = choice
    names = [other.name for other in table.columns]
    value = row[names.index(column.name)]
    text = show(value, column.unit)
    if isinstance(value, str) and not value:
        text = ""
    interval = ""
    if low is not None and high is not None and value is not None:
        lower, upper = row[names.index(low)], row[names.index(high)]
        interval = show_interval(_number(lower), _number(upper), column.unit)
    return {"text": text or NOTHING if column.name != "note" else text, "interval": interval}


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _is_numeric(table: Table, column: Column) -> bool:
    values = [value for value in table.column(column.name) if value is not None]
    return bool(values) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )


def _turn(
    heads: list[dict[str, Any]], rows: list[list[dict[str, str]]]
) -> tuple[list[dict[str, Any]], list[list[dict[str, str]]]]:
    """Make rows of columns: the first column names the new columns."""
    turned = [
        [{"text": head["text"], "interval": ""}, *(row[place] for row in rows)]
        for place, head in enumerate(heads)
        if place
    ]
    first = {"text": "", "numeric": False}
    return [first, *({"text": row[0]["text"], "numeric": True} for row in rows)], turned
