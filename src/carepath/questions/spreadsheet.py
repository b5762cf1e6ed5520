"""An answer's table as CSV."""

from __future__ import annotations

from carepath.questions.answer import Answer, plain
from carepath.spreadsheet import write_rows


def write_csv(answer: Answer) -> str:
    """Return the table as CSV: a header, then one line per row; nulls are empty."""
    header = [column.name for column in answer.table.columns]
    return write_rows(header, ([plain(cell) for cell in row] for row in answer.table.rows))
