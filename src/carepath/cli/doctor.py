"""`carepath doctor`: is the workspace well, and what to do where it is not."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from carepath.cli.exit_codes import ExitCode
from carepath.cli.options import format_option, workspace_option

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor")
@workspace_option
@format_option
@click.option("--deep", is_flag=True, help="Read every block of the databases too: slow, sure.")
def command(workspace: Path | None, output_format: str, deep: bool) -> int:
    """Check versions, configuration, definitions, locks, disk, databases and freshness.

    Each line is ok, warn or fail with the next step. Exits with 1 when anything fails.
    """
    from carepath.operations.doctor import examine
    from carepath.workspace import find_workspace

    findings = examine(find_workspace(workspace), deep=deep)
    failed = any(finding.status == "fail" for finding in findings)
    if output_format == "json":
        listed = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"is_well": not failed, "checks": listed}, indent=2))
        return ExitCode.FAILED if failed else ExitCode.OK
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        status = click.style(f"{finding.status:<4}", fg=_COLOURS[finding.status])
        click.echo(f"{status}  {finding.check:<{width}}  {finding.what}")
        if finding.next_step:
            click.echo(f"{'':<{width + 6}}  next: {finding.next_step}")
    return ExitCode.FAILED if failed else ExitCode.OK
