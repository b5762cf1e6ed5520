"""`carepath demo`: sample data in, first answers out, in one command."""

from __future__ import annotations

import json
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carepath.errors import CarepathError

if TYPE_CHECKING:
    from carepath.sample import SamplePlan
    from carepath.workspace import Workspace

FIRST_QUESTIONS = (
    "largest-dropoff",
    "conversion",
    "time-to-complete",
    "slowest-phase",
    "projects-started",
    "tasks-in-progress",
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("carepath-demo"))
@click.option("--scenario", default="none", show_default=True, help="What changes in the data.")
@click.option(
    "--members", type=int, help="People who sign up.  [default: the scenario's own, mostly 20000]"
)
@click.option("--seed", default=1, show_default=True, help="Same seed, same data.")
def command(folder: Path, scenario: str, members: int | None, seed: int) -> None:
    """Make sample data, land it, build and test the warehouse, print the first answers.

    Everything goes to FOLDER (./carepath-demo by default), a workspace like any other.
    """
    from carepath.cli.build import print_report
    from carepath.cli.progress import show_progress
    from carepath.initialisation import init_workspace
    from carepath.operations.running import run_build, run_landing
    from carepath.questions.attempts import explain_unanswered
    from carepath.sample import SamplePlan, make_sample
    from carepath.sample.scenarios import find_scenario

    members = find_scenario(scenario).members if members is None else members
    workspace = init_workspace(folder)
    data = workspace.root / "sample-data"
    plan = SamplePlan(scenario=scenario, members=members, seed=seed)
    _check_same_demo(data, plan, folder)
    with show_progress("1/4 Making sample data") as progress:
        make_sample(data, plan, progress)
    with show_progress("2/4 Landing it") as progress:
        landed = run_landing(
            workspace, data, lambda what, share: progress(what, int(share * 1000), 1000)
        )
    click.echo(
        f"Landed {landed.rows_read:,} rows: {landed.accepted:,} accepted, "
        f"{landed.rejected:,} rejected with a reason."
        if landed.rows_read
        else "The sample data had been landed before."
    )
    with show_progress("3/4 Building and testing the warehouse") as progress:
        report = run_build(workspace, progress)
    print_report(report)
    click.echo()
    failures = _print_answers(workspace)
    failures |= _print_truth(workspace, data / "truth.json")
    _print_next(workspace, folder)
    if failure := explain_unanswered(failures):
        raise failure


def _check_same_demo(data: Path, plan: SamplePlan, folder: Path) -> None:
    """Refuse to mix two demos in one raw database."""
    ledger = data / "truth.json"
    if not ledger.exists():
        return
    made = json.loads(ledger.read_text(encoding="utf-8")).get("plan", {})
    wanted = {"scenario": plan.scenario, "members": plan.members, "seed": plan.seed}
    if any(made.get(key) != value for key, value in wanted.items()):
        raise CarepathError(
            f"{folder} holds a demo with other options.",
            where=str(ledger),
            fix="name another folder, or remove this one",
        )


def _print_answers(workspace: Workspace) -> dict[str, CarepathError]:
    """Print the first answers; give why others could not be given."""
    from rich.text import Text

    from carepath import ask
    from carepath.cli.progress import show_progress
    from carepath.questions.attempts import attempt
    from carepath.questions.registry import QUESTIONS
    from carepath.terminal import make_console

    texts = {question.id: question.text for question in QUESTIONS}
    answers = {}
    with show_progress("4/4 Answering") as progress:
        for number, question in enumerate(FIRST_QUESTIONS):
            progress(question, number, len(FIRST_QUESTIONS))
            act = partial(ask, question, workspace=workspace.root)
            answers[question] = attempt("carepath demo", act)
    console = make_console()
    failures = {}
    for question, answer in answers.items():
        console.print(Text.assemble((texts[question], "bold"), "  ", (question, "dim")))
        if isinstance(answer, CarepathError):
            failures[question] = answer
            console.print(f"  No answer: {answer.what}\n")
        else:
            console.print(f"  {answer.headline}\n")
    return failures


def _print_truth(workspace: Workspace, ledger: Path) -> dict[str, CarepathError]:
    """Say how the answers compare with what was planted; give why this cannot be said."""
    from rich.text import Text

    from carepath.cli.progress import show_progress
    from carepath.questions.attempts import attempt
    from carepath.terminal import make_console
    from carepath.truth_check import check_truth

    with show_progress("Checking against what was planted"):
        check = attempt("carepath demo", partial(check_truth, ledger, workspace.root))
    if isinstance(check, CarepathError):
        return {"truth check": check}
    held = sum(interval.contains for interval in check.intervals)
    console = make_console()
    console.print(Text.assemble(("Truth check", "bold"), ": planted parameters against answers"))
    console.print(f"  {held} of {len(check.intervals)} intervals (95 %) contain the planted value.")
    for interval in check.intervals:
        if not interval.contains:
            console.print(
                f"  missed: {interval.label}, planted {interval.planted:.3f}, "
                f"interval {interval.low:.3f} to {interval.high:.3f}"
            )
    for verdict in check.verdicts:
        console.print(
            f"  verdict for {verdict.label}: {verdict.answered}; planted: {verdict.planted}"
        )
    console.print()
    return {}


def _print_next(workspace: Workspace, folder: Path) -> None:
    named = shlex.quote(str(folder))
    click.echo(f"prod: {workspace.prod}")
    click.echo("Next:")
    click.echo(f"  carepath ask -w {named}                          all questions")
    click.echo(f"  carepath ask conversion --by client -w {named}   one answer, by segment")
    click.echo(
        f"  carepath sample --list-scenarios       {'':<{len(named)}}   other made-up worlds"
    )
