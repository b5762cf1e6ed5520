"""Columns as loaders deliver them: the select that base models begin with on Snowflake."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
import yaml
from sql_checks import find_problems

WAREHOUSE = Path(__file__).parents[2] / "warehouse"


class CompilerError(Exception):
    """What dbt raises."""


def write_select(source: str, table: str, delivered: dict[str, str] | None) -> str:
    """The select of a source table that has these columns; None: nobody may look."""
    path = next((WAREHOUSE / "models/prep/base" / source).glob("_sources.yml"))
    declared = next(
        t
        for s in yaml.safe_load(path.read_text())["sources"]
        for t in s["tables"]
        if t["name"] == table
    )
    columns = {
        column["name"]: {
            "name": column["name"],
            "data_type": column["data_type"],
            "config": {"meta": column.get("config", {}).get("meta", {})},
        }
        for column in declared["columns"]
    }
    relation = f"raw.{source}.{table}"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)

    def fail(message: str) -> None:
        raise CompilerError(message)

    returned: list[Any] = []

    def give(value: Any) -> str:
        returned.append(value)
        raise _ReturnedError

    environment.globals.update(
        execute=True,
        modules=SimpleNamespace(re=re),
        exceptions=SimpleNamespace(raise_compiler_error=fail),
        **{"return": give},
    )
    module = environment.from_string(
        (WAREHOUSE / "macros" / "sources.sql").read_text()
    ).make_module()

    def call(name: str) -> Any:
        def run(*arguments: Any) -> Any:
            try:
                return str(getattr(module, name)(*arguments))
            except _ReturnedError:
                return returned.pop()

        return run

    environment.globals.update(
        source_columns_declared=lambda _relation: list(columns.values()),
        source_columns_delivered=lambda _relation: delivered,
    )
    text = (WAREHOUSE / "macros" / "sources.sql").read_text()
    for name in ("source_columns_declared", "source_columns_delivered"):
        text = re.sub(rf"\{{% macro {name}\(.*?endmacro %\}}", "", text, flags=re.DOTALL)
    # plain Jinja cannot return a value from a macro
    environment.globals["source_json_columns"] = call("source_json_columns")
    environment.globals["source_as_read"] = lambda relation: relation
    for name in ("source_json_columns", "source_as_read"):
        text = re.sub(rf"\{{% macro {name}\(.*?endmacro %\}}", "", text, flags=re.DOTALL)
    return str(environment.from_string(text).make_module().snowflake__source_rows(relation))


class _ReturnedError(Exception):
    """Carries nothing: a macro has returned."""


TASK = {"ID": "NUMBER(38,0)", "CREATED": "TIMESTAMP_TZ(9)", "STATUS": "VARCHAR(20)"}


def test_numbers_become_text_and_zones_become_utc() -> None:
    sql = write_select("care_platform", "task", TASK)
    assert "cast(id as varchar) as id" in sql
    assert "cast(convert_timezone('UTC', created) as timestamp_ntz(6)) as created" in sql
    assert find_problems(sql) == []


def test_absent_columns_are_null_of_their_type() -> None:
    sql = write_select("care_platform", "task", TASK)
    assert "cast(null as timestamp) as _sdc_deleted_at" in sql
    assert "cast(null as boolean) as _fivetran_deleted" in sql


def test_text_that_should_be_a_time_is_tried() -> None:
    sql = write_select("care_platform", "task", TASK | {"DUE": "VARCHAR(16777216)"})
    assert "try_cast(due as timestamp_ntz(6)) as due" in sql


def test_an_absent_required_column_stops_the_build() -> None:
    with pytest.raises(CompilerError, match="no column created"):
        write_select("care_platform", "task", {"ID": "VARCHAR(9)"})


def test_without_a_look_every_column_is_there() -> None:
    sql = write_select("care_platform", "task", None)
    assert "null" not in sql
    assert "cast(created as timestamp_ntz(6)) as created" in sql


EVENT = {
    "EVENT_ID": "VARCHAR(36)",
    "COLLECTOR_TSTAMP": "TIMESTAMP_NTZ(9)",
    "USER_ID": "VARCHAR(255)",
    "UNSTRUCT_EVENT_COM_ACME_FUNNEL_1": "OBJECT",
    "CONTEXTS_COM_ACME_USER_2": "ARRAY",
    "CONTEXTS_COM_GOOGLE_USER_1": "ARRAY",
}


def test_custom_parts_are_taken_out_of_their_json() -> None:
    sql = write_select("snowplow", "events", EVENT)
    part = "get(unstruct_event_com_acme_funnel_1, 'step_name')"
    assert f"cast({part} as varchar)" in sql
    assert find_problems(sql) == []


def test_the_users_entity_wins_over_the_tracker_s_own_id() -> None:
    sql = " ".join(write_select("snowplow", "events", EVENT).split())
    entity = "cast(get(get(contexts_com_acme_user_2, 0), 'user_id') as varchar)"
    assert f"{entity}, cast(user_id as varchar) ) as user_id" in sql
    assert "google" not in sql
