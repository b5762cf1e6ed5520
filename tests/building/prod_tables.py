"""Reading a whole prod, to compare two of them."""

from __future__ import annotations

from pathlib import Path

import duckdb


def read_tables(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table with its rows in the order of their values."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = 'main' order by table_name"
        ).fetchall()
        return {
            name: connection.execute(f'select * from "{name}" order by all').fetchall()
            for (name,) in names
        }
