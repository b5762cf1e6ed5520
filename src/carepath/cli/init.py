"""`carepath init`: make a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("workspace"))
def command(folder: Path) -> None:
    """Make a workspace in FOLDER (./workspace by default), with definitions to edit."""
    from carepath.initialisation import init_workspace
    from carepath.landing import create_raw

    workspace = init_workspace(folder)
    create_raw(workspace)
    click.echo(f"Workspace: {workspace.root}")
    click.echo(f"  {workspace.config.name:<24} what a build uses")
    click.echo(f"  {workspace.definitions.name + '/':<24} funnel steps, status map, calendar, ...")
    click.echo(f"Next: carepath land FOLDER -w {shlex.quote(str(folder))}")
