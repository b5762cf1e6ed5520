"""`carepath erase`: a person leaves the workspace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from carepath.cli.options import log_format_option, workspace_option
from carepath.errors import CarepathError

if TYPE_CHECKING:
    from carepath.logs import LogFormat
    from carepath.operations.erasure import Erased, MissingPeopleError
    from carepath.workspace import Workspace


@click.command("erase")
@click.option("--user-id", "user_ids", multiple=True, help="A person's id; may be repeated.")
@click.option(
    "--user-ids",
    "file",
    type=click.File(encoding="utf-8-sig", errors="replace"),
    help="A file with one id per line, or - for stdin; keeps ids out of the shell's history.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@workspace_option
@log_format_option
def command(
    user_ids: tuple[str, ...],
    file: IO[str] | None,
    dry_run: bool,
    yes: bool,
    workspace: Path | None,
    log_format: LogFormat,
) -> None:
    """Erase people from raw, the reject ledger, prep and prod, for good, and build again.

    Removes the person's rows, those of their projects, tasks and devices, and whatever names them
    in the text of other people's rows. A count by table stays in landing.erasures, without any
    identifier. docs/operations.md says what to do about other copies: the files that were landed,
    backups, reports.

    If nothing is found for someone, the others are erased all the same; the message says where the
    id was given, and the exit code is 1.
    """
    from carepath.operations.erasure import erase_from_raw
    from carepath.workspace import find_workspace

    found = find_workspace(workspace)
    people = _read_people(user_ids, file)
    rehearsal = erase_from_raw(found, list(people), is_rehearsal=True)
    missing = rehearsal.explain_missing(people)
    _print_counts(rehearsal.tables)
    if not dry_run:
        if not yes:
            _ask(missing)
        missing = _erase(found, people, log_format, is_anything=bool(rehearsal.tables))
    if missing is not None:
        raise missing


def _read_people(user_ids: tuple[str, ...], file: IO[str] | None) -> dict[str, str]:
    """Map each id to where it was given; a byte-order mark is no part of one."""
    given = [(f"--user-id number {number}", text) for number, text in enumerate(user_ids, start=1)]
    if file is not None:
        lines = file.read().splitlines()
        given += [(f"{file.name}:{number}", text) for number, text in enumerate(lines, start=1)]
    people: dict[str, str] = {}
    for place, text in given:
        if person := text.strip("\ufeff \t\r\n"):
            people.setdefault(person, place)
    return people


def _erase(
    found: Workspace, people: dict[str, str], log_format: LogFormat, *, is_anything: bool
) -> MissingPeopleError | None:
    """Erase, build without them, and give what is to be said of people who were not found."""
    from carepath.cli.progress import show_progress
    from carepath.operations.erasure import MissingPeopleError, is_unfinished
    from carepath.operations.running import run_build, run_erasure

    missing = None
    try:
        run_erasure(found, people, log_format=log_format)
    except MissingPeopleError as error:
        missing = error
    if not is_anything and not is_unfinished(found):
        click.echo("Nothing was changed.")
        return missing
    click.echo("Erased from the raw database and its reject ledger.")
    if found.prod.exists():
        with show_progress("Building without them", log_format) as progress:
            run_build(found, progress, log_format=log_format)
        click.echo("Erased from prep and prod, which were built anew.")
    click.echo("Still to do by hand: the files that were landed, backups, reports and extracts.")
    return missing


def _ask(missing: MissingPeopleError | None) -> None:
    if not sys.stdin.isatty():
        raise CarepathError(
            "Erasing cannot be undone, and nobody can be asked here.",
            where="--yes",
            fix="look at the counts, then run it again with --yes",
        )
    if missing is not None:
        click.echo(str(missing), err=True)
    click.confirm("Erase them for good?", abort=True, err=True)


def _print_counts(counts: tuple[Erased, ...]) -> None:
    if not counts:
        click.echo("No row of these people was found.")
        return
    click.echo(f"{'':<34}{'rows':>8}{'rejected':>10}{'emptied':>9}")
    for erased in counts:
        click.echo(
            f"{erased.table:<34}{erased.rows:>8,}{erased.rejected_rows:>10,}{erased.emptied:>9,}"
        )
