"""Which columns of a table are printed, when not all have room."""

from __future__ import annotations

from datetime import datetime

import pytest

from carepath.questions.answer import Answer, Column, Table
from carepath.questions.printing import write_text

WHY = "a fall beyond chance, at twenty exposed clients against thirty-five not yet exposed"
COLUMNS = ("name", "effect", "low", "high", "share", "claim", "finding")
UNITS = ("", "points", "points", "points", "rate", "", "")
ROW = ("page CAREGIVING_GOAL", -0.044, -0.052, -0.035, 0.5, "caused", WHY)


def header(width: int) -> list[str]:
    columns = tuple(Column(name, unit, "") for name, unit in zip(COLUMNS, UNITS, strict=True))
    table = Table(columns, (ROW,))
    answer = Answer("conversion", datetime(2026, 1, 1), "It fell.", "problem", table=table)
    lines = write_text(answer, width).split("\n")
    assert all(len(line) <= width for line in lines)
    return next(line.split() for line in lines if line.startswith("name"))


@pytest.mark.parametrize(
    ("width", "printed"),
    [
        (125, COLUMNS),
        (112, ("name", "effect", "low", "high", "share", "finding")),
        (90, ("name", "effect", "low", "high", "finding")),
        (80, ("name", "effect", "low", "high", "share", "claim")),
        (62, ("name", "effect", "low", "high")),
        (60, ("name", "effect")),
    ],
)
def test_a_sentence_is_wrapped_before_it_goes_and_an_estimate_keeps_its_interval(
    width: int, printed: tuple[str, ...]
) -> None:
    assert header(width) == list(printed)
