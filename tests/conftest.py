"""The order of the tests: with `pytest -n auto --dist loadfile` a file stays on one processor."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# The long ones begin, so that no processor waits for them at the end.
FIRST = ("warehouse", "on_snowflake", "survival", "building", "operations", "oracle", "docs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long folders begin; the order inside a folder stays."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(TESTS).parts[0]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=place)
