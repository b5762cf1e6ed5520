"""Adjusting many p-values."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.multiplicity import benjamini_hochberg, holm

# Benjamini and Hochberg (1995), section 4.1: 15 tests of a myocardial infarction trial.
TRIAL = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
TRIAL += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]

p_values = st.lists(st.floats(0, 1) | st.none(), max_size=30)


def test_the_trial_of_1995_keeps_four_findings_and_bonferroni_three():
    assert sum(p <= 0.05 for p in benjamini_hochberg(TRIAL)) == 4
    assert sum(p <= 0.05 for p in holm(TRIAL)) == 3


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_agrees_with_scipy(values):
    oracle = stats.false_discovery_control(values, method="bh")
    assert benjamini_hochberg(values) == pytest.approx(tuple(oracle))


def test_holm_gives_the_values_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_tests_that_could_not_be_done_stay_none_and_do_not_count():
    assert benjamini_hochberg([None, 0.04]) == (None, 0.04)
    assert holm([None, None]) == (None, None)
    assert holm([]) == ()


def test_a_p_value_above_one_is_refused():
    with pytest.raises(CarepathError):
        holm([1.5])
    with pytest.raises(CarepathError):
        benjamini_hochberg([float("nan")])


@given(p_values, st.randoms())
def test_adjusting_raises_keeps_order_and_ignores_the_arrangement(values, random):
    for adjust in (benjamini_hochberg, holm):
        found = adjust(values)
        known = [(p, q) for p, q in zip(values, found, strict=True) if p is not None]
        assert all(p <= q + 1e-12 and q <= 1 for p, q in known)
        ordered = sorted(known)
        assert all(a[1] <= b[1] + 1e-12 for a, b in itertools.pairwise(ordered))
        order = list(range(len(values)))
        random.shuffle(order)
        turned = adjust([values[i] for i in order])
        for value, other in zip(turned, [found[i] for i in order], strict=True):
            assert value is other or value == pytest.approx(other)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_never_below_benjamini_hochberg(values):
    assert np.all(np.array(holm(values)) >= np.array(benjamini_hochberg(values)) - 1e-12)
