"""Every question on data that has nothing to say: a clear message or an honest answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from made import AS_OF, MONDAY, Made

from carepath.errors import CarepathError
from carepath.questions.registry import QUESTIONS

IDS = [entry.id for entry in QUESTIONS]
ALL = (1, 2, 3, 4, 5, 6)
DAY = timedelta(days=1)


def care(made: Made, tasks: int, days: float | None) -> None:
    """Add tasks, their visits and projects."""
    for index in range(tasks):
        at = MONDAY + (index % 300) * DAY
        made.task(f"t{index}", at, days)
        made.visit(f"t{index}", 1, "todo", "todo", at - DAY, 1.0)
        made.visit(f"t{index}", 2, "in_progress", "active", at, days)
        made.project(f"pt{index}", at, days, member_id=f"m{index:05d}")
        made.add(
            "work_in_progress_changes",
            project_key=f"pt{index}",
            project_id=f"pt{index}",
            changed_date=(at - DAY).date(),
            tasks_entered=1,
            tasks_left=0,
            open_task_count=1,
            active_task_count=0,
        )


def nothing(made: Made) -> None:
    """Sources without a row."""


def nobody_converted(made: Made) -> None:
    """60 people who stop at once, and tasks that are all open."""
    for index in range(60):
        made.person(MONDAY + index * DAY, (1,))
    care(made, 40, None)


def everybody_converted(made: Made) -> None:
    """60 people who go all the way, and tasks done in a day."""
    for index in range(60):
        made.person(MONDAY + index * DAY, ALL)
    care(made, 40, 1.0)


def one_person(made: Made) -> None:
    """One of each."""
    made.person(MONDAY, (1, 2))
    care(made, 1, 1.0)


def all_at_once(made: Made) -> None:
    """Everything at one instant, in no time at all."""
    for _ in range(40):
        made.person(MONDAY, ALL, seconds=0.0)
    for index in range(40):
        made.task(f"t{index}", MONDAY, 0.0)
        made.visit(f"t{index}", 1, "in_progress", "active", MONDAY, 0.0)
        made.project(f"p{index}", MONDAY, 0.0)


def immature(made: Made) -> None:
    """People who entered yesterday."""
    for _ in range(20):
        made.person(AS_OF - DAY, (1,), is_mature=False)
    care(made, 5, None)


def a_step_never_seen(made: Made) -> None:
    """VERIFY_ELIGIBILITY applies to nobody."""
    for index in range(60):
        done = (1, 2, 3, 5, 6) if index % 2 else (1, 2)
        made.person(MONDAY + index * DAY, done, applies=(1, 2, 3, 5, 6))


def unknown_client(made: Made) -> None:
    """One client, and it is not known; no other attribute is either."""
    for index in range(60):
        made.person(
            MONDAY + index * DAY,
            ALL if index % 2 else (1,),
            entry_client_id=None,
            entry_client_name=None,
            entry_client_source="unknown",
            entry_device_type=None,
            entry_country=None,
        )


WORLDS = (
    nothing,
    nobody_converted,
    everybody_converted,
    one_person,
    all_at_once,
    immature,
    a_step_never_seen,
    unknown_client,
)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.__name__)
def test_every_question_has_an_honest_answer(made: Made, world: Callable[[Made], None]) -> None:
    made.fresh()
    world(made)
    for question in IDS:
        answer = made.ask(question)
        assert answer.headline.endswith((".", "!")), question
        assert "nan" not in answer.headline.lower(), question
        json.dumps(answer.to_dict(), allow_nan=False)
        module = QUESTIONS[IDS.index(question)].load()
        assert answer.verdict in {*module.QUESTION.verdicts, "no data"}, question
        assert answer.table.columns in ((), module.COLUMNS), question
        for segment in module.QUESTION.segments:
            json.dumps(made.ask(question, by=segment.id).to_dict(), allow_nan=False)


@pytest.mark.parametrize("question", IDS)
def test_a_range_without_data_says_so(made: Made, question: str) -> None:
    made.fresh()
    everybody_converted(made)
    answer = made.ask(question, since="2001-01-01", until="2001-12-31")
    assert answer.verdict in ("no data", "cannot tell", "nothing in progress")
    assert answer.headline.endswith(".")


def test_a_range_without_entries_names_the_dates_that_have_some(made: Made) -> None:
    made.fresh()
    made.person(MONDAY, ALL)
    answer = made.ask("conversion", since="2001-01-01", until="2001-12-31")
    assert answer.headline == (
        "Nobody entered the funnel between 2001-01-01 and 2001-12-31; entries run from 2025-01-06 "
        "to 2025-01-06."
    )


def test_everybody_converting_is_no_loss_and_nobody_converting_a_rate_of_zero(
    make: Callable[[str], Made],
) -> None:
    lucky, unlucky = make("lucky"), make("unlucky")
    for made, world in ((lucky, everybody_converted), (unlucky, nobody_converted)):
        made.fresh()
        world(made)
    assert lucky.ask("largest-dropoff").verdict == "no loss"
    assert lucky.ask("conversion").estimate("conversion_rate").value == 1.0
    rate = unlucky.ask("conversion").estimate("conversion_rate")
    assert (rate.value, rate.low) == (0.0, 0.0)
    assert rate.high > 0


def test_people_who_all_entered_yesterday_are_too_early_to_judge(made: Made) -> None:
    made.fresh()
    immature(made)
    assert made.ask("conversion").headline.startswith("It is too early to tell: none of the 20")


def test_one_person_alone_is_told_of_as_one(made: Made) -> None:
    made.person(MONDAY, is_mature=False)
    made.fresh()
    assert made.ask("conversion").headline == (
        "It is too early to tell: the person who entered has not had the whole window yet."
    )


def test_fewer_than_thirty_people_name_no_step(made: Made) -> None:
    made.fresh()
    for index in range(29):
        made.person(MONDAY, (1, 2) if index % 9 else ALL, applies=(1, 2, 3, 5, 6))
    answer = made.ask("largest-dropoff")
    assert answer.verdict == "candidates"
    assert answer.headline == (
        "29 people are too few to name a step: CONFIRM_COUNTRY lost 25 of them."
    )


def test_a_step_nobody_ever_did_is_named(made: Made) -> None:
    made.fresh()
    a_step_never_seen(made)
    for question in ("conversion", "largest-dropoff", "skipped-steps", "time-per-step"):
        caveats = " ".join(made.ask(question).caveats)
        assert "Nobody who counts here ever did VERIFY_ELIGIBILITY:" in caveats, question


def test_a_single_client_is_nothing_to_compare(made: Made) -> None:
    made.fresh()
    for index in range(60):
        made.person(MONDAY, ALL if index % 2 else (1,))
    assert made.ask("conversion-by-client").verdict == "cannot tell"
    assert made.ask("dropoff-by-segment", by="client").verdict == "cannot tell"


def test_two_windows_longer_than_the_data_are_refused(made: Made) -> None:
    made.fresh(as_of=MONDAY + 100 * DAY)
    for index in range(50):
        made.task(f"t{index}", MONDAY + index * DAY, 1.0)
    answer = made.ask("demand-or-efficiency")
    assert answer.verdict == "cannot tell"
    assert "two windows of 84 days are needed" in answer.headline
    asked = made.ask("demand-or-efficiency", since="2025-03-01")
    assert asked.headline.endswith(
        "the range asked for is the later of two windows of 84 days at least, and it holds 42 days "
        "in whole weeks."
    )


def test_an_unknown_question_names_the_nearest_and_all(made: Made) -> None:
    with pytest.raises(CarepathError) as error:
        made.ask("conversions")
    assert "Did you mean 'conversion'?" in error.value.what
    assert all(question in (error.value.fix or "") for question in IDS)


def test_an_unknown_segment_names_the_nearest_and_all(made: Made) -> None:
    made.fresh()
    with pytest.raises(CarepathError) as error:
        made.ask("conversion", by="clients")
    assert "Did you mean 'client'?" in error.value.what
    assert "country" in (error.value.fix or "")
    with pytest.raises(CarepathError, match="cannot be split"):
        made.ask("slowest-phase", by="client")


def test_a_moment_before_the_build_asks_for_a_build_of_that_moment(made: Made) -> None:
    made.fresh()
    one_person(made)
    with pytest.raises(CarepathError) as error:
        made.ask("conversion", as_of="2025-06-01")
    assert 'carepath build --as-of "2025-06-01 00:00:00"' in (error.value.fix or "")
    with pytest.raises(CarepathError, match="no data yet: the earliest is of 2025-01-06"):
        made.ask("conversion", as_of="2024-01-01")
    with pytest.raises(CarepathError, match="knows nothing after"):
        made.ask("conversion", as_of="2027-01-01")
    assert made.ask("conversion", as_of="2026-01-01T00:00:00Z").as_of == AS_OF
    assert made.ask("conversion", as_of=datetime(2026, 1, 1)).as_of == AS_OF


def test_a_warehouse_not_built_yet_says_what_to_run(tmp_path) -> None:
    from carepath.questions.asking import ask

    (tmp_path / "carepath.toml").write_text("")
    with pytest.raises(CarepathError) as error:
        ask("conversion", workspace=tmp_path)
    assert "has not been built" in error.value.what
    assert "carepath build" in (error.value.fix or "")


def test_a_warehouse_without_any_date_is_called_empty(made: Made) -> None:
    with pytest.raises(CarepathError, match="The warehouse is empty"):
        made.ask("conversion")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"since": "last week"}, "is not a date"),
        ({"since": "2025-02-01", "until": "2025-01-01"}, "ends before it begins"),
        ({"as_of": "tomorrow"}, "is not a moment"),
        ({"as_of": "0001-01-01T00:00+02:00"}, "is not a moment"),
    ],
)
def test_dates_that_are_none_are_named(made: Made, options: dict[str, str], told: str) -> None:
    made.fresh()
    with pytest.raises(CarepathError, match=told):
        made.ask("conversion", **options)


def test_a_moment_before_the_year_1_is_named_and_no_traceback(made: Made) -> None:
    made.fresh()
    made.project("p1", MONDAY)
    made.rows["current_project_summary"][0]["started_week_date"] = "0001-01-01 (BC)"
    with pytest.raises(CarepathError, match="years 1 to 9999") as raised:
        made.ask("projects-started")
    assert "earliest_plausible_at" in str(raised.value.fix)
