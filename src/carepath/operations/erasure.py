"""Erasing a person: their rows leave every file of the workspace, the numbers stay in balance.

Deleted rows stay readable in a database's freed blocks, so nothing is deleted: the raw database is
written anew without them and takes the place of the old file in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from carepath.building.publication import lock_build, publish
from carepath.configuration import read_platform
from carepath.errors import CarepathError
from carepath.landing.database import lock_raw, open_raw
from carepath.landing.tables import define_tables
from carepath.logs import log
from carepath.operations.traces import (
    COUNTED,
    EMPTIED,
    OWN_ROWS,
    choose_spared,
    find_traces,
    list_missing,
    list_naming,
)
from carepath.quoting import quote_name, quote_text
from carepath.workspace import Workspace

LEAKY_METHODS = "alp,alprd"
"""They leave in a file what was in memory before (docs/decisions/0158); builds too do without."""


@dataclass(frozen=True)
class Erased:
    """What was erased from one raw table, or would be.

    Parameters
    ----------
    table : str
        ``care_platform.task`` and the like.
    rows : int
        Rows of the person.
    rejected_rows : int
        Rows of the reject ledger that name the person.
    emptied : int
        Rows of other people in which only what names the person was emptied: their id as author of
        a change, a text, the end of a URL.
    """

    table: str
    rows: int
    rejected_rows: int
    emptied: int

    @property
    def any(self) -> bool:
        """Whether anything was found."""
        return bool(self.rows or self.rejected_rows or self.emptied)


@dataclass(frozen=True)
class Erasure:
    """What was erased from the raw database, or would be.

    Parameters
    ----------
    tables : tuple of Erased
        Table by table, those without anything left out.
    missing : tuple of str
        Ids of which nothing was found.
    """

    tables: tuple[Erased, ...]
    missing: tuple[str, ...]

    def explain_missing(self, people: Mapping[str, str]) -> MissingPeopleError | None:
        """Say where the people stand of whom nothing was found; None when there is none.

        Parameters
        ----------
        people : mapping
            Id to where it was given. The id itself is not told.
        """
        if not self.missing:
            return None
        missing = set(self.missing)
        count = f"{len(missing):,} of {len(people):,} people"
        return MissingPeopleError(
            f"No row was found for {count}.",
            where=", ".join(place for person, place in people.items() if person in missing),
            fix="compare the id with the data (case matters); "
            "people erased before are not found either",
        )


class MissingPeopleError(CarepathError):
    """Nothing was found of some people; the others were erased."""

    exit_code = 1


def erase_from_raw(
    workspace: Workspace, people: Sequence[str], *, is_rehearsal: bool = False
) -> Erasure:
    """Write the raw database anew without the rows of some people; drop prep and leftovers.

    Killed at any moment, the raw database is the old one or the new one. prod is unchanged: build
    afterwards.

    Parameters
    ----------
    workspace : Workspace
        Whose raw database.
    people : sequence of str
        Platform ids, as in ``members.user_id``.
    is_rehearsal : bool
        Whether only to count.

    Returns
    -------
    Erasure
        What was found, and of whom nothing was.

    Raises
    ------
    CarepathError
        When nobody is named, nothing was landed, a landing or a build is running, or the warehouse
        is on Snowflake.
    """
    if not people:
        raise CarepathError(
            "No person is named.", where="--user-id, --user-ids", fix="give at least one id"
        )
    if read_platform(workspace) == "snowflake":
        raise CarepathError(
            "The rows of this workspace are on Snowflake, where carepath cannot erase anyone.",
            where=str(workspace.config),
            fix="delete them in the sources, then run carepath build --full-refresh "
            "(docs/operations.md, Erasing a person)",
        )
    if not workspace.raw.exists():
        raise CarepathError(
            "Nothing has been landed in this workspace.",
            where=str(workspace.raw),
            fix="name the workspace with -w",
        )
    with lock_raw(workspace) as scratch, lock_build(workspace):
        # Completes the tables of an older version and writes its log into the file.
        with open_raw(workspace) as raw:
            raw.execute("checkpoint")
        candidate = scratch / "raw.duckdb"
        with duckdb.connect() as connection:
            connection.execute(f"set temp_directory = {quote_text(str(scratch / 'spill'))}")
            connection.execute(f"set disabled_compression_methods = {quote_text(LEAKY_METHODS)}")
            connection.execute(f"attach {quote_text(str(workspace.raw))} as raw (read_only)")
            find_traces(connection, people)
            found = Erasure(_count(connection), list_missing(connection))
            if is_rehearsal or not found.tables:
                return found
            connection.execute(f"attach {quote_text(str(candidate))} as new")
            _copy(connection, found.tables)
            connection.execute("detach new")
        # Before raw: a build without prep starts from raw alone.
        _drop_built(workspace)
        publish(candidate, workspace.raw, is_private=True)
        log("erased from raw", **sum_up(found.tables))
    return found


def sum_up(found: tuple[Erased, ...]) -> dict[str, int]:
    """Add up what was erased, over all tables."""
    return {
        "rows": sum(erased.rows for erased in found),
        "rejected_rows": sum(erased.rejected_rows for erased in found),
        "emptied": sum(erased.emptied for erased in found),
    }


def is_unfinished(workspace: Workspace) -> bool:
    """Tell whether somebody was erased from raw after prod was published."""
    if not workspace.prod.exists():
        return False
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        try:
            row = connection.execute("select max(erased_at) from landing.erasures").fetchone()
        except duckdb.CatalogException:
            return False
    built = datetime.fromtimestamp(workspace.prod.stat().st_mtime, UTC).replace(tzinfo=None)
    return bool(row and row[0] and row[0] > built) or not workspace.prep.exists()


def _count(connection: duckdb.DuckDBPyConnection) -> tuple[Erased, ...]:
    counted = []
    naming = list_naming(connection)
    for table, own in COUNTED.items():
        tests = [
            f"{column} in (select text from naming_texts where table_name = '{table}')"
            for column in naming.get(table, ())
        ]
        if table in EMPTIED:
            tests.append(f"{EMPTIED[table]} in (from people)")
        emptied = f"({own}) is not true and ({' or '.join(tests) or 'false'})"
        row = connection.execute(
            f"""
            select
                count(*) filter (where {own}),
                count(*) filter (where {emptied}),
                (
                    select count(*) from raw.landing.rejected_rows
                    where table_name = ? and rowid in (from own_rejected)
                )
            from raw.{table}
            """,
            [table],
        ).fetchone()
        assert row is not None
        counted.append(Erased(table, rows=row[0], emptied=row[1], rejected_rows=row[2]))
    return tuple(erased for erased in counted if erased.any)


def _copy(connection: duckdb.DuckDBPyConnection, found: tuple[Erased, ...]) -> None:
    """Copy every table, in the order of its rows, without what is the person's."""
    connection.execute("use new")
    for statement in define_tables():
        connection.execute(statement)
    ours = {
        name
        for (name,) in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'new'"
        ).fetchall()
    }
    for schema, name in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'raw' order by all"
    ).fetchall():
        _copy_table(connection, schema, name, is_known=f"{schema}.{name}" in ours)
    moment = datetime.now(UTC).replace(tzinfo=None)
    connection.executemany(
        "insert into new.landing.erasures "
        "select coalesce((select max(erasure_number) from raw.landing.erasures), 0) + 1, "
        "?, ?, ?, ?",
        [[moment, erased.table, erased.rows, erased.rejected_rows] for erased in found],
    )
    connection.execute("use memory")


