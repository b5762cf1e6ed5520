"""Where the dbt project lies: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from carepath.errors import CarepathError


def find_project() -> Path:
    """Give the folder that holds ``dbt_project.yml``.

    Raises
    ------
    CarepathError
        When the installation is incomplete.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "warehouse", package.parents[1] / "warehouse"):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise CarepathError(
        "The dbt project is missing from this installation.",
        where=str(package),
        fix="install carepath again",
    )


def shipped_definitions() -> Path:
    """Give the folder of the definitions that are used where a workspace has none."""
    return find_project() / "seeds"
