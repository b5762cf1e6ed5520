"""dbt's hierarchy of configuration: dbt_project.yml, folder by folder, then YAML, then the file."""

from __future__ import annotations

from typing import Any

import pytest

from tests.review.conftest import review_files, snapshot

PROJECT = """
name: shop
models:
  +tags: everywhere
  shop:
    +materialized: view
    marts:
      +materialized: table
      +tags: [marts]
      +meta: {owner: finance}
      +contract: {enforced: true}
      daily:
        +materialized: incremental
        +unique_key: order_id
        fct_days:
          +enabled: false
"""
YAML = """
models:
- name: fct_weeks
  config: {materialized: incremental, meta: {tier: 1}, tags: week, contract: {alias_types: false}}
"""
SELECT = "select 1 as order_id"


def config_of(path: str, sql: str = SELECT) -> dict[str, Any]:
    files = {"dbt_project.yml": PROJECT, path: sql, "models/marts/_marts.yml": YAML}
    side = snapshot(files)
    model = next(iter(side.models.values()))
    return model.configured(side.analyse(model).variants)


@pytest.mark.parametrize(
    ("path", "sql", "kind"),
    [
        ("models/stg_orders.sql", SELECT, "view"),
        ("models/marts/fct_orders.sql", SELECT, "table"),
        ("models/marts/daily/fct_orders.sql", SELECT, "incremental"),
        ("models/marts/fct_weeks.sql", SELECT, "incremental"),
        ("models/marts/fct_weeks.sql", "{{ config(materialized='table') }}" + SELECT, "table"),
    ],
)
def test_the_nearest_setting_wins(path: str, sql: str, kind: str) -> None:
    assert config_of(path, sql)["materialized"] == kind


def test_tags_add_up_and_mappings_key_by_key() -> None:
    config = config_of("models/marts/fct_weeks.sql", "{{ config(tags=['own']) }}" + SELECT)
    assert config["tags"] == ["everywhere", "marts", "week", "own"]
    assert config["meta"] == {"owner": "finance", "tier": 1}
    assert config["contract"] == {"enforced": True, "alias_types": False}


def test_a_model_that_its_folder_switches_off_may_switch_itself_on() -> None:
    path = "models/marts/daily/fct_days.sql"
    for sql, is_on in ((SELECT, False), ("{{ config(enabled=true) }}" + SELECT, True)):
        side = snapshot({"dbt_project.yml": PROJECT, path: sql})
        assert [model.is_enabled for model in side.models.values()] == [is_on]


def test_a_changed_folder_setting_reaches_models_that_are_not_changed() -> None:
    files = {"dbt_project.yml": "name: shop", "models/marts/fct.sql": SELECT}
    head = {**files, "dbt_project.yml": "name: shop\nmodels: {shop: {+materialized: incremental}}"}
    told = [f for f in review_files(files, head).findings if f.code == "CFG008"]
    assert [f.place.file for f in told] == ["models/marts/fct.sql"]
    assert any(fact.place and fact.place.file == "dbt_project.yml" for fact in told[0].evidence)


def test_a_changed_schema_or_tag_of_a_folder_reaches_nothing() -> None:
    files = {"dbt_project.yml": "name: shop", "models/marts/fct.sql": SELECT}
    head = {**files, "dbt_project.yml": "name: shop\nmodels: {shop: {+schema: x, +tags: [y]}}"}
    keys = [s.key(next(iter(s.models.values()))) for s in (snapshot(files), snapshot(head))]
    assert keys[0] == keys[1]
