"""Orders, entry modes, optional steps, any event: one rule a test."""

from __future__ import annotations

import pytest

from funnels.stories import closed, run


def test_ordered_lets_other_events_lie_between():
    assert closed("ann: A@0 X@1 B@2") == [1, 1]


def test_strict_does_not_let_another_event_lie_between():
    assert closed("ann: A@0 X@1 B@2", order="strict") == [1, 0]


def test_strict_counts_repeats_of_the_step_as_other_events():
    assert closed("ann: A@0 A@1 B@2", order="strict") == [1, 0]


def test_strict_ignores_events_before_entry_and_after_the_step():
    assert closed("ann: X@0 A@1 B@2 X@3", order="strict") == [1, 1]


def test_strict_ignores_events_of_others_and_events_that_where_leaves_out():
    story = "ann: A{on=y}@0 X{on=n}@1 B{on=y}@2\nbob: X{on=y}@1"
    assert closed(story, order="strict", where={"on": "y"}) == [1, 1]


def test_strict_forgives_what_is_within_the_tolerance_of_either_step():
    assert closed("ann: A@0 X@2 B@9", order="strict", tie_seconds=2) == [1, 1]
    assert closed("ann: A@0 X@7 B@9", order="strict", tie_seconds=2) == [1, 1]
    assert closed("ann: A@0 X@4 B@9", order="strict", tie_seconds=2) == [1, 0]


def test_strict_with_any_entry_finds_the_attempt_without_anything_between():
    story = "ann: A@0 X@1 B@2 A@3 B@4"
    assert closed(story, order="strict", entry="any_entry") == [1, 1]


def test_unordered_takes_the_steps_as_they_come():
    assert closed("ann: C@0 A@1 B@2", "A B C", order="unordered") == [1, 1, 1]


def test_unordered_a_step_that_any_event_can_serve_leaves_the_others_theirs():
    for steps in ("* A", "A *"):
        assert closed("ann: A@0 B@5", steps, order="unordered") == [1, 1]
        assert closed("ann: A@0", steps, order="unordered") == [1, 0]
    pro = {"event": "A", "where": {"plan": "pro"}}
    for steps in ([{"event": "A"}, pro], [pro, {"event": "A"}]):
        assert closed("ann: A{plan=pro}@0 A@5", steps, order="unordered") == [1, 1]


def test_unordered_steps_whose_conditions_cross_share_events_out():
    pro = {"event": "A", "where": {"plan": "pro"}}
    us = {"event": "A", "where": {"land": "US"}}
    for story in ("A{plan=pro,land=US}@0 A{plan=pro}@5", "A{plan=pro,land=US}@0 A{land=US}@5"):
        for steps in ([pro, us], [us, pro]):
            assert closed(f"ann: {story}", steps, order="unordered") == [1, 1]
    assert closed("ann: A{plan=pro,land=US}@0", [pro, us], order="unordered") == [1, 0]


def test_unordered_entry_is_the_first_event_of_any_step_and_starts_the_window():
    assert closed("ann: B@0 A@101", order="unordered") == [1, 0]


def test_unordered_row_k_counts_those_who_did_k_steps_whichever():
    result = run("ann: C@0 A@4\nbob: B@0", "A B C", order="unordered")
    assert [step.closed for step in result.steps] == [2, 1, 0]
    assert [step.done for step in result.steps] == [1, 1, 1]
    assert result.steps[1].median_seconds == 4
    assert result.steps[1].skipped is None


def test_first_entry_uses_only_the_first_attempt():
    assert closed("ann: A@0 A@150 B@151") == [1, 0]


def test_any_entry_keeps_the_attempt_that_comes_furthest():
    result = run("ann: A@0 A@150 B@151", entry="any_entry")
    assert [step.closed for step in result.steps] == [1, 1]
    assert result.steps[1].median_seconds == 1


def test_any_entry_of_attempts_that_come_equally_far_keeps_the_earliest():
    assert run("ann: A@0 A@10 B@20", entry="any_entry").steps[1].median_seconds == 20


def test_any_entry_counts_a_person_once():
    assert closed("ann: A@0 B@1 A@2 B@3 A@4 B@5", entry="any_entry") == [1, 1]


def test_entry_is_the_first_within_the_range_unless_only_the_first_ever_counts():
    story = "ann: A@0 A@50 B@60"
    keys = {"date_range": {"from": "2026-01-01T00:00:40"}}
    assert closed(story, **keys) == [1, 1]
    result = run(story, first_time_only=True, **keys)
    assert result.totals.entered == 0
    assert result.set_aside.before_range == 1


def test_first_ever_means_the_first_that_fits_the_step():
    story = "ann: A{plan=free}@0 A{plan=pro}@50 B@60"
    steps = [{"event": "A", "where": {"plan": "pro"}}, {"event": "B"}]
    assert closed(story, steps, first_time_only=True) == [1, 1]


def test_the_range_bounds_entries_only_and_conversions_are_followed_past_its_end():
    keys = {"date_range": {"from": "2026-01-01", "to": "2026-01-01T00:00:10"}}
    assert closed("ann: A@9 B@80\nbob: A@10 B@11", **keys) == [1, 1]


def test_clip_conversions_ends_everything_with_the_range():
    date_range = {"to": "2026-01-01T00:00:10", "clip_conversions": True}
    story = "ann: A@1 B@9.999999\nbob: A@1 B@10"
    assert closed(story, date_range=date_range) == [2, 1]


def test_a_range_of_dates_includes_its_last_day():
    date_range = {"from": "2026-01-01", "to": "2026-01-02"}
    story = "ann: A@2026-01-02T23:59:59.999999\nbob: A@2026-01-03T00:00:00"
    result = run(story, date_range=date_range)
    assert result.totals.entered == 1
    assert result.set_aside.after_range == 1


