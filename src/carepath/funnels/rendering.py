"""The macros of the dbt project, rendered with plain Jinja: the same SQL, without dbt."""

from __future__ import annotations

from functools import cache
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
def _read_macros() -> str:
    paths = sorted(find_macros().glob("*.sql"))
    return "".join(path.read_text(encoding="utf-8") for path in paths)


@cache
def _compile() -> Any:
    # Macros of one file may call those of another, as in dbt: all stand in one template.
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    return environment.from_string(_read_macros()).module


def render(macro: str, **values: Any) -> str:
    """Render one macro with names of relations and plain values."""
    return str(getattr(_compile(), macro)(**values)).strip()
