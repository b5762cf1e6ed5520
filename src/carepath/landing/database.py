"""The raw database: made, opened for landing, locked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from carepath.errors import CarepathError
from carepath.faults import is_locked
from carepath.landing.tables import define_missing_columns, define_tables
from carepath.locks import LANDING_LOCK, hold_lock
from carepath.permissions import private_files
from carepath.workspace import Workspace

_SCRATCH_PREFIX = "landing-"
_SETTINGS = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set TimeZone = 'UTC'",
    "set preserve_insertion_order = true",
    "set enable_progress_bar = true",
    "set enable_progress_bar_print = false",
    "set progress_bar_time = 0",
)


def create_raw(workspace: Workspace) -> None:
    """Make the raw database with every known table empty, or complete an older one.

    Rows already landed are left alone. Safe to call again and again.

    Parameters
    ----------
    workspace : Workspace
        Where ``raw.duckdb`` lies.

    Raises
    ------
    CarepathError
        When another landing is running, or the database cannot be opened.
    """
    with lock_raw(workspace):
        connection = open_raw(workspace)
        connection.close()


@contextmanager
def lock_raw(workspace: Workspace) -> Iterator[Path]:
    """Keep other landings out; give a scratch folder that is removed afterwards.

    Raises
    ------
    CarepathError
        When another landing holds the lock.
    """
    with hold_lock(workspace.building / LANDING_LOCK, "landing", "land again"), private_files():
        # Ours alone now: folders left behind by killed landings can go.
        for stale in workspace.building.glob(f"{_SCRATCH_PREFIX}*/"):
            shutil.rmtree(stale, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH_PREFIX, dir=workspace.building))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def open_raw(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """Open the raw database for writing, with every table there. Call it under the lock.

    Raises
    ------
    CarepathError
        When something else has the database open, or it is damaged.
    """
    if not workspace.raw.exists():
        _create(workspace)
    connection = _connect(workspace.raw)
    try:
        for setting in _SETTINGS:
            connection.execute(setting)
        connection.begin()
        _complete_tables(connection)
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _complete_tables(connection: duckdb.DuckDBPyConnection) -> None:
    for statement in define_tables():
        connection.execute(statement)
    rows = connection.execute(
        """
        select schema_name || '.' || table_name, column_name
        from duckdb_columns()
        where database_name = current_database()
        """
    ).fetchall()
    for statement in define_missing_columns(frozenset((table, column) for table, column in rows)):
        connection.execute(statement)


def _create(workspace: Workspace) -> None:
    """Make the file aside and move it into place, so that it is never there half-made."""
    candidate = workspace.building / "raw-candidate.duckdb"
    candidate.unlink(missing_ok=True)
    candidate.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    connection = duckdb.connect(str(candidate))
    connection.execute("checkpoint")
    connection.close()
    workspace.raw.with_suffix(".duckdb.wal").unlink(missing_ok=True)
    os.replace(candidate, workspace.raw)  # noqa: PTH105 - the same call that publishes prod


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path))
    except duckdb.Error as error:
        text = str(error)
        if is_locked(error):
            holder = text[text.find("PID ") :].split(")")[0] if "PID " in text else ""
            raise CarepathError(
                "The raw database is open in another program"
                + (f" ({holder})" if holder else "")
                + ", so nothing can be landed.",
                where=str(path),
                fix="close the program or notebook that reads it, then land again",
            ) from error
        raise CarepathError(
            "The raw database cannot be opened.",
            where=f"{path}: {text.splitlines()[0]}",
            fix="restore it from a copy, or move it away and land the files again",
        ) from error
