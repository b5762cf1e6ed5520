"""`carepath report`: every answer in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.cli.options import (
    log_format_option,
    range_options,
    target_option,
    workspace_option,
)

if TYPE_CHECKING:
    from carepath.logs import LogFormat


@click.command("report")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("carepath-report.html"),
    show_default=True,
    help="The file to write.",
)
@workspace_option
@range_options
@target_option
@log_format_option
def command(
    output: Path,
    workspace: Path | None,
    since: str | None,
    until: str | None,
    target: str | None,
    log_format: LogFormat,
) -> None:
    """Write every answer into one HTML file that can be mailed: no network, no personal data."""
    from carepath.cli.progress import show_progress
    from carepath.operations.recording import record_run
    from carepath.report import write_report
    from carepath.workspace import find_workspace

    found = find_workspace(workspace).on(target)
    asked = {"output": str(output), "since": since, "until": until}
    with (
        record_run(found, "report", asked, log_format) as recorder,
        show_progress("Writing the report", log_format) as progress,
    ):
        written = write_report(found, output, since, until, progress)
        recorder.count(answered=written.answered, silent=written.silent, bytes=written.size)
    questions = f"{written.answered} questions answered"
    if written.silent:
        questions += f", {written.silent} without an answer (the report says why)"
    click.echo(f"{written.path}  {written.size / 1e6:.2f} MB  {questions}")
