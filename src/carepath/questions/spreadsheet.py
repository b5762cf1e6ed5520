"""An answer's table as CSV that a spreadsheet cannot take for formulas."""

from __future__ import annotations

import csv
import io

from carepath.questions.answer import Answer, Cell, plain

# What makes a spreadsheet evaluate a cell.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(answer: Answer) -> str:
    """Return the table as CSV: a header, then one line per row; nulls are empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([_protect(column.name) for column in answer.table.columns])
    for row in answer.table.rows:
        writer.writerow([_write(cell) for cell in row])
    return written.getvalue()


def _write(cell: Cell) -> str:
    value = plain(cell)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return _protect(value) if isinstance(value, str) else str(value)


def _protect(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would evaluate, unless it is a number."""
    if not text.lstrip(" ").startswith(_DANGEROUS):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
