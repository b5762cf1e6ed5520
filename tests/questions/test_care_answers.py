"""The answers on tasks and projects, few enough to work out by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from made import AS_OF, MONDAY, Made
from test_funnel_answers import rows_of

DAY = timedelta(days=1)


def test_open_tasks_count_as_open_and_deleted_ones_as_never_completed(made: Made) -> None:
    made.fresh()
    # 60 done after 1..60 days; 20 deleted at once; 20 started ten days ago and still open.
    for index in range(60):
        made.task(f"t{index}", MONDAY, float(index + 1))
    for index in range(60, 80):
        made.task(f"t{index}", MONDAY, end_reason="deleted", ended=MONDAY + DAY / 2)
    for index in range(80, 100):
        made.task(f"t{index}", AS_OF - 10 * DAY)
    answer = made.ask("time-to-complete")
    # Up to day 10, 10 of 100 finish; the 20 open ones leave with 70 that are not finished, and
    # 20 of them never will be: survival is .9 (1 - 1/70)(1 - 1/69)... = .9 (70 - k) / 70.
    # It is at most one half at k = 32 (after 31.1): day 42.
    assert answer.estimate("tasks_median_days").value == 42.0
    assert answer.estimate("tasks_completed_only_mean_days").value == 30.5
    found = dict(zip((c.name for c in answer.table.columns), answer.table.rows[0], strict=True))
    assert (found["started"], found["completed"], found["open"], found["removed"]) == (
        100,
        60,
        20,
        20,
    )
    removed = answer.estimate("tasks_removed_by_30_days_rate")
    assert removed.value == pytest.approx(0.2)
    assert found["p90_days"] is None


def test_nothing_completed_is_said_and_not_guessed(made: Made) -> None:
    made.fresh()
    for index in range(40):
        made.task(f"t{index}", AS_OF - 30 * DAY)
    answer = made.ask("time-to-complete")
    assert answer.verdict == "not reached"
    assert "Fewer than half of the 40 started tasks were completed by day 30" in answer.headline


def test_what_nobody_completed_within_hours_is_not_told_of_day_nought(made: Made) -> None:
    made.fresh()
    for index in range(40):
        made.task(f"t{index}", AS_OF - timedelta(hours=5))
    told = made.ask("time-to-complete").headline
    assert "Fewer than half of the 40 started tasks were completed within 5.0 hours." in told


def test_tasks_without_a_start_or_history_are_left_out_and_counted(made: Made) -> None:
    made.fresh()
    made.task("a", MONDAY, 2.0)
    made.task("b", None)
    made.task("c", None, end_reason="cancelled")
    made.task("d", MONDAY, is_imputed=True)
    answer = made.ask("time-to-complete")
    assert sum(left.count for left in answer.excluded) == 3
    assert {left.unit for left in answer.excluded} == {"tasks"}


def test_where_there_is_no_history_it_is_not_said_that_nothing_was_started(made: Made) -> None:
    made.fresh()
    for index in range(3):
        made.task(f"t{index}", MONDAY, is_imputed=True)
        made.visit(f"t{index}", 1, "ONGOING", "active", MONDAY, None, is_imputed=True)
    made.task("new", None)
    made.project("p", MONDAY, is_imputed=True)
    told = (
        "No task or project is known to have been started: 3 tasks and 1 project have no history "
        "to tell it from."
    )
    for question in ("time-to-complete", "slowest-type"):
        answer = made.ask(question)
        assert answer.headline == told
    assert made.ask("slowest-type", by="project-type").headline == (
        "No task or project is known to have been started: 1 project has no history to tell it "
        "from."
    )
    assert made.ask("slowest-phase").headline.startswith("No task is known to have been in any")


def test_statuses_that_the_map_does_not_name_are_said_and_not_taken_for_no_work(made: Made) -> None:
    made.fresh()
    for index in range(3):
        made.task(f"t{index}", None, category="unknown", created_at=MONDAY)
        made.visit(f"t{index}", 1, "RESOLVE", "unknown", MONDAY, None, project_id="p")
    made.project("p", MONDAY, is_imputed=True)
    made.add(
        "work_in_progress_changes",
        project_key="p",
        project_id="p",
        changed_date=MONDAY.date(),
        tasks_entered=3,
        tasks_left=0,
        open_task_count=3,
        active_task_count=0,
    )
    unnamed = "in a status that status_map.csv does not name"
    for question in ("time-to-complete", "slowest-type"):
        assert made.ask(question).headline == (
            f"No task or project is known to have been started: 3 tasks are {unnamed} (name it "
            "there and build again) and 1 project has no history to tell it from."
        )
    assert made.ask("slowest-phase").headline == (
        f"No task is known to have been in any phase: 3 visits are {unnamed}. Name it there and "
        "build again."
    )
    told = f"3 open tasks are {unnamed}: they count as open and not as in progress."
    assert told in made.ask("tasks-in-progress").caveats
    flow = made.ask("demand-or-efficiency")
    assert flow.verdict == "cannot tell"
    assert "of 3 of 3 tasks it is not known when they were open" in flow.headline


def test_where_finished_tasks_have_no_history_earlier_days_are_not_counted(made: Made) -> None:
    changes(made)
    for index in range(8):
        made.task(f"open{index}", MONDAY, category="active")
    made.task("old", None, created_at=MONDAY, is_imputed=True, category="done")
    answer = made.ask("tasks-in-progress")
    told = answer.estimate("mean_open_tasks")
    assert (told.value, told.reason) == (
        None,
        "1 of 9 tasks have no history that tells when they were open",
    )
    assert answer.estimate("open_tasks").value == 3


def test_no_time_at_all_has_no_shares_and_no_days(made: Made) -> None:
    made.fresh(MONDAY)
    made.task("t", MONDAY, created_at=MONDAY)
    made.visit("t", 1, "ONGOING", "active", MONDAY, None)
    answer = made.ask("slowest-phase")
    assert answer.headline == (
        "Whether a phase is slower cannot be told: there is nothing to compare it with."
    )
    assert answer.estimate("ONGOING_share_rate").value is None
    assert made.ask("demand-or-efficiency").headline.endswith("do not span them (no day).")


def test_without_tasks_it_is_said_that_none_was_started_or_in_a_phase(made: Made) -> None:
    made.fresh()
    made.task("new", None)
    assert made.ask("time-to-complete").headline == "No task or project was started."
    assert made.ask("slowest-phase").headline == "No task was in any phase."


def test_history_that_begins_in_the_middle_of_work_is_told_of(made: Made) -> None:
    made.fresh()
    for index in range(40):
        made.task(f"t{index}", MONDAY, 2.0)
        made.visit(f"t{index}", 1, "doing", "active", MONDAY, 2.0)
        # ten of them existed for a day by then, the others for a moment
        before = 1.0 if index < 10 else 0.001
        made.visit(
            f"t{index}", 0, "before_history", "before_history", MONDAY - before * DAY, before
        )
    told = "The history of 10 tasks begins over an hour after they were created"
    assert any(told in caveat for caveat in made.ask("time-to-complete").caveats)
    later = made.ask("time-to-complete", since="2025-01-07")
    assert not any("The history of" in caveat for caveat in later.caveats)


def test_an_extract_of_late_completions_is_warned_of(made: Made) -> None:
    made.fresh()
    rng = np.random.default_rng(1)
    begins = AS_OF - 400 * DAY
    for index in range(1500):
        started = begins + float(rng.uniform(0, 390)) * DAY
        length = float(rng.exponential(60))
        if begins + 200 * DAY <= started + length * DAY < AS_OF:
            made.task(f"t{index}", started, length)
    answer = made.ask("time-to-complete")
    assert any("selected by completion" in caveat for caveat in answer.caveats)


def test_a_process_that_sped_up_is_warned_of(made: Made) -> None:
    made.fresh()
    rng = np.random.default_rng(2)
    for index in range(400):
        started = AS_OF - (400 - index) * DAY
        length = float(rng.exponential(12.0 if index < 200 else 4.0))
        done = started + length * DAY < AS_OF
        made.task(f"t{index}", started, length if done else None)
    answer = made.ask("time-to-complete")
    assert any("are faster" in caveat for caveat in answer.caveats)


def phases(made: Made) -> None:
    """40 tasks: a day in todo, half a day of work, four days waiting."""
    made.fresh()
    for index in range(40):
        at = MONDAY + index * DAY
        name = f"t{index}"
        made.visit(name, 1, "todo", "todo", at, 1.0)
        made.visit(name, 2, "in_progress", "active", at + DAY, 0.5)
        made.visit(name, 3, "with_member", "waiting", at + 1.5 * DAY, 4.0 + index % 3)
        made.visit(name, 4, "complete", "done", at + 9 * DAY, None)
    made.visit("x", 0, "before_history", "before_history", MONDAY, 1.0)
    made.visit("x", 1, "todo", "todo", MONDAY, 1.0, is_imputed=True)


def test_the_slowest_phase_is_found_with_its_kind_and_share(made: Made) -> None:
    phases(made)
    answer = made.ask("slowest-phase")
    assert answer.verdict == "slower"
    assert answer.headline.startswith("with_member (external wait, 5.0 days a visit")
    found = {
        row[0]: row[1:]
        for row in rows_of(answer, "phase", "kind", "visits", "mean_days", "is_slower")
    }
    assert found["with_member"][:2] == ("external wait", 40)
    assert found["with_member"][2] == pytest.approx(4.975)
    assert found["todo"][1:] == (40, pytest.approx(1.0), False)
    shares = dict(rows_of(answer, "phase", "share_of_task_days"))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["todo"] == pytest.approx(40 / (40 + 20 + 199))
    assert sum(left.count for left in answer.excluded) == 2


def test_phases_of_few_tasks_are_not_judged(made: Made) -> None:
    made.fresh()
    for index in range(8):
        made.visit(f"t{index}", 1, "todo", "todo", MONDAY, 1.0)
        made.visit(f"t{index}", 2, "in_progress", "active", MONDAY + DAY, 9.0)
    answer = made.ask("slowest-phase")
    assert answer.verdict == "cannot tell"
    assert "under 30 finished" in answer.headline


def test_a_type_a_third_slower_is_called_slower_and_one_a_tenth_slower_is_not(made: Made) -> None:
    made.fresh()
    for index in range(400):
        kind = ("member", "general", "internal")[index % 3]
        factor = {"member": 1.0, "general": 1.1, "internal": 1.6}[kind]
        length = factor * (5 + (index * 7 % 40) / 10)
        made.task(f"t{index}", MONDAY + (index % 100) * DAY, length, task_type=kind)
    answer = made.ask("slowest-type")
    assert answer.verdict == "slower"
    assert dict(rows_of(answer, "type", "is_slower")) == {
        "internal": True,
        "general": False,
        "member": False,
    }


def test_one_type_alone_has_nothing_to_be_compared_with(made: Made) -> None:
    made.fresh()
    for index in range(40):
        made.task(f"t{index}", MONDAY, 1.0 + index)
    answer = made.ask("slowest-type")
    assert answer.verdict == "cannot tell"
    (ratio,) = answer.estimates
    assert (ratio.value, ratio.reason) == (None, "there is nothing to compare it with")


def test_starts_are_counted_per_iso_week_and_cut_weeks_are_in_no_rate(made: Made) -> None:
    made.fresh(as_of=datetime(2025, 2, 5))
    for day, starts in ((6, 3), (12, 1), (13, 4), (27, 2)):
        for index in range(starts):
            made.project(f"{day}-{index}", datetime(2025, 1, day, 12))
    made.project("late", datetime(2025, 2, 4))
    made.project("none", None)
    answer = made.ask("projects-started")
    assert rows_of(answer, "week", "started", "is_complete") == [
        (date(2025, 1, 6), 4, False),
        (date(2025, 1, 13), 4, True),
        (date(2025, 1, 20), 0, True),
        (date(2025, 1, 27), 2, True),
        (date(2025, 2, 3), 1, False),
    ]
    assert answer.estimate("per_week").value == pytest.approx(2.0)
    assert answer.estimate("started").value == 11
    assert [(left.count, left.unit) for left in answer.excluded] == [(1, "projects")]


def test_since_a_monday_makes_the_first_week_complete(made: Made) -> None:
    made.fresh(as_of=datetime(2025, 3, 1))
    made.project("before", datetime(2025, 1, 3))
    for day in (6, 13, 20):
        made.project(f"p{day}", datetime(2025, 1, day))
    answer = made.ask("projects-started", since="2025-01-06", until="2025-01-19")
    assert rows_of(answer, "week", "is_complete") == [
        (date(2025, 1, 6), True),
        (date(2025, 1, 13), True),
    ]


@pytest.mark.parametrize("since", ["2024-12-01", "2025-01-06", "2025-01-09"])
def test_the_week_in_which_the_data_begin_is_cut_whatever_since_is(made: Made, since: str) -> None:
    made.fresh(as_of=datetime(2025, 3, 1))
    for day in (9, 13, 20):
        made.project(f"p{day}", datetime(2025, 1, day))
    answer = made.ask("projects-started", since=since, until="2025-01-26")
    assert rows_of(answer, "week", "is_complete") == [
        (date(2025, 1, 6), False),
        (date(2025, 1, 13), True),
        (date(2025, 1, 20), True),
    ]


def test_weeks_in_which_nothing_started_count_up_to_the_last_complete_one(made: Made) -> None:
    made.fresh(as_of=datetime(2025, 2, 18))
    for index, day in enumerate((6, 13, 13, 20)):
        made.project(f"p{index}", datetime(2025, 1, day))
    answer = made.ask("projects-started")
    assert rows_of(answer, "week", "started", "is_complete") == [
        (date(2025, 1, 6), 1, False),
        (date(2025, 1, 13), 2, True),
        (date(2025, 1, 20), 1, True),
        (date(2025, 1, 27), 0, True),
        (date(2025, 2, 3), 0, True),
        (date(2025, 2, 10), 0, True),
    ]
    assert answer.estimate("per_week").value == pytest.approx(3 / 5)
    assert answer.headline.endswith("over 5 complete weeks; 0 in the last of them.")
    bounded = made.ask("projects-started", until="2025-02-09")
    assert rows_of(bounded, "week")[-1] == (date(2025, 2, 3),)


def test_weeks_in_which_nothing_started_count_from_since(made: Made) -> None:
    made.fresh(as_of=datetime(2025, 2, 4))
    for day in (6, 27):
        made.project(f"p{day}", datetime(2025, 1, day))
    answer = made.ask("projects-started", since="2025-01-13")
    assert rows_of(answer, "week", "started", "is_complete") == [
        (date(2025, 1, 13), 0, True),
        (date(2025, 1, 20), 0, True),
        (date(2025, 1, 27), 1, True),
    ]
    # before the first start of all, nothing is known
    early = made.ask("projects-started", since="2024-12-01")
    assert rows_of(early, "week")[0] == (date(2025, 1, 6),)


def changes(made: Made) -> None:
    """Two projects and loose tasks; the second project's work is over since 3 January."""
    made.fresh()
    for key, day, entered, left, open_count, active in (
        ("p1", date(2025, 12, 20), 3, 0, 3, 2),
        ("p1", date(2025, 12, 30), 0, 1, 2, 1),
        ("p2", date(2025, 12, 1), 2, 0, 2, 2),
        ("p2", date(2025, 12, 3), 0, 2, 0, 0),
        ("(none)", date(2025, 12, 15), 1, 0, 1, 1),
    ):
        made.add(
            "work_in_progress_changes",
            project_key=key,
            project_id=None if key == "(none)" else key,
            changed_date=day,
            tasks_entered=entered,
            tasks_left=left,
            open_task_count=open_count,
            active_task_count=active,
        )
    for name, category, entered_at, days in (
        ("p1", "active", datetime(2025, 12, 20, 9), None),
        ("p1", "active", datetime(2025, 12, 20, 10), 10.0),
        ("p1", "todo", datetime(2025, 12, 20, 11), None),
        ("p2", "active", datetime(2025, 12, 1, 9), 2.0),
        ("p2", "active", datetime(2025, 12, 1, 9), 2.0),
        (None, "active", datetime(2025, 12, 15, 9), None),
    ):
        made.visit("t", 1, category, category, entered_at, days, project_id=name)
    made.project("p1", MONDAY)
    made.project("p2", MONDAY, project_type="HOUSING")


