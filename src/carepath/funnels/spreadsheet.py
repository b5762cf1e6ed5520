"""Results of a funnel as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields

from carepath.errors import CarepathError
from carepath.funnels.result import Bin, FunnelResult, StepResult, TrendRow
from carepath.spreadsheet import Cell, write_rows

_STEP_FIELDS = tuple(
    field.name for field in fields(StepResult) if not field.name.startswith("persons_")
)
_SEGMENT_FIELDS = ("segment", "has_value")


def write_csv(result: FunnelResult, part: str = "steps") -> str:
    """Write one part of a result as CSV.

    Parameters
    ----------
    result : FunnelResult
        What to write.
    part : {"steps", "breakdown", "trend", "histogram", "set-aside"}
        Which table.

    Raises
    ------
    CarepathError
        When the definition did not ask for that part.
    """
    header, rows = _list_rows(result, part)
    return write_rows(header, rows)


def _list_rows(result: FunnelResult, part: str) -> tuple[Sequence[str], Iterator[list[Cell]]]:
    if part == "steps":
        return _STEP_FIELDS, (_list_step(step) for step in result.steps)
    if part == "set-aside":
        counts = asdict(result.events) | asdict(result.set_aside)
        return ("reason", "count"), ([name, count] for name, count in counts.items())
    if part == "breakdown" and result.breakdown is not None:
        return (*_SEGMENT_FIELDS, *_STEP_FIELDS), (
            [segment.label, segment.value is not None, *_list_step(step)]
            for segment in result.breakdown.segments
            for step in segment.steps
        )
    if part == "trend" and result.trend is not None:
        names = [field.name for field in fields(TrendRow)]
        return names, ([getattr(row, name) for name in names] for row in result.trend.rows)
    if part == "histogram" and result.histogram is not None:
        names = [field.name for field in fields(Bin)]
        return names, ([getattr(row, name) for name in names] for row in result.histogram.bins)
    raise CarepathError(
        f"The result has no {part}.", where="--part", fix=f"add {part} to the definition"
    )


def _list_step(step: StepResult) -> list[Cell]:
    return [getattr(step, name) for name in _STEP_FIELDS]
