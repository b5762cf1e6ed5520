"""What builds keep, when they start over, and when they have nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from carepath.building import build
from carepath.building.state import (
    explain_rebuilds,
    is_up_to_date,
    note_publication,
    prepare_state,
    read_inputs,
    read_signatures,
)
from carepath.initialisation import init_workspace
from carepath.landing import create_raw
from carepath.workspace import Workspace

Copy = Callable[[Workspace], Workspace]


def make_state(workspace: Workspace, rows: int, batch: int = 1) -> None:
    """A prep that has taken in so many copies of events up to a batch."""
    with duckdb.connect(str(workspace.prep)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.delivered_events as "
            f"select {rows} as source_row_count, {batch} as batch_number"
        )


def add_events(workspace: Workspace, rows: int, batch: int | None) -> None:
    """So many raw events of a batch; none where carepath did not land them."""
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute(
            "insert into snowplow.events (event_id, _batch_number) "
            "select cast(i as varchar), cast($batch as integer) from range($rows) as r (i)",
            {"batch": batch, "rows": rows},
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with three raw events, of one batch."""
    made = init_workspace(tmp_path / "workspace")
    create_raw(made)
    add_events(made, 3, 1)
    return made


def test_a_state_that_holds_what_raw_holds_is_built_upon(workspace: Workspace) -> None:
    make_state(workspace, 3)
    add_events(workspace, 5, 2)  # new ones are no reason to start over
    assert prepare_state(workspace.prep, workspace.raw, start_over=False) is None
    assert workspace.prep.exists()


def test_rows_gone_from_raw_start_the_state_over(workspace: Workspace) -> None:
    make_state(workspace, 3)
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute("delete from snowplow.events where event_id = '1'")
    reason = prepare_state(workspace.prep, workspace.raw, start_over=False)
    assert reason == "rows of snowplow.events that earlier builds read are gone"
    assert read_tables(workspace.prep) == []


def test_rows_that_carepath_did_not_land_are_read_too(workspace: Workspace) -> None:
    add_events(workspace, 2, None)
    make_state(workspace, 5)
    assert prepare_state(workspace.prep, workspace.raw, start_over=False) is None


def note_file(workspace: Workspace, content: str, batch: int) -> None:
    """An entry of landing's ledger."""
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute(
            "insert into landing.files (file_id, batch_number, table_name, file_name, sha256, "
            "landed_at, row_count, accepted_count, rejected_count) "
            f"values ('{content}', {batch}, 'snowplow.events', 'events.csv', '{content}', "
            "timestamp '2026-01-01', 3, 3, 0)"
        )


@pytest.mark.parametrize(
    ("ledger", "is_another"),
    [
        ({1: "a", 2: "b"}, False),
        ({1: "a", 2: "b", 3: "c"}, False),
        ({1: "z", 2: "b"}, True),
        ({1: "a", 2: "c"}, True),
        ({1: "b", 2: "a"}, True),
        ({1: "a"}, True),
        ({}, True),
    ],
)
def test_a_raw_of_other_files_starts_the_state_over_whatever_its_counts(
    ledger: dict[int, str], is_another: bool, workspace: Workspace
) -> None:
    make_state(workspace, 3)
    note_file(workspace, "a", 1)
    note_file(workspace, "b", 2)
    assert prepare_state(workspace.prep, workspace.raw, start_over=False) is None
    # made anew, or from a copy, with as many rows as before
    workspace.raw.unlink()
    create_raw(workspace)
    add_events(workspace, 3, 1)
    for batch, content in ledger.items():
        note_file(workspace, content, batch)
    reason = prepare_state(workspace.prep, workspace.raw, start_over=False)
    told = "raw is another than the one that earlier builds read"
    assert reason == (told if is_another else None)
    assert read_tables(workspace.prep) == ([] if is_another else ["delivered_events"])
    assert prepare_state(workspace.prep, workspace.raw, start_over=False) is None


