"""Killed at any moment: prod is whole for readers, nothing is lost, a re-run ends as a clean one.

CI runs a sample of the moments; `make survival` runs all fifty.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from digests import digest, digest_tables
from moments import BUILDING, LANDING, Condition, draw_shares
from processes import ALL, reading
from survival_world import World

from carepath.operations.history import read_history
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow
Copy = Callable[[Workspace], Workspace]
LANDINGS, BUILDS = 30, 20
"""Kills in all, aimed ones included: fifty."""

_landing_moments = [*LANDING, *draw_shares(LANDINGS - len(LANDING), seed=5)]
_building_moments = [*BUILDING, *draw_shares(BUILDS - len(BUILDING), seed=7)]
if not ALL:
    _landing_moments = _landing_moments[:9]
    _building_moments = [next(iter(BUILDING)), _building_moments[len(BUILDING)]]


@pytest.fixture(scope="module", autouse=True)
def account(world: World, request: pytest.FixtureRequest) -> Iterator[None]:
    """Tell at the end what was done, in numbers."""
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + "\n".join(world.account))


def when(moment: str | float, length: float, workspace: Workspace) -> Condition:
    if isinstance(moment, float):
        return lambda seconds: seconds >= moment * length
    return (LANDING | BUILDING)[moment](workspace)


def describe(moment: str | float) -> str:
    return f"{moment:.0%} of its length" if isinstance(moment, float) else moment


@pytest.mark.parametrize("moment", _landing_moments, ids=describe)
def test_a_killed_landing_loses_nothing(moment: str | float, world: World, copy_of: Copy) -> None:
    workspace = copy_of(world.waiting)
    before = digest_tables(workspace.raw)
    arguments = ("land", world.second, "-w", workspace.root)
    with reading(workspace.prod) as seen:
        killed = world.server.run(*arguments, until=when(moment, world.landing_seconds, workspace))
        after = digest_tables(workspace.raw)
        again = world.server.run(*arguments)
    # All of the batch or none of it.
    assert after in (before, world.raw)
    assert again.code == 0, again.stderr
    assert digest_tables(workspace.raw) == world.raw
    assert not list(workspace.building.glob("landing-*/"))
    # prod is not landing's business.
    assert (set(seen.states), seen.faults) == ({world.old}, ())
    if killed.code == -signal.SIGKILL:
        assert read_history(workspace).runs[1].outcome in ("interrupted", "succeeded")
    rows = sum(count for count, _ in world.raw.values())
    lost = rows - sum(count for count, _ in digest_tables(workspace.raw).values())
    _tell(world, "land", moment, killed.code, after == world.raw, lost, seen.reads)


@pytest.mark.parametrize("moment", _building_moments, ids=describe)
def test_a_killed_build_leaves_a_whole_prod(
    moment: str | float, world: World, copy_of: Copy
) -> None:
    workspace = copy_of(world.landed)
    with reading(workspace.prod) as seen:
        killed = world.server.run(
            "build", "-w", workspace.root, until=when(moment, world.building_seconds, workspace)
        )
        found = digest(workspace.prod)
        again = world.server.run("build", "-w", workspace.root)
    assert found in (world.old, world.new)
    assert again.code == 0, again.stderr
    assert digest(workspace.prod) == world.new
    assert not (workspace.building / "candidate").exists()
    # Old or new, whoever looked and whenever.
    assert set(seen.states) <= {world.old, world.new}
    assert seen.faults == ()
    assert seen.reads > 0
    if moment == "dbt has written its results":
        # prep is complete and prod is not published yet.
        assert (killed.code, found) == (-signal.SIGKILL, world.old)
    lost = sum(count for count, _ in digest_tables(workspace.raw).values()) - sum(
        count for count, _ in world.raw.values()
    )
    _tell(world, "build", moment, killed.code, found == world.new, lost, seen.reads)


def test_most_of_the_runs_were_killed(world: World) -> None:
    killed = sum("killed" in line for line in world.account)
    assert killed >= 0.8 * (len(_landing_moments) + len(_building_moments)), world.account


def _tell(
    world: World,
    verb: str,
    moment: str | float,
    code: int,
    is_new: bool,
    lost: int,
    reads: int,
) -> None:
    how = "killed" if code == -signal.SIGKILL else f"ended first ({code})"
    state = "new" if is_new else "old"
    world.account.append(
        f"{verb:<5} {how} when {describe(moment):<36} state {state}, rows lost {lost}, "
        f"{reads:>3} whole reads"
    )


def test_the_reader_would_notice_half_a_prod(world: World, copy_of: Copy, tmp_path: Path) -> None:
    workspace = copy_of(world.waiting)
    with reading(workspace.prod) as seen:
        other = tmp_path / "half.duckdb"
        with duckdb.connect(str(other)) as connection:
            connection.execute("create table funnel_events as select 1 as event_id")
        other.replace(workspace.prod)
        until = {digest(workspace.prod)}
        time.sleep(1.5)
    assert until & set(seen.states)
