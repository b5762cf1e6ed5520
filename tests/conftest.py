"""Spreads the tests over the processors: what shares an expensive fixture stays together."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Folders whose tests share a workspace, a database server or a browser.
TOGETHER = frozenset({"building", "on_snowflake", "operations", "report", "sample", "survival"})
# The long ones begin, so that no processor waits for them at the end.
FIRST = ("warehouse", "on_snowflake", "survival", "building", "operations", "oracle", "docs")


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put each test into a group for `pytest -n auto --dist loadgroup`."""

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(TESTS).parts[0]
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=place)
    for item in items:
        parts = item.path.relative_to(TESTS).parts
        group = parts[0] if parts[0] in TOGETHER else "/".join(parts)
        item.add_marker(pytest.mark.xdist_group(group))
