"""Checks of the folder: configuration, definitions, locks, leftovers, disk, permissions."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from carepath.building.project import shipped_definitions
from carepath.configuration import read_build_configuration
from carepath.definitions import check_definitions as read_definitions
from carepath.locks import BUILD_LOCK, LANDING_LOCK, read_holder
from carepath.operations.findings import Finding, fail, ok, warn
from carepath.operations.history import read_history
from carepath.workspace import Workspace

# A build writes a second prep and prod beside the published ones, and may spill its sorts.
CANDIDATES = 1.0
SPILL_OF_RAW = 1.0
UNBUILT_OF_RAW = 5.0
"""Space a first build needs, as a multiple of raw."""


def check_configuration(workspace: Workspace) -> Iterator[Finding]:
    """Read carepath.toml."""
    configuration = read_build_configuration(workspace)
    told = [f"threads {configuration.threads}"]
    told += [f"{name} {value}" for name, value in sorted(configuration.variables.items())]
    yield ok("configuration", f"{workspace.config}: {', '.join(told)}")


def check_definitions(workspace: Workspace) -> Iterator[Finding]:
    """Check the definitions as a build would."""
    folder = workspace.definitions
    folder = folder if folder.is_dir() else shipped_definitions()
    variables = read_build_configuration(workspace).variables
    funnel = str(variables.get("intake_funnel_name", "MEMBER_INTAKE"))
    checked = read_definitions(folder, funnel)
    yield ok("definitions", f"{folder}: {funnel} has {checked.step_count} steps")


def check_permissions(workspace: Workspace) -> Iterator[Finding]:
    """Tell whether we may write, and whether others may read what holds personal data."""
    for folder in (workspace.root, workspace.building):
        if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
            yield fail(
                "permissions", f"{folder} cannot be written", "run as its owner, or change its mode"
            )
            return
    private = (workspace.raw, workspace.prep)
    open_to_all = [path for path in private if path.exists() and _mode(path) & 0o007]
    if open_to_all:
        names = shlex.join(str(path) for path in open_to_all)
        yield warn(
            "permissions",
            f"everyone on this machine may read {', '.join(path.name for path in open_to_all)}, "
            "which hold personal data",
            f"chmod 600 {names}",
        )
    else:
        yield ok("permissions", "the workspace can be written; raw and prep are not for everyone")


def check_locks(workspace: Workspace) -> Iterator[Finding]:
    """Tell who holds which lock."""
    running = {}  # a build holds both locks
    for name, work in ((LANDING_LOCK, "landing"), (BUILD_LOCK, "build")):
        holder = read_holder(workspace.building / name)
        if holder is not None:
            running[holder.work or work] = holder
    for work, holder in running.items():
        yield warn("locks", f"a {work} is running: {holder}", "wait until it has ended")
    if not running:
        yield ok("locks", "free: nothing is landing or building")


def check_leftovers(workspace: Workspace) -> Iterator[Finding]:
    """Find what a killed run or a failed build has left."""
    found: list[str] = []
    if read_holder(workspace.building / BUILD_LOCK) is None:
        candidate = workspace.building / "candidate"
        if candidate.is_dir():
            found.append(f"candidates of a build that failed ({_say_size(_size(candidate))})")
        for path in (workspace.prep, workspace.prod):
            if path.with_name(path.name + ".wal").exists():
                found.append(f"{path.name}.wal")
    if read_holder(workspace.building / LANDING_LOCK) is None:
        scratch = list(workspace.building.glob("landing-*/"))
        if scratch:
            size = sum(_size(path) for path in scratch)
            found.append(f"scratch files of a killed landing ({_say_size(size)})")
        if workspace.raw.with_name(workspace.raw.name + ".wal").exists():
            found.append(f"{workspace.raw.name}.wal (the next landing completes or drops it)")
    if found:
        yield warn(
            "leftovers", "; ".join(found), "the next landing or build clears them: run it again"
        )
    else:
        yield ok("leftovers", "none")


def check_disk(workspace: Workspace) -> Iterator[Finding]:
    """Compare the free space with what a build needs."""
    free = shutil.disk_usage(workspace.root).free
    needed = estimate_space(workspace)
    told = f"{_say_size(free)} free, a build needs about {_say_size(needed)}"
    if free < needed:
        yield fail("disk", told, f"free {_say_size(needed - free)} or more")
    elif free < 2 * needed:
        yield warn("disk", told, "free some space before the data grows")
    else:
        yield ok("disk", told)


def estimate_space(workspace: Workspace) -> int:
    """Estimate the bytes that a build needs beside what is there."""
    raw = _size(workspace.raw)
    built = _size(workspace.prep) + _size(workspace.prod)
    if not workspace.prod.exists():
        return int(raw * UNBUILT_OF_RAW)
    return int(built * CANDIDATES + raw * SPILL_OF_RAW)


def check_last_run(workspace: Workspace) -> Iterator[Finding]:
    """Tell how the last run ended, and which records tell of none."""
    history = read_history(workspace)
    if history.damage is not None:
        what = f"{history.damage.what.removesuffix('.')}: {history.damage.where}"
        yield warn("history", what, history.damage.fix or "")
    runs = [run for run in history.runs if run.outcome != "running"]
    if not runs:
        yield ok("last run", "none recorded")
        return
    last = runs[0]
    told = f"{last.verb} #{last.number} of {last.started_at} UTC {last.outcome}"
    if last.outcome == "succeeded":
        yield ok("last run", told)
    else:
        yield warn("last run", f"{told}: {last.error}", f"run carepath {last.verb} again")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(_size(inner) for inner in path.iterdir())
    return path.stat().st_size if path.exists() else 0


def _say_size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
