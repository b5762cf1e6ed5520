"""What the emulated Snowflake is made of: rows that come late, settings, reading it out."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from carepath.building.report import BuildReport
from carepath.workspace import Workspace

PASSPHRASE = "correct-horse-battery-staple"
LOADED_LATE = "timestamp '2026-05-15'"
# Table -> its key and the columns that may tell when a row was loaded.
REPLICATED = ("_fivetran_synced", "_sdc_received_at")
LATE_TABLES = {
    "snowplow.events": ("event_id", ("load_tstamp",)),
    "care_platform.historical_task": ("history_id", REPLICATED),
    "care_platform.historical_project": ("history_id", REPLICATED),
    "care_platform.task": ("id", REPLICATED),
}
Tables = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Emulated:
    """What came out: each table of prod, twice, after each build; and every statement that ran.

    Parameters
    ----------
    workspace : Workspace
        Whose prod.duckdb, and whose prod on the emulator, are of the second build.
    embedded, emulated : list of tables
        After the first and the second build.
    statements : Path
        One JSON text a line.
    reports : list of (BuildReport, BuildReport)
        Of each build: embedded, and emulated.
    """

    workspace: Workspace
    embedded: list[Tables]
    emulated: list[Tables]
    statements: Path
    reports: list[tuple[BuildReport, BuildReport]] = field(default_factory=list)

    @property
    def statement_texts(self) -> list[str]:
        """Every statement that arrived, in order."""
        return [json.loads(line) for line in self.statements.read_text().splitlines()]


def variables_of(port: int, key_file: Path) -> dict[str, str]:
    return {
        "SNOWFLAKE_ACCOUNT": "fakesnow",
        "SNOWFLAKE_USER": "builder",
        "SNOWFLAKE_ROLE": "CAREPATH_BUILDER",
        "SNOWFLAKE_WAREHOUSE": "CAREPATH",
        "SNOWFLAKE_PRIVATE_KEY_PATH": str(key_file),
        "DBT_ENV_SECRET_SNOWFLAKE_PASSPHRASE": PASSPHRASE,
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
        "CAREPATH_DATABASE_PREFIX": "dev_anna_",
    }


def set_aside(raw: Path, late: Path) -> None:
    """Move the rows that are loaded late into a database of their own.

    Of a tenth of the keys nobody knows when they were loaded; half of these come late.
    """
    with duckdb.connect(str(raw)) as connection:
        connection.execute(f"attach '{late}' as late")
        for table, (key, columns) in LATE_TABLES.items():
            connection.execute(f"create schema if not exists late.{table.split('.')[0]}")
            unknown = ", ".join(f"{column} = null" for column in columns)
            connection.execute(f"update {table} set {unknown} where hash({key}) % 10 = 0")
            loaded_at = f"coalesce({', '.join(columns)})"
            condition = f"coalesce({loaded_at} > {LOADED_LATE}, hash({key}) % 20 = 0)"
            connection.execute(f"create table late.{table} as from {table} where {condition}")
            connection.execute(f"delete from {table} where {condition}")


def bring_in(raw: Path, late: Path) -> None:
    with duckdb.connect(str(raw)) as connection:
        connection.execute(f"attach '{late}' as late (read_only)")
        for table in LATE_TABLES:
            connection.execute(
                f"insert into {table} by name "
                f"select * replace (2 as _batch_number) from late.{table}"
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_server(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"the emulator did not start: {log.read_text()[-2000:]}")


def run_statements(statements: Any) -> None:
    """Run statements as the loader would."""
    from carepath.snowflake.connection import connect
    from carepath.snowflake.settings import read_settings

    connection = connect(read_settings(), "test")
    try:
        for statement in statements:
            connection.cursor().execute(statement)
    finally:
        connection.close()


def read_embedded(prod: Path) -> Tables:
    """Every table of an embedded prod, its columns first, rows in an order of their own."""
    with duckdb.connect(str(prod), read_only=True) as connection:
        tables: Tables = {}
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            cursor = connection.execute(f"select * from {name}")
            columns = tuple(column[0] for column in cursor.description)
            tables[name] = [columns, *sorted(cursor.fetchall(), key=_order)]
        return tables


def read_emulated(like: Tables) -> Tables:
    """The same tables of the published prod, through the connector."""
    from carepath.snowflake.connection import connect
    from carepath.snowflake.settings import read_settings

    connection = connect(read_settings(), "test")
    try:
        names = [
            name.lower()
            for (name,) in connection.cursor().execute(
                "select table_name from dev_anna_prod.information_schema.tables "
                "where table_schema = 'PUBLIC'"
            )
        ]
        assert sorted(names) == sorted(like)
        tables: Tables = {}
        for name in names:
            cursor = connection.cursor().execute(f"select {', '.join(like[name][0])} from {name}")
            rows = [tuple(row) for row in cursor.fetchall()]
            tables[name] = [like[name][0], *sorted(rows, key=_order)]
        return tables
    finally:
        connection.close()


def _order(row: tuple[Any, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, str(value)) for value in row)
