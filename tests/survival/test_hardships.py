"""Full disks, damaged files, signals, clocks that go back, links: a clear word, and nothing lost.

CI runs some of these; `make survival` runs all.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from digests import digest, digest_tables
from moments import LANDING
from processes import ALL, Ended, Server
from survival_world import World

from carepath.locks import BUILD_LOCK
from carepath.operations.history import read_history
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow
Copy = Callable[[Workspace], Workspace]
only_all = pytest.mark.skipif(not ALL, reason="one of its kind runs; `make survival` runs all")
FREED = "2g"


def is_clear(ended: Ended, *words: str) -> bool:
    """Tell whether a failure is a message of one thing and the next step, and no defect."""
    said = ended.stderr.lower()
    return (
        ended.code in (1, 2, 130, 143)
        and "traceback" not in said
        and "defect" not in said
        and any(word in said for word in words)
    )


@contextmanager
def small_disk(place: Path, megabytes: float) -> Iterator[Path]:
    """Mount a file system of that size."""
    place.mkdir()
    asked = ["mount", "-t", "tmpfs", "-o", f"size={int(megabytes * 1024)}k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(asked, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def remount(place: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(place)], check=True)


def weigh(folder: Path) -> float:
    """Give the megabytes of a folder as the file system counts them."""
    said = subprocess.run(["du", "-sk", str(folder)], check=True, capture_output=True, text=True)
    return int(said.stdout.split()[0]) / 1024


@pytest.mark.parametrize(
    "free",
    [
        pytest.param(0.1, marks=only_all),
        0.6,
        *(pytest.param(mb, marks=only_all) for mb in (1, 2, 4)),
    ],
)
def test_a_landing_on_a_full_disk_says_so_and_loses_nothing(
    free: float, world: World, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", weigh(world.waiting.root) + free) as disk:
        workspace = Workspace(disk / "workspace")
        shutil.copytree(world.waiting.root, workspace.root)
        before = digest_tables(workspace.raw)
        # a full disk makes no file a bad one
        full = world.server.run("land", world.second, "--skip-bad-files", "-w", workspace.root)
        assert full.code == 0 or is_clear(full, "space", "disk")
        remount(disk, f"size={FREED}")
        assert digest_tables(workspace.raw) in (before, world.raw)
        assert digest(workspace.prod) == world.old
        again = world.server.run("land", world.second, "-w", workspace.root)
        assert again.code == 0, again.stderr
        assert digest_tables(workspace.raw) == world.raw
        if free <= 0.6:
            assert full.code != 0


@pytest.mark.parametrize(
    "free",
    [
        pytest.param(0.1, marks=only_all),
        3,
        *(pytest.param(mb, marks=only_all) for mb in (1, 6, 12)),
    ],
)
def test_a_build_on_a_full_disk_says_so_and_leaves_prod(
    free: float, world: World, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", weigh(world.landed.root) + free) as disk:
        workspace = Workspace(disk / "workspace")
        shutil.copytree(world.landed.root, workspace.root)
        full = world.server.run("build", "-w", workspace.root)
        assert full.code == 0 or is_clear(full, "space", "disk")
        if free <= 3:
            assert full.code != 0
        remount(disk, f"size={FREED}")
        assert digest(workspace.prod) == (world.old if full.code else world.new)
        assert digest_tables(workspace.raw) == world.raw
        again = world.server.run("build", "-w", workspace.root)
        assert again.code == 0, again.stderr
        assert digest(workspace.prod) == world.new


def test_a_workspace_that_cannot_be_written_is_named(world: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", weigh(world.landed.root) + 20) as disk:
        workspace = Workspace(disk / "workspace")
        shutil.copytree(world.landed.root, workspace.root)
        remount(disk, "ro")
        for command in (("land", world.second), ("build",)):
            refused = world.server.run(*command, "-w", workspace.root)
            assert is_clear(refused, "cannot be written"), refused.stderr
        # Who may only read can still ask.
        asked = world.server.run("ask", "conversion", "-w", workspace.root)
        assert asked.code == 0, asked.stderr
        assert digest(workspace.prod) == world.old


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip_header(path: Path) -> None:
    _flip(path, range(8, 4096, 64))


def flip_blocks(path: Path) -> None:
    places = random.Random(3)
    size = path.stat().st_size
    _flip(path, [places.randrange(12_288, size) for _ in range(400)])


def no_database(path: Path) -> None:
    path.write_text("order_id,total\n1,20\n")


def _flip(path: Path, places: object) -> None:
    content = bytearray(path.read_bytes())
    for place in places:  # type: ignore[attr-defined]
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))


def leave_log(path: Path) -> None:
    """Leave a log that is none, as a crashed program of another make would."""
    path.with_name(path.name + ".wal").write_bytes(random.Random(4).randbytes(5_000))


DAMAGES = (flip_blocks, empty, cut, flip_header, no_database, leave_log)


@pytest.mark.parametrize("name", ["prep", pytest.param("prod", marks=only_all)])
@pytest.mark.parametrize(
    "damage",
    [DAMAGES[0], *(pytest.param(one, marks=only_all) for one in DAMAGES[1:])],
)
def test_a_damaged_result_is_made_anew(
    damage: Callable[[Path], None], name: str, world: World, copy_of: Copy
) -> None:
    workspace = copy_of(world.landed)
    damage(getattr(workspace, name))
    built = world.server.run("build", "-w", workspace.root)
    if built.code:
        # Not found out before it is read: then the message says what to do.
        assert is_clear(built, "--full-refresh"), built.stderr
        built = world.server.run("build", "-w", workspace.root, "--full-refresh")
        assert built.code == 0, built.stderr
    assert digest(workspace.prod) == world.new
    assert digest_tables(workspace.raw) == world.raw


@pytest.mark.parametrize(
    "damage",
    [DAMAGES[0], *(pytest.param(one, marks=only_all) for one in DAMAGES[1:])],
)
def test_a_damaged_raw_database_is_refused_and_left_as_it_is(
    damage: Callable[[Path], None], world: World, copy_of: Copy
) -> None:
    workspace = copy_of(world.landed)
    damage(workspace.raw)
    damaged = workspace.raw.read_bytes()
    for command in (("land", world.second), ("build",)):
        refused = world.server.run(*command, "-w", workspace.root)
        # A log that is none is passed over by DuckDB.
        if damage is not leave_log:
            assert refused.code != 0
        if refused.code:
            assert is_clear(refused, "raw"), refused.stderr
            assert is_clear(refused, "backup", "restore", "doctor"), refused.stderr
    assert digest(workspace.prod) in (world.old, world.new)
    assert workspace.raw.read_bytes() == damaged


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=only_all)]
)
@pytest.mark.parametrize("verb", ["land", "build"])
def test_a_signal_ends_a_run_with_its_code_and_a_word(
    verb: str, number: signal.Signals, code: int, world: World, copy_of: Copy
) -> None:
    workspace = copy_of(world.waiting if verb == "land" else world.landed)
    folder = (world.second,) if verb == "land" else ()
    # A landing is short: half its measured length can be after its end.
    begun = LANDING["the scratch database appears"](workspace)
    until = begun if verb == "land" else lambda s: s > 0.5 * world.building_seconds
    stopped = world.server.run(verb, *folder, "-w", workspace.root, until=until, sends=number)
    assert stopped.code == code, stopped.stderr
    assert is_clear(stopped, "stopped", "interrupted"), stopped.stderr
    assert read_history(workspace).runs[0].outcome == "interrupted"
    assert digest(workspace.prod) == world.old
    again = world.server.run(verb, *folder, "-w", workspace.root)
    assert again.code == 0, again.stderr
    assert digest_tables(workspace.raw) == world.raw
    assert digest(workspace.prod) == (world.old if verb == "land" else world.new)


def test_landing_and_building_at_once_end_as_one_after_the_other(
    world: World, copy_of: Copy, tmp_path: Path
) -> None:
    workspace = copy_of(world.landed)
    workspace.prod.unlink()
    workspace.prep.unlink()
    lock = workspace.building / BUILD_LOCK
    # To ask for the lock would be to take it for a moment: its text tells as well.
    earlier = lock.read_bytes()
    other = Server(tmp_path)
    try:
        beside: list[Ended] = []

        def work_beside(_: float) -> bool:
            if not beside and lock.read_bytes() not in (b"", earlier):
                beside.append(other.run("build", "-w", workspace.root))
                beside.append(other.run("land", world.second, "-w", workspace.root))
            return False

        built = world.server.run("build", "-w", workspace.root, until=work_beside)
    finally:
        other.close()
    second, landed = beside
    # Whoever comes second is refused with a word, or waits; both never spoil anything.
    assert landed.code == 0 or is_clear(landed, "wait", "open in another program"), landed.stderr
    assert is_clear(second, "another build is running"), second.stderr
    assert built.code == 0, built.stderr
    assert digest_tables(workspace.raw) == world.raw
    assert digest(workspace.prod) == world.new


def test_a_clock_that_goes_back_changes_nothing(
    world: World, copy_of: Copy, tmp_path: Path
) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("faketime is not installed")
    workspace = copy_of(world.waiting)
    earlier = Server(tmp_path, clock="-400d")
    # Timed waits spin under a false clock: a build takes minutes, which only `make survival` has.
    builder = earlier if ALL else world.server
    try:
        landed = earlier.run("land", world.second, "-w", workspace.root)
        assert landed.code == 0, landed.stderr
        assert digest_tables(workspace.raw) == world.raw
        built = builder.run("build", "-w", workspace.root)
        assert built.code == 0, built.stderr
    finally:
        earlier.close()
    assert digest(workspace.prod) == world.new
    runs = read_history(workspace).runs
    assert [run.verb for run in runs[:2]] == ["build", "land"]
    assert runs[1].started_at < runs[2].started_at
    assert (runs[0].started_at < runs[2].started_at) == ALL
    nothing = world.server.run("build", "-w", workspace.root)
    assert nothing.code == 0, nothing.stderr
    assert read_history(workspace).runs[0].number > runs[0].number


@only_all
def test_a_workspace_behind_links_and_on_another_disk_works(world: World, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 500) as disk:
        shutil.copytree(world.waiting.root, disk / "far")
        (tmp_path / "near").symlink_to(disk / "far", target_is_directory=True)
        workspace = Workspace(tmp_path / "near")
        for command in (("land", world.second), ("build",)):
            done = world.server.run(*command, "-w", workspace.root)
            assert done.code == 0, done.stderr
        assert digest(workspace.prod) == world.new
        assert (tmp_path / "near").is_symlink()


@only_all
def test_a_prod_that_is_a_link_is_replaced_and_what_it_pointed_at_is_kept(
    world: World, copy_of: Copy, tmp_path: Path
) -> None:
    workspace = copy_of(world.landed)
    elsewhere = tmp_path / "elsewhere.duckdb"
    workspace.prod.rename(elsewhere)
    workspace.prod.symlink_to(elsewhere)
    built = world.server.run("build", "-w", workspace.root)
    assert built.code == 0, built.stderr
    assert digest(workspace.prod) == world.new
