"""`carepath report`: every answer in one HTML file."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path("carepath-report.html"),
    show_default=True,
    help="The file to write.",
)
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path),
    help="The workspace; default: the one this folder is in.",
)
@click.option("--since", metavar="DATE", help="First date of entries or starts, inclusive.")
@click.option("--until", metavar="DATE", help="Last date of entries or starts, inclusive.")
def command(output: Path, workspace: Path | None, since: str | None, until: str | None) -> None:
    """Write every answer into one HTML file that can be mailed: no network, no personal data."""
    from carepath.cli.progress import show_progress
    from carepath.report import write_report
    from carepath.workspace import find_workspace

    found = find_workspace(workspace)
    with show_progress("Writing the report") as progress:
        written = write_report(found, output, since, until, progress)
    questions = f"{written.answered} questions answered"
    if written.silent:
        questions += f", {written.silent} without an answer (the report says why)"
    click.echo(f"{written.path}  {written.size / 1e6:.2f} MB  {questions}")
