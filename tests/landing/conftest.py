"""What the landing tests share: a fresh workspace, a folder, a way to land one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from landed import make_workspace

from carepath.landing import LandingReport, land
from carepath.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return make_workspace(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for the files to land."""
    path = tmp_path / "files"
    path.mkdir()
    return path


@pytest.fixture
def land_text(workspace: Workspace, folder: Path) -> Callable[[str, str | bytes], LandingReport]:
    """Land one file with this name and content."""

    def write_and_land(name: str, content: str | bytes) -> LandingReport:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return land(path, workspace)

    return write_and_land
