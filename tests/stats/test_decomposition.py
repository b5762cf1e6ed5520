"""Mix against rate, and the split over steps."""

import numpy as np
import pytest
from effort import times
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carepath.errors import CarepathError
from carepath.stats.decomposition import decompose, share_of_change, small_segments
from carepath.stats.estimates import Estimate
from carepath.stats.step_shares import contributions_by_step

cell = st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.lists(st.tuples(cell, cell), min_size=1, max_size=5)


def test_two_groups_give_the_worked_components():
    # Kitagawa's (1955) formula by hand: weights .5/.5 to .3/.7, rates .8/.4 to .7/.3.
    found = decompose([400, 200], [500, 500], [210, 210], [300, 700], seed=1)
    assert found.total.value == pytest.approx(0.42 - 0.60)
    assert found.mix.value == pytest.approx(-0.2 * 0.75 + 0.2 * 0.35)
    assert found.rate.value == pytest.approx(-0.1)


def test_entering_and_leaving_segments_are_kept_apart():
    found = decompose([50, 30, 0], [100, 100, 0], [50, 0, 20], [100, 0, 100], seed=1)
    middle = (0.4 + 0.35) / 2
    assert found.entering.value == pytest.approx(0.5 * (0.2 - middle))
    assert found.leaving.value == pytest.approx(-0.5 * (0.3 - middle))
    assert found.rate.value == 0


def test_simpsons_paradox_is_flagged_only_beyond_chance():
    # Both segments improve, the total falls: the worse one grew.
    big = decompose([8000, 600], [10000, 2000], [1700, 4000], [2000, 10000], seed=1)
    assert big.total.value < 0 < big.rate.value
    assert big.is_simpson
    assert big.is_offsetting
    small = decompose([8, 1], [10, 3], [3, 4], [3, 10], seed=1)
    assert not small.is_simpson


def test_shares_of_a_small_change_are_withheld():
    found = decompose([50, 30], [100, 100], [48, 31], [100, 100], seed=1)
    assert found.mix_share.value is None
    assert "4 standard errors" in found.mix_share.reason


def test_fieller_limits_hold_the_ratio_and_match_the_textbook_form():
    # With a fixed denominator the limits are those of the numerator, divided.
    part = Estimate(-0.04, -0.06, -0.02, 100)
    total = Estimate(-0.10, -0.10, -0.10, 100)
    found = share_of_change(part, total, 0.0, 1.96)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.2, 0.6))


def test_clients_resampled_are_wider_than_persons_when_clients_differ():
    rng = np.random.default_rng(3)
    n0, n1 = rng.integers(20, 60, (30, 2)), rng.integers(20, 60, (30, 2))
    k0 = rng.binomial(n0, rng.beta(2, 2, (30, 1)))
    k1 = rng.binomial(n1, rng.beta(2, 2, (30, 1)))
    by_client = decompose(k0, n0, k1, n1, seed=1)
    by_person = decompose(k0.sum(0), n0.sum(0), k1.sum(0), n1.sum(0), seed=1)
    assert by_client.rate.value == pytest.approx(by_person.rate.value)
    assert by_client.rate.high - by_client.rate.low > by_person.rate.high - by_person.rate.low


def test_nobody_in_a_period_leaves_everything_none():
    assert decompose([1], [2], [0], [0], seed=1).total.value is None


def test_small_segments_are_pooled_and_entering_ones_are_not():
    assert small_segments([100, 29, 0, 0, 40], [100, 100, 50, 9, 0]).tolist() == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(CarepathError):
        decompose([1, 2], [2, 3], [1], [2], seed=1)
    with pytest.raises(CarepathError):
        decompose([3], [2], [1], [2], seed=1)


@settings(deadline=None, max_examples=times(60))
@given(tables)
def test_the_parts_add_up_exactly_and_mirror_in_time(rows):
    k0, n0, k1, n1 = (np.array([r[i][j] for r in rows]) for i in (0, 1) for j in (0, 1))
    assume(n0.sum() > 0 and n1.sum() > 0)
    found = decompose(k0, n0, k1, n1, seed=1, resamples=20)
    parts = (found.mix, found.rate, found.entering, found.leaving)
    assert sum(p.value for p in parts) == pytest.approx(found.total.value, abs=1e-12)
    back = decompose(k1, n1, k0, n0, seed=1, resamples=20)
    assert back.mix.value == pytest.approx(-found.mix.value, abs=1e-12)
    assert back.entering.value == pytest.approx(-found.leaving.value, abs=1e-12)


closed = st.lists(st.integers(1, 500), min_size=3, max_size=3).map(lambda v: sorted(v)[::-1])


@settings(deadline=None, max_examples=times(60))
@given(st.lists(st.tuples(closed, closed), min_size=1, max_size=4))
def test_the_steps_add_up_to_the_rate_part_exactly(rows):
    before, after = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    found = contributions_by_step(before, after, seed=1, resamples=20)
    total = sum(s.value for s in found.steps) + found.unsplit
    assert total == pytest.approx(found.rate.value, abs=1e-12)
    rate = decompose(before[:, -1], before[:, 0], after[:, -1], after[:, 0], seed=1, resamples=20)
    assert found.rate.value == pytest.approx(rate.rate.value, abs=1e-12)


def test_the_step_that_moved_gets_the_whole_change():
    found = contributions_by_step([1000, 800, 600], [1000, 600, 450], seed=1)
    assert found.steps[0].value == pytest.approx(-0.15)
    assert found.steps[1].value == pytest.approx(0.0, abs=1e-12)
    assert found.shares[0].value == pytest.approx(1.0)


def test_a_zero_numerator_is_none_and_never_a_number():
    found = contributions_by_step([100, 50, 10], [100, 40, 0], seed=1)
    assert all(s.value is None for s in found.steps)
    assert found.unsplit == pytest.approx(-0.1)


def test_counts_that_rise_along_the_steps_are_refused():
    with pytest.raises(CarepathError, match="more people closed"):
        contributions_by_step([10, 20], [10, 5], seed=1)
