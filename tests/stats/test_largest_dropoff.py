"""The largest drop-off: who is named, and when it stays open."""

import itertools
from math import comb

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st

from carepath.errors import CarepathError
from carepath.stats.largest_dropoff import largest_dropoff


def test_a_clear_leader_is_named():
    found = largest_dropoff([100, 400, 50, 450], seed=1)
    assert found.named == 3
    assert found.candidates == (3,)
    assert found.steps[1].lost == 400
    assert found.lead.value == pytest.approx(0.3)


def test_a_close_race_lists_the_candidates():
    found = largest_dropoff([101, 100, 10, 300], seed=1)
    assert found.named is None
    assert found.candidates == (2, 3)


def test_a_firm_lead_under_one_point_is_not_named():
    found = largest_dropoff([10_000_000, 10_400_000, 100, 79_599_900], seed=1)
    assert found.steps[1].support_by_people > 0.99
    assert found.named is None
    assert found.candidates == (3, 2)


def test_people_and_rate_may_name_different_steps():
    found = largest_dropoff([600, 100, 290, 10], seed=1)
    assert found.named == 2
    assert found.named_by_rate == 4
    assert not found.same_step


def test_the_rate_of_a_step_uses_those_to_whom_it_applies():
    cells = [[10, 20, 70], [5, 0, 95]]
    found = largest_dropoff(cells, seed=1, applies=[[True, True, True], [True, True, False]])
    assert found.steps[1].rate_of_previous.value == pytest.approx(20 / 90)
    assert found.n == 200


def test_losing_people_where_a_step_does_not_apply_is_refused():
    with pytest.raises(CarepathError, match="does not apply"):
        largest_dropoff([[1, 2, 3]], seed=1, applies=[[True, True, False]])


def test_nobody_entered_is_refused_and_nobody_lost_names_nobody():
    with pytest.raises(CarepathError, match="nobody"):
        largest_dropoff([0, 0, 0], seed=1)
    assert largest_dropoff([0, 0, 9], seed=1).named is None


def test_support_agrees_with_exact_enumeration_of_all_resamples():
    counts = np.array([3, 2, 1])
    n = counts.sum()
    wins = 0.0
    for i, j in itertools.product(range(n + 1), repeat=2):
        if i + j > n:
            continue
        chance = comb(n, i) * comb(n - i, j) * 0.5**i * (1 / 3) ** j * (1 / 6) ** (n - i - j)
        wins += chance * (1.0 if i > j else 0.5 if i == j else 0.0)
    found = largest_dropoff(counts, seed=5, resamples=40_000)
    assert found.steps[0].support_by_people == pytest.approx(wins, abs=0.01)


@settings(deadline=None, max_examples=times(40))
@given(st.lists(st.integers(0, 500), min_size=2, max_size=8).filter(lambda c: sum(c) > 0))
def test_supports_are_shares_that_sum_to_one_and_repeat(counts):
    found = largest_dropoff(counts, seed=2, resamples=200)
    assert sum(s.support_by_people for s in found.steps) == pytest.approx(1)
    assert sum(s.lost for s in found.steps) == sum(counts[:-1])
    assert found == largest_dropoff(counts, seed=2, resamples=200)
