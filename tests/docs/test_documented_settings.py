"""Every key of carepath.toml is documented, and no others."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

from carepath.configuration import BUILD_SETTINGS, WAREHOUSE_KEYS
from carepath.initialisation import init_workspace
from carepath.review.settings import Settings, from_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def read_blocks(page: str) -> list[dict[str, dict[str, object]]]:
    text = (DOCS / page).read_text()
    return [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)]


def test_the_page_on_operations_lists_the_keys_of_a_build() -> None:
    table = (DOCS / "operations.md").read_text().split("| `[build]` |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(BUILD_SETTINGS)


def test_the_page_on_snowflake_shows_the_keys_of_the_warehouse() -> None:
    (block,) = read_blocks("snowflake.md")
    assert set(block["warehouse"]) == set(WAREHOUSE_KEYS)


def test_the_page_on_the_review_shows_its_keys_and_they_can_be_read() -> None:
    (block,) = read_blocks("review.md")
    assert {key.replace("-", "_") for key in block["review"]} == {
        field.name for field in fields(Settings)
    }
    assert from_table(block["review"], "carepath.toml").dialect == "snowflake"


def test_a_new_workspace_shows_every_key_in_a_comment(tmp_path: Path) -> None:
    text = init_workspace(tmp_path / "new").config.read_text()
    shown = tomllib.loads(re.sub(r"^# (\w+ =)", r"\1", text, flags=re.MULTILINE))
    assert set(shown["build"]) == set(BUILD_SETTINGS)
    assert set(shown["warehouse"]) == set(WAREHOUSE_KEYS)
