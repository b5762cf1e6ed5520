"""`carepath land FOLDER`: raw files into the raw database."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.cli.options import log_format_option
from carepath.workspace import find_workspace

if TYPE_CHECKING:
    from carepath.landing import LandingReport
    from carepath.logs import LogFormat

_SHOWN_REASONS = 3
_SHOWN_COLUMNS = 8


@click.command("land")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--workspace",
    "-w",
    "workspace_path",
    type=click.Path(path_type=Path),
    help="The workspace.  [default: the one this folder is in, else ./workspace]",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print what was landed.",
)
@click.option(
    "--skip-bad-files",
    is_flag=True,
    help="If a file cannot be read at all, land the others.",
)
@log_format_option
def command(
    folder: Path,
    workspace_path: Path | None,
    output_format: str,
    skip_bad_files: bool,
    log_format: LogFormat,
) -> None:
    """Land raw files: each row accepted, or rejected with a reason.

    FOLDER is a folder with CSV, JSON Lines or Parquet files (gzip too), or one such file. The
    name of a file (task.csv, events_2024-01.parquet) or of its folder says which table it belongs
    to. Either all files of a call land or none do; landing a file twice changes nothing.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from carepath.operations.running import run_landing
    from carepath.terminal import make_console

    workspace = find_workspace(workspace_path)
    diagnostics = make_console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    is_quiet = not diagnostics.is_terminal or log_format == "json"
    with Progress(*columns, console=diagnostics, transient=True, disable=is_quiet) as bar:
        task = bar.add_task("looking for files", total=1.0)

        def show(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)

        report = run_landing(
            workspace, folder, show, skip_bad_files=skip_bad_files, log_format=log_format
        )
    if output_format == "json":
        click.echo(json.dumps(_describe(report), ensure_ascii=False, indent=2))
        return
    where = f" -w {shlex.quote(str(workspace_path))}" if workspace_path else ""
    _print_table(report, f"carepath build{where}")


def _describe(report: LandingReport) -> dict[str, object]:
    """Write a report as plain values, with its totals."""
    return {
        "batch_number": report.batch_number,
        "rows_read": report.rows_read,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "files": [asdict(file) | {"already_landed": file.already_landed} for file in report.files],
    }


def _print_table(report: LandingReport, build: str) -> None:
    from rich import box
    from rich.table import Table

    from carepath.terminal import make_console

    tables = sorted({file.table for file in report.files if file.table is not None})
    title = "Landed" if report.batch_number else None
    printed = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    printed.add_column("table", no_wrap=True)
    for heading in ("files", "already landed", "rows read", "accepted", "rejected"):
        printed.add_column(heading, justify="right", no_wrap=True)
    for name in tables:
        files = [file for file in report.files if file.table == name]
        printed.add_row(
            name.split(".")[1],
            f"{sum(file.status == 'landed' for file in files):,}",
            f"{sum(file.already_landed for file in files):,}",
            f"{sum(file.rows_read for file in files):,}",
            f"{sum(file.accepted for file in files):,}",
            f"{sum(file.rejected for file in files):,}",
        )
    # Numbers are never cut off, also where the output is a pipe or a narrow terminal.
    make_console(width=max(make_console().width, 100)).print(printed)
    for line in (*_list_reasons(report), *_list_notes(report)):
        click.echo(line)
    click.echo(_say_next(report, build))


def _list_reasons(report: LandingReport) -> list[str]:
    """Write the most frequent reasons of each table."""
    counts: dict[str, dict[str, int]] = {}
    for file in report.files:
        of_table = counts.setdefault((file.table or "").split(".")[-1], {})
        for reason, count in file.reasons:
            of_table[reason] = of_table.get(reason, 0) + count
    lines = []
    for table, reasons in sorted(counts.items()):
        top = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        lines += [f"{table}: {count:,} rejected: {why}" for why, count in top[:_SHOWN_REASONS]]
        if len(top) > _SHOWN_REASONS:
            lines.append(f"{table}: and {len(top) - _SHOWN_REASONS} more reasons")
    return lines


def _list_notes(report: LandingReport) -> list[str]:
    lines: list[str] = []
    for file in report.files:
        lines.extend(f"{file.file_name}: {file.status}: {note}" for note in file.notes)
        if file.unknown_columns:
            shown = ", ".join(name[:60] for name in file.unknown_columns[:_SHOWN_COLUMNS])
            more = len(file.unknown_columns) - _SHOWN_COLUMNS
            lines.append(
                f"{file.file_name}: unknown columns ignored ({len(file.unknown_columns)}): {shown}"
                + (f" and {more} more (--format json lists all)" if more > 0 else "")
            )
    return lines


def _say_next(report: LandingReport, build: str) -> str:
    if report.batch_number is None:
        return f"Nothing new: every file had been landed before. Next: {build}"
    rejected = "Rejected rows are in raw.duckdb, landing.rejected_rows. " if report.rejected else ""
    return f"{rejected}Next: {build}"
