"""Funnels as ClickHouse and a self-join count them: the programs of the speed comparison."""

from __future__ import annotations

from pathlib import Path

from benchmarks.funnel_growth import write_repeats
from benchmarks.funnel_speed import NAMES, compare, write_events


def test_window_funnel_and_self_join_count_the_same_people(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    write_events(path, 4_000)
    levels = compare(path, 1, "")["carepath"].said["levels"]
    assert levels[0] == 400 > levels[-2] > 0


def test_repeats_count_once_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    write_repeats(path, 4, 20, NAMES)
    assert compare(path, 1, "?matching")["carepath"].said["levels"] == [20] * len(NAMES)
