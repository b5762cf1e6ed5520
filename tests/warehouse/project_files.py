"""The dbt project as files: YAML read, SQL rendered by plain Jinja, columns followed to the end."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import sqlglot
import yaml
from sqlglot import exp

WAREHOUSE = Path(__file__).parents[2] / "warehouse"
LAYERS = {
    "base": WAREHOUSE / "models/prep/base",
    "intermediate": WAREHOUSE / "models/prep/intermediate",
    "prod": WAREHOUSE / "models/prod",
}


@cache
def sql_files(layer: str | None = None) -> dict[str, Path]:
    """Model name -> its SQL file."""
    folder = LAYERS[layer] if layer else WAREHOUSE / "models"
    return {path.stem: path for path in sorted(folder.rglob("*.sql"))}


@cache
def _documents() -> list[dict[str, Any]]:
    """The YAML files."""
    paths = sorted((WAREHOUSE / "models").rglob("*.yml"))
    return [yaml.safe_load(path.read_text()) for path in paths]


def entries(kind: str) -> list[dict[str, Any]]:
    """Everything of a kind (models, seeds, sources, unit_tests) that the YAML files declare."""
    return [entry for document in _documents() for entry in document.get(kind) or []]


@cache
def model_entries() -> dict[str, dict[str, Any]]:
    """Model name -> its YAML."""
    return {entry["name"]: entry for entry in entries("models")}


def column_names(entry: dict[str, Any]) -> list[str]:
    """Documented columns of a model or seed, in their order."""
    return [column["name"] for column in entry["columns"]]


def strip_comments(text: str) -> str:
    """SQL and Jinja without what is only said."""
    return re.sub(r"--[^\n]*", "", re.sub(r"\{#.*?#\}", "", text, flags=re.S))


@cache
def _environment() -> jinja2.Environment:
    """Stand-ins for dbt, and the project's macros, compiled once."""
    if str(WAREHOUSE) not in sys.path:
        sys.path.insert(0, str(WAREHOUSE))
    import lint_context

    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals.update(
        {
            "var": lint_context.var,
            "ref": lint_context.ref,
            "source": lint_context.source,
            "adapter": lint_context.adapter,
            "dbt": lint_context.dbt,
            "return": lambda value: value,
            "config": lambda **_values: "",
            "run_query": lint_context.run_query,
            "this": "this",
            "adapter_type": "duckdb",
        }
    )
    texts = [path.read_text() for path in sorted((WAREHOUSE / "macros").rglob("*.sql"))]
    # as on the first build; the project's own macro asks dbt's flags
    texts.append("{% macro is_incremental() %}{% endmacro %}")
    macros = environment.from_string("".join(texts)).module
    environment.globals.update(
        {name: value for name, value in vars(macros).items() if not name.startswith("_")}
    )
    return environment


@cache
def render(name: str) -> str:
    """A model's SQL for DuckDB, with the stand-ins that the linter uses for dbt."""
    return _environment().from_string(sql_files()[name].read_text()).render()


@cache
def parse(name: str) -> exp.Query:
    """A model's SQL as a tree."""
    return sqlglot.parse_one(render(name), dialect="duckdb")


@cache
def final_columns(name: str) -> tuple[str, ...]:
    """Columns that a model gives, stars followed through common table expressions and models."""
    tree = parse(name)
    queries = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    return tuple(_columns(tree, queries))


def _columns(query: exp.Query, queries: dict[str, exp.Query]) -> list[str]:
    if isinstance(query, exp.SetOperation):
        return _columns(query.left, queries)
    tables = [query.args["from_"].this, *(join.this for join in query.args.get("joins") or [])]
    found: list[str] = []
    for selected in query.selects:
        if not selected.is_star:
            found.append(selected.alias_or_name)
            continue
        qualifier = selected.table if isinstance(selected, exp.Column) else None
        for table in tables:
            if qualifier in (None, table.alias_or_name):
                found += _table_columns(table, queries)
    return found


def _table_columns(table: exp.Expression, queries: dict[str, exp.Query]) -> list[str]:
    if isinstance(table, exp.Subquery):
        return _columns(table.this, queries)
    query = queries.get(table.name)
    # an import has the name of what it imports
    if query is not None and table.name not in {t.name for t in query.find_all(exp.Table)}:
        return _columns(query, queries)
    if table.name in sql_files():
        return list(final_columns(table.name))
    return column_names(next(seed for seed in entries("seeds") if seed["name"] == table.name))
