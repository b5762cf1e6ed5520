"""How long people stay on a step, those who never did it too; numbers worked out by hand."""

from __future__ import annotations

import csv
import io

from funnels.stories import run
from funnels.worlds import moment


def stays(story, steps="A B", **keys):
    """(n_came, censored median) of each step."""
    found = run(story, steps, **keys).steps
    return [(step.n_came, step.censored_median_seconds) for step in found]


def test_nobody_waits_at_the_first_step():
    assert stays("ann: A@0 B@5")[0] == (0, None)


def test_with_everybody_done_it_is_the_middle_time_that_was_seen():
    assert stays("ann: A@0 B@5\nbob: A@0 B@7\ncyd: A@0 B@90")[1] == (3, 7)


def test_who_never_did_the_step_lasts_to_the_end_of_the_window():
    assert stays("ann: A@0 B@5\nbob: A@0 B@7\ncyd: A@0\ndan: A@0")[1] == (4, 7)


def test_there_is_none_where_fewer_than_half_did_the_step():
    assert stays("ann: A@0 B@5\nbob: A@0\ncyd: A@0")[1] == (3, None)


def test_who_is_still_on_the_step_counts_for_as_long_as_was_seen():
    # At 10 s one of four is done; cyd is last seen at 12 s; at 15 s one of two: 3/4 * 1/2.
    story = "ann: A@0 B@10\nbob: A@0 B@15\ncyd: A@8\ndan: A@0 B@19.5"
    assert stays(story, complete_through=moment(20))[1] == (4, 15)
    assert stays(story)[1] == (4, 15)


def test_a_young_person_takes_their_weight_to_the_longer_stays():
    # Seen for 2 s, dan says nothing of later: of the three others two are left at 5 s, one at 9 s.
    story = "ann: A@0 B@5\nbob: A@0 B@9\ncyd: A@0 B@12\ndan: A@18"
    assert stays(story, complete_through=moment(20))[1] == (4, 9)


def test_doing_a_step_comes_before_being_last_seen_at_the_same_time():
    # At 5 s all three are at risk: two of three are left, and at 9 s nobody.
    story = "ann: A@0 B@5\nbob: A@15\ncyd: A@0 B@9"
    assert stays(story, complete_through=moment(20))[1] == (3, 9)


def test_who_came_at_the_last_moment_that_was_seen_tells_nothing():
    assert stays("ann: A@0 B@5\nbob: A@20", complete_through=moment(20))[1] == (1, 5)
    assert stays("ann: A@0 B@100", "A B C")[2] == (0, None)


def test_watching_ends_with_the_exclusion_that_stopped_a_person():
    story = "ann: A@0 B@5\nbob: A@0 B@9\ncyd: A@0 X@3 B@20\ndan: A@0 X@4"
    assert stays(story, exclusions=[{"event": "X"}])[1] == (4, 5)
    assert stays(story)[1] == (4, 9)


def test_watching_ends_with_the_range_that_ends_conversions():
    story = "ann: A@0 B@5\nbob: A@0 B@9\ncyd: A@16\ndan: A@16"
    dates = {"to": moment(20), "clip_conversions": True}
    assert stays(story, date_range=dates)[1] == (4, 5)


def test_in_strict_order_watching_ends_with_the_event_that_ended_progress():
    story = "ann: A@0 B@5\nbob: A@0 B@9\ncyd: A@0 X@3 B@20\ndan: A@0 A@4"
    assert stays(story, order="strict")[1] == (4, 5)


def test_nobody_waits_at_an_optional_step_that_they_passed_over():
    assert stays("ann: A@0 C@7\nbob: A@0 B@2 C@12", "A B? C") == [(0, None), (1, 2), (2, 7)]


def test_who_stops_before_an_optional_step_waits_there():
    assert stays("ann: A@0 C@7\nbob: A@0", "A B? C") == [(0, None), (1, None), (1, 7)]


def test_a_later_step_out_of_order_does_not_end_the_wait():
    assert stays("ann: A@0 C@7\nbob: A@0 B@50 C@60", "A B C") == [(0, None), (2, 50), (1, 10)]


def test_unordered_the_second_step_is_whichever_is_done_second():
    story = "ann: C@0 A@3\nbob: A@0 C@5 B@6\ncyd: B@0"
    assert stays(story, "A B C", order="unordered") == [(0, None), (3, 5), (2, 1)]


def test_groups_have_their_own():
    story = "ann: A{p=x}@0 B@5\nbob: A{p=x}@0\ncyd: A{p=y}@0 B@3\ndan: A@0"
    segments = run(story, breakdown={"property": "p"}).breakdown.segments
    second = {s.label: (s.steps[1].n_came, s.steps[1].censored_median_seconds) for s in segments}
    assert second == {"x": (2, 5), "y": (1, 3), "(none)": (1, None)}


def test_the_csv_has_the_columns():
    from carepath.funnels.spreadsheet import write_csv

    rows = list(csv.DictReader(io.StringIO(write_csv(run("ann: A@0 B@5")))))
    assert [(row["n_came"], row["censored_median_seconds"]) for row in rows] == [
        ("0", ""),
        ("1", "5.0"),
    ]
