"""The environment is what the profile reads, what the documents name, and never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from emulation import PASSPHRASE

from carepath.configuration import read_platform, read_sources
from carepath.errors import CarepathError
from carepath.landing.tables import TABLES
from carepath.snowflake.connection import SESSION_PARAMETERS, connect
from carepath.snowflake.settings import VARIABLES, read_settings
from carepath.workspace import Workspace

ROOT = Path(__file__).parents[2]
PROJECT_FILES = ("profiles.yml", "dbt_project.yml", "macros/names.sql")
COMPLETE = {
    "SNOWFLAKE_ACCOUNT": "myorg-prod",
    "SNOWFLAKE_USER": "builder",
    "SNOWFLAKE_ROLE": "CAREPATH_BUILDER",
    "SNOWFLAKE_WAREHOUSE": "CAREPATH",
    "SNOWFLAKE_PRIVATE_KEY_PATH": "key.p8",
}


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:SNOWFLAKE|CAREPATH|DBT_ENV_SECRET)_[A-Z_]*[A-Z]\b", text))


def test_the_document_names_the_variables_and_no_others() -> None:
    text = (ROOT / "docs" / "snowflake.md").read_text()
    roles = {"CAREPATH_BUILDER", "CAREPATH_REPORTER"}
    assert _names_in(text) - roles == {variable.name for variable in VARIABLES}


def test_the_project_reads_the_variables_and_no_others() -> None:
    read = set()
    for name in PROJECT_FILES:
        text = (ROOT / "warehouse" / name).read_text()
        read |= set(re.findall(r"env_var\('(\w+)'", text))
    embedded = {
        "CAREPATH_WORKSPACE",
        "CAREPATH_PREP",
        "CAREPATH_PROD",
        "CAREPATH_DEFINITIONS",
        "CAREPATH_MEMORY",
    }
    assert read - embedded == {variable.name for variable in VARIABLES}


def test_defaults_are_those_of_the_profile() -> None:
    text = "".join((ROOT / "warehouse" / name).read_text() for name in PROJECT_FILES)
    given = dict(re.findall(r"env_var\('((?:SNOWFLAKE|CAREPATH|DBT)\w+)', '([^']*)'\)", text))
    for variable in VARIABLES:
        if variable.default is not None and variable.name != "CAREPATH_THREADS":
            assert given[variable.name] == variable.default, variable.name


def test_sessions_of_dbt_and_of_questions_are_alike() -> None:
    text = (ROOT / "warehouse" / "macros" / "session.sql").read_text().lower()
    for name, value in SESSION_PARAMETERS.items():
        written = f"'{value}'" if isinstance(value, str) else str(value)
        assert f"{name} = {written}".lower() in text


@pytest.mark.parametrize("missing", sorted(COMPLETE))
def test_a_missing_variable_is_named(missing: str) -> None:
    given = {name: value for name, value in COMPLETE.items() if name != missing}
    with pytest.raises(CarepathError, match=missing):
        read_settings(given)


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(CarepathError) as caught:
        read_settings({})
    assert [name for name in COMPLETE if name not in str(caught.value)] == []


def test_a_browser_needs_no_key() -> None:
    given = {k: v for k, v in COMPLETE.items() if k != "SNOWFLAKE_PRIVATE_KEY_PATH"}
    settings = read_settings(given | {"SNOWFLAKE_AUTHENTICATOR": "externalbrowser"})
    assert settings.key_path is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREPATH_DATABASE_PREFIX", "x; drop database prod; --"),
        ("CAREPATH_REPORTER_ROLE", "a b"),
        ("SNOWFLAKE_AUTHENTICATOR", "password"),
        ("SNOWFLAKE_PORT", "https"),
    ],
)
def test_a_value_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(CarepathError, match=name):
        read_settings(COMPLETE | {name: value})


def test_settings_show_no_secret() -> None:
    settings = read_settings(COMPLETE | {"DBT_ENV_SECRET_SNOWFLAKE_PASSPHRASE": PASSPHRASE})
    assert settings.passphrase == PASSPHRASE
    assert PASSPHRASE not in f"{settings!r} {settings}"


def test_a_wrong_passphrase_is_told_without_it(key_file: Path) -> None:
    wrong = PASSPHRASE[::-1]
    given = COMPLETE | {
        "SNOWFLAKE_PRIVATE_KEY_PATH": str(key_file),
        "DBT_ENV_SECRET_SNOWFLAKE_PASSPHRASE": wrong,
    }
    with pytest.raises(CarepathError, match="passphrase") as caught:
        connect(read_settings(given), "test")
    assert wrong not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_key_is_not_quoted(tmp_path: Path) -> None:
    path = tmp_path / "key.p8"
    path.write_text(f"password = {PASSPHRASE}")
    given = COMPLETE | {"SNOWFLAKE_PRIVATE_KEY_PATH": str(path)}
    with pytest.raises(CarepathError, match="private key") as caught:
        connect(read_settings(given), "test")
    assert PASSPHRASE not in str(caught.value)


def test_a_workspace_says_where_its_warehouse_is(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert read_platform(workspace) == "duckdb"
    workspace.config.write_text('[warehouse]\ntarget = "snowflake"\nraw_database = "lake"\n')
    assert read_platform(workspace) == "snowflake"
    assert read_platform(workspace.on("duckdb")) == "duckdb"
    assert read_sources(workspace) == {"raw_database": "lake"}


@pytest.mark.parametrize(
    "line", ['target = "oracle"', 'raw_databse = "x"', 'raw_database = "a; drop"', "target = 1"]
)
def test_a_wrong_word_in_the_configuration_is_named(tmp_path: Path, line: str) -> None:
    workspace = Workspace(tmp_path)
    workspace.config.write_text(f"[warehouse]\n{line}\n")
    with pytest.raises(CarepathError, match=line.split(" ")[0]):
        read_platform(workspace)


def test_source_columns_and_types_are_those_that_landing_makes() -> None:
    declared = {}
    for path in (ROOT / "warehouse" / "models" / "prep" / "base").rglob("_sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            for table in source["tables"]:
                declared[f"{source['name']}.{table['name']}"] = {
                    column["name"]: (
                        column["data_type"],
                        column.get("config", {}).get("meta", {}).get("is_required", False),
                    )
                    for column in table["columns"]
                }
    assert declared == {
        table.full_name: {c.name: (c.type.lower(), c.is_required) for c in table.columns}
        for table in TABLES
    }