def test_work_in_progress_is_what_the_last_change_left(made: Made) -> None:
    changes(made)
    answer = made.ask("tasks-in-progress")
    assert rows_of(answer, "project_id", "active_tasks", "open_tasks") == [
        ("p1", 1, 2),
        ("(none)", 1, 1),
    ]
    assert answer.estimate("active_tasks").value == 2
    assert answer.estimate("projects_with_open_tasks").value == 1


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        (["p1", "p1", "p2"], "3 tasks are in progress in 2 projects at"),
        (["p1", "p1", "p2"], "of 3 open tasks in 2 projects with open work: 1.5 in the middle"),
        (["p1", None, None], "3 tasks are in progress, 1 of them in 1 project, at"),
        (["p1", None, None], "of 3 open tasks, 1 of them in 1 project with open work: 1 in the"),
        ([None, None], "2 tasks are in progress, none of them in a known project, at"),
        ([None, None], "of 2 open tasks, none of them in a known project."),
    ],
)
def test_tasks_without_a_project_are_not_said_to_be_in_one(
    made: Made, projects: list[str | None], told: str
) -> None:
    made.fresh()
    for name in projects:
        made.visit("t", 1, "doing", "active", MONDAY, None, project_id=name)
    for name in {*projects}:
        made.add(
            "work_in_progress_changes",
            project_key=name or "(none)",
            project_id=name,
            changed_date=MONDAY.date(),
            tasks_entered=projects.count(name),
            tasks_left=0,
            open_task_count=projects.count(name),
            active_task_count=projects.count(name),
        )
    assert told in made.ask("tasks-in-progress").headline


