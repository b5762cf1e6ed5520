"""`carepath build`: build, test and publish the warehouse."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.cli.options import log_format_option, target_option, workspace_option

if TYPE_CHECKING:
    from rich.table import Table

    from carepath.building import BuildReport
    from carepath.logs import LogFormat


_SHOWN_WEEKS = 12


@click.command()
@workspace_option
@click.option(
    "--as-of",
    help="Build the data as of this moment (UTC).  [default: the end of the data]",
)
@click.option("--full-refresh", is_flag=True, help="Build everything from scratch.")
@target_option
@log_format_option
def command(
    workspace: Path | None,
    as_of: str | None,
    target: str | None,
    log_format: LogFormat,
    *,
    full_refresh: bool,
) -> None:
    """Build, test and publish the warehouse; readers of prod never see anything half-built.

    Only what newly landed rows affect is recomputed, unless the definitions, the code or the
    settings have changed.
    """
    from carepath.cli.progress import show_progress
    from carepath.operations.running import run_build
    from carepath.workspace import find_workspace

    found = find_workspace(workspace).on(target)
    with show_progress("Building", log_format) as progress:
        report = run_build(
            found, progress, as_of=as_of, log_format=log_format, full_refresh=full_refresh
        )
    print_report(report)
    where = f" -w {shlex.quote(str(workspace))}" if workspace else ""
    click.echo(f"\nNext: carepath ask ID{where}; `carepath ask` lists the questions")


def print_report(report: BuildReport) -> None:
    """Print the account of every row, what was rejected and what to look at."""
    from rich.text import Text

    from carepath.terminal import make_console

    console = make_console()
    console.print(_account(report))
    if report.rejections:
        console.print("Rejected by the models:")
        for table, reason, count in report.rejections:
            console.print(f"  {count:>9,}  {table}: {reason.replace('_', ' ')}")
    for warning in report.warnings:
        console.print(Text.assemble(("Note:", "yellow"), f" {warning}"))
    if report.restated:
        console.print("Closed weeks that the prod before told differently:")
        for week in report.restated[:_SHOWN_WEEKS]:
            console.print(
                f"  week of {week.week}: {week.measure} {week.before:,} -> {week.after:,}"
            )
        if len(report.restated) > _SHOWN_WEEKS:
            console.print(f"  and {len(report.restated) - _SHOWN_WEEKS} more")
    console.print(f"Build: {report.mode}.")
    console.print(
        f"{report.model_count} tables and seeds built, {report.test_count} data tests passed "
        f"in {report.seconds:.0f} s; as of {_moment(report)}."
    )
    console.print(f"prod: {report.prod}", soft_wrap=True)


def _moment(report: BuildReport) -> str:
    return f"{report.as_of} UTC" if report.as_of else "no moment: there are no rows"


def _account(report: BuildReport) -> Table:
    from rich.table import Table

    table = Table(
        title="Every row accounted for", title_justify="left", box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("source table", no_wrap=True)
    for name in ("in\nfiles", "bad at\nlanding", "raw", "modelled", "dupli-\ncates", "rejected"):
        table.add_column(name, justify="right", no_wrap=True)
    shows_later = any(fate.after_as_of for fate in report.fates)
    shows_erased = any(fate.erased for fate in report.fates)
    if shows_erased:
        table.add_column("erased", justify="right", no_wrap=True)
    if shows_later:
        table.add_column("after\nas-of", justify="right")
    table.add_column("left\nover", justify="right")
    for fate in report.fates:
        counts = [
            fate.in_files,
            fate.rejected_at_landing,
            fate.raw,
            fate.modelled,
            fate.deduplicated,
            fate.rejected,
        ]
        if shows_erased:
            counts.append(fate.erased)
        if shows_later:
            counts.append(fate.after_as_of)
        counts.append(fate.missing)
        table.add_row(fate.source_table.partition(".")[2], *(f"{count:,}" for count in counts))
    return table
