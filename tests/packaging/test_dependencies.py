"""Dependencies: each is used, each import is declared, each pin is locked by its hash."""

from __future__ import annotations

import ast
import functools
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "carepath"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# sqlglot's compiled build is used by sqlglot itself where it is there.
NOT_IMPORTED = {"sqlglotc"}


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~\s\[;]", requirement, maxsplit=1)[0].lower()


RUNTIME = [name_of(requirement) for requirement in PROJECT["dependencies"]]
OPTIONAL = [
    name_of(requirement)
    for extra in ("snowflake",)
    for requirement in PROJECT["optional-dependencies"][extra]
]


@functools.cache
def imported() -> set[str]:
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return found


def modules_of(distribution: str) -> set[str]:
    """Top modules of a distribution; for parts of a shared package, their own folders."""
    files = metadata.files(distribution) or []
    found = set()
    for file in files:
        parts = file.with_suffix("").parts
        if file.suffix == ".py" and parts[0] not in (".", "..") and "dist-info" not in parts[0]:
            shared = parts[0] == "dbt"
            found.add(
                ".".join(
                    parts[:3] if shared and parts[1] == "adapters" else parts[: 2 if shared else 1]
                )
            )
    return found


@pytest.mark.parametrize("distribution", RUNTIME)
def test_every_runtime_dependency_is_imported(distribution: str) -> None:
    if distribution in NOT_IMPORTED:
        pytest.skip("used by another dependency")
    modules = modules_of(distribution)
    assert any(
        name == module or name.startswith(f"{module}.") for name in imported() for module in modules
    ), f"nothing imports {distribution}"


def test_nothing_is_imported_that_is_not_declared() -> None:
    owners = metadata.packages_distributions()
    declared = {name.replace("_", "-") for name in (*RUNTIME, *OPTIONAL)}
    # One package of several distributions: dbt-core brings the common part.
    declared |= {"dbt-adapters", "dbt-common"}
    # The strings of jinja2 that need no escaping.
    declared |= {"markupsafe"}
    # The connector that dbt-snowflake brings, and what it reads keys with.
    declared |= {"snowflake-connector-python", "cryptography"}
    for name in imported():
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names or top == "carepath":
            continue
        found = {owner.lower().replace("_", "-") for owner in owners.get(top, [])}
        assert found & declared, f"{name} is of {found or 'nobody'}"


@pytest.mark.parametrize("name", ["runtime", "dev", "pip"])
def test_every_locked_requirement_is_one_pin_with_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert blocks
    for block in blocks:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==[\w.+!-]+", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_what_is_locked_for_running_is_what_is_installed_and_no_more_than_is_needed() -> None:
    text = (ROOT / "requirements" / "runtime.txt").read_text()
    locked = {name.lower() for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", text)}
    assert set(RUNTIME) <= locked
    # Development tools do not come along.
    for tool in ("pytest", "ruff", "mypy", "playwright", "fakesnow", "polars", "chdb", "lifelines"):
        assert tool not in locked