def test_one_task_without_a_project_belongs_to_none(made: Made) -> None:
    changes(made)
    caveats = made.ask("tasks-in-progress").caveats
    assert "1 open task belongs to no known project." in caveats


def test_until_goes_back_to_the_end_of_that_day(made: Made) -> None:
    changes(made)
    answer = made.ask("tasks-in-progress", until="2025-12-02", by="project-type")
    assert rows_of(answer, "project_id", "segment", "active_tasks") == [("p2", "HOUSING", 2)]
    # 2 active tasks at the end of 1 and 2 December; the daily mean starts with the first change.
    assert answer.estimate("mean_active_tasks").value == 2.0
    assert made.ask("tasks-in-progress", until="2025-11-01").verdict == "nothing in progress"


def test_the_last_four_weeks_end_with_the_day_of_as_of_and_never_before_the_data(
    made: Made,
) -> None:
    changes(made)
    # as_of is the beginning of 1 January; 3 tasks are open since 30 December, 4 before.
    mean = made.ask("tasks-in-progress", since="2025-12-29").estimate("mean_open_tasks")
    assert mean.value == pytest.approx((4 + 2 * 3) / 3)
    assert mean.label.endswith("mean of 3 days to 2025-12-31")
    assert made.ask("tasks-in-progress", since="2000-01-01").estimate("mean_open_tasks").n == 31
    never = made.ask("tasks-in-progress", since="2030-01-01").estimate("mean_open_tasks")
    assert (never.value, never.n) == (None, 0)


