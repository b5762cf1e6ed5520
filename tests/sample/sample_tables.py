"""Read the files of a sample as tables."""

from __future__ import annotations

from pathlib import Path

import duckdb

TABLES = ("clients", "members", "project", "historical_project", "task", "historical_task")


def open_sample(folder: Path, suffix: str = "parquet") -> duckdb.DuckDBPyConnection:
    """Views of the files of a sample, events as one table."""
    connection = duckdb.connect()
    for table in TABLES:
        connection.execute(f"create view {table} as from '{folder / table}.{suffix}'")
    connection.execute(f"create view events as from '{folder}/events-*.{suffix}'")
    return connection
