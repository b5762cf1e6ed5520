"""`carepath funnel`: a funnel defined on the spot."""

from __future__ import annotations

import json
from pathlib import Path

import click

from carepath.cli.options import refuse, workspace_option


@click.command("funnel")
@click.option(
    "--events",
    type=click.Path(path_type=Path),
    help="File of events (CSV, Parquet or JSON): person, event, timestamp, event_id, properties.",
)
@click.option(
    "--warehouse", is_flag=True, help="Use the funnel events of the published warehouse instead."
)
@workspace_option
@click.option(
    "--definition",
    "-d",
    type=click.Path(path_type=Path),
    required=True,
    help="TOML file with steps, window, order, ... (docs/ad-hoc-funnels.md).",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to print the result.",
)
@click.option(
    "--part",
    type=click.Choice(["steps", "breakdown", "trend", "histogram", "set-aside"]),
    default="steps",
    show_default=True,
    help="With --format csv: which table.",
)
@click.option(
    "--persons", is_flag=True, help="With --format json: list who passed and who was lost."
)
@click.option(
    "--sql", "with_sql", is_flag=True, help="With --format json: add the statements that ran."
)
def command(
    events: Path | None,
    warehouse: bool,
    workspace: Path | None,
    definition: Path,
    output_format: str,
    part: str,
    persons: bool,
    with_sql: bool,
) -> None:
    """Run a funnel defined on the spot, over a file of events or the warehouse.

    A TOML file defines the steps and everything else:

    \b
        steps = [{ event = "sign up" }, { event = "pay", where = { plan = "pro" } }]
        window_seconds = 86400
    """
    from carepath.errors import CarepathError
    from carepath.funnels import funnel
    from carepath.workspace import find_workspace

    if workspace is not None and not warehouse:
        raise CarepathError(
            "--workspace only goes with --warehouse.", where="--workspace", fix="add --warehouse"
        )
    if (events is None) == (not warehouse):
        raise CarepathError(
            "Both --events and --warehouse are given."
            if warehouse
            else "Neither --events nor --warehouse is given.",
            where="--events, --warehouse",
            fix="give one of them: --events FILE, or --warehouse",
        )
    for name, wanted in (("persons", "json"), ("with_sql", "json"), ("part", "csv")):
        if output_format != wanted:
            because = f"only goes with --format {wanted}"
            refuse(name, because=because, fix=f"add --format {wanted}")
    result = funnel(
        definition,
        events=events,
        warehouse=find_workspace(workspace).root if warehouse else None,
        persons=persons,
    )
    if output_format == "json":
        click.echo(json.dumps(result.to_dict(with_sql=with_sql), indent=2, ensure_ascii=False))
    elif output_format == "csv":
        from carepath.funnels.spreadsheet import write_csv

        click.echo(write_csv(result, part), nl=False)
    else:
        from carepath.cli.funnel_table import print_result

        print_result(result)
