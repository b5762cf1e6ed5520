"""A landed workspace of modest size, made once; every test works on its own copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.sample import SamplePlan, make_sample
from carepath.workspace import Workspace


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Sample data of 1,500 members, landed, not built."""
    folder = tmp_path_factory.mktemp("landed")
    make_sample(folder / "data", SamplePlan(members=1500, clients=8, months=8))
    workspace = init_workspace(folder / "workspace")
    land(folder / "data", workspace)
    return workspace


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Workspace], Workspace]:
    """Copy a workspace, so that a test may change it."""

    def copy(workspace: Workspace) -> Workspace:
        root = tmp_path / "workspace"
        shutil.copytree(workspace.root, root)
        return Workspace(root)

    return copy


@pytest.fixture(scope="session")
def built(landed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same, built."""
    from carepath.building import build

    root = tmp_path_factory.mktemp("built") / "workspace"
    shutil.copytree(landed.root, root)
    workspace = Workspace(root)
    build(workspace)
    return workspace
