"""Extracts selected by completion."""

import numpy as np

from carepath.stats.extracts import completion_selection


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
