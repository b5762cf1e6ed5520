"""The models run by plain Jinja and DuckDB, without dbt: seconds become hundredths.

Incremental models behave as dbt and its strategy delete+insert make them behave: the first time,
and on a full refresh, the whole query; afterwards the rows it gives replace those of the same key.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import yaml
from oracle.definitions import Definitions, Raw, Row

from warehouse.harness import text_of, write_definitions
from warehouse.project_files import WAREHOUSE, entries, sql_files
from warehouse.raw_schema import COLUMNS, typed_columns

PROJECT: dict[str, Any] = yaml.safe_load((WAREHOUSE / "dbt_project.yml").read_text())


@dataclass
class FastWarehouse:
    """A warehouse in memory: raw rows are added, then it is built, again and again."""

    variables: dict[str, Any] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    built: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Make the raw tables, empty."""
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set threads = 1")
        for schema in ("landing", "care_platform", "snowplow", "definitions", "base"):
            self.connection.execute(f"create schema if not exists {schema}")
        for schema in ("intermediate", "prod"):
            self.connection.execute(f"create schema if not exists {schema}")
        for table in COLUMNS:
            columns = ", ".join(f"{name} {kind}" for name, kind in typed_columns(table).items())
            self.connection.execute(f"create table {table} ({columns})")

    def define(self, definitions: Definitions, folder: Path) -> None:
        """Take these definitions and their variables from now on."""
        folder.mkdir(parents=True, exist_ok=True)
        write_definitions(folder, definitions)
        self.load_definitions(folder)
        as_of = definitions.as_of.isoformat(sep=" ") if definitions.as_of else ""
        self.variables = {
            "as_of": as_of,
            "earliest_plausible_at": definitions.earliest_plausible_at.isoformat(sep=" "),
            "intake_funnel_name": definitions.funnel_name,
            "intake_step_count": len(definitions.steps),
            "conversion_window_seconds": int(definitions.window.total_seconds()),
            "tie_seconds": int(definitions.tie.total_seconds()),
        }

    def load_definitions(self, folder: Path) -> None:
        """Load the CSV files of a folder as dbt's seeds."""
        for seed in entries("seeds"):
            kinds = seed.get("config", {}).get("column_types", {})
            columns = {column["name"]: kinds.get(column["name"]) for column in seed["columns"]}
            types = {name: kind for name, kind in columns.items() if kind}
            self.connection.execute(
                f"create or replace table definitions.{seed['name']} as select * from read_csv("
                f"'{folder / seed['name']}.csv', header = true, nullstr = '', types = {types})"
            )

    def add_rows(self, raw: Raw, batch: int, scratch: Path) -> None:
        """Append raw rows as one batch, exactly as given."""
        for table, rows in raw.items():
            if rows:
                lines = (
                    json.dumps(row | {"_batch_number": batch}, default=text_of) for row in rows
                )
                scratch.write_text("\n".join(lines))
                kinds = typed_columns(table)
                self.connection.execute(
                    f"insert into {table} ({', '.join(kinds)}) select {', '.join(kinds)} from "
                    f"read_json(?, format = 'newline_delimited', columns = {kinds})",
                    [str(scratch)],
                )

    def build(self, names: Iterable[str] | None = None, *, full_refresh: bool = False) -> None:
        """Build these models, all by default, each after those that it reads."""
        for name in names or build_order():
            self.run(name, full_refresh=full_refresh)

    def run(self, name: str, *, full_refresh: bool = False) -> None:
        """Build one model in the way its configuration says."""
        relation = relation_of(name)
        is_incremental = name in self.built and not full_refresh
        sql, config = render(name, self.variables, is_incremental, self._query)
        materialized = config.get("materialized", "view" if layer_of(name) == "base" else "table")
        if materialized == "view":
            self.connection.execute(f"create or replace view {relation} as {sql}")
            return
        if materialized == "incremental" and is_incremental:
            key = config["unique_key"]
            for hook in _hooks_of(config):
                self.connection.execute(_environment().from_string(hook).render())
            self.connection.execute(f"create or replace temp table changed as {sql}")
            self.connection.execute(
                f"delete from {relation} where {key} in (select {key} from changed)"
            )
            self.connection.execute(f"insert into {relation} by name select * from changed")
        else:
            self.connection.execute(f"create or replace table {relation} as {sql}")
        self.built.add(name)

    def changed_rows(self, name: str) -> int:
        """How many rows an incremental build of a model would put in place now."""
        sql, _ = render(name, self.variables, True, self._query)
        row = self.connection.execute(f"select count(*) from ({sql})").fetchone()
        return int(row[0]) if row else 0

    def failures(self, test: str) -> list[Row]:
        """The rows that a singular data test finds."""
        _now.name, _now.variables = test, self.variables
        text = (WAREHOUSE / "tests" / f"{test}.sql").read_text()
        result = self.connection.execute(_environment().from_string(text).render())
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    def _query(self, sql: str) -> Any:
        """What dbt's run_query gives: a table of which the models read the first column."""
        values = [row[0] for row in self.connection.execute(sql).fetchall()]
        return SimpleNamespace(columns=[SimpleNamespace(values=lambda: values)])

    def read(self, name: str, without: Iterable[str] = ()) -> list[Row]:
        """All rows of a model in the order of their values."""
        relation = relation_of(name)
        excluded = f"exclude ({', '.join(without)})" if without else ""
        result = self.connection.execute(f"select * {excluded} from {relation} order by all")
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]

    def read_prod(self) -> dict[str, list[Row]]:
        """Every table of prod."""
        return {name: self.read(name) for name in sql_files("prod")}


