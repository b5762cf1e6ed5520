"""A Snowflake emulator on a loopback port, with the raw tables of a workspace in it.

Run as a program: ``python emulator.py PORT RAW_DATABASE STATEMENTS LATE_DATABASE``. Every statement
that arrives is appended to the file STATEMENTS, one JSON text a line.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import uvicorn
from fakesnow import arrow, transforms
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.transforms import transforms as rewriting
from snowflake.connector import errors
from sqlglot import exp

server = importlib.import_module("fakesnow.server")  # the name in the package is a function

# Statements that change who may do what, or how a session behaves: nothing to emulate. Tests look
# for them among the statements.
IGNORED = [r"\s*grant ", r"\s*alter session set", r"\s*show grants"]
SWAP = re.compile(r"\s*alter schema (\w+)\.(\w+) swap with (\w+)\.(\w+)", re.IGNORECASE)
THEN = re.compile(
    r"(\w+\.\w+\.\w+) at\(timestamp => cast\('([^']*)' as timestamp_tz\)\)", re.IGNORECASE
)
INSERT = re.compile(r"\s*insert into (raw\.\w+\.\w+) ", re.IGNORECASE)
# When this model is made for the second time, rows come that belong to a later build.
WHILE_BUILDING = re.compile(r"\s*create [\w ]+table\s+\S*\.member_cohorts\b", re.IGNORECASE)
MEANWHILE = """
insert into raw.snowplow.events
select * replace ('meanwhile-' || event_id as event_id) from raw.snowplow.events limit 50
"""
TEMPORARY = re.compile(r"create or replace\s+temporary\s+table", re.IGNORECASE)
DATABASES = ("PREP", "PROD", "DEV_ANNA_PREP", "DEV_ANNA_PROD")


def mend_emulator() -> None:
    """Put right what fakesnow 0.12 does otherwise than Snowflake, where we would see it.

    * Sums and averages of exact numbers are exact; fakesnow makes doubles of them, because
      Snowflake also sums text, which we never do.
    * A null timestamp arrives as null; fakesnow sends 1970-01-01.
    * `describe table` knows the tables of every database; fakesnow looks in the session's alone.
    * `create table (columns) as select *` is written in DuckDB's words when it is described.
    """
    transforms.create_table_as = create_table_as
    rewriting.SQL_DESCRIBE_TABLE = Template(
        rewriting.SQL_DESCRIBE_TABLE.template.replace(
            "FROM _fs_information_schema", "FROM _fs_global._fs_information_schema"
        )
    )
    transforms.numeric_agg_implicit_cast = lambda expression: expression
    arrow.timestamp_to_sf_struct = to_struct
    server.shared_fs.nop_regexes = IGNORED


def create_table_as(expression: exp.Expression, connection: duckdb.DuckDBPyConnection) -> Any:
    """Name the columns of `select *` before fakesnow asks for them in no dialect."""
    query = expression.expression if isinstance(expression, exp.Create) else None
    if isinstance(expression.this, exp.Schema) and isinstance(query, exp.Select | exp.Subquery):
        select = query.unnest()
        if any(isinstance(selected, exp.Star) for selected in select.expressions):
            described = connection.execute(f"describe {select.sql('duckdb')}").fetchall()
            select.set("expressions", [exp.column(name) for name, *_ in described])
    return rewriting.create_table_as(expression, connection)


def to_struct(column: pa.ChunkedArray) -> pa.StructArray:
    """Seconds and nanoseconds of each timestamp; null where it is null."""
    moments = column.combine_chunks()
    micros = moments.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(zero_copy_only=False)
    hidden = moments.is_null().to_numpy(zero_copy_only=False)
    micros = np.where(hidden, 0, micros).astype(np.int64)
    seconds, rest = np.divmod(micros, 1_000_000)
    fields = {"epoch": pa.array(seconds), "fraction": pa.array((rest * 1000).astype(np.int32))}
    if moments.type.tz:
        fields["timezone"] = pa.array(np.full(len(micros), 1440, dtype=np.int32))  # UTC
    return pa.StructArray.from_arrays(
        list(fields.values()),
        fields=[pa.field(name, array.type) for name, array in fields.items()],
        mask=pa.array(hidden),
    )


class History:
    """Time Travel, which DuckDB has not: how many rows a source table had before each insertion."""

    def __init__(self) -> None:
        self._sizes: dict[str, list[tuple[datetime, int]]] = {}

    def note(self, table: str, connection: duckdb.DuckDBPyConnection) -> None:
        """Remember what a table holds now, before rows come."""
        row = connection.execute(f"select count(*) from {table}").fetchone()
        assert row is not None
        self._sizes.setdefault(table.lower(), []).append((datetime.now(UTC), row[0]))

    def read(self, match: re.Match[str]) -> str:
        """Write a table as it was."""
        table, moment = match[1], datetime.fromisoformat(match[2])
        sizes = [size for at, size in self._sizes.get(table.lower(), []) if at > moment]
        return f"(select * from {table} where rowid < {sizes[0]})" if sizes else table


def watch_statements(path: Path) -> None:
    """Write down what arrives; swap schemas and go back in time, which DuckDB cannot."""
    execute = FakeSnowflakeCursor.execute
    history = History()
    builds = count()

    def execute_watched(cursor: FakeSnowflakeCursor, command: str, *args: Any, **named: Any) -> Any:
        with path.open("a") as file:
            file.write(json.dumps(command) + "\n")
        if insertion := INSERT.match(command):
            history.note(insertion[1], cursor._duck_conn)
        if WHILE_BUILDING.match(command) and next(builds) == 1:
            history.note("raw.snowplow.events", cursor._duck_conn)
            cursor._duck_conn.execute(MEANWHILE)
        command = THEN.sub(history.read, command)
        # DuckDB has temporary tables outside of any schema only; dbt drops this one itself.
        command = TEMPORARY.sub("create or replace transient table", command, count=1)
        if swap := SWAP.match(command):
            swap_schemas(cursor._duck_conn, *swap.groups())
            command = "select 'Statement executed successfully.' as status"
        try:
            return execute(cursor, command, *args, **named)
        except errors.Error:
            raise
        except Exception as error:  # else the connector tries again, for minutes
            raise errors.ProgrammingError(msg=f"emulator: {error}", errno=1, sqlstate="0") from None

    FakeSnowflakeCursor.execute = execute_watched


def swap_schemas(
    connection: duckdb.DuckDBPyConnection, database: str, left: str, _same: str, right: str
) -> None:
    """Exchange the tables of two schemas, in one transaction."""
    connection.execute("begin")
    connection.execute(f"create schema {database}.swapping")
    for source, destination in ((left, "swapping"), (right, left), ("swapping", right)):
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name ilike ? and schema_name ilike ?",
            [database, source],
        ).fetchall():
            connection.execute(
                f"create table {database}.{destination}.{name} as from {database}.{source}.{name}"
            )
            connection.execute(f"drop table {database}.{source}.{name}")
    connection.execute(f"drop schema {database}.swapping")
    connection.execute("commit")


def load_raw(path: str, database: str) -> None:
    """Copy landed tables into a database of the emulator, names as Snowflake has them."""
    for schema in ("CARE_PLATFORM", "SNOWPLOW"):
        server.shared_fs.connect(database, schema)
    connection = server.shared_fs.duck_conn
    connection.execute(f"attach '{path}' as landed (read_only)")
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'landed' and schema_name in ('care_platform', 'snowplow')"
    ).fetchall():
        columns = connection.execute(f"describe landed.{schema}.{table}").fetchall()
        listed = ", ".join(f'"{name}" as "{name.upper()}"' for name, *_ in columns)
        connection.execute(
            f"create table {database}.{schema.upper()}.{table.upper()} as "
            f"select {listed} from landed.{schema}.{table}"
        )
    connection.execute("detach landed")


def main() -> None:
    """Load the tables and serve until killed."""
    port, raw, statements, late = sys.argv[1:]
    mend_emulator()
    watch_statements(Path(statements))
    for database in DATABASES:
        server.shared_fs.connect(database, "PUBLIC")
    load_raw(raw, "RAW")
    load_raw(late, "LATE")
    uvicorn.run(server.app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
