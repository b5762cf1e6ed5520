"""The whole warehouse on an emulated Snowflake, against the DuckDB build of the same rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from emulation import PASSPHRASE, Emulated, run_statements
from sql_checks import find_problems

from carepath.building.production import open_production, publish_production
from carepath.errors import CarepathError
from carepath.operations.doctor import examine
from carepath.questions.asking import ask
from carepath.questions.opening import open_warehouse
from carepath.questions.registry import QUESTIONS
from carepath.report.collection import Collected, read_accounts
from carepath.snowflake.settings import read_settings
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow
PROD = "dev_anna_prod"


@pytest.mark.parametrize("build", [0, 1], ids=["full", "incremental"])
def test_every_row_of_prod_equals_the_embedded_build(emulated: Emulated, build: int) -> None:
    embedded, found = emulated.embedded[build], emulated.emulated[build]
    assert {t: len(rows) for t, rows in found.items()} == {
        t: len(rows) for t, rows in embedded.items()
    }
    differences = [
        (table, dict(zip(rows[0], pair, strict=True)))
        for table, rows in embedded.items()
        for mine, its in zip(rows, found[table], strict=True)
        if mine != its
        for pair in [list(zip(mine, its, strict=True))]
    ]
    assert differences[:3] == []


def test_the_later_rows_changed_prod(emulated: Emulated) -> None:
    first, second = emulated.embedded
    for table in ("funnel_events", "task_phases", "project_phases"):
        assert len(second[table]) > len(first[table]) > 1


def test_the_weeks_that_are_told_differently_are_listed(emulated: Emulated) -> None:
    (first, first_there), (second, second_there) = emulated.reports
    assert first.restated == first_there.restated == ()
    assert second.restated == second_there.restated != ()


def test_the_second_build_read_only_new_events(emulated: Emulated) -> None:
    deleted = [s for s in emulated.statement_texts if s.lstrip().startswith("delete from")]
    assert [s for s in deleted if "delivered_events" in s]


def test_rows_that_come_while_it_is_built_are_left_to_the_next_build(emulated: Emulated) -> None:
    with open_production(read_settings(), emulated.workspace) as production:
        came = production.read(
            "select count(*) from raw.snowplow.events where event_id like 'meanwhile-%'"
        )
        assert came == [(50,)]
        ((there,),) = production.read("select count(*) from raw.snowplow.events")
        ((accounted,),) = production.read(
            f"select sum(row_count) from {PROD}.public.row_reconciliation "
            "where source_table = 'snowplow.events'"
        )
    assert there == accounted + 50


@pytest.mark.parametrize("question", [question.id for question in QUESTIONS])
def test_a_question_has_the_same_answer(emulated: Emulated, question: str) -> None:
    def answer(platform: str) -> Any:
        try:
            return ask(question, workspace=emulated.workspace.on(platform)).to_dict()
        except CarepathError as error:
            return str(error)

    assert answer("snowflake") == answer("duckdb")


def test_segments_and_dates_are_bound_alike(emulated: Emulated) -> None:
    def answer(platform: str) -> Any:
        return ask(
            "conversion", by="client", since="2026-01-05", workspace=emulated.workspace.on(platform)
        ).to_dict()

    assert answer("snowflake") == answer("duckdb")


def test_the_report_reads_the_same_accounts(emulated: Emulated) -> None:
    def read(platform: str) -> Collected:
        with closing(open_warehouse(emulated.workspace.on(platform), "report")) as warehouse:
            return read_accounts(warehouse, None, None)

    assert read("snowflake") == read("duckdb")


def test_doctor_tells_how_old_the_rows_are_there(emulated: Emulated) -> None:
    def tell(platform: str) -> list[str]:
        findings = examine(emulated.workspace.on(platform))
        return [finding.what for finding in findings if finding.check in ("snowflake", "data")]

    assert tell("snowflake") == [
        "fakesnow lets in builder as CAREPATH_BUILDER",
        *tell("duckdb"),
    ]


def test_readers_never_meet_a_table_under_construction(emulated: Emulated) -> None:
    made = [
        name
        for statement in emulated.statement_texts
        for name in re.findall(rf"create.* table\s+{PROD}\.(\w+)\.\w+", statement, re.IGNORECASE)
    ]
    assert set(made) == {"carepath_candidate"}
    swaps = [s for s in emulated.statement_texts if "swap with" in s]
    assert swaps == [f"alter schema {PROD}.public swap with {PROD}.carepath_candidate"] * 2


def test_prod_is_granted_to_the_reporter_and_prep_to_nobody(emulated: Emulated) -> None:
    grants = [s for s in emulated.statement_texts if s.lstrip().lower().startswith("grant")]
    tables = {m[1] for s in grants if (m := re.search(rf"select on {PROD}\.\w+\.(\w+)", s))}
    assert tables == set(emulated.embedded[0])
    assert all("carepath_reporter" in s for s in grants)
    assert [s for s in grants if "prep" in s] == []


def test_a_query_tag_says_what_ran_and_nothing_about_people(emulated: Emulated) -> None:
    tags = [
        json.loads(tag)
        for statement in emulated.statement_texts
        for tag in re.findall(r"query_tag = '(.*?)'", statement)
    ]
    assert len({tag["node"] for tag in tags}) > 100
    assert {key for tag in tags for key in tag} == {"app", "node", "invocation"}


def test_every_statement_is_snowflakes(emulated: Emulated) -> None:
    passed_over = ("alter session", "alter schema", "grant", "show", "describe", "use ", "comment")
    clock = "select current_timestamp()"  # of the build: no model asks for it
    problems = {
        problem: statement[:200]
        for statement in set(emulated.statement_texts) - {clock}
        if not statement.lstrip().lower().startswith(passed_over)
        for problem in find_problems(statement)
    }
    assert problems == {}


def test_no_secret_is_written_anywhere(emulated: Emulated, key_file: Path) -> None:
    body = key_file.read_text().splitlines()[1]
    files = [*emulated.workspace.root.rglob("*"), emulated.statements]
    written = [
        path
        for path in files
        if path.is_file()
        and any(secret.encode() in path.read_bytes() for secret in (PASSPHRASE, body))
    ]
    assert written == []


def test_a_table_of_somebody_else_stops_the_publication(emulated: Emulated) -> None:
    run_statements([f"create table {PROD}.public.my_notes as select 1 as note"])
    try:
        with (
            open_production(read_settings(), emulated.workspace) as production,
            pytest.raises(CarepathError, match="my_notes"),
        ):
            publish_production(production, frozenset(emulated.embedded[0]))
    finally:
        run_statements([f"drop table {PROD}.public.my_notes"])


def test_a_second_builder_is_refused_while_the_first_builds(
    emulated: Emulated, tmp_path: Path
) -> None:
    other = Workspace(tmp_path)

    def enter(workspace: Workspace) -> Callable[[], None]:
        context = open_production(read_settings(), workspace)
        context.__enter__()
        return lambda: context.__exit__(None, None, None)

    leave = enter(emulated.workspace)
    with pytest.raises(CarepathError, match="Another build is running"):
        enter(other)
    leave()
    enter(other)()
