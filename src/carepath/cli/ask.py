"""`carepath ask`: an answer from prod, as a table, JSON or CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.cli.options import (
    log_format_option,
    range_options,
    refuse,
    target_option,
    workspace_option,
)

if TYPE_CHECKING:
    from carepath.logs import LogFormat


@click.command("ask")
@click.argument("question", required=False)
@click.option(
    "--by", metavar="SEGMENT", help="Split by a segment, such as client; a wrong name lists all."
)
@range_options
@click.option(
    "--as-of",
    metavar="MOMENT",
    help="Refuse to answer unless the warehouse is built as of this moment (UTC).",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="table to read, json for everything, csv for the table alone.",
)
@click.option("--sql", is_flag=True, help="Also show the statements that ran.")
@workspace_option
@target_option
@log_format_option
def command(
    question: str | None,
    by: str | None,
    since: str | None,
    until: str | None,
    as_of: str | None,
    output_format: str,
    sql: bool,
    workspace: Path | None,
    target: str | None,
    log_format: LogFormat,
) -> int:
    """Answer a question from prod; without QUESTION, list the questions."""
    if question is None:
        refuse(
            *("by", "since", "until", "as_of", "sql"),
            because="needs a question",
            fix="name one: carepath ask ID; `carepath ask` alone lists them",
        )
        _list_questions(output_format)
        return 0
    if output_format == "csv":
        refuse(
            "sql",
            because="does not go with --format csv, which is the table alone",
            fix="use --format json, which holds the statements, or leave one of them out",
        )
    from carepath.operations.recording import record_run
    from carepath.questions.asking import ask
    from carepath.workspace import find_workspace

    found = find_workspace(workspace).on(target)
    asked = {"question": question, "by": by, "since": since, "until": until, "as_of": as_of}
    with record_run(found, "ask", asked, log_format, keeps_history=False) as recorder:
        answer = ask(question, by=by, since=since, until=until, as_of=as_of, workspace=found)
        recorder.count(rows=len(answer.table.rows), statements=len(answer.sql))
    if output_format == "json":
        click.echo(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
    elif output_format == "csv":
        from carepath.questions.spreadsheet import write_csv

        click.echo(write_csv(answer), nl=False)
        click.echo(answer.headline, err=True)
    else:
        from carepath.questions.printing import print_answer

        print_answer(answer, sql=sql)
    return 0


def _list_questions(output_format: str) -> None:
    from carepath.questions.registry import QUESTIONS

    if output_format == "json":
        listed = [{"id": entry.id, "text": entry.text} for entry in QUESTIONS]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    if output_format == "csv":
        click.echo("id,text")
        for entry in QUESTIONS:
            click.echo(f'{entry.id},"{entry.text}"')
        return
    width = max(len(entry.id) for entry in QUESTIONS)
    for entry in QUESTIONS:
        click.echo(f"{entry.id:<{width}}  {entry.text}")
    click.echo(
        "\nAsk one with `carepath ask ID`, split it with --by; docs/questions explains each."
    )
