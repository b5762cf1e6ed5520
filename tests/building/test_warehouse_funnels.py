"""`carepath funnel --warehouse`: steps by name count the people of the published tables."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from carepath.cli.funnel import command
from carepath.workspace import Workspace

STEPS = (
    "CREATE_ACCOUNT",
    "INPUT_FULL_NAME",
    "CONFIRM_COUNTRY",
    "VERIFY_ELIGIBILITY",
    "CAREGIVING_GOAL",
    "CREATE_PROJECT",
)
COUNTED = "population = 'entrant' and exclusion_reason is null"


def run_funnel(workspace: Path, folder: Path, steps: tuple[str, ...]) -> dict:
    """The funnel of these steps, everything else left as it is by default."""
    definition = folder / "funnel.toml"
    listed = ", ".join(f'{{ event = "{name}" }}' for name in steps)
    definition.write_text(f"steps = [{listed}]\n")
    arguments = ["--warehouse", "-w", str(workspace), "-d", str(definition)]
    ran = CliRunner().invoke(command, [*arguments, "--format", "json", "--persons"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.output)


def read(workspace: Path, select: str) -> list[tuple]:
    with duckdb.connect(str(workspace / "prod.duckdb"), read_only=True) as connection:
        return connection.execute(select).fetchall()


def check_steps(workspace: Path, folder: Path) -> None:
    """All steps: who did each at all in the window; in order as far as all have to do them."""
    found = run_funnel(workspace, folder, STEPS)["steps"]
    expected = read(
        workspace,
        "select step_number, count(*) filter (where is_open), count(*) filter (where is_closed),"
        " count(*) filter (where is_closed and metrics.is_mature),"
        f" min(cast(is_applicable as integer)) from (from member_intake_funnel_metrics where"
        f" {COUNTED}) as metrics inner join member_intake_funnel_steps as steps using (member_id)"
        " group by step_number order by step_number",
    )
    assert [step["open"] for step in found] == [did for _, did, *_ in expected]
    # Of a step that does not apply to somebody the ad-hoc funnel cannot know.
    for step, (_, _, closed, closed_mature, applies) in zip(found, expected, strict=True):
        if not applies:
            break
        assert (step["closed"], step["closed_mature"]) == (closed, closed_mature)
    assert step["step_number"] > 3


def check_conversion(workspace: Path, folder: Path) -> None:
    """Entry and conversion, whatever lies between: the very people, and how many are mature."""
    result = run_funnel(workspace, folder, (STEPS[0], STEPS[-1]))
    people = read(
        workspace,
        "select member_id, is_converted, is_mature from member_intake_funnel_metrics"
        f" where {COUNTED} order by member_id",
    )
    assert sum(converted for _, converted, _ in people) > 100
    entered, converted = result["steps"]
    assert entered["persons_closed"] == [member for member, _, _ in people]
    assert converted["persons_closed"] == [member for member, did, _ in people if did]
    assert converted["persons_lost"] == [member for member, did, _ in people if not did]
    assert result["totals"]["n_mature"] == sum(mature for _, _, mature in people)
    assert converted["closed_mature"] == sum(mature and did for _, did, mature in people)


def check_account(workspace: Path, folder: Path) -> None:
    """Every row of funnel_events is used or counted; staff are out."""
    account = run_funnel(workspace, folder, STEPS)["events"]
    ((rows, staff),) = read(
        workspace, "select count(*), count(exclusion_reason) from funnel_events"
    )
    assert staff > 0
    assert account["rows_read"] == rows
    assert account["staff"] == staff
    assert account["counted"] == rows - staff


@pytest.mark.slow
@pytest.mark.parametrize("check", [check_steps, check_conversion, check_account])
def test_a_funnel_over_the_warehouse_counts_the_people_of_the_tables(
    built: Workspace, tmp_path: Path, check
) -> None:
    check(built.root, tmp_path)


@pytest.mark.slow
def test_a_step_nobody_ever_did_is_named_with_the_nearest_that_exists(
    built: Workspace, tmp_path: Path
) -> None:
    result = run_funnel(built.root, tmp_path, ("CREATE_ACCOUNT", "CREATE_PROJEKT"))
    assert result["unseen_events"] == [{"event": "CREATE_PROJEKT", "nearest": "CREATE_PROJECT"}]
    assert result["steps"][1]["closed"] == 0
