"""Tables as CSV that a spreadsheet opens without evaluating anything."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

Cell = str | int | float | bool | date | datetime | None

# What makes a spreadsheet evaluate a cell, also after spaces; the wide forms count in some.
_RISKY = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?")


def write_rows(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write a header and rows as CSV; nulls are empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([make_safe(name) for name in header])
    writer.writerows([make_safe(cell) for cell in row] for row in rows)
    return written.getvalue()


def make_safe(cell: Cell) -> str:
    """Write a cell; a text that a spreadsheet would take for a formula gets an apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return cell.isoformat() + ("Z" if cell.tzinfo is None else "")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return str(cell)
    # A carriage return begins a new cell in some readers, wherever it stands.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    if _NUMBER.fullmatch(text):
        return text
    return "'" + text if _RISKY.match(text) else text
