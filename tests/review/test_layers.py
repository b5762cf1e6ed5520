"""The modules of the review form layers: no import, late or for types only, leads back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.review.conftest import ROOT

PACKAGE = "carepath.review"
SOURCE = ROOT / "src"


def modules() -> dict[str, Path]:
    found = {}
    for path in (SOURCE / "carepath" / "review").rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(tree: ast.Module, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the review that a module names anywhere, in functions as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else str(node.module)


def graph() -> dict[str, set[str]]:
    known = modules()
    return {
        name: set(imports(ast.parse(path.read_text()), known)) - {name, PACKAGE}
        for name, path in known.items()
    }


def test_no_module_imports_what_imports_it() -> None:
    try:
        order = list(TopologicalSorter(graph()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) > 100


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("sql", ("rules", "formats", "snapshot", "review", "running", "change")),
        ("jinja", ("rules", "formats", "snapshot", "review", "running", "change", "sql")),
        ("rules", ("formats", "review", "running", "demo")),
    ],
)
def test_a_lower_layer_knows_nothing_of_an_upper_one(lower: str, upper: tuple[str, ...]) -> None:
    for name, used in graph().items():
        if name.startswith(f"{PACKAGE}.{lower}."):
            wrong = [u for u in used if u.removeprefix(f"{PACKAGE}.").split(".")[0] in upper]
            assert wrong == [], name
