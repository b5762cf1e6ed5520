"""What a question returns: one sentence, and everything a careful reader asks for behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Cell = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class Figure:
    """One number of an answer.

    Parameters
    ----------
    name : str
        Stable name, for programs.
    value : float or None
        The number; None where it is undefined or may not be shown.
    unit : str
        Such as ``rate`` (a share in [0, 1]), ``points`` (a difference of rates, as a fraction),
        ``days``, ``people``, ``tasks``, ``per week``, ``ratio``.
    n : int
        What is behind it: people, tasks, projects, visits or weeks.
    label : str
        Name for the reader, one phrase.
    low, high : float or None
        Interval; None for a plain count, or where the data set no such limit.
    level : float or None
        Confidence level of the interval; None for a plain count.
    method : str
        How the interval was made; empty for a plain count.
    reason : str or None
        Why a value or a limit is None.
    """

    name: str
    value: float | None
    unit: str
    n: int
    label: str
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str = ""
    reason: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of an answer's table: its name, unit and meaning."""

    name: str
    unit: str
    description: str


@dataclass(frozen=True)
class Table:
    """Rows behind an answer, in the order of `columns`."""

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()

    def column(self, name: str) -> list[Cell]:
        """Return the values of one column, top to bottom."""
        place = [column.name for column in self.columns].index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Exclusion:
    """What was left out of the numbers: why, and how many of what."""

    reason: str
    count: int
    unit: str = "people"


@dataclass(frozen=True)
class Chart:
    """What a chart of the answer's table would show; whoever draws it needs nothing else.

    Parameters
    ----------
    kind : {"bar", "line", "funnel", "interval", "histogram"}
        Bar: one bar a row. Line: x is ordered. Interval: a dot with limits. Funnel: steps.
        Histogram: `y` counts the rows of each value of `x`.
    x, y : str
        Columns of the table.
    title : str
        What is seen.
    low, high : str or None
        Columns of the limits of `y`.
    series : str or None
        Column that tells lines or groups of bars apart.
    marked : str or None
        Boolean column: rows that are not final, to be drawn apart.
    """

    kind: str
    x: str
    y: str
    title: str
    low: str | None = None
    high: str | None = None
    series: str | None = None
    marked: str | None = None


@dataclass(frozen=True, repr=False)
class Answer:
    """The answer to one question.

    Parameters
    ----------
    question : str
        Id of the question.
    as_of : datetime
        Moment the warehouse is of (UTC).
    headline : str
        The answer in one or two plain sentences.
    verdict : str
        One of the verdicts the question documents.
    estimates : tuple of Figure
        Numbers with intervals.
    table : Table
        Rows behind them.
    caveats : tuple of str
        What to keep in mind, most important first.
    excluded : tuple of Exclusion
        What was left out.
    sql : tuple of str
        The statements that ran, with their values; each runs as it stands against `prod`.
    chart : Chart or None
        What to draw.
    """

    question: str
    as_of: datetime
    headline: str
    verdict: str
    estimates: tuple[Figure, ...] = ()
    table: Table = field(default_factory=Table)
    caveats: tuple[str, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    sql: tuple[str, ...] = ()
    chart: Chart | None = None

    def estimate(self, name: str) -> Figure:
        """Return the figure of that name; KeyError when the answer has none."""
        for figure in self.estimates:
            if figure.name == name:
                return figure
        raise KeyError(name)

    def __repr__(self) -> str:
        """Return what tells it from others; print it for all of it."""
        return f"Answer({self.question!r}, verdict={self.verdict!r}, headline={self.headline!r})"

    def __str__(self) -> str:
        """Return what `carepath ask` prints."""
        from carepath.questions.printing import write_text

        return write_text(self)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from carepath.questions.notebook import write_html

        return write_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON envelope: plain values, the same for the same warehouse."""
        envelope: dict[str, Any] = {
            "question": self.question,
            "as_of": plain(self.as_of),
            "headline": self.headline,
            "verdict": self.verdict,
            "estimates": [_describe(figure) for figure in self.estimates],
            "table": {
                "columns": [_describe(column) for column in self.table.columns],
                "rows": [[plain(cell) for cell in row] for row in self.table.rows],
            },
            "caveats": list(self.caveats),
            "excluded": [_describe(exclusion) for exclusion in self.excluded],
            "sql": list(self.sql),
        }
        if self.chart is not None:
            envelope["chart"] = _describe(self.chart)
        return envelope


def plain(value: Cell) -> str | int | float | bool | None:
    """Return a cell as JSON has it: moments in UTC with a Z, no NaN, ten significant digits."""
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return float(f"{value:.10g}") + 0.0 if math.isfinite(value) else None
    return value


def _describe(thing: Any) -> dict[str, Any]:
    return {name: plain(getattr(thing, name)) for name in thing.__dataclass_fields__}
