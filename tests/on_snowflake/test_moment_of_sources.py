"""Sources are read as they were when the build began; a build that misses rows starts over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from carepath.building import production as producing
from carepath.building.invocation import DbtResult, NodeResult
from carepath.building.production import fix_moment
from carepath.errors import CarepathError
from carepath.initialisation import init_workspace
from carepath.workspace import Workspace

building = import_module("carepath.building.build")  # the name in the package is a function
CLOCK = datetime(2026, 3, 1, 5, 0, 0, 123456, timezone(timedelta(hours=1)))
MOMENT = "2026-03-01T04:00:00.123+00:00"


class Database:
    """Answers a build's statements; refuses those that hold a text."""

    published = "prod.public"
    candidate = "prod.carepath_candidate"

    def __init__(self, refused: str | None = None) -> None:
        self.refused = refused
        self.statements: list[str] = []

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        self.statements.append(sql)
        if self.refused is not None and self.refused in sql:
            raise CarepathError("Snowflake refused a statement: no.", where=sql)
        return [(CLOCK,)] if "current_timestamp" in sql else [(1,)]

    def change(self, sql: str) -> int:
        self.read(sql)
        return 0

    def environment(self, threads: int) -> dict[str, str]:
        return {}


def test_the_moment_is_that_of_the_database_in_utc_and_every_source_can_be_read_then() -> None:
    database = Database()
    assert fix_moment(database, {"raw_database": "lake"}) == MOMENT  # type: ignore[arg-type]
    then = [s for s in database.statements if f"at(timestamp => cast('{MOMENT}'" in s]
    assert len(then) == 7
    assert all(" from lake." in statement for statement in then)


def test_a_source_without_time_travel_is_named_with_what_to_do() -> None:
    with pytest.raises(
        CarepathError, match=r"care_platform\.task cannot be read as it was"
    ) as told:
        fix_moment(Database("care_platform.task at("), {})  # type: ignore[arg-type]
    assert "time_travel = false" in str(told.value)


def test_a_source_that_cannot_be_read_at_all_is_not_blamed_on_time_travel() -> None:
    with pytest.raises(CarepathError, match="refused") as told:
        fix_moment(Database("care_platform.task "), {})  # type: ignore[arg-type]
    assert "time_travel" not in str(told.value)


def _end(*bad: str) -> DbtResult:
    nodes = (NodeResult("test", name, "t.sql", "fail", "", 1) for name in bad)
    return DbtResult(tuple(nodes), None)


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Build on a database that is none, with the ends of dbt that are given, and list its runs."""
    workspace = init_workspace(tmp_path / "workspace").on("snowflake")
    runs: list[dict[str, Any]] = []

    @contextmanager
    def open_production(*_: Any) -> Iterator[Database]:
        yield Database()

    def run(ends: list[DbtResult], **options: Any) -> tuple[list[dict[str, Any]], str]:
        def run_dbt(_project: Path, variables: dict[str, Any], *_: Any, **named: Any) -> DbtResult:
            runs.append({**variables, "full_refresh": named["full_refresh"]})
            return ends[len(runs) - 1]

        monkeypatch.setattr(building, "run_dbt_build", run_dbt)
        report = building.build(workspace, **options)
        return runs, report.mode

    monkeypatch.setattr(producing, "open_production", open_production)
    for name in ("account_production", "list_restated_production"):
        monkeypatch.setattr(producing, name, lambda *_: ())
    monkeypatch.setattr(producing, "publish_production", lambda *_: None)
    monkeypatch.setattr("carepath.snowflake.settings.read_settings", lambda: None)
    for name in ("list_rejections", "list_warnings"):
        monkeypatch.setattr(building, name, lambda _: ())
    monkeypatch.setattr(building, "read_as_of", lambda _: None)
    yield run


def test_a_build_reads_at_one_moment(build: Any) -> None:
    runs, mode = build([_end()])
    assert [(run["sources_at"], run["full_refresh"]) for run in runs] == [(MOMENT, False)]
    assert mode == "incremental"


def test_without_time_travel_the_sources_are_read_as_they_are(build: Any, tmp_path: Path) -> None:
    config = Workspace(tmp_path / "workspace").config
    config.write_text("[warehouse]\ntime_travel = false\n")
    runs, _ = build([_end()])
    assert [run.get("sources_at") for run in runs] == [None]


def test_a_build_that_misses_rows_starts_over_at_the_same_moment(build: Any) -> None:
    runs, mode = build([_end("assert_every_source_row_is_accounted_for"), _end()])
    assert [(run["sources_at"], run["full_refresh"]) for run in runs] == [
        (MOMENT, False),
        (MOMENT, True),
    ]
    assert mode.startswith("from scratch: rows have come that the loader's time does not tell of")


@pytest.mark.parametrize(
    ("ends", "options"),
    [
        ([_end("assert_every_source_row_is_accounted_for")] * 2, {}),
        ([_end("assert_every_source_row_is_accounted_for")], {"full_refresh": True}),
        ([_end("assert_every_source_row_is_accounted_for", "another")], {}),
        ([_end("another")], {}),
    ],
    ids=["again", "from scratch", "not alone", "another"],
)
def test_any_other_failure_is_told(
    build: Any, ends: list[DbtResult], options: dict[str, Any]
) -> None:
    with pytest.raises(CarepathError, match=r"The build failed\."):
        build(ends, **options)
