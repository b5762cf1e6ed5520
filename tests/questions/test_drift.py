"""When the pace of work is said to have changed."""

from __future__ import annotations

import numpy as np
import pytest

from carepath.questions.completions import Completions
from carepath.questions.drift import warn


def completions(later_days: float, earlier_days: float = 10.0) -> Completions:
    """Six thousand projects, one an hour."""
    n, half = 6000, 3000
    exponential = -np.log1p(-(np.arange(half) + 0.5) / half)
    days = np.concatenate([earlier_days * exponential, later_days * exponential])
    return Completions(
        "projects",
        180.0,
        np.full(n, "all"),
        np.arange(n).astype(str),
        np.datetime64("2025-01-06", "us") + np.arange(n) * np.timedelta64(1, "h"),
        np.full(n, 500.0),
        days,
        np.ones(n, dtype=np.int64),
    )


@pytest.mark.parametrize(("later_days", "pace"), [(14.0, "slower"), (7.0, "faster")])
def test_a_change_of_pace_is_told(later_days: float, pace: str) -> None:
    (told,) = warn(completions(later_days), seed=1)
    assert f"those started in the later half are {pace}" in told


def test_a_change_of_pace_within_a_day_is_told_in_hours() -> None:
    (told,) = warn(completions(0.01, 0.02), seed=1)
    assert "of the first 2.1 hours, before" in told


def test_a_sure_change_of_less_than_fifteen_percent_is_not_told() -> None:
    assert warn(completions(11.2), seed=1) == []