def test_a_day_that_is_not_over_is_told_as_of_the_moment(made: Made) -> None:
    changes(made)
    now = made.ask("tasks-in-progress")
    assert "at 2026-01-01 00:00:00 UTC" in now.headline
    for until in ("2026-01-01", "2030-01-01"):
        assert made.ask("tasks-in-progress", until=until).headline == now.headline
    assert "at the end of 2025-12-31" in (
        made.ask("tasks-in-progress", until="2025-12-31").headline
    )


def test_clocks_of_completed_work_leave_out_starts_that_may_be_reopened(made: Made) -> None:
    made.fresh()
    # 30 tasks: two days of cycle, half a day worked on, of one day in progress.
    clocks = {
        "is_done": True,
        "lead_seconds": 3 * 86_400,
        "cycle_seconds": 2 * 86_400,
        "touch_seconds": 86_400,
        "active_seconds": 43_200,
        "business_seconds": 57_600,
    }
    for index in range(30):
        made.task(f"t{index}", MONDAY, 2.0, **clocks)
    # A re-opening came after ten days: what was started five days ago may still be re-opened.
    made.task("young", AS_OF - 5 * DAY, 1.0, **(clocks | {"active_seconds": 86_400}))
    made.visit("t0", 1, "done", "done", MONDAY + 2 * DAY, 10.0)
    made.visit("t0", 2, "doing", "active", MONDAY + 12 * DAY, 1.0)
    # Closing or deleting what is done is no re-opening, however late it comes.
    for index in range(1, 20):
        made.visit(f"t{index}", 1, "done", "done", MONDAY + 2 * DAY, 400.0)
        made.visit(f"t{index}", 2, "closed", "done", MONDAY + 402 * DAY, 1.0)
    answer = made.ask("time-to-complete")
    found = {
        name: answer.estimate(f"tasks_{name}_median_days").value
        for name in ("lead", "cycle", "active", "business")
    }
    assert found == pytest.approx({"lead": 3, "cycle": 2, "active": 0.5, "business": 2 / 3})
    efficiency = answer.estimate("tasks_flow_efficiency_rate")
    assert (efficiency.value, efficiency.n) == (0.5, 30)


def test_times_can_be_told_by_quarter_of_the_start(made: Made) -> None:
    made.fresh()
    for index in range(60):
        made.task(f"t{index}", MONDAY + (index % 2) * 200 * DAY, 1.0 + index % 2)
    answer = made.ask("time-to-complete", by="start-quarter")
    rows = dict(rows_of(answer, "segment", "completed_only_median_days"))
    assert rows == {"2025-Q1": 1.0, "2025-Q3": 2.0}
