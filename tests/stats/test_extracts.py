"""Extracts selected by completion, and processes that drift."""

import numpy as np

from carepath.stats.extracts import completion_selection, drift


def tasks(seed=1, n=1500, speed=None):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, 400, n))
    scale = 30.0 if speed is None else np.where(start > 200, speed, 30.0)
    life, watch = rng.exponential(scale, n), 400 - start
    return start, np.minimum(life, watch), life <= watch


def test_an_extract_of_recent_completions_is_recognised():
    start, length, done = tasks()
    recent = ~done | (start + length > 200)
    found = completion_selection(start[recent], length[recent], done[recent])
    assert found.is_selected
    assert found.expected > 2 * found.observed


def test_an_honest_extract_is_not_suspected():
    for seed in range(20):
        found = completion_selection(*tasks(seed))
        assert found.is_selected is not True


def test_too_few_completions_cannot_say():
    assert completion_selection([1.0], [2.0], [True]).is_selected is None
    assert completion_selection([], [], []).is_selected is None


def test_a_process_that_speeds_up_is_called_faster():
    assert drift(*tasks(speed=15.0), as_of=400, seed=1).direction == "faster"
    assert drift(*tasks(speed=60.0), as_of=400, seed=1).direction == "slower"


def test_a_steady_process_is_steady():
    directions = [drift(*tasks(seed), as_of=400, seed=1).direction for seed in range(10)]
    assert directions.count("steady") >= 9


def test_nothing_started_has_no_drift():
    assert drift([], [], [], as_of=1, seed=1).direction is None
    assert drift([1.0], [2.0], [True], as_of=0, seed=1).direction is None
