"""What was landed before, and the one transaction that lands what is new."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import duckdb

from carepath.landing.matching import normalise_name
from carepath.landing.staging import Staged
from carepath.quoting import quote_list, quote_name, quote_text


def is_landed_already(connection: duckdb.DuckDBPyConnection, table_name: str, sha256: str) -> bool:
    """Tell whether a content has been landed into a table before."""
    found = connection.execute(
        "select count(*) from landing.files where table_name = ? and sha256 = ?",
        [table_name, sha256],
    ).fetchone()
    return found is not None and found[0] > 0


def list_usual_columns(connection: duckdb.DuckDBPyConnection, table_name: str) -> frozenset[str]:
    """Name the columns that all files with rows of a table have had so far, those ignored apart."""
    files = connection.execute(
        "select source_columns, unknown_columns from landing.files "
        "where table_name = ? and row_count > 0 and source_columns is not null",
        [table_name],
    ).fetchall()
    used = [
        frozenset(normalise_name(column) for column in columns if column not in (ignored or ()))
        for columns, ignored in files
    ]
    return frozenset.intersection(*used) if used else frozenset()


def publish(connection: duckdb.DuckDBPyConnection, staged: Sequence[Staged]) -> int:
    """Move all staged rows into the raw tables and the ledger, or none of them.

    Returns
    -------
    int
        The number of the new batch, one more than the highest so far.
    """
    connection.begin()
    try:
        found = connection.execute(
            "select coalesce(max(batch_number), 0) + 1 from landing.files"
        ).fetchone()
        assert found is not None
        batch_number = int(found[0])
        for file in staged:
            _publish_file(connection, file, batch_number)
        connection.commit()
    except BaseException:
        # After a failed commit there may be no transaction left to roll back.
        with suppress(duckdb.Error):
            connection.rollback()
        raise
    return batch_number


def _publish_file(connection: duckdb.DuckDBPyConnection, staged: Staged, batch_number: int) -> None:
    table = staged.table
    columns = ", ".join(quote_name(column.name) for column in table.columns)
    inserted = connection.execute(
        f"""
        insert into {table.full_name} ({columns}, "_batch_number")
        select {columns}, {batch_number} from {staged.accepted}
        where not is_blank and reasons is null
        """
    ).fetchone()
    rejected = connection.execute(
        f"""
        insert into landing.rejected_rows
        select
            {batch_number}, {quote_text(table.full_name)}, {quote_text(staged.file.name)},
            row_number, array_to_string(reasons, '; '), row_text
        from {staged.rejected}
        order by row_number
        """
    ).fetchone()
    expected = (staged.accepted_count, staged.rejected_count)
    if inserted is None or rejected is None or (inserted[0], rejected[0]) != expected:
        raise AssertionError(f"{staged.file.name}: counts do not add up")
    connection.execute(
        f"""
        insert into landing.files by name
        select
            ? as file_id,
            {batch_number} as batch_number,
            ? as table_name,
            ? as file_name,
            ? as sha256,
            now() at time zone 'UTC' as landed_at,
            ? as row_count,
            ? as accepted_count,
            ? as rejected_count,
            {quote_list(staged.unknown_columns)} as unknown_columns,
            {quote_list(staged.source_columns)} as source_columns
        """,
        [
            f"{table.full_name}:{staged.sha256[:16]}",
            table.full_name,
            staged.file.name,
            staged.sha256,
            staged.accepted_count + staged.rejected_count,
            staged.accepted_count,
            staged.rejected_count,
        ],
    )
