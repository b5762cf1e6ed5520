"""Checks of the installation: Python, the versions of what we stand on, dbt."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata

from carepath import __version__
from carepath.building.project import find_project
from carepath.operations.findings import Finding, fail, ok, warn
from carepath.workspace import Workspace

SHOWN = ("duckdb", "dbt-core", "dbt-duckdb", "dbt-snowflake", "sqlglot")
_LIMIT = re.compile(r"(>=|<=|==|<|>)\s*([\d.]+)")


def check_python(_: Workspace) -> Iterator[Finding]:
    """Tell the interpreter and the machine."""
    told = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield ok("python", told)


def check_versions(_: Workspace) -> Iterator[Finding]:
    """Compare every installed requirement with the versions we are made for."""
    wrong = []
    for requirement in metadata.requires("carepath") or ():
        specifier, _semicolon, marker = requirement.partition(";")
        if "extra" in marker:
            continue
        name = re.split(r"[<>=!~\s\[]", specifier.strip(), maxsplit=1)[0]
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if not fits(version, specifier):
            wrong.append(f"{name} {version} is not {specifier.strip().removeprefix(name)}")
    shown = [f"carepath {__version__}"]
    for name in SHOWN:
        try:
            shown.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    if wrong:
        yield fail("versions", "; ".join(wrong), "install carepath again in a fresh environment")
    yield ok("versions", ", ".join(shown))


def fits(version: str, specifier: str) -> bool:
    """Tell whether a version lies within limits such as ``>=1.11,<1.12``."""
    ours = _number(version)
    for operator, text in _LIMIT.findall(specifier):
        theirs = _number(text)
        width = max(len(ours), len(theirs))
        a = ours + (0,) * (width - len(ours))
        b = theirs + (0,) * (width - len(theirs))
        held = {">=": a >= b, "<=": a <= b, "==": a == b, "<": a < b, ">": a > b}
        if not held[operator]:
            return False
    return True


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else (0,)


def check_dbt(_: Workspace) -> Iterator[Finding]:
    """Import dbt, which the first build would otherwise be the first to try."""
    project = find_project()
    try:
        import dbt.adapters.duckdb
        import dbt.cli.main  # noqa: F401
    except Exception as error:
        yield fail(
            "dbt",
            f"it cannot be imported: {type(error).__name__}",
            "install carepath again in a fresh environment",
        )
        return
    models = sum(1 for _ in (project / "models").rglob("*.sql"))
    if not models:
        yield warn("dbt", f"the project in {project} has no models", "install carepath again")
    else:
        yield ok("dbt", f"importable; project with {models} models in {project}")
