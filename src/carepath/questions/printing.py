"""An answer on a terminal: headline first, then what is behind it."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table as Printed
from rich.text import Text

from carepath.questions.answer import Answer, Cell, Column, Exclusion, Figure
from carepath.questions.wording import count, days, name_left_out, percent, points
from carepath.terminal import make_console

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SHOWN_ROWS = 20
PIPE_WIDTH = 160
SENTENCE, NARROW_SENTENCE = 40, 22


def print_answer(answer: Answer, console: Console | None = None, sql: bool = False) -> None:
    """Print an answer for a person to read."""
    out = console or _open_console()
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


def write_text(answer: Answer, width: int = PIPE_WIDTH) -> str:
    """Return what is printed into a pipe of that width."""
    written = io.StringIO()
    print_answer(answer, make_console(width=width, file=written))
    return written.getvalue()


def _open_console() -> Console:
    """Return a console for stdout, wide enough for tables where it is a pipe."""
    console = make_console()
    return console if console.is_terminal else make_console(width=PIPE_WIDTH)


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
        ("Left out", [say_left_out(left) for left in answer.excluded]),
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


def say_left_out(left: Exclusion) -> str:
    """Return ``646 tasks that were cancelled`` or ``30 people: ever had the role staff``."""
    return f"{left.count:,} {name_left_out(left)}"


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
            Text(say_value(figure)),
            Text(say_interval(figure)),
            f"{figure.n:,}",
            Text("; ".join(part for part in (figure.method, figure.reason) if part), style="dim"),
        )
    return printed


def say_value(figure: Figure) -> str:
    """Return the value in its unit; a dash where there is none."""
    return "-" if figure.value is None else show(figure.value, _unit(figure))


def say_interval(figure: Figure) -> str:
    """Return the limits in words; empty where there is no interval."""
    if figure.level is None or (figure.low is None and figure.high is None):
        return ""
    low, high = _limit(figure, figure.low), _limit(figure, figure.high)
    if figure.low is None:
        return f"up to {high}"
    return f"{low} or more" if figure.high is None else f"{low} to {high}"


def _limit(figure: Figure, value: float | None) -> str:
    """Return a limit in the unit in which the value is shown."""
    if value is not None and figure.unit in ("days", "seconds"):
        per_day = 1 if figure.unit == "days" else 86_400
        like = None if figure.value is None else figure.value / per_day
        return days(value / per_day, like=like)
    return show(value, _unit(figure))


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
        long = any(len(show(row[place], "")) > SENTENCE for row in shown_rows(answer))
        printed.add_column(
            Text(column.name), justify="right" if numeric else "left", no_wrap=not long
        )
    for row in shown_rows(answer):
        printed.add_row(
            *(Text(show(row[place], answer.table.columns[place].unit)) for place in places)
        )
    rest = count(len(left_out), "more column", "more columns") if left_out else ""
    notes = [note for note in (tell_rest(answer), rest) if note]
    if notes:
        printed.caption = Text(f"and {' and '.join(notes)}: --format csv", no_wrap=True)
        printed.caption_justify = "left"
    return printed


def tell_rest(answer: Answer) -> str:
    """Return how many rows are not printed; empty where all are."""
    which = "earlier row" if _is_series(answer) else "more row"
    rest = len(answer.table.rows) - SHOWN_ROWS
    return count(rest, which) if rest > 0 else ""


def _is_series(answer: Answer) -> bool:
    """Whether the rows follow each other in time."""
    return bool(answer.table.columns) and answer.table.columns[0].unit == "date"


def shown_rows(answer: Answer) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows to print: the first ones, of a series the latest."""
    rows = answer.table.rows
    return rows[-SHOWN_ROWS:] if _is_series(answer) else rows[:SHOWN_ROWS]


def _fit(answer: Answer, width: int) -> tuple[list[Column], list[Column]]:
    """Return the columns that fit the width, and those that do not.

    The last ones are left out first; sentences are wrapped, and left out where no room is left.
    """
    rows = shown_rows(answer)
    table = answer.table
    chosen = [
        column
        for place, column in enumerate(table.columns)
        if any(row[place] not in (None, "") for row in table.rows)
        and not (column.name == "segment" and {row[place] for row in rows} == {"all"})
    ]
    needed: dict[str, int] = {}
    for column in chosen:
        place = table.columns.index(column)
        longest = max((len(show(row[place], column.unit)) for row in rows), default=0)
        longest = min(longest, SENTENCE) if column.unit == "" else longest
        needed[column.name] = max(len(column.name), longest) + 2
    sentences = [column for column in chosen if needed[column.name] == SENTENCE + 2]
    others = [column for column in chosen if column not in sentences]
    # no estimate without its interval
    highs = [place for place, column in enumerate(others, 1) if column.name.endswith("high")]
    fewest = highs[0] if highs else len(others) // 2 + 1
    for told, least, narrow in (
        (sentences, fewest, SENTENCE),
        (sentences, fewest, NARROW_SENTENCE),
        ([], 1, 0),
    ):
        kept = list(others)
        room = width - len(told) * (narrow + 2)
        while len(kept) > least and sum(needed[column.name] for column in kept) > room:
            kept.pop()
        while len(kept) > 1 and kept[-1].name.endswith("low"):
            kept.pop()
        if sum(needed[column.name] for column in kept) <= room:
            break
    shown = [column for column in chosen if column in kept or column in told]
    return shown, [column for column in chosen if column not in shown]


def show(value: Cell, unit: str) -> str:
    """Return a cell as a person reads it."""
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
    if value == 0:
        return "0"
    if not unit and 0 <= value < 0.001:
        return "< .001"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
