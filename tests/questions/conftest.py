"""Small prod databases made by hand: tables as the models' contracts say, a few rows in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from made import Made

from carepath.workspace import CONFIG_NAME


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """A workspace whose prod has every table and no row."""
    (tmp_path / CONFIG_NAME).write_text("")
    world = Made(tmp_path)
    yield world
    world.close()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Made]]:
    """Workspaces by name, each with an empty prod."""
    worlds: list[Made] = []

    def new(name: str) -> Made:
        root = tmp_path / name
        root.mkdir()
        (root / CONFIG_NAME).write_text("")
        worlds.append(Made(root))
        return worlds[-1]

    yield new
    for world in worlds:
        world.close()
