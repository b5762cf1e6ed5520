"""Windows, ties, repeats and rates: one rule a test, numbers worked out by hand."""

from __future__ import annotations

import pytest

from funnels.stories import closed, run


def test_a_step_exactly_at_the_end_of_the_window_counts():
    assert closed("ann: A@0 B@100") == [1, 1]


def test_a_step_one_microsecond_after_the_window_does_not_count():
    assert closed("ann: A@0 B@100.000001") == [1, 0]


def test_the_window_runs_from_entry_and_not_from_the_step_before():
    assert closed("ann: A@0 B@90 C@110", "A B C") == [1, 1, 0]


def test_a_window_may_be_a_fraction_of_a_second():
    story = "ann: A@0 B@0.25\nbob: A@0 B@0.250001"
    assert closed(story, window_seconds=0.25) == [2, 1]


def test_events_at_one_instant_may_be_taken_in_the_order_of_the_steps():
    assert closed("ann: B@5 A@5", tie_seconds=0) == [1, 1]


def test_an_earlier_event_within_the_tolerance_serves_a_later_step():
    assert closed("ann: B@3 A@5", tie_seconds=2) == [1, 1]


def test_an_earlier_event_beyond_the_tolerance_does_not():
    assert closed("ann: B@2.999999 A@5", tie_seconds=2) == [1, 0]


def test_without_tolerance_one_microsecond_too_early_is_too_early():
    assert closed("ann: B@4.999999 A@5", tie_seconds=0) == [1, 0]


def test_the_tolerance_does_not_chain():
    # C is within 2 s of B, which is within 2 s of A; but 3 s before A, the latest so far.
    assert closed("ann: C@7 B@8 A@10", "A B C", tie_seconds=2) == [1, 1, 0]


def test_a_step_within_the_tolerance_before_entry_is_reached_at_entry():
    step = run("ann: B@4 A@5 C@9", "A B C", tie_seconds=2).steps
    assert (step[1].median_seconds, step[2].median_seconds) == (0, 4)


def test_durations_are_never_negative():
    assert run("ann: A@5 C@6 B@7", "A B C", tie_seconds=2).steps[2].mean_seconds == 0


def test_ten_steps_at_one_instant_are_ten_steps():
    names = "ABCDEFGHIJ"
    story = "ann: " + " ".join(f"{name}@7" for name in reversed(names))
    assert closed(story, " ".join(names)) == [1] * 10


def test_one_event_serves_at_most_one_step():
    assert closed("ann: A@0 A@1", "A A A") == [1, 1, 0]


def test_ten_like_steps_need_ten_events():
    steps = " ".join("A" * 10)
    assert closed("ann: " + "A@3 " * 9, steps) == [1] * 9 + [0]
    assert closed("ann: " + "A@3 " * 10, steps) == [1] * 10


def test_of_repeats_the_first_after_the_step_before_is_used():
    steps = run("ann: A@0 A@1 B@4 B@9", "A B").steps
    assert steps[1].median_seconds == 4


def test_a_repeat_before_the_step_before_is_no_hindrance():
    assert closed("ann: B@1 A@2 B@3 C@4", "A B C") == [1, 1, 1]


def test_rates_over_nobody_are_null():
    result = run("ann: B@1", "A B C")
    for step in result.steps:
        assert (step.closed, step.rate_from_start, step.low, step.high) == (0, None, None, None)
        assert (step.rate_from_previous, step.mean_seconds, step.p90_seconds) == (None, None, None)
    assert result.totals.completion_rate is None
    assert result.totals.conversion_rate is None


def test_rate_from_previous_over_nobody_is_null_and_from_start_zero():
    third = run("ann: A@0", "A B C").steps[2]
    assert (third.rate_from_start, third.rate_from_previous, third.lost) == (0, None, 0)


def test_the_numbers_of_a_step_worked_out_by_hand():
    # Seconds from A to B: 10, 20, 30, 60. Type 7: the 90th percentile is 30 + 0.7 * 30 = 51.
    story = """
        ann: A@0 B@10 C@11
        bob: A@0 B@20
        cyd: A@0 B@30 C@90
        dan: A@0 B@60
        eve: A@0 C@1
    """
    first, second, third = run(story, "A B C").steps
    assert [step.closed for step in (first, second, third)] == [5, 4, 2]
    assert [step.open for step in (first, second, third)] == [5, 4, 3]
    assert (second.lost, third.lost) == (1, 2)
    assert (second.rate_from_start, third.rate_from_start) == (0.8, 0.4)
    assert (second.rate_from_previous, third.rate_from_previous) == (0.8, 0.5)
    assert (second.skipped, second.skip_rate) == (1, pytest.approx(1 / 3))
    assert (second.n_seconds, second.mean_seconds) == (4, 30)
    assert (second.median_seconds, second.p90_seconds) == (25, 51)
    assert (third.n_seconds, third.mean_seconds) == (2, 30.5)


def test_a_zero_second_time_is_a_time():
    step = run("ann: A@5 B@5").steps[1]
    assert (step.n_seconds, step.mean_seconds, step.median_seconds) == (1, 0, 0)


def test_whoever_did_only_later_steps_never_entered_and_is_counted_apart():
    result = run("ann: A@0 B@1\nbob: B@1\ncyd: X@1")
    assert result.totals.entered == 1
    assert result.set_aside.never_entered == 1
