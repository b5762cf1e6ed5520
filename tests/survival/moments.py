"""When to kill: anywhere in the length of a run (seeded), and at the critical stretches.

The stretches are found by looking at the files, so that the code under test has no hooks.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from carepath.workspace import Workspace

Condition = Callable[[float], bool]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return -1


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return -1


def _changed(path: Path, look: Callable[[Path], int]) -> Condition:
    before = look(path)
    return lambda _: look(path) not in (before, -1)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _scratch(workspace: Workspace) -> Condition:
    return lambda _: any(workspace.building.glob("landing-*/scratch.duckdb"))


def _gone_again(path: Path) -> Condition:
    seen = False

    def look(_: float) -> bool:
        nonlocal seen
        exists = path.exists()
        seen = seen or exists
        return seen and not exists

    return look


LANDING: dict[str, Callable[[Workspace], Condition]] = {
    "the scratch database appears": _scratch,
    "raw's log appears": lambda w: lambda _: _size(_wal(w.raw)) >= 0,
    "raw's log holds something": lambda w: lambda _: _size(_wal(w.raw)) > 0,
    "raw's log is written out": lambda w: _changed(w.raw, _modified),
    "raw's log is gone": lambda w: _gone_again(_wal(w.raw)),
}
BUILDING: dict[str, Callable[[Workspace], Condition]] = {
    "dbt has written its results": lambda w: _changed(w.target / "run_results.json", _modified),
    "prep's log holds something": lambda w: lambda _: _size(_wal(w.prep)) > 0,
    "prep is written": lambda w: _changed(w.prep, _modified),
    "prod is replaced": lambda w: _changed(w.prod, _inode),
    "the candidate's log holds something": lambda w: (
        lambda _: _size(_wal(w.building / "candidate" / "prod.duckdb")) > 0
    ),
    "the candidate appears": lambda w: (
        lambda _: (w.building / "candidate" / "prod.duckdb").exists()
    ),
}


def draw_shares(count: int, seed: int) -> list[float]:
    """Draw moments as shares of the length of a run, spread evenly over it, each at random."""
    moments = random.Random(seed)
    shares = [(place + moments.random()) / count for place in range(count)]
    moments.shuffle(shares)
    return shares
