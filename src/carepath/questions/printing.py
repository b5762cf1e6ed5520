"""An answer on a terminal: headline first, then what is behind it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Printed
from rich.text import Text

from carepath.questions.answer import Answer, Cell, Column, Exclusion, Figure
from carepath.questions.wording import days, percent, points

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN_ROWS = 20
PIPE_WIDTH = 160
SENTENCE = 40
# Columns that make a table too wide to read on a terminal are left to --format csv and json.
MINIMUM_COLUMN = 9


def print_answer(answer: Answer, console: Console | None = None, sql: bool = False) -> None:
    """Print an answer for a person to read."""
    out = console or make_console()
    parts = render(answer, out.width, sql)
    if out.is_terminal:
        for part in parts:
            out.print(part)
        return
    with out.capture() as captured:
        for part in parts:
            out.print(part)
    # A pipe or a file gets no padding: it would show in every diff.
    out.file.write("\n".join(line.rstrip() for line in captured.get().split("\n")))


def make_console() -> Console:
    """Return a console for stdout, wide enough for tables where it is a pipe."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=PIPE_WIDTH, highlight=False)


def render(answer: Answer, width: int = PIPE_WIDTH, sql: bool = False) -> list[RenderableType]:
    """Return everything that is printed."""
    parts: list[RenderableType] = [
        Text(answer.headline, style="bold"),
        Text(f"{answer.question}: {answer.verdict}, as of {answer.as_of} UTC", style="dim"),
    ]
    if answer.estimates:
        parts += [Text(""), _estimates(answer.estimates)]
    if answer.table.rows:
        parts += [Text(""), _table(answer, width)]
    for title, lines in (
        ("Keep in mind", list(answer.caveats)),
        ("Left out", [_say_left_out(left) for left in answer.excluded]),
    ):
        if lines:
            parts += [Text(""), Text(title, style="bold")]
            parts += [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines]
    parts.append(Text(""))
    if sql:
        parts += [Text("SQL", style="bold"), *(Text(f"{text};\n") for text in answer.sql)]
    else:
        parts.append(
            Text(f"SQL: carepath ask {answer.question} --sql; all columns: --format csv", "dim")
        )
    return parts


def _say_left_out(left: Exclusion) -> str:
    """Return ``646 tasks that were cancelled`` or ``30 people: ever had the role staff``."""
    if left.reason.startswith(f"{left.unit} "):
        return f"{left.count:,} {left.reason}"
    return f"{left.count:,} {left.unit}: {left.reason}"


def _estimates(figures: tuple[Figure, ...]) -> Printed:
    printed = Printed(box=None, pad_edge=False, header_style="dim")
    for heading, justify in (
        ("estimate", "left"),
        ("value", "right"),
        ("interval", "right"),
        ("n", "right"),
        ("method", "left"),
    ):
        printed.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        printed.add_row(
            Text(figure.label),
            Text(_show(figure.value, _unit(figure)) if figure.value is not None else "-"),
            Text(_interval(figure)),
            f"{figure.n:,}",
            Text("; ".join(part for part in (figure.method, figure.reason) if part), style="dim"),
        )
    return printed


def _interval(figure: Figure) -> str:
    if figure.level is None or (figure.low is None and figure.high is None):
        return ""
    if figure.low is None:
        return f"up to {_show(figure.high, _unit(figure))}"
    if figure.high is None:
        return f"{_show(figure.low, figure.unit)} or more"
    return f"{_show(figure.low, figure.unit)} to {_show(figure.high, figure.unit)}"


def _unit(figure: Figure) -> str:
    """Return the unit to show: a spread, which has an upper limit alone, bears no sign."""
    is_spread = figure.unit == "points" and figure.low is None and figure.high is not None
    return "spread" if is_spread else figure.unit


def _table(answer: Answer, width: int) -> Printed:
    columns, left_out = _fit(answer, width)
    printed = Printed(box=None, pad_edge=False, header_style="dim")
    places = [answer.table.columns.index(column) for column in columns]
    for column, place in zip(columns, places, strict=True):
        numeric = column.unit not in ("", "date")
        long = any(len(_show(row[place], "")) > SENTENCE for row in _shown_rows(answer))
        printed.add_column(
            Text(column.name), justify="right" if numeric else "left", no_wrap=not long
        )
    for row in _shown_rows(answer):
        printed.add_row(
            *(Text(_show(row[place], answer.table.columns[place].unit)) for place in places)
        )
    notes = []
    if len(answer.table.rows) > SHOWN_ROWS:
        which = "earlier" if _is_series(answer) else "more"
        notes.append(f"{len(answer.table.rows) - SHOWN_ROWS:,} {which} rows")
    if left_out:
        notes.append(f"{len(left_out)} more columns")
    if notes:
        printed.caption = f"and {' and '.join(notes)}: --format csv"
        printed.caption_justify = "left"
    return printed


def _is_series(answer: Answer) -> bool:
    """Whether the rows follow each other in time."""
    return bool(answer.table.columns) and answer.table.columns[0].unit == "date"


def _shown_rows(answer: Answer) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows to print: the first ones, of a series the latest."""
    rows = answer.table.rows
    return rows[-SHOWN_ROWS:] if _is_series(answer) else rows[:SHOWN_ROWS]


def _fit(answer: Answer, width: int) -> tuple[list[Column], list[Column]]:
    """Return the columns that fit the width, and those that do not."""
    shown: list[Column] = []
    used = 0
    rows = _shown_rows(answer)
    table = answer.table
    chosen = [
        column
        for place, column in enumerate(table.columns)
        if any(row[place] not in (None, "") for row in table.rows)
        and not (column.name == "segment" and {row[place] for row in rows} == {"all"})
    ]
    for column in chosen:
        place = table.columns.index(column)
        longest = max((len(_show(row[place], column.unit)) for row in rows), default=0)
        # Sentences are wrapped rather than left out.
        longest = min(longest, SENTENCE) if column.unit == "" else longest
        needed = max(len(column.name), longest) + 2
        if used + needed > width and shown:
            break
        used += needed
        shown.append(column)
    return shown, [column for column in chosen if column not in shown]


def _show(value: Cell, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date | str):
        return str(value)
    if unit == "rate":
        return percent(value)
    if unit == "points":
        return points(value)
    if unit == "spread":
        return points(value).lstrip("+")
    if unit == "days":
        return days(value)
    if unit == "seconds":
        return days(value / 86_400)
    if isinstance(value, int):
        return f"{value:,}"
    if not unit and 0 <= value < 0.001:
        return "< .001"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
