"""The answers on the funnel, on people few enough to count by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from made import AS_OF, MONDAY, Made

ALL = (1, 2, 3, 4, 5, 6)


def rows_of(answer, *names):
    """Return some columns of the table, by row."""
    places = [[c.name for c in answer.table.columns].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in answer.table.rows]


def funnel(made: Made) -> None:
    """100 people: 50 convert, 30 stop before VERIFY, 15 before CREATE_PROJECT, 5 before the name.

    VERIFY_ELIGIBILITY does not apply to 20 of those who convert.
    """
    made.fresh()
    for index in range(100):
        day = MONDAY + timedelta(days=index % 60)
        if index < 20:
            made.person(day, (1, 2, 3, 5, 6), applies=(1, 2, 3, 5, 6))
        elif index < 50:
            made.person(day, ALL)
        elif index < 80:
            made.person(day, (1, 2, 3))
        elif index < 95:
            made.person(day, (1, 2, 3, 4, 5))
        else:
            made.person(day, (1,))


def test_the_largest_loss_is_named_in_people_and_as_a_rate_of_those_who_came(made: Made) -> None:
    funnel(made)
    answer = made.ask("largest-dropoff")
    assert answer.verdict == "named"
    assert answer.headline.startswith("VERIFY_ELIGIBILITY loses the most people: 30 of 100 (30.0 %")
    found = rows_of(answer, "step", "reached_previous", "closed", "lost", "share_of_entrants")
    assert found == [
        ("CREATE_ACCOUNT", None, 100, None, None),
        ("INPUT_FULL_NAME", 100, 95, 5, 0.05),
        ("CONFIRM_COUNTRY", 95, 95, 0, 0.0),
        ("VERIFY_ELIGIBILITY", 75, 65, 30, 0.3),
        ("CAREGIVING_GOAL", 65, 65, 0, 0.0),
        ("CREATE_PROJECT", 65, 50, 15, 0.15),
    ]
    rates = dict(rows_of(answer, "step", "loss_rate"))
    # 95 came to VERIFY_ELIGIBILITY, 20 of them without it: 30 of 75 are lost.
    assert rates["VERIFY_ELIGIBILITY"] == pytest.approx(30 / 75)


def test_people_lost_in_order_who_went_on_all_the_same_are_counted(made: Made) -> None:
    made.fresh()
    for _ in range(30):
        made.person(MONDAY, ALL)
    for _ in range(12):
        made.person(MONDAY, (1, 3, 4, 5, 6))
    answer = made.ask("largest-dropoff")
    found = {row[0]: row[1:] for row in rows_of(answer, "step", "lost", "went_on")}
    assert found["INPUT_FULL_NAME"] == (12, 12)
    assert made.ask("conversion").estimate("conversion_rate").value == 1.0


def test_two_steps_that_lose_about_as_many_are_both_candidates(made: Made) -> None:
    made.fresh()
    for index in range(60):
        made.person(MONDAY, ALL if index < 20 else (1,) if index < 40 else (1, 2, 3, 4, 5))
    answer = made.ask("largest-dropoff")
    assert answer.verdict == "candidates"
    assert "INPUT_FULL_NAME (20)" in answer.headline
    assert "CREATE_PROJECT (20)" in answer.headline


def test_conversion_leaves_out_staff_the_immature_and_who_never_entered(made: Made) -> None:
    funnel(made)
    made.person(MONDAY, ALL, exclusion_reason="staff")
    made.person(AS_OF - timedelta(days=3), (1,), is_mature=False)
    made.add("member_intake_funnel_metrics", member_id="late", population="no_entry")
    answer = made.ask("conversion")
    rate = answer.estimate("conversion_rate")
    assert (rate.value, rate.n) == (0.5, 100)
    assert rate.low < 0.5 < rate.high
    assert {left.reason.split(" ")[0]: left.count for left in answer.excluded} == {
        "ever": 1,
        "have": 1,
        "entered": 1,
    }
    assert rows_of(answer, "entered", "mature", "converted") == [(101, 100, 50)]


def test_the_estimate_of_everybody_censors_only_at_complete_through(made: Made) -> None:
    made.fresh()
    for index in range(60):
        made.person(MONDAY, ALL if index < 30 else (1,), seconds=86_400)
    # Seen for ten of fourteen days, with no project so far: 15 people at risk after 5 days.
    for _ in range(40):
        made.person(AS_OF - timedelta(days=10), (1,), is_mature=False)
    found = made.ask("conversion").estimate("conversion_rate_everybody")
    # At day 5 all 100 are at risk and 30 convert; nobody does later.
    assert found.n == 100
    assert found.value == pytest.approx(0.3)


def test_groups_under_ten_people_are_hidden_with_one_more_so_that_no_sum_tells(made: Made) -> None:
    made.fresh()
    for country, people in (("US", 60), ("CA", 40), ("DE", 12), ("AU", 4)):
        for index in range(people):
            made.person(MONDAY, ALL if index % 2 else (1,), entry_country=country)
    answer = made.ask("conversion", by="country")
    notes = dict(rows_of(answer, "segment", "note"))
    assert notes == {"US": "", "CA": "", "DE": "suppressed", "AU": "suppressed"}
    numbers = dict(rows_of(answer, "segment", "converted"))
    assert numbers == {"US": 30, "CA": 20, "DE": None, "AU": None}


def test_segments_sum_to_the_total_and_unknown_is_one_of_them(made: Made) -> None:
    made.fresh()
    for index in range(90):
        made.person(
            MONDAY,
            ALL if index % 3 else (1,),
            entry_device_type=("mobile", "computer", None)[index % 3],
        )
    answer = made.ask("conversion", by="device")
    assert dict(rows_of(answer, "segment", "mature")) == {
        "mobile": 30,
        "computer": 30,
        "unknown": 30,
    }


def test_the_skip_rate_asks_only_those_who_went_further(made: Made) -> None:
    made.fresh()
    for index in range(50):
        made.person(MONDAY, (1, 2, 3, 4, 5, 6) if index < 40 else (1, 2, 4, 5, 6))
    for _ in range(25):
        made.person(MONDAY, (1, 2))
    for _ in range(10):
        made.person(MONDAY, (1, 2, 3, 5, 6), applies=(1, 2, 3, 5, 6))
    answer = made.ask("skipped-steps")
    found = {
        row[0]: row[1:]
        for row in rows_of(answer, "step", "went_further", "skipped", "not_applicable")
    }
    assert found["CONFIRM_COUNTRY"] == (60, 10, 0)
    assert found["VERIFY_ELIGIBILITY"] == (50, 0, 10)
    assert found["CREATE_PROJECT"] == (0, 0, 0)
    assert answer.headline.startswith("CONFIRM_COUNTRY is skipped most: by 16.7 %")


@pytest.mark.parametrize(
    ("furthest", "told"),
    [
        ((1,), "Nobody went past the first step, so nothing can have been skipped."),
        ((1, 2), "No step lies between the first and the last that anybody did"),
    ],
)
def test_where_no_step_can_be_skipped_it_is_said_why(
    made: Made, furthest: tuple[int, ...], told: str
) -> None:
    made.fresh()
    for _ in range(40):
        made.person(MONDAY, furthest)
    answer = made.ask("skipped-steps")
    assert answer.headline.startswith(told)
    assert answer.verdict == "none skipped"


def test_time_per_step_keeps_those_who_stopped_in_the_censored_median(made: Made) -> None:
    made.fresh()
    for index in range(60):
        made.person(MONDAY, (1, 2), seconds=60 + index)
    for _ in range(20):
        made.person(MONDAY, (1,))
    answer = made.ask("time-per-step")
    row = dict(zip((c.name for c in answer.table.columns), answer.table.rows[0], strict=True))
    assert (row["did"], row["came"]) == (60, 80)
    assert row["median_seconds"] == pytest.approx(89.5)
    # Of 80 who came, 40 had done it after 60 + 39 seconds; those who stopped were seen for days.
    assert row["censored_median_seconds"] == pytest.approx(99.0)


def test_clients_are_not_ranked_when_too_many_are_unknown(made: Made) -> None:
    made.fresh()
    for index in range(200):
        client = f"c{index % 4}" if index < 150 else None
        made.person(
            MONDAY,
            ALL if index % 2 else (1,),
            entry_client_id=client,
            entry_client_name=client,
            entry_client_source=client and "account",
        )
    answer = made.ask("conversion-by-client")
    assert answer.verdict == "not ranked"
    assert "25.0 %" in answer.headline
    assert set(answer.table.column("rank")) == {None}


def test_two_clients_far_apart_differ(made: Made) -> None:
    made.fresh()
    for index in range(600):
        client = f"c{index % 6}"
        converts = (index // 6) % 10 < (2 if index % 2 else 8)
        made.person(
            MONDAY, ALL if converts else (1,), entry_client_id=client, entry_client_name=client
        )
    answer = made.ask("conversion-by-client")
    assert answer.verdict == "differs"
    assert answer.table.column("rank") == [1, 2, 3, 4, 5, 6]
    assert answer.estimate("spread").value == pytest.approx(0.3, abs=0.06)


def test_a_loss_that_depends_on_the_device_is_found_and_the_others_are_not(made: Made) -> None:
    made.fresh()
    for index in range(1200):
        mobile = index % 2 == 0
        converts = (index // 2) % 10 < (4 if mobile else 8)
        made.person(
            MONDAY,
            ALL if converts else (1, 2, 3, 4, 5),
            entry_device_type="mobile" if mobile else "computer",
        )
    answer = made.ask("dropoff-by-segment")
    assert answer.verdict == "differs"
    assert "differs by device, from 20" in answer.headline
    assert "by country" not in answer.headline


@pytest.mark.parametrize("falls", [False, True])
def test_a_planted_fall_is_a_problem_and_a_level_series_is_not(made: Made, falls: bool) -> None:
    made.fresh()
    for week in range(112):
        for index in range(12):
            part = 3 if falls and week >= 60 else 7
            day = MONDAY - timedelta(weeks=70) + timedelta(weeks=week)
            if day < AS_OF - timedelta(days=21):
                made.person(day, ALL if (index * 7 + week) % 12 < part else (1,))
    answer = made.ask("conversion-trend")
    assert answer.verdict == ("problem" if falls else "no problem")
    if falls:
        assert answer.estimate("change").value == pytest.approx(-4 / 12, abs=0.02)
        assert "2024-10" in answer.headline


def test_immature_cohorts_carry_no_rate_and_are_marked(made: Made) -> None:
    made.fresh()
    for week in range(51):
        day = datetime(2025, 1, 6) + timedelta(weeks=week)
        mature = day + timedelta(days=14) <= AS_OF
        for index in range(10):
            made.person(day, ALL if index % 2 else (1,), is_mature=mature)
    answer = made.ask("conversion-trend")
    finals = answer.table.column("is_final")
    assert finals == sorted(finals, reverse=True)
    assert not finals[-1]
    for is_final, rate in zip(finals, answer.table.column("rate"), strict=True):
        assert (rate is not None) is is_final


def test_the_table_of_everybody_has_the_interval_of_the_headline(made: Made) -> None:
    made.fresh()
    for week in range(20):
        for index in range(30):
            done = (1, 6) if index < (5 if week % 2 else 25) else (1,)
            made.person(MONDAY + timedelta(weeks=week), done)
    answer = made.ask("conversion")
    rate = answer.estimate("conversion_rate")
    assert rows_of(answer, "entered", "mature", "converted", "rate", "low", "high") == [
        (600, 600, 300, 0.5, rate.low, rate.high)
    ]
    # Weeks that swing from 17 to 83 % make a wider interval than 600 people of one mind.
    assert rate.high - rate.low > 0.1