def test_an_unreadable_state_is_replaced(workspace: Workspace) -> None:
    workspace.prep.write_bytes(b"not a database" * 1000)
    reason = prepare_state(workspace.prep, workspace.raw, start_over=False)
    assert reason == "the state of earlier builds could not be read and was removed"
    assert read_tables(workspace.prep) == []


def test_a_new_state_is_for_its_owner_only(workspace: Workspace) -> None:
    assert prepare_state(workspace.prep, workspace.raw, start_over=True) is not None
    assert workspace.prep.stat().st_mode & 0o077 == 0


def read_tables(database: Path) -> list[str]:
    """The tables of the models in a database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'intermediate'"
            ).fetchall()
        ]


CHANGES: dict[str, Callable[[Workspace, Path], None]] = {
    "rows were landed": lambda w, _: add_events(w, 1, 2),
    "a definition": lambda w, _: _append(w.definitions / "holidays.csv", "2026-02-03,Extra\n"),
    "a model": lambda _, project: _append(project / "models" / "a.sql", " "),
    "a macro": lambda _, project: _append(project / "macros" / "a.sql", " "),
    "a data test": lambda _, project: _append(project / "tests" / "a.sql", " "),
    "another prod": lambda w, _: w.prod.write_bytes(b"prod, another"),
}


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("change", [None, *CHANGES])
def test_there_is_nothing_to_do_exactly_when_nothing_has_changed(
    change: str | None, workspace: Workspace, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    for folder in ("models", "macros", "tests"):
        (project / folder).mkdir(parents=True)
        (project / folder / "a.sql").write_text("select 1")
    (project / "dbt_project.yml").write_text("name: x")
    workspace.prod.write_bytes(b"prod")

    def look() -> bool:
        inputs = read_inputs(workspace, project, workspace.definitions, {"as_of": ""})
        return is_up_to_date(workspace, inputs)

    assert not look()
    note_publication(
        workspace, read_inputs(workspace, project, workspace.definitions, {"as_of": ""})
    )
    if change:
        CHANGES[change](workspace, project)
    assert look() == (change is None)
    other = read_inputs(workspace, project, workspace.definitions, {"as_of": "2026-01-01"})
    assert not is_up_to_date(workspace, other)


def test_a_rebuild_is_explained_by_what_has_changed() -> None:
    before = {"a": {"code": "1", "definitions": "1"}, "b": {"code": "1", "definitions": "1"}}
    after = {"a": {"code": "1", "definitions": "2"}, "b": {"code": "1", "definitions": "1"}}
    assert explain_rebuilds(before, after) == "changed definitions: a"
    assert explain_rebuilds(after, after) is None


@pytest.mark.slow
def test_a_changed_definition_rebuilds_exactly_what_is_made_with_it(
    built: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(built)
    before = read_signatures(workspace.prep)
    assert set(before) >= {"delivered_events", "delivered_tasks", "full_task_history"}
    _append(workspace.definitions / "holidays.csv", "2026-02-03,Extra\n")
    _append(workspace.definitions / "status_map.csv", "task,FROZEN,frozen,paused\n")
    assert build(workspace).mode == (
        "incremental, in part from scratch "
        "(changed definitions: full_project_history, full_task_history, project_clocks, "
        "project_visit_beginnings, task_clocks, task_visit_beginnings)"
    )
    steps = workspace.definitions / "funnel_steps.csv"
    _append(steps, "OTHER_FUNNEL,1,ARRIVE,,,,,\nOTHER_FUNNEL,2,LEAVE,,,,,\n")
    assert build(workspace).mode == (
        "incremental, in part from scratch (changed definitions: delivered_events, "
        "eventful_members, member_step_matches, member_step_opens, member_step_outcomes)"
    )
    left = workspace.building / "candidate"
    left.mkdir()
    assert build(workspace).mode == "nothing is new"
    assert not left.exists()