def test_an_optional_step_is_passed_over_by_doing_a_later_one():
    result = run("ann: A@0 C@2\nbob: A@0 B@1 C@2\ncyd: A@0", "A B? C")
    assert [step.closed for step in result.steps] == [3, 2, 2]
    assert [step.done for step in result.steps] == [3, 1, 2]
    assert result.steps[1].skipped == 1


def test_an_optional_step_that_was_done_is_taken_in_order_like_any_other():
    # B was done, so it was not passed over; and no C follows it.
    result = run("ann: A@0 C@2 B@3", "A B? C")
    assert [step.open for step in result.steps] == [1, 1, 1]
    assert [step.closed for step in result.steps] == [1, 1, 0]


def test_an_optional_repeat_of_a_step_is_passed_over_by_who_did_it_once():
    # The one B did the second step: it does not make the third done as well.
    for entry in ("first_entry", "any_entry"):
        result = run("ann: A@0 B@1 C@2\nbob: A@0 B@1 B@2 C@3", "A B B? C", entry=entry)
        assert [step.closed for step in result.steps] == [2, 2, 2, 2]
        assert [step.done for step in result.steps] == [2, 2, 1, 2]
        assert result.steps[2].skipped == 1


def test_one_event_does_at_most_one_step_in_whatever_order():
    for order in ("ordered", "strict", "unordered"):
        result = run("ann: A@0 B@10\nbob: A@0 B@10 B@20", "A B B", order=order)
        assert [step.open for step in result.steps] == [2, 2, 1]
        assert result.totals.converted == result.totals.completed == 1


def test_who_did_a_step_that_comes_again_has_not_skipped_what_lies_between():
    result = run("ann: A@0 B@10\nbob: A@0 B@10 B@20\ncyd: A@0 B@10 C@20 B@30", "A B C B")
    assert [step.open for step in result.steps] == [3, 3, 1, 2]
    assert result.steps[2].skipped == 1
    assert result.steps[2].skip_rate == 0.5


def test_of_two_steps_out_of_order_one_event_does_the_first():
    # Strict: X ends progress, and the one B is left for one of the two.
    result = run("ann: A@0 X@10 B@20", "A B B", order="strict")
    assert [step.closed for step in result.steps] == [1, 0, 0]
    assert [step.open for step in result.steps] == [1, 1, 0]


def test_an_exclusion_leaves_what_was_done_at_all_as_it_is():
    result = run("ann: A@0 X@10 B@20", "A B B", exclusions=[{"event": "X"}])
    assert [step.closed for step in result.steps] == [1, 0, 0]
    assert [step.open for step in result.steps] == [1, 1, 0]


def test_several_optional_steps_in_a_row_may_be_passed_over():
    assert closed("ann: A@0 E@5", "A B? C? D? E") == [1, 1, 1, 1, 1]


def test_an_optional_last_step_cannot_be_passed_over():
    assert closed("ann: A@0 B@1", "A B C?") == [1, 1, 0]


def test_the_time_after_a_passed_over_step_runs_from_the_last_step_done():
    assert run("ann: A@0 C@7", "A B? C").steps[2].median_seconds == 7


def test_any_event_serves_a_step_but_not_the_one_that_entered():
    assert closed("ann: A@0", "A *") == [1, 0]
    assert closed("ann: A@0 Z@1", "A *") == [1, 1]


def test_any_event_may_have_conditions():
    steps = [{"event": "A"}, {"any_event": True, "where": {"plan": "pro"}}]
    assert closed("ann: A@0 Z@1\nbob: A@0 Z{plan=pro}@1", steps) == [2, 1]


def test_groups_are_counted_instead_of_persons():
    story = """
        ann: A{team=red}@0
        bob: B{team=red}@5
        cyd: A{team=blue}@0
        dan: B@1
    """
    result = run(story, group_by_property="team")
    assert (result.unit, [step.closed for step in result.steps]) == ("team", [2, 1])
    assert result.events.no_group == 1


@pytest.mark.parametrize(
    ("wanted", "entered"),
    [
        ("pro", 1),
        (["pro", "free"], 2),
        (3, 2),
        (3.0, 2),
        (True, 1),
        (False, 1),
        ([True, 3], 3),
        ("3", 1),
        ("", 0),
    ],
)
def test_conditions_compare_texts_numbers_and_truths(wanted, entered):
    story = """
        ann: A{p=pro}@0
        bob: A{p=free}@0
        cyd: A{p=3}@0
        dan: A{p=3.0}@0
        eve: A{p=TRUE}@0
        fay: A{p=false}@0
        gil: A@0
    """
    steps = [{"event": "A", "where": {"p": wanted}}, {"event": "B"}]
    assert closed(story, steps)[0] == entered


def test_all_of_several_conditions_must_hold():
    story = "ann: A{p=1,q=1}@0\nbob: A{p=1,q=2}@0\ncyd: A{p=1}@0"
    assert closed(story, [{"event": "A", "where": {"p": 1, "q": 1}}, {"event": "B"}])[0] == 1


def test_a_step_that_nobody_ever_did_is_named_with_the_nearest_name():
    result = run("ann: signup@0 B@1", "sign_up B? zzz", exclusions=[{"event": "b"}])
    assert [(unseen.event, unseen.nearest) for unseen in result.unseen_events] == [
        ("sign_up", "signup"),
        ("zzz", None),
        ("b", "B"),
    ]


def test_a_step_done_too_early_counts_when_it_is_done_again():
    result = run("ann: A@0 C@1 B@2 C@5\nbob: A@0 C@1 B@2", "A B C")
    assert [step.closed for step in result.steps] == [2, 2, 1]
    assert result.steps[2].open == 2
    assert result.steps[2].median_seconds == 3
