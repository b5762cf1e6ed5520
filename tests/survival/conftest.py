"""One workspace built of a first batch, with the second one landed or waiting beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from digests import digest, digest_tables
from processes import Server
from survival_world import World

from carepath.initialisation import init_workspace
from carepath.sample import SamplePlan, make_sample
from carepath.workspace import Workspace


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Make everything once: three builds."""
    folder = tmp_path_factory.mktemp("survival")
    first, second = folder / "first", folder / "second"
    make_sample(first, SamplePlan(members=40, clients=3, months=2, seed=1))
    make_sample(second, SamplePlan(members=60, clients=4, months=2, seed=2))
    server = Server(folder)
    waiting = init_workspace(folder / "waiting")
    assert server.run("land", first, "-w", waiting.root).code == 0
    assert server.run("build", "-w", waiting.root).code == 0
    landed = Workspace(folder / "landed")
    shutil.copytree(waiting.root, landed.root)
    landing = server.run("land", second, "-w", landed.root)
    assert landing.code == 0, landing.stderr
    # The clean result: both batches landed into a new workspace, built once.
    clean = Workspace(folder / "clean")
    shutil.copytree(landed.root, clean.root)
    clean.prep.unlink()
    clean.prod.unlink()
    building = server.run("build", "-w", clean.root)
    assert building.code == 0, building.stderr
    yield World(
        server,
        second,
        waiting,
        landed,
        digest(waiting.prod),
        digest(clean.prod),
        digest_tables(landed.raw),
        landing.seconds,
        building.seconds,
    )
    server.close()


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Workspace], Workspace]:
    """Copy a workspace, so that a test may change it."""

    def copy(workspace: Workspace) -> Workspace:
        shutil.copytree(workspace.root, tmp_path / "workspace", symlinks=True)
        return Workspace(tmp_path / "workspace")

    return copy
