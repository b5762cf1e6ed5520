"""What dbt gives a template, for sqlfluff's Jinja: only what this project's SQL asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from jinja2 import pass_context
from jinja2.runtime import Context

VARIABLES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "dbt_project.yml").read_text()
)["vars"]


def var(name: str, default: Any = None) -> Any:
    """The variable as dbt_project.yml sets it."""
    return VARIABLES.get(name, default)


def ref(name: str) -> str:
    """The model's name, without its database."""
    return name


def source(source_name: str, table: str) -> str:
    """The table's name with its schema."""
    return f"{source_name}.{table}"


def run_query(sql: str) -> None:
    """Nothing is run to lint: models must do with no answer."""


class flags:  # noqa: N801 - dbt's name
    """dbt's flags: nothing is asked of a database to lint."""

    INTROSPECT = False


class adapter:  # noqa: N801 - dbt's name
    """dbt's adapter: picks the macro of the dialect."""

    @staticmethod
    @pass_context
    def dispatch(context: Context, macro_name: str) -> Callable[..., str]:
        """`<adapter>__<name>` where there is one, else `default__<name>`."""
        own = context.resolve_or_missing(f"{context.resolve('adapter_type')}__{macro_name}")
        return own if callable(own) else context.resolve(f"default__{macro_name}")


class dbt:  # noqa: N801 - dbt's name
    """dbt's cross-database macros."""

    @staticmethod
    def safe_cast(field: str, type: str) -> str:
        """Null where the cast fails."""
        return f"try_cast({field} as {type})"

    @staticmethod
    def dateadd(datepart: str, interval: str | int, from_date_or_timestamp: str) -> str:
        """A date so many parts later."""
        return f"dateadd({datepart}, {interval}, {from_date_or_timestamp})"

    @staticmethod
    def datediff(first_date: str, second_date: str, datepart: str) -> str:
        """Boundaries of the part between two dates."""
        return f"datediff({datepart}, {first_date}, {second_date})"
