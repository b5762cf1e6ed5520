"""The state of incremental builds: what is kept in prep, and whether anything is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from carepath.definitions import COLUMNS
from carepath.errors import CarepathError
from carepath.faults import is_locked
from carepath.permissions import private_files
from carepath.quoting import quote_text
from carepath.workspace import Workspace

_PARTS = {"code": "code", "macros": "code", "definitions": "definitions", "variables": "settings"}


# Incremental tables that account for every row of a source table.
_SOURCES = {
    "delivered_events": "snowplow.events",
    "delivered_tasks": "care_platform.task",
    "delivered_projects": "care_platform.project",
    "full_task_history": "care_platform.historical_task",
    "full_project_history": "care_platform.historical_project",
}


def sign_macros(project: Path) -> str:
    """Hash the macros of the dbt project, which dbt itself cannot show to a model."""
    return _hash_files(sorted((project / "macros").rglob("*.sql")), project)


def _hash_files(paths: list[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def prepare_state(prep: Path, raw: Path, *, start_over: bool) -> str | None:
    """Remove a state that is not wanted or cannot be read.

    Returns
    -------
    str or None
        Why there is no state to build upon; None when there is one.

    Raises
    ------
    CarepathError
        When another process has it open.
    """
    reason = _find_reason(prep, raw, start_over=start_over)
    if reason:
        for path in (prep, prep.with_name(prep.name + ".wal")):
            path.unlink(missing_ok=True)
        with private_files():
            duckdb.connect(str(prep)).close()
    with duckdb.connect(str(prep)) as connection:
        connection.execute(f"attach {quote_text(str(raw))} as raw (read_only)")
        _note_ledger(connection)
    return reason


def _find_reason(prep: Path, raw: Path, *, start_over: bool) -> str | None:
    if not prep.exists():
        return "there is no earlier build to go on from"
    if start_over:
        return "--full-refresh was given"
    try:
        connection = duckdb.connect(str(prep))
    except duckdb.Error as error:
        if is_locked(error):
            raise CarepathError(
                "The prep database is open in another program.",
                where=str(prep),
                fix="close it, then build again",
            ) from None
        return "the state of earlier builds could not be read and was removed"
    with connection:
        connection.execute(f"attach {quote_text(str(raw))} as raw (read_only)")
        for table, source in _SOURCES.items():
            if _has_lost_rows(connection, table, source):
                return f"rows of {source} that earlier builds read are gone"
        if _has_other_ledger(connection):
            return "raw is another than the one that earlier builds read"
    return None


def _has_lost_rows(connection: duckdb.DuckDBPyConnection, table: str, source: str) -> bool:
    """Tell whether raw no longer holds the rows that the state was made of."""
    try:
        kept = connection.execute(
            "select coalesce(sum(source_row_count), 0), max(batch_number) "
            f"from intermediate.{table}"
        ).fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):  # not built yet, or another version
        return False
    assert kept is not None
    there = connection.execute(
        f"select count(*) from raw.{source} where _batch_number is null or _batch_number <= ?",
        [kept[1] or 0],
    ).fetchone()
    return bool(kept[0]) and there is not None and int(kept[0]) != int(there[0])


def _has_other_ledger(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether other files were landed in the batches that earlier builds read.

    So it is where raw was made anew, or restored from a copy, and landed into again: batches are
    numbered from where it then stood.
    """
    try:
        noted = connection.execute("select batch_number, ledger from state.raw_ledger").fetchone()
    except duckdb.CatalogException:  # of another version, or killed before it was noted
        return False
    return noted is not None and noted[1] != _read_ledger(connection, noted[0])[1]


def _note_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """Note what was landed, before any of it is read."""
    connection.execute("create schema if not exists state")
    connection.execute(
        "create or replace table state.raw_ledger as "
        "select cast(? as bigint) as batch_number, cast(? as varchar) as ledger",
        _read_ledger(connection, 2**63 - 1),
    )


def _read_ledger(
    connection: duckdb.DuckDBPyConnection, last_batch: int
) -> tuple[int | None, str | None]:
    """Give the last of the batches up to one, and a hash of which files were landed in them."""
    try:
        row = connection.execute(
            """
select
    max(batch_number),
    md5(string_agg(file, ' ' order by file))
from (
    select batch_number, concat_ws(',', batch_number, table_name, sha256) as file
    from raw.landing.files
    where batch_number <= ?
)""",
            [last_batch],
        ).fetchone()
    except duckdb.CatalogException:  # rows that carepath did not land
        return None, None
    assert row is not None
    return row


