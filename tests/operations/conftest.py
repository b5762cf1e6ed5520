"""A small workspace, landed and built once; every test works on its own copy."""

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
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sample files of 60 members."""
    folder = tmp_path_factory.mktemp("data") / "files"
    make_sample(folder, SamplePlan(members=60, clients=3, months=3))
    return folder


@pytest.fixture(scope="session")
def landed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The files, landed."""
    workspace = init_workspace(tmp_path_factory.mktemp("landed") / "workspace")
    land(data, workspace)
    return workspace


@pytest.fixture(scope="session")
def built(landed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The files, landed and built."""
    from carepath.building import build

    root = tmp_path_factory.mktemp("built") / "workspace"
    shutil.copytree(landed.root, root)
    build(Workspace(root))
    return Workspace(root)


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Workspace], Workspace]:
    """Copy a workspace, so that a test may change it."""

    def copy(workspace: Workspace) -> Workspace:
        shutil.copytree(workspace.root, tmp_path / "workspace", symlinks=True)
        return Workspace(tmp_path / "workspace")

    return copy


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A built workspace of the files with canaries, which lie beside it in ``files``."""
    from canaries import plant

    from carepath.building import build

    folder = tmp_path_factory.mktemp("watched")
    workspace = init_workspace(folder / "workspace")
    land(plant(folder / "files"), workspace)
    build(workspace)
    return workspace
