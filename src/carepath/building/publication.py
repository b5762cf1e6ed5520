"""Publishing: readers see the old prod or the new one, never anything between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from carepath.errors import CarepathError
from carepath.locks import BUILD_LOCK, LANDING_LOCK, hold_lock
from carepath.permissions import keep_mode
from carepath.workspace import Workspace


@contextmanager
def lock_build(workspace: Workspace) -> Iterator[None]:
    """Keep other builds of this workspace out; the system frees the lock however we end.

    Raises
    ------
    CarepathError
        When another build is running.
    """
    with hold_lock(workspace.building / BUILD_LOCK, "build", "build again"):
        yield


@contextmanager
def keep_raw_still(workspace: Workspace) -> Iterator[None]:
    """Keep landings out: what is reconciled in the end is what the models read.

    Raises
    ------
    CarepathError
        When a landing is running.
    """
    with hold_lock(workspace.building / LANDING_LOCK, "build", "build again"):
        yield


@contextmanager
def candidate_folder(workspace: Workspace) -> Iterator[Path]:
    """Give an empty folder for the candidates; it stays only when the build fails."""
    folder = remove_leftovers(workspace)
    folder.mkdir(mode=0o700, parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(workspace: Workspace) -> Path:
    """Remove what a failed or killed build has left; give the folder of the candidates."""
    folder = workspace.building / "candidate"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(workspace.building / "spill", ignore_errors=True)
    return folder


def publish(candidate: Path, published: Path, *, is_private: bool = False) -> None:
    """Put a finished database in the place of the published one, in one step.

    Parameters
    ----------
    candidate, published : Path
        The new file and the place it takes. A link is followed: what it points at is replaced.
    is_private : bool
        Whether a first one is readable by its owner only; later ones keep the mode they have.

    Raises
    ------
    CarepathError
        When the candidate could not be written out completely.
    """
    with duckdb.connect(str(candidate)) as connection:
        connection.execute("checkpoint")
    wal = _wal(candidate)
    if wal.exists():
        raise CarepathError(
            "The new database was not written out completely; the old one stays published.",
            where=str(wal),
            fix="free disk space, then build again",
        )
    with candidate.open("rb+") as stream:
        os.fsync(stream.fileno())
    published = published.resolve()
    candidate = _bring_beside(candidate, published)
    keep_mode(candidate, published, is_private=is_private)
    # A log left beside the old file would make the new one unreadable.
    _wal(published).unlink(missing_ok=True)
    candidate.replace(published)
    _sync_folder(published.parent)


def _bring_beside(candidate: Path, published: Path) -> Path:
    """Copy a candidate to the file system of the place it takes, where that is another."""
    if candidate.stat().st_dev == published.parent.stat().st_dev:
        return candidate
    beside = published.with_name(f".{published.name}.candidate")
    shutil.copyfile(candidate, beside)
    with beside.open("rb+") as stream:
        os.fsync(stream.fileno())
    return beside


def _wal(database: Path) -> Path:
    return database.with_name(database.name + ".wal")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
