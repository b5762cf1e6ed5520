"""The statements that keep other builds out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sqlglot
from sqlglot import exp

from carepath.building.production import _lease


def test_the_table_of_the_lease_takes_a_holder_of_any_length() -> None:
    statements: list[str] = []

    def change(sql: str, values: tuple[Any, ...] = ()) -> int:
        statements.append(sql)
        return 1

    production: Any = SimpleNamespace(settings=SimpleNamespace(prep="prep"), change=change)
    with _lease(production, "holder"):
        pass
    created = sqlglot.parse_one(statements[0], dialect="snowflake").expression
    holder = created.find(exp.Alias, bfs=True)
    # A bare text would make a column of its own length, which is nothing.
    assert holder.alias == "holder"
    assert holder.this.sql(dialect="snowflake") == "CAST('' AS VARCHAR)"
