"""From an answer's table to the points of its chart, and the words for who cannot see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from carepath.questions.answer import Answer, Cell
from carepath.report.numbers import show, show_interval

# Fewer rows than this are read faster in a table.
FEWEST_ROWS = 3
# A series with more rows than this is left to its table where there are other series to see.
LONGEST_SERIES = 15
LONGEST_CHART = 45


@dataclass(frozen=True)
class Point:
    """One mark of a chart.

    Parameters
    ----------
    x : str
        Group, or date as ISO text.
    y : float
        Number.
    low, high : float or None
        Its limits.
    series : str
        Empty where there is but one.
    is_final : bool
        False where the number may still change.
    """

    x: str
    y: float
    low: float | None
    high: float | None
    series: str
    is_final: bool


@dataclass(frozen=True)
class Plot:
    """What is to be drawn: points, what they are, and what was left out of the picture.

    Parameters
    ----------
    kind : {"bar", "line", "interval"}
        See `carepath.questions.answer.Chart`.
    title : str
        What is seen.
    unit : str
        Of y.
    is_dated : bool
        Whether x is a date.
    points : tuple of Point
        In the order of the table.
    omitted : tuple of str
        Series that are in the table only.
    """

    kind: str
    title: str
    unit: str
    is_dated: bool
    points: tuple[Point, ...]
    omitted: tuple[str, ...] = ()

    @property
    def has_limits(self) -> bool:
        """Whether any point has an interval."""
        return any(p.low is not None or p.high is not None for p in self.points)

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the series, in order of appearance."""
        return tuple(dict.fromkeys(point.series for point in self.points))


def plan_plot(answer: Answer) -> Plot | None:
    """Return what to draw of an answer; None where its table says it better."""
    chart, table = answer.chart, answer.table
    columns = {column.name: column for column in table.columns}
    if chart is None or chart.kind in ("funnel", "histogram") or chart.y not in columns:
        return None
    places = {column.name: place for place, column in enumerate(table.columns)}

    def value(row: tuple[Cell, ...], name: str | None) -> Cell:
        return None if name is None or name not in places else row[places[name]]

    points = tuple(
        Point(
            x=_text(value(row, chart.x)),
            y=number,
            low=_number(value(row, chart.low)),
            high=_number(value(row, chart.high)),
            series=_text(value(row, chart.series)),
            is_final=_is_final(chart.marked, value(row, chart.marked)),
        )
        for row in table.rows
        if (number := _number(value(row, chart.y))) is not None
    )
    kept, omitted = _leave_out(points)
    if len(kept) < FEWEST_ROWS:
        return None
    is_dated = columns[chart.x].unit == "date"
    kind = "interval" if chart.kind not in ("bar", "line") else chart.kind
    return Plot(kind, chart.title, columns[chart.y].unit, is_dated, kept, omitted)


def describe_plot(plot: Plot) -> str:
    """Return the chart in words: what, how many, from where to where, highest and lowest."""
    kinds = {"line": "Line chart", "bar": "Bar chart", "interval": "Dots with intervals"}
    parts = [f"{kinds[plot.kind]}: {plot.title}."]
    many = len(plot.series) > 1
    for series in plot.series if len(plot.series) <= 8 else ():
        points = [point for point in plot.points if point.series == series]
        top, bottom = max(points, key=lambda p: p.y), min(points, key=lambda p: p.y)
        name = f"{series}: " if many else ""
        first, last = points[0], points[-1]
        if plot.kind == "line":
            parts.append(
                f"{name}{len(points)} points from {first.x} ({show(first.y, plot.unit)}) "
                f"to {last.x} ({show(last.y, plot.unit)});"
            )
        else:
            parts.append(f"{name}{len(points)} rows;")
        parts.append(
            f"highest {top.x} ({show(top.y, plot.unit)}), "
            f"lowest {bottom.x} ({show(bottom.y, plot.unit)})."
        )
    parts.append("The table below has every number.")
    return " ".join(parts)


def describe_point(point: Point, unit: str) -> dict[str, str]:
    """Return what the tooltip of a point says."""
    said = {"shown": show(point.y, unit)}
    interval = show_interval(point.low, point.high, unit)
    if interval:
        said["interval"] = interval
    return said


def _leave_out(points: tuple[Point, ...]) -> tuple[tuple[Point, ...], tuple[str, ...]]:
    """Leave long series to the table where all of them would not fit a page."""
    if len(points) <= LONGEST_CHART:
        return points, ()
    sizes = Counter(point.series for point in points)
    if len(sizes) < 2:
        return points, ()
    long = tuple(name for name, size in sizes.items() if size > LONGEST_SERIES)
    if len(long) == len(sizes):
        return points, ()
    return tuple(point for point in points if point.series not in long), long


def _is_final(name: str | None, value: Cell) -> bool:
    """Read a flag by its name: ``is_final`` and ``is_complete`` are true for final rows."""
    if name is None or value is None:
        return True
    speaks_of_final = name.removeprefix("is_") in ("final", "complete", "mature")
    return bool(value) is speaks_of_final


def _text(value: Cell) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _number(value: Cell) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
