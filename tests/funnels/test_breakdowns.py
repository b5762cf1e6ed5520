"""Breakdowns: at which event a property is read, and who is in which group."""

from __future__ import annotations

import pytest

from funnels.stories import run

STORY = """
    ann: A{c=red}@0 B{c=blue}@1 C{c=green}@2
    bob: A@0 B{c=blue}@1
    cyd: A{c=red}@0
"""


def count_segments(at, **keys):
    result = run(STORY, "A B C", breakdown={"property": "c", "at": at, **keys})
    return {
        segment.label: [step.closed for step in segment.steps]
        for segment in result.breakdown.segments
    }


def test_at_entry_the_property_is_that_of_the_event_that_entered():
    assert count_segments("entry") == {"red": [2, 1, 1], "(none)": [1, 1, 0]}


def test_at_first_touch_it_is_the_first_on_the_way_that_has_one():
    assert count_segments("first_touch") == {"red": [2, 1, 1], "blue": [1, 1, 0]}


def test_at_last_touch_it_is_the_last_on_the_way_that_has_one():
    expected = {"green": [1, 1, 1], "blue": [1, 1, 0], "red": [1, 0, 0]}
    assert count_segments("last_touch") == expected


def test_at_a_step_those_who_did_not_do_it_are_a_group_of_their_own():
    assert count_segments("step", step=2) == {
        "blue": [2, 2, 1],
        "(step not reached)": [1, 0, 0],
    }


def test_at_all_events_every_step_must_be_done_with_one_value():
    # Nobody did A and B with the same value, but each value is a funnel of its own.
    assert count_segments("all_events") == {"red": [2, 0, 0], "(none)": [1, 0, 0]}


def test_at_all_events_a_person_may_be_in_several_groups():
    story = "ann: A{c=red}@0 B{c=red}@1 A{c=blue}@2 B{c=blue}@3"
    result = run(story, breakdown={"property": "c", "at": "all_events"})
    assert result.totals.entered == result.breakdown.n_people == 1
    assert not result.breakdown.is_partition
    assert {s.label: s.totals.completed for s in result.breakdown.segments} == {
        "blue": 1,
        "red": 1,
    }


def test_at_all_events_a_value_enters_when_it_is_first_seen():
    # Later than the window of the person's first entry, which had another value.
    story = "ann: A{c=red}@0 A{c=blue}@200 B{c=blue}@250 B{c=red}@260"
    result = run(story, breakdown={"property": "c", "at": "all_events"})
    assert (result.totals.entered, result.totals.completed) == (1, 0)
    assert result.steps[1].open == 0
    assert {s.label: s.totals.completed for s in result.breakdown.segments} == {
        "blue": 1,
        "red": 0,
    }


def test_at_all_events_what_ends_progress_does_so_whatever_its_value():
    story = "ann: A{c=red}@0 X@1 B{c=red}@2\nbob: A{c=red}@0 B{c=red}@2"
    at_all = {"breakdown": {"property": "c", "at": "all_events"}}

    def completed(**keys):
        (red,) = run(story, **at_all, **keys).breakdown.segments
        return red.totals.entered, red.totals.completed

    assert completed() == (2, 2)
    assert completed(exclusions=[{"event": "X"}]) == (2, 1)
    assert completed(exclusions=[{"event": "X", "mode": "remove_person"}]) == (1, 1)
    assert completed(order="strict") == (2, 1)


@pytest.mark.parametrize("at", ["entry", "first_touch", "last_touch"])
def test_groups_sum_to_everybody(at):
    assert sum(row[0] for row in count_segments(at).values()) == 3


def test_a_value_that_looks_like_a_label_of_ours_stays_apart():
    story = "ann: A{c=(none)}@0\nbob: A@0"
    segments = run(story, breakdown={"property": "c"}).breakdown.segments
    assert {(s.value, s.label, s.totals.entered) for s in segments} == {
        ("(none)", "(none)", 1),
        (None, "(none)", 1),
    }


def test_the_largest_group_comes_first():
    story = "ann: A{c=b}@0\nbob: A{c=a}@0\ncyd: A{c=b}@0"
    segments = run(story, breakdown={"property": "c"}).breakdown.segments
    assert [segment.value for segment in segments] == ["b", "a"]
