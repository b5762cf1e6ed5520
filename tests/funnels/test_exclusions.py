"""Exclusion events between steps: one rule a test."""

from __future__ import annotations

from funnels.stories import closed, run

STOP = {"event": "X"}
REMOVE = {"event": "X", "mode": "remove_person"}


def test_stop_ends_progress_and_the_person_stays_in_the_denominator():
    result = run("ann: A@0 X@1 B@2\nbob: A@0 B@2", exclusions=[STOP])
    assert [step.closed for step in result.steps] == [2, 1]
    assert result.set_aside.stopped_by_exclusion == 1


def test_remove_person_takes_the_person_out_of_every_step():
    result = run("ann: A@0 X@1 B@2\nbob: A@0 B@2", exclusions=[REMOVE])
    assert [step.closed for step in result.steps] == [1, 1]
    assert result.set_aside.removed_by_exclusion == 1


def test_an_exclusion_event_before_entry_or_after_the_last_step_does_not_matter():
    for exclusion in (STOP, REMOVE):
        assert closed("ann: X@0 A@1 B@2 X@3", exclusions=[exclusion]) == [1, 1]


def test_an_exclusion_event_after_the_window_does_not_matter():
    assert run("ann: A@0 X@100.000001", exclusions=[REMOVE]).totals.entered == 1
    assert run("ann: A@0 X@100", exclusions=[REMOVE]).totals.entered == 0


def test_an_exclusion_covers_only_what_lies_between_the_steps_it_names():
    keys = {"exclusions": [STOP | {"from_step": 2, "to_step": 3}]}
    assert closed("ann: A@0 X@1 B@2 C@3", "A B C", **keys) == [1, 1, 1]
    assert closed("ann: A@0 B@1 X@2 C@3", "A B C", **keys) == [1, 1, 0]


def test_removal_between_named_steps_spares_whoever_never_came_to_the_first_of_them():
    keys = {"exclusions": [REMOVE | {"from_step": 2, "to_step": 3}]}
    assert closed("ann: A@0 X@2", "A B C", **keys) == [1, 0, 0]
    assert closed("ann: A@0 B@1 X@2", "A B C", **keys) == [0, 0, 0]


def test_a_stop_after_the_named_steps_leaves_what_was_reached_before():
    keys = {"exclusions": [STOP | {"from_step": 1, "to_step": 2}]}
    assert closed("ann: A@0 B@1 X@2 C@3", "A B C", **keys) == [1, 1, 1]


def test_an_exclusion_counts_only_when_it_is_between_by_more_than_the_tolerance():
    keys = {"exclusions": [STOP], "tie_seconds": 2}
    assert closed("ann: A@0 X@2 B@9", **keys) == [1, 1]
    assert closed("ann: A@0 X@7 B@9", **keys) == [1, 1]
    assert closed("ann: A@0 X@3 B@9", **keys) == [1, 0]


def test_an_exclusion_may_have_conditions():
    exclusion = STOP | {"where": {"kind": "hard"}}
    assert closed("ann: A@0 X{kind=soft}@1 B@2", exclusions=[exclusion]) == [1, 1]
    assert closed("ann: A@0 X{kind=hard}@1 B@2", exclusions=[exclusion]) == [1, 0]


def test_an_exclusion_up_to_an_optional_step_reaches_to_the_step_that_passed_it_over():
    keys = {"exclusions": [STOP | {"from_step": 1, "to_step": 2}]}
    assert closed("ann: A@0 X@1 C@2", "A B? C", **keys) == [1, 0, 0]


def test_of_several_exclusions_each_works_by_its_own_mode():
    keys = {"exclusions": [STOP, REMOVE | {"event": "Y"}]}
    story = "ann: A@0 X@1 B@2\nbob: A@0 Y@1 B@2\ncyd: A@0 B@2"
    result = run(story, **keys)
    assert [step.closed for step in result.steps] == [2, 1]
    counts = result.set_aside
    assert (counts.stopped_by_exclusion, counts.removed_by_exclusion) == (1, 1)


def test_any_entry_may_take_an_attempt_that_was_not_stopped():
    assert closed("ann: A@0 X@1 A@2 B@3", exclusions=[STOP], entry="any_entry") == [1, 1]


def test_unordered_exclusions_cover_the_whole_funnel():
    assert closed("ann: B@0 X@1 A@2", order="unordered", exclusions=[STOP]) == [1, 0]


def test_whoever_missed_a_step_never_came_to_the_end_of_the_exclusion():
    late = "ann: A@0 C@10 X@20"
    assert closed("ann: A@0 X@20", "A B C", exclusions=[REMOVE]) == [0, 0, 0]
    assert closed(late, "A B C", exclusions=[REMOVE]) == [0, 0, 0]
    assert run(late, "A B C", exclusions=[STOP]).set_aside.stopped_by_exclusion == 1
    assert closed("ann: A@0 B@5 C@10 X@20", "A B C", exclusions=[REMOVE]) == [1, 1, 1]
    assert closed(late, "A B? C", exclusions=[REMOVE]) == [1, 1, 1]


def test_nobody_comes_to_an_optional_step_without_doing_it_or_a_later_one():
    between = {"from_step": 2, "to_step": 3}
    for entry in ("first_entry", "any_entry"):
        keys = {"exclusions": [REMOVE | between], "entry": entry}
        assert closed("ann: A@0 X@2", "A B? C", **keys) == [1, 0, 0]
        assert closed("ann: A@0 X@2 C@3", "A B? C", **keys) == [0, 0, 0]
        result = run("ann: A@0 X@2", "A B? C", **keys | {"exclusions": [STOP | between]})
        assert result.set_aside.stopped_by_exclusion == 0


def test_whoever_did_an_optional_step_out_of_order_never_came_to_the_end_of_the_exclusion():
    # C was done, but before B: it was neither passed in order nor passed over.
    story = "ann: A@0 C@1 B@2 D@3 X@4"
    assert closed(story, "A B? C? D") == [1, 1, 0, 0]
    assert closed(story, "A B? C? D", exclusions=[REMOVE]) == [0, 0, 0, 0]
    assert closed("ann: A@0 B@2 D@3 X@4", "A B? C? D", exclusions=[REMOVE]) == [1, 1, 1, 1]
