"""`carepath sample`: make sample data with a ledger of planted truths."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

import click

from carepath.cli.options import refuse


def _list_scenarios(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from carepath.sample.scenarios import SCENARIOS

    for scenario in SCENARIOS:
        click.echo(f"{scenario.name:<18} {scenario.story}")
        if scenario.effect_means:
            click.echo(
                f"{'':<18} --effect {scenario.default_effect:g} by default: {scenario.effect_means}"
            )
    ctx.exit()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--members", type=int, help="People who sign up.  [default: the scenario's own, mostly 20000]"
)
@click.option(
    "--events", type=click.IntRange(min=1), help="About this many events, instead of --members."
)
@click.option("--clients", default=40, show_default=True, help="Employers.")
@click.option("--months", default=24, show_default=True, help="Length of the span, in months.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day.  [default: so that the span ends on 2026-06-30]",
)
@click.option(
    "--scenario", default="none", show_default=True, help="What changes at 60 % of the span."
)
@click.option("--effect", type=float, help="Size of the change.  [default: the scenario's own]")
@click.option("--seed", default=1, show_default=True, help="Same seed, same data.")
@click.option("--file-format", default="parquet", show_default=True, help="parquet, csv or jsonl.")
@click.option(
    "--events-format",
    default="flattened",
    show_default=True,
    help="flattened, json (Snowplow's JSON columns) or tsv (its enriched events).",
)
@click.option(
    "--list-scenarios",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_scenarios,
    help="List the scenarios and what their effect measures.",
)
def command(
    folder: Path,
    members: int | None,
    events: int | None,
    clients: int,
    months: int,
    start: datetime | None,
    scenario: str,
    effect: float | None,
    seed: int,
    file_format: str,
    events_format: str,
) -> None:
    """Make sample data in FOLDER, with the planted truths in truth.json.

    The data is made up and safe to share: names, addresses and domains belong to nobody.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from carepath.sample import SamplePlan, make_sample
    from carepath.sample.scenarios import find_scenario
    from carepath.terminal import make_console

    plan = SamplePlan(
        members=find_scenario(scenario).members if members is None else members,
        clients=clients,
        months=months,
        start=start.date() if start else None,
        scenario=scenario,
        effect=effect,
        seed=seed,
        file_format=file_format,
        events_format=events_format,
    )
    if events is not None:
        refuse(
            "members",
            because="and --events both say how much to make",
            fix="give one of them: --members, or --events",
        )
        plan = plan.sized_for(events)
    console = make_console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        bar = bars.add_task("people", total=None)

        def show(stage: str, done: int, total: int) -> None:
            bars.update(bar, description=stage, completed=done, total=total)

        ledger = make_sample(folder, plan, show)
    for table, rows in ledger.rows.items():
        click.echo(f"{table:<20} {rows:>12,} rows")
    click.echo(f"{folder}: {len(ledger.files)} files, the planted truths in truth.json")
    click.echo(f"next: carepath land {shlex.quote(str(folder))}")
