"""Checks of the three databases: there, whole, readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from carepath.faults import is_locked
from carepath.locks import BUILD_LOCK, LANDING_LOCK, read_holder
from carepath.operations.findings import Finding, fail, ok, warn
from carepath.workspace import Workspace

_STEPS = {
    "raw": "restore it from a backup, or move it away and land the files again",
    "prep": "run carepath build --full-refresh: it is made anew",
    "prod": "run carepath build --full-refresh: it is made anew",
}


def check_databases(workspace: Workspace, deep: bool = False) -> Iterator[Finding]:
    """Open each database and count its tables; deep: read every value of it."""
    for path, lock in (
        (workspace.raw, LANDING_LOCK),
        (workspace.prep, BUILD_LOCK),
        (workspace.prod, BUILD_LOCK),
    ):
        yield _check(path, workspace.building / lock, deep)


def _check(path: Path, lock: Path, deep: bool) -> Finding:
    name = path.stem
    if not path.exists():
        verb = "land FOLDER" if name == "raw" else "build"
        return warn(name, "it is not there yet", f"run carepath {verb}")
    if path.stat().st_size == 0:
        return fail(name, f"{path} is empty: it was damaged", _STEPS[name])
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where not internal order by all"
            ).fetchall()
            if deep:
                for schema, table in tables:
                    # Every value of every column is read, and with it every block's check sum.
                    relation = connection.table(f'"{schema}"."{table}"')
                    relation.count("columns(*)").fetchall()
                    connection.execute(
                        f'select max(hash(t)) from "{schema}"."{table}" as t'
                    ).fetchall()
    except (duckdb.Error, RuntimeError) as error:
        if read_holder(lock) is not None:
            return warn(name, "it is being written", "wait until that has ended")
        if is_locked(error):
            return warn(name, "another program has it open for writing", "close that program")
        return fail(name, f"{path} is damaged ({type(error).__name__})", _STEPS[name])
    told = "every block read" if deep else "opens"
    return ok(name, f"{told}: {len(tables)} tables, {path.stat().st_size:,} bytes")