def _copy_table(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, *, is_known: bool
) -> None:
    full_name = f"{schema}.{name}"
    place = f"{quote_name(schema)}.{quote_name(name)}"
    own = OWN_ROWS.get(full_name, "false")
    if full_name == "landing.rejected_rows":
        own = "rowid in (from own_rejected)"
    changed = {
        column: choose_spared(full_name, column)
        for column in list_naming(connection).get(full_name, ())
    }
    if author := EMPTIED.get(full_name):
        changed[author] = f"case when {author} in (from people) then null else {author} end"
    listed = ", ".join(f"{text} as {column}" for column, text in changed.items())
    emptied = f"replace ({listed})" if changed else ""
    kept = f"select * {emptied} from raw.{place} where ({own}) is not true"
    if is_known:
        connection.execute(f"insert into new.{place} by name {kept}")
    else:
        connection.execute(f"create schema if not exists new.{quote_name(schema)}")
        connection.execute(f"create table new.{place} as {kept}")


def _drop_built(workspace: Workspace) -> None:
    for path in (workspace.prep, workspace.prep.with_name(workspace.prep.name + ".wal")):
        path.unlink(missing_ok=True)
    # Without this note the next build looks at everything.
    (workspace.building / "published.json").unlink(missing_ok=True)
    for folder in ("candidate", "spill"):
        shutil.rmtree(workspace.building / folder, ignore_errors=True)
    _drop_copies(workspace.building)


def _drop_copies(folder: Path) -> None:
    """Remove databases that other killed commands have left."""
    for path in folder.glob("*.duckdb*"):
        path.unlink(missing_ok=True)
