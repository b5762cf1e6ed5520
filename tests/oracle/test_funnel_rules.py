"""The funnel rules (funnel.md), each on an example worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from oracle.definitions import Definitions, FunnelStep, Raw, Row
from oracle.expectation import expect
from oracle.matching import PersonEvent, Rules, best_attempt, match_path
from oracle.rates import conversion_rate, drop_off, population, skip_rate
from oracle.rows import NOON, at, client, event, member, raw, walk

ABC = (FunnelStep(1, "A"), FunnelStep(2, "B"), FunnelStep(3, "C"), FunnelStep(4, "D"))
PLAIN = Definitions(steps=ABC)
DAY = 86_400


def metrics(world: Raw, definitions: Definitions = PLAIN) -> dict[str, Row]:
    """Metrics rows by member."""
    rows = expect(world, definitions)["member_intake_funnel_metrics"]
    return {row["member_id"]: row for row in rows}


def steps(world: Raw, definitions: Definitions = PLAIN) -> dict[str, list[Row]]:
    """Step rows by member, in order."""
    found: dict[str, list[Row]] = {}
    for row in expect(world, definitions)["member_intake_funnel_steps"]:
        found.setdefault(row["member_id"], []).append(row)
    return found


def column(rows: list[Row], name: str) -> list[object]:
    """One column of the steps."""
    return [row[name] for row in rows]


def test_rule_1_an_event_without_a_user_is_counted_and_not_used() -> None:
    world = raw(events=[event("e1", None, "A", NOON)])
    expected = expect(world, PLAIN)
    assert expected["member_intake_funnel_metrics"] == []
    assert expected["funnel_events"] == []
    modelled = [row for row in expected["row_reconciliation"] if row["row_count"]]
    assert [(row["source_table"], row["fate"]) for row in modelled] == [
        ("snowplow.events", "modelled")
    ]


def test_rule_2_the_entry_is_the_first_ever_event_of_the_first_step() -> None:
    row = metrics(raw(events=walk("m", ("A", 50), ("A", 10), ("B", 60))))["m"]
    assert row["entered_at"] == at(10)
    assert row["entry_event_id"] == "m-2"
    assert row["repeat_event_count"] == 1


def test_rule_3_one_staff_event_excludes_the_person_and_keeps_the_row() -> None:
    events = [*walk("m", ("A", 0)), event("x", "m", None, at(days=200), user_role="staff")]
    row = metrics(raw(events=events))["m"]
    assert row["exclusion_reason"] == "staff"
    assert row["population"] == "entrant"
    assert population([row]) == set()


def test_rule_4_deleted_members_and_members_without_an_account_stay() -> None:
    world = raw(
        members=[member("gone", _fivetran_deleted=True)],
        events=walk("gone", ("A", 0)) + walk("unlisted", ("A", 0), ("D", 5)),
    )
    rows = metrics(world)
    assert (rows["gone"]["is_deleted"], rows["gone"]["has_account"]) == (True, True)
    assert (rows["unlisted"]["is_deleted"], rows["unlisted"]["has_account"]) == (False, False)
    people = population(list(rows.values()))
    assert conversion_rate(list(rows.values()), people) == Fraction(1, 2)


def test_rule_5_later_steps_without_an_entry_are_no_entry() -> None:
    world = raw(
        members=[member("quiet")],
        events=[*walk("late", ("C", 0)), *walk("odd", ("NO_SUCH_STEP", 0))],
    )
    assert {key: row["population"] for key, row in metrics(world).items()} == {
        "late": "no_entry",
        "odd": "no_funnel_events",
        "quiet": "no_funnel_events",
    }


def test_rule_6_of_events_with_one_id_the_first_collected_counts() -> None:
    first = event("e", "m", "A", at(0), collector_tstamp=at(20), load_tstamp=at(90))
    second = event("e", "m", "A", at(5), collector_tstamp=at(10), load_tstamp=at(95))
    third = event("e", "m", "A", at(7), collector_tstamp=at(10), load_tstamp=None)
    expected = expect(raw(events=[first, second, third]), PLAIN)
    assert [row["event_at"] for row in expected["funnel_events"]] == [at(5)]
    counts = {row["fate"]: row["row_count"] for row in expected["row_reconciliation"][-4:]}
    assert counts == {"modelled": 1, "deduplicated": 2, "rejected": 0, "after_as_of": 0}


def test_rule_7_the_collector_time_stands_in_and_ties_fall_to_the_lowest_id() -> None:
    events = [
        event("e2", "m", "A", at(9), derived_tstamp=None, collector_tstamp=at(3)),
        event("e1", "m", "A", at(3)),
    ]
    row = metrics(raw(events=events))["m"]
    assert (row["entered_at"], row["entry_event_id"]) == (at(3), "e1")


def test_rule_8_a_step_within_the_tolerance_counts_at_the_running_maximum() -> None:
    rows = steps(raw(events=walk("m", ("A", 10), ("B", 8), ("C", 12), ("D", 10))))["m"]
    assert column(rows, "reached_at") == [at(10), at(10), at(12), at(12)]
    assert column(rows, "seconds_from_previous") == [None, Decimal(0), Decimal(2), Decimal(0)]


def test_rule_8_the_tolerance_does_not_chain() -> None:
    rows = steps(raw(events=walk("m", ("A", 10), ("B", 9), ("C", 7.5), ("D", 10))))["m"]
    assert column(rows, "is_in_order") == [True, True, False, True]
    assert column(rows, "is_open") == [True, True, False, True]


def test_rule_8_without_tolerance_only_exact_ties_are_interchangeable() -> None:
    exact = replace(PLAIN, tie=timedelta(0))
    world = raw(events=walk("m", ("A", 10), ("C", 10), ("B", 10), ("D", 9.999999)))
    assert column(steps(world, exact)["m"], "is_in_order") == [True, True, True, False]


def test_rule_9_the_first_event_after_the_previous_step_is_used() -> None:
    rows = steps(raw(events=walk("m", ("A", 0), ("C", 10), ("B", 20), ("C", 30), ("C", 40))))["m"]
    assert column(rows, "reached_at") == [at(0), at(20), at(30), None]
    assert column(rows, "event_count") == [1, 1, 3, 0]


def test_rule_10_impossible_times_are_rejected_with_a_reason() -> None:
    events = [
        event("future", "m", "A", at(10), load_tstamp=at(9)),
        event("ancient", "m", "A", datetime(1999, 12, 31, 23, 59, 59)),
        event(None, "m", "A", at(0)),
        event("just", "m", "A", at(10), load_tstamp=at(10)),
        event("unknown", "m", "B", at(11), load_tstamp=None),
    ]
    expected = expect(raw(events=events), PLAIN)
    assert {row["reason"]: row["row_count"] for row in expected["rejection_summary"]} == {
        "dated_after_load": 1,
        "dated_too_early": 1,
        "missing_id": 1,
    }
    assert [row["event_id"] for row in expected["funnel_events"]] == ["just", "unknown"]


ENTRY = PersonEvent("a", at(0), 1)
PAGE = PersonEvent("page", at(5))
B, C = PersonEvent("b", at(10), 2), PersonEvent("c", at(8), 3)


@pytest.mark.parametrize(
    ("order", "reached"),
    [
        ("ordered", {1: at(0), 2: at(10)}),
        ("strict", {1: at(0)}),
        ("unordered", {1: at(0), 2: at(10), 3: at(8)}),
    ],
)
def test_rule_11_order_types(order: str, reached: dict[int, datetime]) -> None:
    rules = Rules(timedelta(days=14), order=order)
    assert match_path([ENTRY, PAGE, B, C], ENTRY, [2, 3], rules).reached == reached


def test_rule_12_the_window_ends_inclusive_and_counts_elapsed_seconds() -> None:
    world = raw(
        events=walk("just", ("A", 0), ("D", 14 * DAY))
        + walk("over", ("A", 0), ("D", 14 * DAY + 0.000001))
    )
    assert {key: row["is_converted"] for key, row in metrics(world).items()} == {
        "just": True,
        "over": False,
    }


def test_rule_12_any_entry_keeps_the_longest_attempt_then_the_earliest() -> None:
    events = [
        PersonEvent("a1", at(days=0), 1),
        PersonEvent("b1", at(days=1), 2),
        PersonEvent("a2", at(days=20), 1),
        PersonEvent("b2", at(days=21), 2),
        PersonEvent("c2", at(days=22), 3),
        PersonEvent("a3", at(days=40), 1),
        PersonEvent("b3", at(days=41), 2),
        PersonEvent("c3", at(days=42), 3),
    ]
    best = best_attempt(events, [1, 2, 3], Rules(timedelta(days=14)))
    assert best is not None
    assert best.used == ["a2", "b2", "c2"]


def test_rule_13_statuses_and_closed_are_counted_apart() -> None:
    rows = steps(raw(events=walk("m", ("A", 0), ("C", 10))))["m"]
    assert column(rows, "status") == ["done", "skipped", "done", "not_reached"]
    assert column(rows, "is_in_order") == [True, False, True, False]
    assert column(rows, "is_closed") == [True, False, False, False]


def test_rule_13_an_optional_step_is_passed_when_a_later_one_is_in_order() -> None:
    optional = replace(PLAIN, steps=(ABC[0], replace(ABC[1], is_optional=True), *ABC[2:]))
    world = raw(events=walk("on", ("A", 0), ("C", 10)) + walk("out", ("A", 0)))
    rows = steps(world, optional)
    assert column(rows["on"], "is_closed") == [True, True, True, False]
    assert column(rows["out"], "is_closed") == [True, False, False, False]


def test_rule_13_conversion_ignores_what_lies_between() -> None:
    row = metrics(raw(events=walk("m", ("A", 10), ("D", 9))))["m"]
    assert (row["is_converted"], row["converted_at"]) == (True, at(10))
    assert row["seconds_to_convert"] == Decimal("0.000000")
    assert (row["last_closed_step_number"], row["skipped_step_count"]) == (1, 2)


def test_rule_13_who_stopped_before_a_step_did_not_skip_it() -> None:
    world = raw(
        events=walk("skipped", ("A", 0), ("C", 5))
        + walk("did", ("A", 0), ("B", 1), ("C", 5))
        + walk("stopped", ("A", 0))
    )
    expected = expect(world, PLAIN)
    people = population(expected["member_intake_funnel_metrics"])
    assert skip_rate(expected["member_intake_funnel_steps"], people, 2) == Fraction(1, 2)


def test_rule_14_a_step_outside_its_validity_is_neither_drop_off_nor_skip() -> None:
    dated = (*ABC[:2], replace(ABC[2], valid_from=at(100), valid_to=at(200)), ABC[3])
    world = raw(
        events=walk("before", ("A", 99.999999), ("B", 110), ("C", 115), ("D", 120))
        + walk("first", ("A", 100), ("B", 110), ("D", 120))
        + walk("after", ("A", 200), ("B", 210))
    )
    rows = steps(world, replace(PLAIN, steps=dated))
    assert column(rows["before"], "status") == ["done", "done", "not_applicable", "done"]
    assert column(rows["before"], "is_closed") == [True] * 4
    assert rows["before"][2]["is_in_order"] is False
    assert column(rows["first"], "status") == ["done", "done", "skipped", "done"]
    assert column(rows["after"], "is_closed") == [True, True, True, False]


VERIFYING = replace(
    PLAIN, steps=(*ABC[:2], replace(ABC[2], applies_when="client_verifies"), ABC[3])
)


def test_rule_14_verification_applies_only_where_the_client_verifies() -> None:
    world = raw(
        clients=[client("plain", verification_type=""), client("checks", verification_type="file")],
        members=[
            member("m1", "plain"),
            member("m2", "checks"),
            member("m3"),
            member("m4", "plain"),
            member("m5"),
            member("m6", "nobody"),
        ],
        events=[
            *(row for name in ("m1", "m2", "m3", "m6") for row in walk(name, ("A", 0), ("D", 5))),
            *(row for name in ("m4", "m5") for row in walk(name, ("A", 0), ("C", 3))),
        ],
    )
    rows = steps(world, VERIFYING)
    assert {key: rows[key][2]["applicability_reason"] for key in sorted(rows)} == {
        "m1": "client_does_not_verify",
        "m2": "applies",
        "m3": "client_unknown",
        "m4": "observed",
        "m5": "observed",
        "m6": "client_unknown",
    }
    assert [rows[key][2]["is_applicable"] for key in ("m1", "m2", "m3", "m4")] == [
        False,
        True,
        False,
        True,
    ]


def test_rule_14_and_21_a_few_who_verified_do_not_overrule_the_record_but_most_do() -> None:
    def reasons(did: int) -> set[str]:
        people = [f"m{number}" for number in range(20)]
        events = [
            row
            for number, name in enumerate(people)
            for row in walk(name, ("A", 0), *([("C", 1)] if number < did else []), ("D", 5))
        ]
        world = raw(
            clients=[client("plain", verification_type="")],
            members=[member(name, "plain") for name in people],
            events=events,
        )
        return {row[2]["applicability_reason"] for row in steps(world, VERIFYING).values()}

    assert reasons(0) == {"never_released"}
    assert reasons(2) == reasons(10) == {"client_does_not_verify", "observed"}
    assert reasons(11) == {"applies"}


def test_rule_14_and_28_a_page_is_dated_from_the_events_of_each_client() -> None:
    # Weeks 0-2 without C (6 people each), week 3 half-way (1 of 6), weeks 4-6 with C:
    # split at week 4, where 1 of 24 did C before.
    events: list[Row] = []
    members = []
    for week in range(7):
        for person in range(6):
            name = f"w{week}p{person}"
            with_c = week > 3 or (week == 3 and person == 0)
            start = week * 7 * DAY
            path = [("A", start), ("B", start + 10), ("D", start + 30)]
            events += walk(name, *path[:2], *([("C", start + 20)] if with_c else []), path[2])
            members.append(member(name, "acme"))
    events += walk("stopped", ("A", 0), ("B", 5))
    members.append(member("stopped", "acme"))
    rows = steps(raw(clients=[client("acme")], members=members, events=events))
    reasons = {key: row[2]["applicability_reason"] for key, row in rows.items()}
    assert reasons["w0p0"] == reasons["w2p4"] == reasons["stopped"] == "not_yet_released"
    assert reasons["w3p0"] == "observed"
    assert reasons["w3p1"] == "partial_rollout"
    assert reasons["w4p0"] == reasons["w6p4"] == "applies"
    assert [row[2]["is_applicable"] for row in (rows["w3p0"], rows["w3p1"], rows["w4p0"])] == [
        True,
        False,
        True,
    ]


def test_rule_14_of_an_unknown_client_nobody_can_tell_whether_a_page_had_come() -> None:
    events = [
        row for number in range(10) for row in walk(f"old{number}", ("A", 0), ("B", 1), ("D", 2))
    ]
    events += walk("passed", ("A", 0), ("B", 1), ("D", 2))
    events += walk("did", ("A", 0), ("B", 1), ("C", 2), ("D", 3))
    members = [member(f"old{number}", "acme") for number in range(10)]
    rows = steps(raw(members=members, events=events))
    assert rows["old0"][2]["applicability_reason"] == "never_released"
    assert (rows["passed"][2]["applicability_reason"], rows["passed"][2]["status"]) == (
        "client_unknown",
        "not_applicable",
    )
    assert rows["did"][2]["applicability_reason"] == "observed"
    # A step that every client always had exists for people of an unknown client too.
    assert rows["passed"][1]["applicability_reason"] == "applies"


def test_rule_14_too_few_people_leave_the_definition_and_none_of_many_means_never() -> None:
    def people(name: str, count: int) -> list[Row]:
        return [
            row
            for number in range(count)
            for row in walk(f"{name}{number}", ("A", 0), ("B", 1), ("D", 2))
        ]

    events = people("few", 9) + people("many", 10)
    members = [
        member(row["user_id"], row["user_id"][:3]) for row in events if row["event_id"][-1] == "1"
    ]
    rows = steps(raw(members=members, events=events))
    assert rows["few0"][2]["applicability_reason"] == "applies"
    assert rows["many0"][2]["applicability_reason"] == "never_released"


def test_rule_15_an_exclusion_stops_the_path_or_removes_the_person() -> None:
    quit_event = PersonEvent("quit", at(5), is_exclusion=True)
    late_quit = PersonEvent("quit", at(50), is_exclusion=True)
    stop = Rules(timedelta(days=14))
    remove = replace(stop, on_exclusion="remove_person")
    stopped = match_path([ENTRY, quit_event, B], ENTRY, [2], stop)
    assert (stopped.reached, stopped.is_removed) == ({1: at(0)}, False)
    assert match_path([ENTRY, quit_event, B], ENTRY, [2], remove).is_removed
    assert not match_path([ENTRY, late_quit, B], ENTRY, [2], remove).is_removed


def test_rule_16_people_and_rates_can_name_different_steps() -> None:
    world = raw(
        events=[
            row
            for count, path in ((4, "A"), (3, "ABC"), (5, "ABCD"))
            for number in range(count)
            for row in walk(f"{path}{number}", *((s, i) for i, s in enumerate(path)))
        ]
    )
    expected = expect(world, PLAIN)
    people = population(expected["member_intake_funnel_metrics"])
    assert drop_off(expected["member_intake_funnel_steps"], people) == {
        2: (4, Fraction(4, 12)),
        3: (0, Fraction(0)),
        4: (3, Fraction(3, 8)),
    }


def test_rule_17_a_rate_over_nobody_is_null() -> None:
    assert conversion_rate([], set()) is None


def test_rule_18_the_date_range_bounds_entries_only() -> None:
    world = raw(events=walk("m", ("A", 0), ("D", 3 * DAY)) + walk("n", ("A", DAY)))
    rows = list(metrics(world).values())
    people = population(rows, start=NOON.date(), end=NOON.date())
    assert people == {"m"}
    assert conversion_rate(rows, people) == 1


def test_rule_20_a_person_is_mature_when_the_window_lies_before_complete_through() -> None:
    # Lateness is 60 s for all; the last load is day 14 + 60 s, less 60 s: exactly day 14.
    events = walk("m", ("A", 0)) + walk("late", ("A", 0.000001)) + walk("x", ("B", 14 * DAY))
    expected = expect(raw(events=events), PLAIN)
    freshness = expected["data_freshness"][-1]
    assert freshness["lateness_p99_seconds"] == 60
    assert freshness["complete_through"] == at(days=14)
    rows = {row["member_id"]: row for row in expected["member_intake_funnel_metrics"]}
    assert (rows["m"]["is_mature"], rows["late"]["is_mature"]) == (True, False)


def test_rule_20_percentiles_are_linear_and_as_of_caps() -> None:
    events = [
        event("e1", "m", "A", at(0), load_tstamp=at(0)),
        event("e2", "m", "B", at(0), load_tstamp=at(100)),
    ]
    row = expect(raw(events=events), PLAIN)["data_freshness"][-1]
    assert row["lateness_p99_seconds"] == 99
    assert row["complete_through"] == at(1)
    early = expect(raw(events=events), replace(PLAIN, as_of=at(0.5)))["data_freshness"][-1]
    assert early["complete_through"] == at(0.5)


def test_rule_20_the_first_load_of_what_had_happened_says_nothing_about_lateness() -> None:
    events = [
        event("e1", "m", "A", at(days=-700), load_tstamp=at(0)),
        event("e2", "m", "B", at(days=-1), load_tstamp=at(0)),
    ]
    row = expect(raw(events=events), PLAIN)["data_freshness"][-1]
    assert (row["lateness_p99_seconds"], row["complete_through"]) == (None, at(days=-1))
    events.append(event("e3", "m", "C", at(days=1), load_tstamp=at(60, days=1)))
    row = expect(raw(events=events), PLAIN)["data_freshness"][-1]
    assert (row["lateness_p99_seconds"], row["complete_through"]) == (60, at(days=1))


def test_rule_20_an_event_tells_of_nothing_after_it_was_collected() -> None:
    ahead = event("e2", "n", "A", at(days=9000), collector_tstamp=at(5), load_tstamp=None)
    for loaded, through in ((at(60), at(60)), (None, at(5))):
        events = [event("e1", "m", "A", at(0), load_tstamp=loaded), ahead]
        expected = expect(raw(events=events), PLAIN)
        row = expected["data_freshness"][-1]
        assert (row["latest_source_at"], row["as_of"]) == (at(5), through)
        rows = {row["member_id"]: row for row in expected["member_intake_funnel_metrics"]}
        assert (rows["n"]["entered_at"], rows["n"]["is_mature"]) == (at(days=9000), False)


def test_rule_21_the_client_at_entry_is_the_landing_page_then_the_account() -> None:
    page = {"page_url": "https://Care.example.com/acme/?utm=1"}
    world = raw(
        clients=[client("acme", client_landing_page_url="http://care.example.com/acme")],
        members=[member("m", "other"), member("n", "other")],
        events=walk("m", ("A", 0), **page) + walk("n", ("A", 0)) + walk("o", ("A", 0)),
    )
    found = {
        key: (row["entry_client_id"], row["entry_client_source"], row["entry_client_name"])
        for key, row in metrics(world).items()
    }
    assert found == {
        "m": ("acme", "landing_page", "Acme"),
        "n": ("other", "account", None),
        "o": (None, "unknown", None),
    }


def test_rule_21_the_landing_page_may_have_been_seen_before_the_person_was_known() -> None:
    page = "https://www.care.example.com/acme"
    world = raw(
        clients=[client("acme", client_landing_page_url="/acme")],
        events=[
            event("v1", None, None, at(-60), page_url=page, domain_userid="browser-1"),
            *walk("m", ("A", 0), domain_userid="browser-1"),
            event("v2", None, None, at(-60), page_url=page, domain_userid="shared"),
            *walk("n", ("A", 0), domain_userid="shared"),
            *walk("o", ("A", 0), domain_userid="shared", domain_sessionid="s"),
            event("v3", None, None, at(2), page_url=page, domain_sessionid="s"),
            *walk("p", ("A", 0), domain_sessionid="t"),
            event("v4", None, None, at(3), page_url=page, domain_sessionid="t"),
        ],
    )
    assert {key: row["entry_client_source"] for key, row in metrics(world).items()} == {
        "m": "landing_page",
        "n": "unknown",
        "o": "landing_page",
        "p": "unknown",
    }


def test_rule_21_the_referrer_is_where_the_session_came_from() -> None:
    world = raw(
        events=[
            event("v", None, None, at(-60), refr_urlhost="www.mail.com", domain_sessionid="s"),
            *walk("m", ("A", 0), refr_urlhost="care.example.com", domain_sessionid="s"),
            *walk("n", ("A", 0), refr_urlhost=None, page_url="/x", domain_sessionid="t"),
        ]
    )
    world["snowplow.events"][2]["page_urlhost"] = "care.example.com"
    rows = metrics(world)
    assert (rows["m"]["entry_referrer"], rows["n"]["entry_referrer"]) == ("mail.com", "direct")


def test_an_event_that_was_skipped_opened_or_failed_is_no_step() -> None:
    world = raw(
        events=[
            *walk("m", ("A", 0), funnel_step_action="submit"),
            event("b", "m", "B", at(1), funnel_step_action="SKIP"),
            event("c", "m", "C", at(2), funnel_failure_reason="INVALID"),
        ]
    )
    assert column(steps(world)["m"], "is_open") == [True, False, False, False]


def test_rule_21_attributes_are_those_of_the_entry_event() -> None:
    events = [
        event("e1", "m", "A", at(0), dvce_type="Mobile", geo_country="US"),
        event("e2", "m", "B", at(9), dvce_type="Computer", geo_country="CA"),
    ]
    row = metrics(raw(events=events))["m"]
    assert (row["entry_device_type"], row["entry_country"]) == ("mobile", "US")
    assert row["entered_date"] == NOON.date() == row["entered_week_date"]


def test_rule_21_dates_and_weeks_are_the_sites() -> None:
    row = metrics(raw(events=walk("m", ("A", -9 * 3600))))["m"]  # Monday 03:00 in UTC
    assert row["entered_date"] == NOON.date() - timedelta(days=1)
    assert row["entered_week_date"] == NOON.date() - timedelta(days=7)


def test_rule_23_eligibility_is_the_events_value_as_of_then() -> None:
    world = raw(
        members=[member("m", is_eligibility_verified=True)],
        events=walk("m", ("A", 0), user_is_eligibility_verified=False),
    )
    assert metrics(world)["m"]["entry_is_eligibility_verified"] is False


def test_as_of_gives_the_funnel_as_it_was() -> None:
    world = raw(members=[member("m")], events=walk("m", ("A", 0), ("B", 5), ("D", 10)))
    then = replace(PLAIN, as_of=at(5))
    assert metrics(world, then)["m"]["is_converted"] is False
    fates = expect(world, then)["row_reconciliation"][-4:]
    assert [row["row_count"] for row in fates] == [2, 0, 0, 1]