class _DuckDB:
    """dbt's cross-database macros, as dbt-duckdb has them."""

    @staticmethod
    def dateadd(datepart: str, interval: str | int, from_date_or_timestamp: str) -> str:
        return f"date_add({from_date_or_timestamp}, interval ({interval}) {datepart})"

    @staticmethod
    def datediff(first_date: str, second_date: str, datepart: str) -> str:
        return f"date_diff('{datepart}', {first_date}, {second_date})"


@cache
def layer_of(name: str) -> str:
    """base, intermediate or prod; definitions for a seed."""
    return next(
        (layer for layer in ("base", "intermediate", "prod") if name in sql_files(layer)),
        "definitions",
    )


def relation_of(name: str) -> str:
    """Schema and name of a model or seed."""
    return f"{layer_of(name)}.{name}"


@dataclass
class _Rendering:
    """What the model that is being rendered may ask dbt for."""

    name: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    is_incremental: bool = False
    query: Callable[[str], Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)


_now = _Rendering()


def _configure(**values: Any) -> str:
    _now.config.update(values)
    return ""


class _This:
    def __str__(self) -> str:
        return relation_of(_now.name)


@cache
def _environment() -> jinja2.Environment:
    if str(WAREHOUSE) not in sys.path:
        sys.path.insert(0, str(WAREHOUSE))
    import lint_context

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals.update(
        {
            "var": lambda key, default=None: _now.variables.get(
                key, PROJECT["vars"].get(key, default)
            ),
            "ref": relation_of,
            "source": lint_context.source,
            "adapter": lint_context.adapter,
            "dbt": _DuckDB,
            "run_query": lambda sql: _now.query(sql) if _now.query else None,
            "config": _configure,
            "is_incremental": lambda: _now.is_incremental,
            "this": _This(),
            "return": lambda value: value,
            "adapter_type": "duckdb",
        }
    )
    # the macros are compiled once: they and the models find each other among the globals
    texts = "".join(path.read_text() for path in sorted((WAREHOUSE / "macros").rglob("*.sql")))
    # the project's own asks dbt's flags first
    texts = re.sub(r"\{% macro is_incremental\(\).*?endmacro %\}", "", texts, flags=re.DOTALL)
    macros = environment.from_string(texts).module
    environment.globals.update(
        {name: value for name, value in vars(macros).items() if not name.startswith("_")}
    )
    return environment


def _hooks_of(config: Mapping[str, Any]) -> list[str]:
    """What dbt runs before a model, not yet rendered."""
    hooks = config.get("pre_hook", [])
    return [hooks] if isinstance(hooks, str) else hooks


@cache
def _template(name: str) -> jinja2.Template:
    return _environment().from_string(sql_files()[name].read_text())


def render(
    name: str,
    variables: Mapping[str, Any],
    is_incremental: bool,
    query: Callable[[str], Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """The SQL of a model for DuckDB, and its configuration."""
    _now.name, _now.variables, _now.is_incremental = name, variables, is_incremental
    _now.query, _now.config = query, {}
    sql = _template(name).render()
    return sql.strip(), _now.config


@cache
def parents_of(name: str) -> set[str]:
    """The models that a model reads."""
    sql, _ = render(name, {}, True)
    return set(re.findall(r"\b(?:base|intermediate|prod)\.(\w+)", sql)) - {name}


@cache
def build_order() -> tuple[str, ...]:
    """All models, each after those that it reads."""
    parents = {name: parents_of(name) for name in sql_files()}
    order: list[str] = []
    while len(order) < len(parents):
        ready = sorted(n for n in parents if n not in order and parents[n] <= set(order))
        assert ready, "the models depend on each other in a circle"
        order += ready
    return tuple(order)


@cache
def incremental_models() -> tuple[str, ...]:
    """The incremental models and all that they are made from, in their order."""
    return needed_for(
        *(
            name
            for name in build_order()
            if render(name, {}, False)[1].get("materialized") == "incremental"
        )
    )


@cache
def needed_for(*names: str) -> tuple[str, ...]:
    """These models and all that they are made from, in their order."""
    chosen = set(names)
    for name in reversed(build_order()):
        if name in chosen:
            chosen |= parents_of(name)
    return tuple(name for name in build_order() if name in chosen)
