"""Every number of a funnel against the slow oracle, over random events and definitions."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from effort import times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carepath.funnels import funnel
from funnels.worlds import (
    RED,
    RED_OR_BLUE,
    TEAM,
    definitions,
    events,
    make_event,
    make_oracle,
    times_of_events,
    write_events,
    write_hostile_events,
)

QUICK = settings(
    max_examples=times(50),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

SEGMENT_FIELDS = ("closed", "done", "open", "n_seconds", "n_came", "censored_median_seconds")


def describe(step, fields):
    return {
        name: pytest.approx(value, abs=1e-6) if isinstance(value, float) else value
        for name, value in ((name, getattr(step, name)) for name in fields)
    }


def check(document, rows, folder: Path, seed: int) -> None:
    path = write_events(folder / "events.csv", rows, Random(seed))
    check_result(document, rows, funnel(document, events=path, persons=True))


def check_result(document, rows, result) -> None:
    oracle = make_oracle(document)
    outcomes = oracle.run(rows)
    expected = oracle.count(outcomes)
    for step, wanted in zip(result.steps, expected, strict=True):
        assert describe(step, wanted) == wanted, step.step_number
    assert result.set_aside.removed_by_exclusion == sum(o.attempt.is_removed for o in outcomes)
    assert result.set_aside.stopped_by_exclusion == sum(
        o.attempt.is_stopped and not o.attempt.is_removed for o in outcomes
    )
    assert [one.event for one in result.unseen_events] == oracle.unseen(rows)
    check_segments(oracle, rows, outcomes, result)
    check_laws(result)


def check_segments(oracle, rows, outcomes, result) -> None:
    if oracle.d.breakdown.at == "all_events":
        expected = oracle.run_segments(rows)
    else:
        expected = {}
        for outcome in outcomes:
            if not outcome.attempt.is_removed:
                expected.setdefault(oracle.segment(outcome), []).append(outcome)
    found = {}
    for segment in result.breakdown.segments:
        is_reached = segment.label != "(step not reached)"
        found[segment.value, is_reached] = [
            describe(step, SEGMENT_FIELDS) for step in segment.steps
        ]
    assert found == {
        key: [{name: step[name] for name in SEGMENT_FIELDS} for step in oracle.count(own)]
        for key, own in expected.items()
    }


def check_laws(result) -> None:
    closed = [step.closed for step in result.steps]
    assert closed == sorted(closed, reverse=True)
    for step in result.steps:
        assert step.low is None or 0 <= step.low <= step.rate_from_start <= step.high <= 1
        assert (step.rate_from_start is None) == (closed[0] == 0)
        if result.order != "unordered":
            assert step.done <= step.closed and step.done <= step.open
    if result.breakdown.is_partition:
        total = sum(segment.totals.entered for segment in result.breakdown.segments)
        assert total == result.totals.entered
    account = result.events
    named = {"rows_read", "conflicting_event_ids"}
    parts = (getattr(account, name) for name in account.__dataclass_fields__ if name not in named)
    assert account.rows_read == sum(parts)


@QUICK
@given(document=definitions(), rows=events, seed=st.integers(0, 99))
def test_any_funnel_over_any_events_is_what_the_oracle_says(document, rows, seed) -> None:
    with TemporaryDirectory() as folder:
        rows = [*rows, make_event("s", "Z", 1)]
        check(document, rows, Path(folder), seed)


@QUICK
@given(
    document=definitions(),
    wheres=st.lists(
        st.sampled_from([RED, TEAM, RED, TEAM, RED_OR_BLUE, {"team": ["t1", "t2"]}]),
        min_size=2,
        max_size=4,
    ),
    rows=st.lists(
        st.builds(
            make_event,
            st.sampled_from("pqr"),
            st.just("A"),
            times_of_events,
            colour=st.sampled_from(["red", "blue"]),
            team=st.sampled_from(["t1", "t2"]),
        ),
        max_size=8,
    ),
    seed=st.integers(0, 99),
    at=st.sampled_from(["step", "all_events", "first_touch", "entry"]),
)
def test_unordered_steps_whose_conditions_cross_share_events_out(document, wheres, rows, seed, at):
    own = ("entry", "tie_seconds", "first_time_only", "complete_through")
    document = {name: document[name] for name in own} | {
        "steps": [{"event": "A", "where": where} for where in wheres],
        "order": "unordered",
        "window_seconds": 30,
        "breakdown": {"property": "colour", "at": at} | ({"step": 2} if at == "step" else {}),
        "exclusions": [{"event": "A", "where": {"colour": "blue", "team": "t2"}}][: seed % 2],
    }
    with TemporaryDirectory() as folder:
        check(document, rows, Path(folder), seed)


@QUICK
@given(document=definitions(), rows=events, seed=st.integers(0, 10_000))
def test_rows_that_cannot_be_used_and_times_in_any_style_change_nothing(
    document, rows, seed
) -> None:
    # Grouped by a property, a row without a person is usable: another test's business.
    document.pop("group_by_property", None)
    with TemporaryDirectory() as folder:
        rows = [*rows, make_event("s", "Z", 1)]
        path = Path(folder) / "events.csv"
        unusable = write_hostile_events(path, rows, Random(seed))
        result = funnel(document, events=path, persons=True)
        check_result(document, rows, result)
        counts = {reason: len(numbers) for reason, numbers in unusable.items()}
        account = result.events
        for reason in ("no_person", "no_event", "unparsable_timestamp", "unreadable", "no_group"):
            assert getattr(account, reason) == counts.get(reason, 0), reason
        assert account.rows_read == len(rows) + sum(counts.values())
        numbered = sorted(
            (number, reason) for reason, numbers in unusable.items() for number in numbers
        )
        assert [(row.row_number, row.reason) for row in result.problem_rows] == numbered[:20]


@settings(QUICK, max_examples=times(25))
@given(document=definitions(), seed=st.integers(0, 10_000))
def test_many_people_at_once_are_what_the_oracle_says(document, seed) -> None:
    random = Random(seed)
    rows = [
        make_event(
            f"person {random.randrange(60)}",
            random.choice("AAABBCCX"),
            random.choice([random.randrange(60), random.randrange(60_000_000) / 1e6]),
            random.choice([None, str(random.randrange(2_000))]),
            random.choice([None, "red", "red", "blue"]),
            random.choice([None, "t1", "t2"]),
        )
        for _ in range(700)
    ]
    with TemporaryDirectory() as folder:
        check(document, rows, Path(folder), seed)
