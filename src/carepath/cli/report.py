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
    from carepath.report import ReportFile


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
    """Write every answer into one HTML file that can be mailed: no network, no personal data.

    If a question cannot be answered, the report is still written, the section says why, and the
    exit code is not 0.
    """
    from carepath.cli.progress import show_progress
    from carepath.operations.recording import record_run
    from carepath.report import write_report
    from carepath.workspace import find_workspace

    found = find_workspace(workspace).on(target)
    asked = {"output": str(output), "since": since, "until": until}
    with record_run(found, "report", asked, log_format) as recorder:
        with show_progress("Writing the report", log_format) as progress:
            written = write_report(found, output, since, until, progress)
        silent = len(written.silences)
        recorder.count(answered=written.answered, silent=silent, bytes=written.size)
        if failure := written.explain_silences():
            _print(written)
            raise failure
    _print(written)


def _print(written: ReportFile) -> None:
    questions = f"{written.answered} questions answered"
    if silent := len(written.silences):
        questions += f", {silent} without an answer (the report says why)"
    click.echo(f"{written.path}  {written.size / 1e6:.2f} MB  {questions}")
