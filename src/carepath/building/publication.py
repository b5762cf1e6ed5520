"""Publishing: readers see the old prod or the new one, never anything between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from carepath.errors import CarepathError
from carepath.workspace import Workspace

LOCK_NAME = "build.lock"


@contextmanager
def lock_build(workspace: Workspace) -> Iterator[None]:
    """Keep other builds of this workspace out; the system frees the lock however we end.

    Raises
    ------
    CarepathError
        When another build is running.
    """
    workspace.building.mkdir(parents=True, exist_ok=True)
    path = workspace.building / LOCK_NAME
    with path.open("a+b") as stream:
        try:
            import fcntl

            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # pragma: no cover - Windows: DuckDB's own file locks must do
            pass
        except BlockingIOError:
            raise CarepathError(
                "Another build is running in this workspace.",
                where=str(path),
                fix="wait until it has ended, then build again",
            ) from None
        yield


@contextmanager
def candidate_folder(workspace: Workspace) -> Iterator[Path]:
    """Give an empty folder for the candidates; it stays only when the build fails."""
    folder = workspace.building / "candidate"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(workspace.building / "spill", ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def publish(candidate: Path, published: Path) -> None:
    """Put a finished database in the place of the published one, in one step.

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
    # A log left beside the old file would make the new one unreadable.
    _wal(published).unlink(missing_ok=True)
    candidate.replace(published)
    _sync_folder(published.parent)


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
