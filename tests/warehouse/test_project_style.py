"""What every model of the warehouse keeps to, checked on the files alone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlglot import exp

from carepath.questions.registry import QUESTIONS
from warehouse.project_files import (
    LAYERS,
    WAREHOUSE,
    column_names,
    entries,
    final_columns,
    model_entries,
    parse,
    sql_files,
    strip_comments,
)

MODELS = sorted(sql_files())
WALL_CLOCK = re.compile(
    r"\b(current_(timestamp|date|time)|localtimestamp|getdate|sysdate|now|today|run_started_at)\b",
    re.IGNORECASE,
)
# Rules that the models hold; the others are kept by the answers, and tested there.
FUNNEL_RULES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 17, 20, 21, 22, 23, 28}
DURATION_RULES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 18}
MOST_NODES = 150


def test_every_model_has_yaml_beside_it_and_yaml_has_a_model() -> None:
    beside = {path.stem for path in sql_files().values() if path.with_suffix(".yml").exists()}
    assert beside == set(MODELS) == set(model_entries())


class _Strict(yaml.SafeLoader):
    """A loader that takes no key twice: YAML's own keeps the last and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        assert len(set(names)) == len(names), f"a key is given twice{node.start_mark}"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", sorted(WAREHOUSE.rglob("*.yml")), ids=lambda path: path.name)
def test_no_key_is_given_twice(path: Path) -> None:
    with path.open() as file:
        yaml.load(file, _Strict)


def test_every_model_is_in_a_layer() -> None:
    assert set(MODELS) == {name for layer in LAYERS for name in sql_files(layer)}


@pytest.mark.parametrize("name", MODELS)
def test_the_description_begins_with_the_grain(name: str) -> None:
    assert model_entries()[name]["description"].startswith("One row per ")


@pytest.mark.parametrize("name", MODELS)
def test_every_column_of_the_final_select_is_documented_in_its_order(name: str) -> None:
    entry = model_entries()[name]
    assert list(final_columns(name)) == column_names(entry)
    assert [column for column in entry["columns"] if not column.get("description")] == []


def test_every_column_of_a_source_is_documented() -> None:
    assert [
        f"{table['name']}.{column['name']}"
        for source in entries("sources")
        for table in source["tables"]
        for column in table["columns"]
        if not column.get("description")
    ] == []


@pytest.mark.parametrize("name", MODELS)
def test_the_primary_key_of_every_table_is_tested_on_its_columns(name: str) -> None:
    if is_view(name):  # its key is that of the tables it reads: a test would read them once more
        return
    entry = model_entries()[name]
    keys = [
        test["primary_key"]["arguments"]["columns"]
        for test in entry.get("data_tests", [])
        if isinstance(test, dict) and "primary_key" in test
    ]
    assert len(keys) == 1
    assert set(keys[0]) <= set(column_names(entry))


def test_every_source_table_has_exactly_one_base_model() -> None:
    declared = {
        (source["name"], table["name"])
        for source in entries("sources")
        for table in source["tables"]
    }
    read = Counter(
        call for path in sql_files("base").values() for call in _source_calls(path.read_text())
    )
    assert read == Counter(declared)


@pytest.mark.parametrize("name", sorted(sql_files("base")))
def test_base_models_read_one_table_and_join_nothing(name: str) -> None:
    assert len(_source_calls(sql_files()[name].read_text())) == 1
    assert "ref(" not in sql_files()[name].read_text()
    assert list(parse(name).find_all(exp.Join)) == []


@pytest.mark.parametrize("name", sorted(set(MODELS) - set(sql_files("base"))))
def test_only_base_models_read_sources(name: str) -> None:
    assert _source_calls(sql_files()[name].read_text()) == []


@pytest.mark.parametrize("name", sorted(sql_files("intermediate")))
def test_intermediate_models_do_not_know_the_moment_of_asking(name: str) -> None:
    assert not re.search(r"\bas_of\b", strip_comments(sql_files()[name].read_text()))


@pytest.mark.parametrize("name", sorted(sql_files("prod")))
def test_prod_columns_have_the_types_of_their_contract(name: str) -> None:
    assert [c["name"] for c in model_entries()[name]["columns"] if "data_type" not in c] == []


