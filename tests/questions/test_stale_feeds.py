"""Where one feed stopped, answers end with it, whatever the others still bring."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from made import Made

from carepath.questions.answer import Answer

DAY = timedelta(days=1)
BEGIN = datetime(2024, 11, 1)
STOPPED = datetime(2025, 12, 10, 11, 20, 30, 456)
TODAY = datetime(2026, 1, 14, 18)
CLOSED = ("done", "cancelled")
CATEGORIES = {
    "todo": "todo",
    "in_progress": "active",
    "waiting_for_member": "waiting",
    "complete": "done",
    "cancelled": "cancelled",
}
TASKS, TASK_HISTORY = "care_platform.task", "care_platform.historical_task"
PROJECTS, PROJECT_HISTORY = "care_platform.project", "care_platform.historical_project"
OF_TASKS = ("slowest-phase", "demand-or-efficiency", "tasks-in-progress")
OF_BOTH = ("time-to-complete", "slowest-type")


@dataclass(frozen=True)
class Visit:
    """A stay in a status; without an end it goes on."""

    status: str
    entered: datetime
    exited: datetime | None

    @property
    def category(self) -> str:
        return CATEGORIES[self.status]


def live(random: Random, created: datetime, pace: float) -> list[Visit]:
    """The whole life of a task or project, also what nobody knows yet."""
    path = ["todo", "in_progress"]
    if random.random() < 0.3:
        path += ["waiting_for_member", "in_progress"]
    path.append("cancelled" if random.random() < 0.1 else "complete")
    if path[-1] == "complete" and random.random() < 0.1:
        path += ["in_progress", "complete"]
    at, entries = created, []
    for status in path:
        entries.append((status, at))
        at += timedelta(microseconds=round(random.expovariate(1 / pace) * 86_400e6) + 1)
    ends = [entered for _, entered in entries[1:]]
    return [Visit(*entry, end) for entry, end in zip(entries, [*ends, None], strict=True)]


def known(visits: list[Visit], moment: datetime) -> list[Visit]:
    """What of them had happened by a moment."""
    return [
        Visit(one.status, one.entered, one.exited if one.exited and one.exited <= moment else None)
        for one in visits
        if one.entered <= moment
    ]


def lives(pace: float, a_day: int, seed: int) -> Iterator[tuple[str, list[Visit]]]:
    random = Random(seed)
    for number in range(a_day * (TODAY - BEGIN).days):
        created = BEGIN + DAY * number / a_day + timedelta(seconds=random.randrange(86_400))
        yield f"{seed}-{number:05d}", live(random, created, pace)


def summarise(visits: list[Visit]) -> dict[str, Any]:
    active = next((one.entered for one in visits if one.category == "active"), None)
    done = [one.entered for one in visits if one.category == "done"]
    last = visits[-1]
    ends = {"done": "completed", "cancelled": "cancelled"}
    return {
        "created_at": visits[0].entered,
        "is_imputed": False,
        "is_done": last.category == "done",
        "first_active_at": active,
        "first_done_at": done[0] if done else None,
        "last_done_at": done[-1] if done else None,
        "first_done_seconds": (done[0] - active).total_seconds() if done else None,
        "end_reason": ends.get(last.category),
        "ended_at": last.entered if last.category in ends else None,
        **dict.fromkeys(("lead_seconds", "cycle_seconds", "touch_seconds"), 1.0),
        **dict.fromkeys(("active_seconds", "business_seconds"), 1.0),
    }


def plant(
    folder: Path,
    as_of: datetime,
    ends: dict[str, datetime],
    upto: datetime,
    *,
    are_loads_known: bool = True,
) -> Made:
    """A prod of a moment, with the tasks and projects as they were at `upto`."""
    folder.mkdir()
    (folder / "carepath.toml").touch()
    made = Made(folder)
    made.fresh(as_of, ends=ends, are_loads_known=are_loads_known)
    moves: dict[tuple[str, Any], list[int]] = defaultdict(lambda: [0, 0, 0])
    for number, (name, whole) in enumerate(lives(1.5, 3, seed=1)):
        visits = known(whole, upto)
        if not visits:
            continue
        project = f"p{number % 37}"
        kind = "general" if number % 3 else "member"
        made.add(
            "current_task_summary",
            **{"task_id": name, "project_id": project, "task_type": kind} | summarise(visits),
        )
        for place, one in enumerate(visits, start=1):
            made.add(
                "task_phases",
                task_id=name,
                project_id=project,
                visit_number=place,
                status=one.status,
                category=one.category,
                entered_at=one.entered,
                exited_at=one.exited,
                is_open=one.exited is None,
                is_imputed=False,
                seconds=round(((one.exited or as_of) - one.entered).total_seconds(), 6),
            )
        for before, after in pairwise([None, *visits]):
            move = moves[project, after.entered.date()]
            was, now = (
                before is not None and before.category not in CLOSED,
                (after.category not in CLOSED),
            )
            move[0] += now and not was
            move[1] += was and not now
            move[2] += (after.category == "active") - (
                before is not None and before.category == "active"
            )
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (project, day), (entered, left, active) in sorted(moves.items()):
        totals[project][0] += entered - left
        totals[project][1] += active
        made.add(
            "work_in_progress_changes",
            project_key=project,
            project_id=project,
            changed_date=day,
            tasks_entered=entered,
            tasks_left=left,
            open_task_count=totals[project][0],
            active_task_count=totals[project][1],
        )
    for number, (name, whole) in enumerate(lives(9.0, 1, seed=2)):
        visits = known(whole, upto)
        if visits:
            kind = "HOUSING" if number % 2 else "ELDER_CARE"
            made.add(
                "current_project_summary",
                **{"project_id": name, "project_type": kind} | summarise(visits),
            )
    return made


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Everything as of the moment at which the feed stopped."""
    return plant(tmp_path_factory.mktemp("then") / "made", STOPPED, {}, STOPPED)


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Five weeks later, every feed going on."""
    return plant(tmp_path_factory.mktemp("now") / "made", TODAY, {}, TODAY)


def stale(folder: Path, *sources: str, upto: datetime = TODAY) -> Made:
    """Five weeks later; some sources are complete no further than where they stopped."""
    return plant(folder / "stale", TODAY, dict.fromkeys(sources, STOPPED), upto)


def told(answer: Answer, unit: str | None = None) -> dict[str, Any]:
    """What an answer says, its note on what is known apart; of one unit, where one is named."""
    places = [
        place for place, column in enumerate(answer.table.columns) if column.name != "changed_date"
    ]
    return {
        "headline": answer.headline if unit is None else None,
        "verdict": answer.verdict if unit is None else None,
        "estimates": [one for one in answer.estimates if one.name.startswith(unit or "")],
        "rows": [
            [row[place] for place in places]
            for row in answer.table.rows
            if unit is None or row[0] == unit
        ],
        "caveats": [one for one in answer.caveats if "are known up to" not in one]
        if unit is None
        else None,
    }


def notes(answer: Answer) -> list[str]:
    return [one for one in answer.caveats if "are known up to" in one]


# What came after the moment is there in part: lateness is a share of the rows, not of their times.
@pytest.mark.parametrize("upto", [STOPPED, TODAY], ids=["nothing later", "some of it"])
@pytest.mark.parametrize("source", [TASKS, TASK_HISTORY])
def test_answers_on_tasks_end_where_one_of_their_sources_stopped(
    source: str, upto: datetime, then: Made, tmp_path: Path
) -> None:
    made = stale(tmp_path, source, PROJECTS, upto=upto)
    for question in (*OF_TASKS, *OF_BOTH):
        answer, expected = made.ask(question), then.ask(question)
        assert told(answer) == told(expected), question
        assert notes(expected) == []
        assert f"known up to 2025-12-10 11:20 UTC, as far as {source} is" in notes(answer)[0]
        assert answer.as_of == TODAY


@pytest.mark.parametrize("source", [PROJECTS, PROJECT_HISTORY])
def test_where_projects_stopped_tasks_go_on(
    source: str, then: Made, now: Made, tmp_path: Path
) -> None:
    made = stale(tmp_path, source)
    for question in OF_TASKS:
        assert told(made.ask(question)) == told(now.ask(question)), question
        assert notes(made.ask(question)) == []
    for question in OF_BOTH:
        answer = made.ask(question)
        assert told(answer, "projects") == told(then.ask(question), "projects"), question
        assert told(answer, "projects") != told(now.ask(question), "projects"), question
        assert told(answer, "tasks") == told(now.ask(question), "tasks"), question
        (note,) = notes(answer)
        assert note.startswith("Projects are known up to 2025-12-10 11:20 UTC, as far as " + source)


def test_a_feed_that_lags_behind_has_not_stopped(now: Made, tmp_path: Path) -> None:
    ends = dict.fromkeys((TASKS, TASK_HISTORY, PROJECTS, PROJECT_HISTORY), TODAY - 2 * DAY)
    lagging = plant(tmp_path / "lagging", TODAY, ends, TODAY)
    for question in (*OF_TASKS, *OF_BOTH):
        assert told(lagging.ask(question)) == told(now.ask(question)), question
        assert notes(lagging.ask(question)) == []


def test_without_loader_times_records_that_nobody_touched_do_not_end_an_answer(
    now: Made, tmp_path: Path
) -> None:
    ends = dict.fromkeys((TASKS, PROJECTS), STOPPED)
    quiet = plant(tmp_path / "quiet", TODAY, ends, TODAY, are_loads_known=False)
    for question in (*OF_TASKS, *OF_BOTH):
        assert told(quiet.ask(question)) == told(now.ask(question)), question
        assert notes(quiet.ask(question)) == []


def test_without_loader_times_history_ends_an_answer_and_records_where_there_is_none(
    then: Made, tmp_path: Path
) -> None:
    ends = dict.fromkeys((TASK_HISTORY, PROJECT_HISTORY), STOPPED)
    made = plant(tmp_path / "history", TODAY, ends, TODAY, are_loads_known=False)
    assert told(made.ask("time-to-complete")) == told(then.ask("time-to-complete"))
    ends = dict.fromkeys((TASKS, PROJECTS), STOPPED)
    made = plant(tmp_path / "records", TODAY, ends, TODAY, are_loads_known=False)
    for row in made.rows["data_freshness"]:
        if row["source_table"] in (TASK_HISTORY, PROJECT_HISTORY):
            row["complete_through"] = None
    assert told(made.ask("time-to-complete")) == told(then.ask("time-to-complete"))


@pytest.mark.parametrize("source", [PROJECTS, PROJECT_HISTORY])
def test_starts_of_projects_name_the_source_that_stopped(made: Made, source: str) -> None:
    made.fresh(TODAY, ends={source: STOPPED})
    made.project("p1", BEGIN)
    (note,) = notes(made.ask("projects-started"))
    assert source in note


def test_what_began_later_than_is_known_is_counted_as_left_out(tmp_path: Path) -> None:
    made = stale(tmp_path, TASK_HISTORY)
    for question, words in (
        ("time-to-complete", "tasks that were started after the moment"),
        ("slowest-phase", "visits begun after the moment"),
    ):
        (left,) = [one for one in made.ask(question).excluded if one.reason.startswith(words)]
        assert left.count > 50


def test_what_began_later_is_left_out_of_the_range_it_lies_in_alone(tmp_path: Path) -> None:
    made = stale(tmp_path, TASK_HISTORY, PROJECT_HISTORY)
    for question in ("time-to-complete", "slowest-type", "slowest-phase"):
        excluded = made.ask(question, until=(STOPPED - DAY).date()).excluded
        assert [one for one in excluded if "after the moment" in one.reason] == [], question
