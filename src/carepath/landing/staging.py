"""Each row of a file accepted or rejected, in one pass of SQL, into a scratch database."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import duckdb

from carepath.faults import is_out_of_space
from carepath.landing.envelopes import find_envelope
from carepath.landing.events import is_custom_part
from carepath.landing.files import RawFile, UnreadableFileError
from carepath.landing.queries import Ticker, run_query
from carepath.landing.readers import open_source
from carepath.landing.records import NOT_UTF8
from carepath.landing.sources import Source, SourceColumn
from carepath.landing.tables import EVENTS, Table
from carepath.landing.verdicts import write_query
from carepath.quoting import quote_path

_NO_FAULT_OF_THE_FILE = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.InternalException,
)


@dataclass(frozen=True)
class Staged:
    """A file whose rows wait in the scratch database.

    Parameters
    ----------
    file : RawFile
        The file.
    table : Table
        The table its rows go to.
    sha256 : str
        Hash of its content.
    accepted, rejected : str
        Names of the scratch relations.
    accepted_count, rejected_count : int
        Their rows.
    unknown_columns, source_columns : tuple of str
        Columns ignored, and all columns, as written in the file.
    reasons : tuple of (str, int)
        Reasons without values, most frequent first.
    notes : tuple of str
        What the user should know.
    """

    file: RawFile
    table: Table
    sha256: str
    accepted: str
    rejected: str
    accepted_count: int
    rejected_count: int
    unknown_columns: tuple[str, ...]
    source_columns: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]


def stage_file(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    source: Source,
    table: Table,
    *,
    sha256: str,
    number: int,
    scratch: Path,
    tick: Ticker,
) -> Staged:
    """Read a whole file into the scratch database, each row accepted or rejected.

    Raises
    ------
    UnreadableFileError
        When the file lacks a required column, or cannot be read to its end.
    """
    _require_columns(file, source, table)
    try:
        return _stage(connection, file, source, table, sha256, number, tick)
    except duckdb.Error as error:
        _raise_if_environmental(error)
        if file.format == "parquet":
            raise UnreadableFileError(
                "The Parquet file is damaged: its rows cannot be read.",
                where=file.name,
                fix="export the file again",
            ) from error
    # A malformed text file: take it apart record by record.
    try:
        careful = open_source(connection, file, scratch, is_careful=True)
        return _stage(connection, file, careful, table, sha256, number, tick)
    except duckdb.Error as error:
        _raise_if_environmental(error)
        raise UnreadableFileError(
            "The file cannot be read to its end.", where=file.name, fix="export the file again"
        ) from error


def describe_file(connection: duckdb.DuckDBPyConnection, file: RawFile, scratch: Path) -> Source:
    """Describe a file as a relation; take it apart first where its text is malformed.

    Raises
    ------
    UnreadableFileError
        When the file as a whole cannot be read.
    """
    try:
        return open_source(connection, file, scratch)
    except duckdb.Error as error:
        _raise_if_environmental(error)
        return open_source(connection, file, scratch, is_careful=True)


def _raise_if_environmental(error: duckdb.Error) -> None:
    """Pass on what is no fault of the file: no space, no memory, an interrupt, our own SQL."""
    if isinstance(error, _NO_FAULT_OF_THE_FILE) or is_out_of_space(error):
        raise error


def _require_columns(file: RawFile, source: Source, table: Table) -> None:
    if not source.columns:
        lines = file.read_start().strip().splitlines()
        is_broken_row = len(lines) == 1 and lines[0].startswith(b"{")
        if source.unreadable is not None and not is_broken_row:
            raise UnreadableFileError(
                "No line of the file is a JSON object with a key.",
                where=file.name,
                fix="write one object on each line, for example with `jq -c .`",
            )
        return
    present = {column.normalised for column in source.columns}
    missing = [name for name in table.required if name not in present]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        raise UnreadableFileError(
            f"The required {noun} {', '.join(missing)} of {table.full_name} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            where=f"{file.name}, which has: {_shorten(source.columns)}",
            fix=_say_what_is_missing(file, table),
        )


def _say_what_is_missing(file: RawFile, table: Table) -> str:
    place = find_envelope(file, table.required) if file.format == "jsonl" else None
    if place:
        return f"take the rows out of {place}: jq -c {shlex.quote(f'{place} | objects')}"
    return "export the file with its header and this column, or rename the column"


def _shorten(columns: tuple[SourceColumn, ...]) -> str:
    names = [column.name for column in columns]
    shown = ", ".join(name[:40] for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _stage(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    source: Source,
    table: Table,
    sha256: str,
    number: int,
    tick: Ticker,
) -> Staged:
    rows, rejected = f"scratch.rows_{number}", f"scratch.rejected_{number}"
    run_query(connection, f"create or replace table {rows} as {write_query(source, table)}", tick)
    _collect_rejects(connection, source, rows, rejected)
    counted = connection.execute(
        f"""
        select
            count(*) filter (where not is_blank and reasons is null),
            count(*) filter (where not is_blank and user_count > 1 and reasons is null),
            (select count(*) from {rejected})
        from {rows}
        """
    ).fetchone()
    assert counted is not None
    accepted_count, several_users, rejected_count = counted
    notes = [source.note] if source.note else []
    if not notes and not accepted_count + rejected_count:
        notes.append("the file has no rows")
    if several_users:
        rows_carry = "1 row carries" if several_users == 1 else f"{several_users} rows carry"
        notes.append(f"{rows_carry} several user entities; the first was used")
    reasons = _count_reasons(connection, rejected)
    if NOT_UTF8 in dict(reasons):
        notes.append(
            f"{NOT_UTF8}: if the file is Windows-1252, convert it with "
            "`iconv -f WINDOWS-1252 -t UTF-8` and land that"
        )
    known = table.column_names
    unknown = tuple(
        column.name
        for column in source.columns
        if column.normalised not in known
        and not (table is EVENTS and is_custom_part(column.normalised))
    )
    return Staged(
        file=file,
        table=table,
        sha256=sha256,
        accepted=rows,
        rejected=rejected,
        accepted_count=accepted_count,
        rejected_count=rejected_count,
        unknown_columns=unknown,
        source_columns=tuple(column.name for column in source.columns),
        reasons=reasons,
        notes=tuple(notes),
    )


def _collect_rejects(
    connection: duckdb.DuckDBPyConnection, source: Source, rows: str, rejected: str
) -> None:
    connection.execute(
        f"""
        create or replace table {rejected} as
        select coalesce(row_number, rowid + 1) as row_number, reasons, row_text
        from {rows}
        where not is_blank and reasons is not null
        """
    )
    if source.malformed is not None and source.malformed.stat().st_size:
        columns = "{row_number: 'BIGINT', reason: 'VARCHAR', row_text: 'VARCHAR'}"
        connection.execute(
            f"""
            insert into {rejected}
            select row_number, [reason], row_text
            from read_json(
                {quote_path(source.malformed)},
                format = 'newline_delimited',
                columns = {columns},
                maximum_object_size = 67108864
            )
            """
        )


def _count_reasons(
    connection: duckdb.DuckDBPyConnection, rejected: str
) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(
        f"""
        with reasons as (select unnest(reasons) as reason from {rejected})
        select regexp_replace(reason, ': ''.*'' is ', ' is ', 's') as kind, count(*) as row_count
        from reasons
        group by kind
        order by row_count desc, kind
        """
    ).fetchall()
    return tuple((kind, count) for kind, count in rows)
