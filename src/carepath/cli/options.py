"""Options that several verbs have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from carepath.errors import CarepathError

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace_option(command: Command) -> Command:
    """Add --workspace."""
    return click.option(
        "--workspace",
        "-w",
        type=click.Path(path_type=Path),
        help="The workspace.  [default: the one this folder is in, else ./workspace]",
    )(command)


def range_options(command: Command) -> Command:
    """Add --since and --until."""
    since = click.option(
        "--since",
        metavar="DATE",
        help="First date of entries or starts, included; whole months for people.",
    )
    until = click.option(
        "--until",
        metavar="DATE",
        help="Last date of entries or starts, included; whole months for people.",
    )
    return since(until(command))


def target_option(command: Command) -> Command:
    """Add --target."""
    return click.option(
        "--target",
        type=click.Choice(["duckdb", "snowflake"]),
        help="Where the warehouse is.  [default: what carepath.toml says, else duckdb]",
    )(command)


def log_format_option(command: Command) -> Command:
    """Add --log-format."""
    return click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        envvar="CAREPATH_LOG_FORMAT",
        help="Log to logs/carepath.log (text), or to logs/carepath.jsonl and stderr (json).",
    )(command)


def format_option(command: Command) -> Command:
    """Add --format table|json."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["table", "json"]),
        default="table",
        show_default=True,
        help="A table to read, or JSON with everything.",
    )(command)


def refuse(*names: str, because: str, fix: str) -> None:
    """Refuse options that would have no effect: what somebody types is never passed over.

    Parameters
    ----------
    *names : str
        The parameters, as the command calls them; those not on the command line are fine.
    because : str
        The rest of the sentence that begins with the option.
    fix : str
        The one thing to do next.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is ParameterSource.COMMANDLINE:
            option = parameter.opts[0]
            raise CarepathError(f"{option} {because}.", where=option, fix=fix)
