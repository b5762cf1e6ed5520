"""The macros of the dbt project, rendered with plain Jinja: the same SQL, without dbt."""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from carepath.errors import CarepathError


def find_macros() -> Path:
    """Give the folder of the funnel macros: in the installed package, or in a checkout.

    Raises
    ------
    CarepathError
        When the installation is incomplete.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package, package.parents[1]):
        folder = root / "warehouse" / "macros" / "funnel"
        if folder.is_dir():
            return folder
    raise CarepathError(
        "The funnel macros are missing from this installation.",
        where=str(package),
        fix="install carepath again",
    )


@cache
def _find_files() -> dict[str, Path]:
    """Map each macro to the file that holds it."""
    return {
        name: path
        for path in sorted(find_macros().glob("*.sql"))
        for name in re.findall(r"{%-? *macro +(\w+)", path.read_text(encoding="utf-8"))
    }


@cache
def _make_environment() -> Environment:
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    # As in dbt, macros of one file may call those of another.
    environment.globals.update({name: partial(_call, name) for name in _find_files()})
    return environment


@cache
def _compile(path: Path) -> Any:
    return _make_environment().from_string(path.read_text(encoding="utf-8")).module


def _call(macro: str, *arguments: Any, **values: Any) -> str:
    # Compiled when first called: compiling all of them takes a tenth of a second.
    return str(getattr(_compile(_find_files()[macro]), macro)(*arguments, **values))


def render(macro: str, **values: Any) -> str:
    """Render one macro with names of relations and plain values."""
    return _call(macro, **values).strip()
