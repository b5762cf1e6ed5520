"""Packages import each other one way, and CONTRIBUTING.md says what each of them is."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "carepath"
PACKAGES = {path.parent.name for path in SOURCE.glob("*/__init__.py")}


def imported() -> dict[str, set[str]]:
    """Package, or module beside the packages -> those of ours that it imports, also lazily."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        names = found.setdefault(own, set())
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
    return {
        own: {name.split(".")[1] for name in names if name.startswith("carepath.")} - {own}
        for own, names in found.items()
    }


def test_imports_point_one_way() -> None:
    assert list(TopologicalSorter(imported()).static_order())


@pytest.mark.parametrize("package", ["stats", "review", "sample", "snowflake"])
def test_what_stands_alone_imports_no_other_package(package: str) -> None:
    assert imported()[package] & PACKAGES == set()


def test_nothing_but_the_entry_point_imports_the_command_line() -> None:
    assert {own for own, names in imported().items() if "cli" in names} == {"__main__"}


def test_every_package_has_its_line_where_contributors_look() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert [name for name in sorted(PACKAGES) if f"| `src/carepath/{name}/` |" not in text] == []
