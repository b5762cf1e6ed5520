"""`carepath history`: what ran in a workspace, and how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.cli.options import format_option, workspace_option

if TYPE_CHECKING:
    from carepath.operations.history import Run

_COLOURS = {"succeeded": "green", "running": "cyan", "interrupted": "yellow"}


@click.command("history")
@workspace_option
@format_option
@click.option(
    "--last",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many runs, newest first.",
)
def command(workspace: Path | None, output_format: str, last: int) -> None:
    """List the runs of land, build, report and erase, newest first.

    A run that was killed is listed as interrupted. Exits with 1 when a record is damaged, and says
    which; the others are listed all the same.
    """
    from carepath.operations.history import read_history
    from carepath.workspace import find_workspace

    history = read_history(find_workspace(workspace))
    runs = history.runs[:last]
    if output_format == "json":
        click.echo(json.dumps([asdict(run) for run in runs], ensure_ascii=False, indent=2))
    elif runs:
        _print_table(runs)
    elif history.damage is None:
        click.echo("Nothing has run in this workspace yet.")
    if history.damage is not None:
        raise history.damage


def _print_table(runs: tuple[Run, ...]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from carepath.terminal import make_console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("run", justify="right", no_wrap=True)
    table.add_column("started (UTC)", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("counts, or what went wrong", overflow="fold")
    for run in runs:
        told = "  ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in run.counts.items())
        asked = " ".join(f"{name}={value}" for name, value in run.arguments.items())
        table.add_row(
            str(run.number),
            run.started_at,
            Text(f"{run.verb} {asked}".strip()),
            Text(run.outcome, style=_COLOURS.get(run.outcome, "red")),
            "" if run.seconds is None else f"{run.seconds:,.1f}",
            Text("; ".join(part for part in (run.error or "", told) if part)),
        )
    console = make_console()
    # A pipe or a log has no width: lines are long rather than broken in many.
    console = console if console.is_terminal else make_console(width=160)
    console.print(table)
