"""The truth check compares; it does not flatter."""

from __future__ import annotations

import pytest

from carepath.truth_check import BLIND, CheckedInterval, CheckedVerdict


@pytest.mark.parametrize(
    ("planted", "held"), [(0.2, True), (0.3, True), (0.31, False), (0.1, False)]
)
def test_an_interval_holds_what_lies_between_its_limits(planted: float, held: bool) -> None:
    assert CheckedInterval("conversion", "rate", planted, 0.2, 0.3).contains is held


@pytest.mark.parametrize(
    ("planted", "answered", "outcome"),
    [
        ("supported", "supported", "right"),
        ("supported", "not identified", "open"),
        ("demand", "cannot tell", "open"),
        ("none or demand", "none", "right"),
        ("none or demand", "demand", "right"),
        ("none or demand", "efficiency", "wrong"),
        ("CREATE_PROJECT", "candidates", "open"),
        ("problem", BLIND, "open"),
        ("problem", "no problem", "wrong"),
        ("supported", "not supported", "wrong"),
        ("not supported", "supported", "wrong"),
    ],
)
def test_declining_to_say_is_neither_right_nor_wrong(
    planted: str, answered: str, outcome: str
) -> None:
    assert CheckedVerdict("page", planted, answered).outcome == outcome
