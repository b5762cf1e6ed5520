"""What may leave the company in a file: aggregates of ten people or more, and no identifiers.

The questions already suppress small groups; this is the last door, and it trusts nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from carepath.questions.answer import Answer, Cell, Chart, Column, Exclusion, Figure, Table
from carepath.questions.hiding import SUPPRESSED, hidden
from carepath.stats.suppression import MINIMUM_PEOPLE

# One row per member, project, task or event is not an aggregate, whatever else the row says.
_IDENTIFIER = re.compile(
    r"^((member|user|person|project|task|event|history|session|domain_user)_?(id|key)"
    r"|id|email|e_mail|user_name|full_name|birth_?date|ip|ip_address|user_ipaddress|page_url)$"
)
# In prose too: "the 4 people who entered".
_FEW = re.compile(r"(?<![\d.,])[1-9] (people|persons?|members?|entrants?)\b")
_OF_SOMEBODY = ("rate", "days", "seconds")
FEW = f"fewer than {MINIMUM_PEOPLE}"
# Columns that say how many people a row is about, rather than what some of them did.
_SIZES = (
    "entered",
    "mature",
    "applies",
    "did",
    "came",
    "reached_previous",
    "went_further",
    "n",
    "people",
)


@dataclass(frozen=True)
class Cleared:
    """An answer that may be shown.

    Parameters
    ----------
    answer : Answer
        With its table, chart and sentences as they may be shown.
    withheld : bool
        Whether all of it had to be kept back: fewer than ten people in all.
    notes : tuple of str
        What was kept back and why.
    """

    answer: Answer
    withheld: bool = False
    notes: tuple[str, ...] = ()


def clear(answer: Answer) -> Cleared:
    """Return the answer without identifiers and without groups of fewer than ten people."""
    notes: list[str] = []
    table, chart = answer.table, answer.chart
    if any(_IDENTIFIER.match(column.name) for column in table.columns):
        table, chart = _count_rows(table, chart)
        notes.append("Rows of single projects or tasks are counted, not shown.")
    table, dark = _hide_groups(table)
    if table.rows and dark == len(table.rows):
        kept = replace(
            answer,
            headline=f"Too few people to say anything: {FEW}.",
            verdict="suppressed",
            estimates=(),
            table=Table(),
            caveats=(),
            excluded=(),
            chart=None,
        )
        return Cleared(kept, withheld=True)
    if dark:
        notes.append(f"{dark} rows are suppressed: {FEW} people, or needed to hide a row that has.")
    return Cleared(
        replace(
            answer,
            headline=_blur(answer.headline),
            estimates=tuple(clear_figure(figure) for figure in answer.estimates),
            table=table,
            chart=chart,
            caveats=tuple(_blur(caveat) for caveat in answer.caveats),
            excluded=answer.excluded,
        ),
        notes=tuple(notes),
    )


def count_excluded(excluded: Sequence[Exclusion]) -> list[str]:
    """Return how many were left out by each reason, small groups of people blurred."""
    people = [left.count if left.unit == "people" else 0 for left in excluded]
    dark = hidden(people)
    return [
        (FEW if left.count < MINIMUM_PEOPLE else "not shown") if hide else f"{left.count:,}"
        for left, hide in zip(excluded, dark, strict=True)
    ]


def clear_figure(figure: Figure) -> Figure:
    """Return the figure without its numbers where they are about fewer than ten people."""
    few_people = figure.unit == "people" and 0 < (figure.value or 0) < MINIMUM_PEOPLE
    # A time of a few projects is a time of a few people.
    few_behind = figure.unit in _OF_SOMEBODY and 0 < figure.n < MINIMUM_PEOPLE
    if not few_people and not few_behind:
        return figure
    return replace(figure, value=None, low=None, high=None, n=0, method="", reason=f"{FEW} people")


def _blur(sentence: str) -> str:
    return _FEW.sub(rf"{FEW} \1", sentence)


def _hide_groups(table: Table) -> tuple[Table, int]:
    """Blank rows about fewer than ten people; return the table and how many are blank."""
    people = [place for place, column in enumerate(table.columns) if column.unit == "people"]
    if not people:
        return table, 0
    sizes = [place for place in people if table.columns[place].name in _SIZES] or people
    small, large = [], []
    for row in table.rows:
        found = [int(value) for place in sizes if isinstance(value := row[place], int | float)]
        # A step that applies to nobody still tells how many passed on to it.
        if not any(found):
            found = [int(value) for place in people if isinstance(value := row[place], int | float)]
        shown = [value for value in found if value > 0]
        small.append(min(shown, default=0))
        large.append(max(shown, default=0))
    first = [0 < value < MINIMUM_PEOPLE for value in small]
    if not any(first):
        return table, 0
    # A row with one small count is as small as that count, for the choice of the second cell.
    counted = [low if hide else high for low, high, hide in zip(small, large, first, strict=True)]
    dark = hidden(counted)
    rows = tuple(
        _blank(row, table.columns) if hide else row
        for row, hide in zip(table.rows, dark, strict=True)
    )
    return replace(table, rows=rows), sum(dark)


def _blank(row: tuple[Cell, ...], columns: tuple[Column, ...]) -> tuple[Cell, ...]:
    """Keep what names the row, drop every number in it."""
    kept: list[Cell] = []
    for value, column in zip(row, columns, strict=True):
        names = column.unit == "date" or column.name == "step_number"
        says = isinstance(value, str) and not column.unit
        kept.append(SUPPRESSED if column.name == "note" else value if names or says else None)
    return tuple(kept)


def _count_rows(table: Table, chart: Chart | None) -> tuple[Table, Chart | None]:
    """Count the rows by the value the chart shows; the highest values are pooled to ten rows."""
    if chart is None or chart.kind != "histogram":
        return Table(), None
    named = next(column.name for column in table.columns if _IDENTIFIER.match(column.name))
    values = [
        int(value)
        for value, entity in zip(table.column(chart.x), table.column(named), strict=True)
        # "(none)" stands for what belongs to no project: not one of them.
        if isinstance(value, int | float) and not str(entity or "(").startswith("(")
    ]
    if not values:
        return Table(), None
    meaning = {column.name: column for column in table.columns}[chart.x]
    counts = [values.count(value) for value in range(max(values) + 1)]
    top = len(counts) - 1
    while top > 0 and sum(counts[top:]) < MINIMUM_PEOPLE:
        top -= 1
    counts[top:] = [sum(counts[top:])]
    labels = [f"{value:,}" for value in range(len(counts))]
    if top < max(values):
        labels[-1] += " or more"
    dark = hidden(counts)
    rows = tuple(
        (label, None if hide else count, SUPPRESSED if hide else "")
        for label, count, hide in zip(labels, counts, dark, strict=True)
    )
    columns = (
        Column(chart.x, "", meaning.description),
        Column(chart.y, chart.y, f"{chart.y} with that many"),
        Column("note", "", f"suppressed where {FEW}"),
    )
    return Table(columns, rows), replace(chart, kind="bar")
