"""`carepath review`: read a dbt pull request as an expert would."""

from __future__ import annotations

import dataclasses
import gc
import os
import shutil
import sys
from pathlib import Path

import click

from carepath.cli.exit_codes import ExitCode
from carepath.cli.options import refuse
from carepath.errors import CarepathError

FORMATS = ("text", "json", "markdown", "sarif", "github")
# What --demo, which reviews a bundled change and always exits with 0, has no use for.
OF_A_REPOSITORY = (
    *("repo", "project_dir", "base", "head", "staged", "worktree", "whole", "baseline"),
    *("write_baseline", "dialect", "no_style", "no_cache", "processes", "fail_on"),
    "strict_coverage",
)
LEVELS = ("note", "warning", "error", "never")


@click.command("review")
@click.option(
    "--repo", type=click.Path(path_type=Path), default=Path(), help="Repository to review [.]."
)
@click.option("--project-dir", default="", help="Folder of the dbt project inside the repository.")
@click.option("--base", help="Revision to compare with [merge-base with the default branch].")
@click.option("--head", help="Revision to review [HEAD].")
@click.option("--staged", is_flag=True, help="Review what is staged.")
@click.option("--worktree", is_flag=True, help="Review the files on disk.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", help="Form of the report."
)
@click.option("--output", type=click.Path(path_type=Path), help="File for the report [stdout].")
@click.option("--fail-on", type=click.Choice(LEVELS), help="Lowest severity that exits 1 [error].")
@click.option("--all", "whole", is_flag=True, help="Review the whole project, not a change.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="Leave out the findings in this file."
)
@click.option(
    "--write-baseline", type=click.Path(path_type=Path), help="Write today's findings to this file."
)
@click.option("--dialect", help="Warehouse dialect of the SQL [from configuration, else guessed].")
@click.option("--strict-coverage", is_flag=True, help="Exit 3 if a changed file was not analysed.")
@click.option("--no-style", is_flag=True, help="Leave out notes on style.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Number of processes [one per core, for many models].",
)
@click.option("--demo", is_flag=True, help="Review a bundled, flawed pull request; always exits 0.")
def command(
    repo: Path,
    project_dir: str,
    base: str | None,
    head: str | None,
    staged: bool,
    worktree: bool,
    form: str,
    output: Path | None,
    fail_on: str | None,
    whole: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    dialect: str | None,
    strict_coverage: bool,
    no_style: bool,
    no_cache: bool,
    processes: int | None,
    demo: bool,
) -> int:
    """Review the change between two revisions of a dbt project, statically.

    Needs git, but neither dbt nor a warehouse. Exit code 0: nothing at or above --fail-on; 1:
    findings; 2: bad input; 3: no base found, or (--strict-coverage) a changed file not analysed.
    """
    # Syntax trees are many objects and little garbage: it is looked for less often.
    gc.set_threshold(200_000, 20, 50)
    from carepath.review import formats, running
    from carepath.review.git import NoBaseError

    if sum((bool(head), staged, worktree)) > 1:
        raise CarepathError("Give only one of --head, --staged and --worktree.")
    _refuse_idle(demo=demo, whole=whole, is_baseline=write_baseline is not None)
    request = running.Request(
        repo=repo,
        project_dir=project_dir,
        base=base,
        head=head,
        staged=staged,
        worktree=worktree,
        whole=whole or write_baseline is not None,
        baseline=baseline,
        dialect=dialect,
        style=not no_style,
        cache=not no_cache,
        processes=processes,
    )
    try:
        if demo:
            from carepath.review.demo import run as run_demo

            result, settings = run_demo()
        else:
            result, settings = running.run(request)
    except NoBaseError as error:
        click.secho("Error: ", fg="red", nl=False, err=True)
        click.echo(str(error), err=True)
        return ExitCode.NO_BASE
    settings = dataclasses.replace(settings, fail_on=fail_on or settings.fail_on)
    if write_baseline is not None:
        running.write_baseline(result, write_baseline)
        click.echo(f"Findings written to {write_baseline}: {len(result.findings)}.", err=True)
        return ExitCode.OK
    if form == "text" and output is None and sys.stdout.isatty():
        from carepath.review.formats import text as plain

        width = shutil.get_terminal_size().columns
        text = plain.render(result, width, colour="NO_COLOR" not in os.environ)
    else:
        text = formats.render(result, form)
    if output is not None:
        running.write_atomically(output, text)
    else:
        sys.stdout.write(text)
    if demo:
        return ExitCode.OK
    if (strict_coverage or settings.strict_coverage) and running.has_gaps(result):
        return ExitCode.NO_BASE
    return ExitCode.FAILED if running.fails(result, settings.fail_on) else ExitCode.OK


def _refuse_idle(*, demo: bool, whole: bool, is_baseline: bool) -> None:
    """Refuse what would have no effect beside other options."""
    if demo:
        refuse(
            *OF_A_REPOSITORY,
            because="does not go with --demo, which reviews a bundled pull request",
            fix="leave one of them out",
        )
    if whole or is_baseline:
        other = "--write-baseline" if is_baseline else "--all"
        refuse(
            "base",
            because=f"does not go with {other}, which reviews the whole project",
            fix="leave one of them out",
        )
    if is_baseline:
        refuse(
            *("baseline", "form", "output", "fail_on", "strict_coverage"),
            because="does not go with --write-baseline, which lists all findings and reports none",
            fix="write the baseline first, then review with --baseline",
        )
