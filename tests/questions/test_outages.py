"""Which spans without events are told: the alarm is shared, few people are left out."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from made import MONDAY, WINDOW, Made

from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.outages import Loss, Tracking, _measure, _scan
from carepath.questions.question import Context
from carepath.questions.warehouse import EmbeddedWarehouse
from carepath.questions.why_conversion_changed import (
    QUESTION,
    _describe_tracking,
    _say_always_lost,
)

DAYS = 100
OUTAGE = np.datetime64("2025-02-20", "D")


def scan(missing: int, records: int = 10, **groups: str) -> list[Loss]:
    """Scan a hundred days on which one record in a hundred lacks its event, and one day more do.

    Each of `groups` (a device and its label) has as many records as the outage, which is in the
    first of them.
    """
    labels = list(groups.values()) or ["all"]
    days, captured, labelled = [], [], []
    for place, label in enumerate(labels):
        for day in range(DAYS):
            seen = np.ones(10, dtype=bool)
            seen[: 1 if day % 10 == 0 else 0] = False
            if day == 50 and place == 0:
                seen = np.arange(records) >= missing
            days += [OUTAGE + day - 50] * len(seen)
            captured += seen.tolist()
            labelled += [label] * len(seen)
    split = {"device": np.array(labelled)} if groups else {}
    return _scan("CREATE_PROJECT", np.array(days), np.array(captured), split)


def told(losses: list[Loss]) -> list[tuple[str, object]]:
    return [(loss.among, loss.first_date) for loss in losses]


def test_the_alarm_level_is_shared_by_all_that_are_looked_at() -> None:
    assert told(scan(4)) == [("everybody", OUTAGE.astype(object))]
    assert told(scan(4, first="mobile", second="desktop")) == []


def test_an_outage_of_one_device_is_told_of_that_device() -> None:
    found = told(scan(6, first="mobile", second="desktop"))
    assert ("device mobile", OUTAGE.astype(object)) in found


def test_those_of_whom_the_device_is_unknown_are_no_device() -> None:
    found = told(scan(6, first="unknown", second="desktop"))
    assert all(among == "everybody" for among, _ in found)


def test_a_span_of_fewer_than_ten_people_is_not_told() -> None:
    assert len(scan(9, records=9)) == 0
    assert len(scan(10, records=10)) == 1


def test_missed_are_those_who_created_a_project_in_their_window_without_its_event(
    made: Made,
) -> None:
    second = timedelta(seconds=1)
    for number, (after_entry, did) in enumerate(
        [
            (timedelta(0), (1,)),
            (WINDOW, (1,)),
            (-second, (1,)),
            (WINDOW + second, (1,)),
            (WINDOW, (1, 6)),
            (None, (1,)),
        ]
    ):
        member_id = made.person(MONDAY, did)
        if after_entry is not None:
            made.project(f"p{number}", MONDAY + after_entry, member_id=member_id)
    made.person(MONDAY, (1,), is_mature=False)
    made.fresh()
    warehouse = EmbeddedWarehouse(made.write() / "prod.duckdb")
    try:
        moment, zone = read_as_of(warehouse), read_site_time_zone(warehouse)
        day = MONDAY.date()
        losses = [Loss("CREATE_PROJECT", "everybody", day, day, 0.0, 1.0)]
        missed = _measure(Context(QUESTION, warehouse, moment, zone), losses)
    finally:
        warehouse.close()
    assert (missed.value, missed.n) == (2 / 6, 6)


def test_events_that_are_lost_on_all_days_alike_are_not_said_to_agree_with_the_records() -> None:
    never = Tracking((), None, {"CREATE_PROJECT": (1824, 0), "CREATE_ACCOUNT": (2900, 2871)})
    told = _describe_tracking(never)
    assert "0.0 % of 1,824 records have their CREATE_PROJECT event" in told
    assert "no span of days has fewer than usual" in told
    assert _say_always_lost(never) == (
        "Only 0.0 % of 1,824 records have their CREATE_PROJECT event, and no span of days stands "
        "out: projects are made elsewhere or their events are lost, and more people convert than "
        "is measured. What is lost evenly makes no fall."
    )
    entries = Tracking((), None, {"CREATE_PROJECT": (1824, 1800), "CREATE_ACCOUNT": (2900, 1450)})
    assert "left out of conversion" in _say_always_lost(entries)
    assert "more people convert" not in _say_always_lost(entries)
    usual = Tracking((), None, {"CREATE_PROJECT": (1824, 1800), "CREATE_ACCOUNT": (0, 0)})
    assert _say_always_lost(usual) == ""
    assert "CREATE_ACCOUNT" not in _describe_tracking(usual)