def read_signatures(prep: Path) -> dict[str, dict[str, str]]:
    """Read what each incremental table was made with: table -> part -> hash."""
    if not prep.exists():
        return {}
    with duckdb.connect(str(prep), read_only=True) as connection:
        rows = connection.execute(
            "select table_name, comment from duckdb_tables() where comment like 'code=%'"
        ).fetchall()
    return {
        table: dict(part.partition("=")[::2] for part in comment.split()) for table, comment in rows
    }


def explain_rebuilds(
    before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> str | None:
    """Say which tables were built from scratch and what had changed; None when none was."""
    causes: dict[str, list[str]] = {}
    for table, parts in sorted(after.items()):
        known = before.get(table)
        changed = (
            [
                f"changed {_PARTS.get(part, part)}"
                for part in parts
                if parts[part] != known.get(part)
            ]
            if known
            else ["not built this way before"]
        )
        for cause in dict.fromkeys(changed):
            causes.setdefault(cause, []).append(table)
    if not causes:
        return None
    return "; ".join(f"{cause}: {', '.join(tables)}" for cause, tables in causes.items())


@dataclass(frozen=True)
class Inputs:
    """All that a build depends on, and the prod it made: equal inputs, nothing to do.

    Parameters
    ----------
    raw : str
        What has been landed.
    project, definitions, variables : str
        Hashes of the dbt project and the definitions, and the variables of the build.
    """

    raw: str
    project: str
    definitions: str
    variables: str


def read_inputs(
    workspace: Workspace, project: Path, definitions: Path, variables: Mapping[str, Any]
) -> Inputs:
    """Look at everything that a build depends on."""
    files = [
        path
        for folder in ("models", "macros", "tests")
        for path in sorted((project / folder).rglob("*"))
        if path.suffix in (".sql", ".yml")
    ]
    return Inputs(
        raw=_describe_raw(workspace.raw),
        project=_hash_files([project / "dbt_project.yml", *files], project),
        definitions=_hash_files([definitions / name for name in sorted(COLUMNS)], definitions),
        variables=json.dumps(dict(sorted(variables.items())), default=str),
    )


def _describe_raw(raw: Path) -> str:
    """Count rows and batches of each table, and hash the ledger of what was landed."""
    with duckdb.connect(str(raw), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_columns() "
            "where database_name = current_database() and column_name = '_batch_number' order by 1"
        ).fetchall()
        counts = {
            table: connection.execute(
                f"select count(*), max(_batch_number) from {table}"
            ).fetchone()
            for (table,) in tables
        }
        exists = connection.execute(
            "select count(*) from duckdb_tables() "
            "where schema_name = 'landing' and table_name = 'files'"
        ).fetchone()
        ledger = (
            connection.execute(
                "select md5(string_agg(row_text, ' ' order by row_text)) "
                "from (select cast(files as varchar) as row_text from landing.files as files)"
            ).fetchone()
            if exists and exists[0]
            else None
        )
    return json.dumps([counts, ledger])


def is_up_to_date(workspace: Workspace, inputs: Inputs) -> bool:
    """Tell whether the published prod was made from exactly these inputs."""
    with suppress(OSError, ValueError):
        noted = json.loads(_note(workspace).read_text(encoding="utf-8"))
        return bool(noted == {"prod": _identify(workspace.prod), "inputs": inputs.__dict__})
    return False


def is_before_erasure(workspace: Workspace) -> bool:
    """Tell whether somebody may have been erased since the published prod was built.

    Erasing removes the note of its publication (so do other things: who was never erased is not
    meant then).
    """
    with suppress(OSError, ValueError):
        if json.loads(_note(workspace).read_text(encoding="utf-8"))["prod"] == _identify(
            workspace.prod
        ):
            return False
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        try:
            erasures = connection.execute("select count(*) from landing.erasures").fetchone()
        except duckdb.CatalogException:  # nobody was ever erased
            return False
    return erasures is not None and erasures[0] > 0


def note_publication(workspace: Workspace, inputs: Inputs) -> None:
    """Remember what the prod just published was made from.

    Written last: killed before, the next build finds another prod than the one noted, and builds.
    """
    note = {"prod": _identify(workspace.prod), "inputs": inputs.__dict__}
    path = _note(workspace)
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(note), encoding="utf-8")
    scratch.replace(path)


def _note(workspace: Workspace) -> Path:
    return workspace.building / "published.json"


def _identify(prod: Path) -> list[int]:
    status = prod.stat()
    return [status.st_ino, status.st_size, status.st_mtime_ns]