def test_incremental_models_are_intermediate_and_replace_rows_by_their_tested_key() -> None:
    found = {name: path.read_text() for name, path in sql_files().items()}
    incremental = {n: text for n, text in found.items() if "materialized='incremental'" in text}
    assert set(incremental) <= set(sql_files("intermediate"))
    for name, text in incremental.items():
        (key,) = re.findall(r"unique_key='(\w+)'", text)
        assert "incremental_strategy='delete+insert'" in text
        (test,) = (t for t in model_entries()[name]["data_tests"] if "primary_key" in t)
        columns = test["primary_key"]["arguments"]["columns"]
        assert key in columns
        # several rows a unit: those that it no longer has are forgotten first
        assert columns == [key] or "pre_hook=" in text


def test_the_cursor_of_incremental_builds_stays_out_of_prod() -> None:
    columns = {column for name in sql_files("prod") for column in final_columns(name)}
    assert [column for column in columns if "batch" in column] == []


def test_nothing_reads_the_wall_clock() -> None:
    files = [path for folder in ("models", "macros", "tests") for path in _sql_below(folder)]
    assert [p.name for p in files if WALL_CLOCK.search(strip_comments(p.read_text()))] == []


def test_direct_identifiers_end_in_base() -> None:
    identifiers = {
        column["name"]
        for name in sql_files("base")
        for column in model_entries()[name]["columns"]
        if column.get("config", {}).get("meta", {}).get("is_direct_identifier")
    }
    assert {"full_name", "email", "birth_date", "ip_address", "page_url"} <= identifiers
    later = [name for layer in ("intermediate", "prod") for name in sql_files(layer)]
    assert [(n, identifiers & set(final_columns(n))) for n in later] == [(n, set()) for n in later]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_imports_first_and_ends_in_final(name: str) -> None:
    text = sql_files()[name].read_text()
    assert re.search(r"^with\n\n\w+ as \(\n", strip_comments(text), re.MULTILINE)
    assert text.endswith("\n)\n\nselect * from final\n")


@pytest.mark.parametrize("name", MODELS)
def test_a_window_that_depends_on_order_says_which(name: str) -> None:
    ordered = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
    windows = [w for w in parse(name).find_all(exp.Window) if isinstance(w.this, ordered)]
    assert [w.sql() for w in windows if w.args.get("order") is None] == []


def test_the_exposure_of_the_answers_names_every_table_that_a_question_reads() -> None:
    (answers,) = (entry for entry in entries("exposures") if entry["name"] == "answers")
    read = {table for entry in QUESTIONS for table in entry.load().QUESTION.reads}
    assert {f"ref('{table}')" for table in read} - set(answers["depends_on"]) == set()


def test_every_table_of_prod_is_for_somebody() -> None:
    named = {name for entry in entries("exposures") for name in entry["depends_on"]}
    assert named == {f"ref('{name}')" for name in sql_files("prod")}


def test_a_build_stays_small_enough_to_be_quick() -> None:
    generic = sum(
        len(owner.get("data_tests", []))
        for kind in ("models", "seeds")
        for entry in entries(kind)
        for owner in (entry, *entry["columns"])
    )
    singular = len(list((WAREHOUSE / "tests").glob("*.sql")))
    assert len(MODELS) + len(entries("seeds")) + generic + singular <= MOST_NODES


def test_unit_tests_are_sentences_with_a_rule_in_words() -> None:
    names = [test["name"] for test in entries("unit_tests")]
    assert [name for name in names if name.count("_") < 3] == []
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [t["name"] for t in entries("unit_tests") if not t.get("description")] == []


@pytest.mark.parametrize(
    ("document", "rules"), [("funnel", FUNNEL_RULES), ("durations", DURATION_RULES)]
)
def test_every_rule_that_models_hold_has_a_unit_test(document: str, rules: set[int]) -> None:
    pattern = re.compile(rf"{document}\.md (\d+(?:, \d+)*)")
    cited = {
        int(number)
        for test in entries("unit_tests")
        for numbers in pattern.findall(" ".join(test["description"].split()))
        for number in numbers.split(", ")
    }
    assert rules - cited == set()


def is_view(name: str) -> bool:
    """Whether a model is computed anew by everyone who reads it."""
    return name in sql_files("base") or "materialized='view'" in sql_files()[name].read_text()


def _source_calls(text: str) -> list[tuple[str, str]]:
    return re.findall(r"source\(\s*'(\w+)',\s*'(\w+)'\s*\)", strip_comments(text))


def _sql_below(folder: str) -> list[Path]:
    return sorted((WAREHOUSE / folder).rglob("*.sql"))
