"""Exposure dates, effects within clients, interrupted series, and weighing them together."""

import itertools

import numpy as np
import pytest
from effort import times
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.decomposition import decompose
from carepath.stats.estimates import Estimate
from carepath.stats.exposure import _most_likely_cut, date_exposure
from carepath.stats.group_time import (
    _bootstrap,
    _effect,
    _interval,
    _spread,
    group_time_effect,
)
from carepath.stats.hypotheses import Hypothesis, mix_hypothesis, weigh
from carepath.stats.interrupted import (
    CORRELATIONS,
    _fitted,
    _variances,
    interrupted_series,
    judge_effect,
    within_clients,
)
from carepath.stats.trend import conversion_trend


def test_a_step_that_appears_is_dated_between_absence_and_presence():
    found = date_exposure([0, 0, 0, 0, 12, 18, 19, 20], [20] * 8)
    assert (found.kind, found.absent_until, found.present_from) == ("dated", 3, 4)


def test_a_partial_roll_out_lies_between_the_two_dates():
    found = date_exposure([0, 0, 0, 5, 8, 18, 19, 20], [20] * 8)
    assert (found.absent_until, found.present_from) == (2, 5)


def test_a_slow_roll_out_is_dated_from_its_first_week_to_the_first_in_which_most_have_it():
    found = date_exposure([0, 0, 0, 2, 5, 8, 11, 15, 20, 20], [20] * 10)
    assert (found.kind, found.absent_until, found.present_from) == ("dated", 2, 6)


def test_a_quiet_window_within_a_roll_out_is_no_absence():
    found = date_exposure([0, 0, 0, 6, 0, 9, 20, 20, 20], [20] * 9)
    assert (found.kind, found.absent_until, found.present_from) == ("dated", 2, 6)


def test_a_busy_window_early_in_a_roll_out_is_no_presence():
    found = date_exposure([0, 0, 0, 6, 3, 3, 3, 3, 3, 6], [10] * 10)
    assert (found.kind, found.absent_until, found.present_from) == ("dated", 2, 9)


def test_a_small_client_gets_a_wider_interval():
    found = date_exposure([0, 0, 0, 0, 4, 4, 4, 4, 4, 4], [4] * 10)
    assert found.kind == "dated"
    assert found.present_from - found.absent_until >= 1


def test_never_always_and_unclear_are_told_apart():
    assert date_exposure([0] * 5, [20] * 5).kind == "never"
    assert date_exposure([19] * 5, [20] * 5).kind == "always"
    assert date_exposure([6] * 5, [20] * 5).kind == "no date"
    assert date_exposure([20, 20, 0, 0], [20] * 4).kind == "no date"
    assert date_exposure([1, 1], [2, 2]).kind == "no date"
    assert date_exposure([], []).kind == "no date"


def test_one_stray_person_in_a_small_window_is_no_arrival_and_one_skip_no_end():
    stray = date_exposure([0] * 19 + [1], [10] * 20)
    assert (stray.kind, stray.absent_until) == ("never", 19)
    skips = date_exposure([10] * 19 + [4], [10] * 20)
    assert (skips.kind, skips.present_from) == ("always", 0)


def test_more_doing_the_step_than_passing_is_refused():
    with pytest.raises(CarepathError):
        date_exposure([3], [2])


def panel(effect=-0.1, clients=24, periods=20, people=80, seed=1, growth=0.0):
    rng = np.random.default_rng(seed)
    start = np.where(np.arange(clients) % 2 == 0, -1, rng.integers(9, 13, clients))
    entered = rng.poisson(people, (clients, periods))
    after = (start[:, None] >= 0) & (np.arange(periods) >= start[:, None])
    common = 0.02 * np.sin(np.arange(periods))
    drift = growth * np.arange(periods) * (start >= 0)[:, None]
    rate = rng.uniform(0.45, 0.65, clients)[:, None] + common + effect * after + drift
    earlier = rng.binomial(entered, 0.9)
    return rng.binomial(entered, rate), entered, start, earlier


def test_a_staggered_effect_is_found_within_clients():
    k, n, start, earlier = panel()
    found = group_time_effect(k, n, start, seed=1, earlier_steps={"ACCOUNT": earlier})
    assert found.verdict == "supported"
    assert found.effect.contains(-0.1)
    assert set(found.placebos) == {"dates", "ACCOUNT"}
    assert found.exposed == 12
    assert 12 <= found.controls <= 24  # the never exposed, and those not yet exposed


def test_no_effect_is_not_supported_when_there_is_a_fall_to_explain():
    k, n, start, earlier = panel(effect=0.0, people=200)
    found = group_time_effect(k, n, start, 1, {"A": earlier}, exposed_share=0.5, to_explain=-0.05)
    assert found.verdict == "not supported"


def test_clients_that_already_drifted_apart_are_not_identified():
    k, n, start, _ = panel(effect=0.0, growth=-0.012, people=400)
    found = group_time_effect(k, n, start, seed=1)
    assert found.verdict == "not identified"
    assert "differed" in found.reason


def test_under_eight_clients_on_a_side_is_not_identified():
    k, n, start, _ = panel(clients=14)
    found = group_time_effect(k, n, start, seed=1)
    assert found.verdict == "not identified"
    assert "8 are needed" in found.reason


def test_the_group_time_average_matches_a_slow_loop_over_groups_and_times():
    k, n, start, _ = panel(clients=10, periods=12)
    periods = n.shape[1]
    first = np.where(start < 0, periods, start)
    top = bottom = 0.0
    for g in range(1, periods):
        for t in range(g, periods):
            exposed, others = np.flatnonzero(first == g), np.flatnonzero(first > t)
            if not len(exposed) or not len(others):
                continue
            change = k[:, t] / n[:, t] - k[:, :g].sum(1) / n[:, :g].sum(1)
            weight = n[:, t] * n[:, :g].sum(1) / (n[:, t] + n[:, :g].sum(1))
            control = np.average(change[others], weights=weight[others])
            effect = np.average(change[exposed], weights=n[exposed, t]) - control
            top += effect * n[exposed, t].sum()
            bottom += n[exposed, t].sum()
    assert _effect(k, n, first).value == pytest.approx(top / bottom)


def test_the_order_of_clients_does_not_change_the_effect():
    k, n, start, _ = panel()
    there = group_time_effect(k, n, start, seed=1).effect.value
    back = group_time_effect(k[::-1], n[::-1], start[::-1], seed=1).effect.value
    assert there == pytest.approx(back)


def weekly(change=-0.08, weeks=80, people=300, seed=1):
    rng = np.random.default_rng(seed)
    entered = rng.poisson(people, weeks)
    rate = 0.6 + change * (np.arange(weeks) >= 40) + rng.normal(0, 0.02, weeks)
    return rng.binomial(entered, rate), entered


def test_a_change_of_level_at_the_date_is_consistent_with_it():
    found = interrupted_series(*weekly(), 39, 40)
    assert found.verdict == "supported"
    assert found.claim == "consistent with"
    assert found.change.contains(-0.08)


def test_no_change_of_level_is_not_supported():
    found = interrupted_series(*weekly(change=0.0, people=2000, seed=3), 39, 40, to_explain=-0.1)
    assert found.verdict == "not supported"


def test_few_periods_on_one_side_are_not_identified():
    k, n = weekly()
    assert interrupted_series(k[:44], n[:44], 39, 40).verdict == "not identified"
    with pytest.raises(CarepathError):
        interrupted_series(k, n, 40, 40)


def test_weeks_of_a_partial_roll_out_are_left_out():
    k, n = weekly()
    before = interrupted_series(k, n, 36, 43)
    k[37:43] = 0
    assert interrupted_series(k, n, 36, 43) == before


@pytest.mark.parametrize("weeks", [20, 50])
def test_the_interval_of_a_change_of_level_is_students_on_four_fewer_than_the_weeks(weeks):
    k, n = (part[30 : 30 + weeks] for part in weekly())
    half = {
        level: np.subtract(*(found.high, found.value))
        for level in (0.5, 0.95)
        for found in [interrupted_series(k, n, 9, 10, level=level).change]
    }
    expected = stats.t.ppf([0.75, 0.975], len(n) - 4)
    assert half[0.95] / half[0.5] == pytest.approx(expected[1] / expected[0], rel=1e-9)


def test_a_straight_line_without_a_step_has_no_change_of_level():
    n = np.full(60, 100_000)
    k = np.rint(n * np.linspace(0.6, 0.5, 60)).astype(int)
    assert interrupted_series(k, n, 29, 30).change.value == pytest.approx(0, abs=1e-3)


def test_within_clients_a_shift_of_who_arrives_is_no_change():
    n = np.array([[900] * 10 + [100] * 10, [100] * 10 + [900] * 10])
    k = (n * np.array([[0.7], [0.3]])).astype(int)
    assert within_clients(k, n) == pytest.approx(np.full(20, 0.5))
    assert (k.sum(0) / n.sum(0))[[0, -1]] == pytest.approx([0.66, 0.34])


def problem(fall=0.1):
    rng = np.random.default_rng(1)
    n = rng.poisson(1000, 26)
    return conversion_trend(rng.binomial(n, np.where(np.arange(26) < 13, 0.6, 0.6 - fall)), n, 1)


def named(name, value=-0.1, when=(13, 13)):
    size = Estimate(value, value - 0.02, value + 0.02, 100)
    return Hypothesis(name, "supported", size, None, "consistent with", "", *when)


def test_a_hypothesis_stands_alone_at_its_date():
    assert weigh(problem(), [named("page")])[0].verdict == "supported"


def test_two_changes_in_one_week_are_not_identified():
    found = weigh(problem(), [named("page"), named("price")])
    assert [h.verdict for h in found] == ["not identified", "not identified"]


def test_without_a_problem_nothing_is_named():
    assert weigh(problem(0.0), [named("page")])[0].verdict == "not identified"


def test_where_a_fall_cannot_be_told_it_is_not_called_absent():
    young = conversion_trend(np.full(4, 50), np.full(4, 100), 1)
    assert weigh(young, [named("page")])[0].reason == "whether there is a fall cannot be told"
    assert weigh(problem(0.0), [named("page")])[0].reason == "there is no fall to explain"


def small(value, half, verdict="not supported"):
    size = Estimate(value, value - half, value + half, 100)
    return Hypothesis("page", verdict, size, None, "caused", "at most a fall of less than 1 point")


def test_without_a_problem_an_effect_within_a_point_is_not_supported():
    calm = problem(0.0)
    assert not calm.is_problem
    assert weigh(calm, [small(-0.003, 0.005)])[0].verdict == "not supported"
    absent = Hypothesis(
        "page", "not supported", Estimate(0.0, None, None, 100), None, "caused", "did not occur"
    )
    assert weigh(calm, [absent]) == (absent,)


def test_without_a_problem_an_effect_of_a_point_that_is_not_excluded_stays_open():
    found = weigh(problem(0.0), [small(-0.003, 0.008), small(0.0, 0.005, "not identified")])
    assert [one.verdict for one in found] == ["not identified", "not identified"]


def test_without_a_fall_an_effect_is_judged_by_one_point():
    assert judge_effect(Estimate(0.0, -0.009, 0.009, 100), 0.9, None)[0] == "not supported"
    assert judge_effect(Estimate(0.0, -0.011, 0.011, 100), 0.9, None)[0] == "not identified"
    assert judge_effect(Estimate(-0.01, -0.03, 0.01, 100), 0.3, -0.08)[0] == "not supported"


def test_a_change_at_another_time_than_the_fall_is_not_identified():
    found = weigh(problem(), [named("page", when=(4, 4))])[0]
    assert found.reason == "the fall came at another time"


def test_a_shift_towards_worse_segments_accounts_for_the_fall():
    parts = decompose([4800, 600], [8000, 2000], [1800, 2100], [3000, 7000], seed=1)
    assert mix_hypothesis(parts).verdict == "supported"
    same = decompose([4800, 600], [8000, 2000], [4000, 500], [8000, 2000], seed=1)
    assert mix_hypothesis(same).verdict == "not supported"
    # a small shift beside a rate that hardly moved: half of next to nothing is no bound
    steady = decompose([4800, 600], [8000, 2000], [4820, 610], [8010, 2030], seed=1)
    assert mix_hypothesis(steady).verdict == "not supported"
    few = decompose([48, 6], [80, 20], [48, 6], [80, 20], seed=1)
    assert mix_hypothesis(few).verdict == "not identified"


def test_with_clients_of_one_size_the_effect_is_welchs_t_test_of_their_changes():
    rng = np.random.default_rng(6)
    n = np.full((20, 6), 300)
    k = rng.binomial(n, rng.uniform(0.4, 0.6, (20, 1)) - 0.03 * (np.arange(6) >= 3))
    first = np.where(np.arange(20) < 9, 3, 6)
    change = k[:, 3:].sum(axis=1) / 900 - k[:, :3].sum(axis=1) / 900
    oracle = stats.ttest_ind(change[:9], change[9:], equal_var=False)
    found = _effect(k, n, first)
    assert found.value == pytest.approx(change[:9].mean() - change[9:].mean())
    error = float(_spread(found, found.exposed, found.control))
    assert found.value / error == pytest.approx(oracle.statistic)
    signs = rng.choice([-1.0, 1.0], (4000, 20))
    _, p = _interval(found, _bootstrap(found, signs), 0, 0.95)
    assert p == pytest.approx(oracle.pvalue, abs=0.03)


def test_the_wild_bootstrap_tests_residuals_with_new_signs_as_the_effect_is_tested():
    rng = np.random.default_rng(7)
    n = np.full((10, 4), 200)
    k = rng.binomial(n, 0.5)
    first = np.where(np.arange(10) < 5, 2, 4)
    change = k[:, 2:].sum(axis=1) / 400 - k[:, :2].sum(axis=1) / 400
    found = _effect(k, n, first)
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=10)))
    drawn = np.abs(_bootstrap(found, signs))
    residual = change - np.where(first == 2, change[:5].mean(), change[5:].mean())
    flipped = residual * signs
    welch = stats.ttest_ind(flipped[:, :5], flipped[:, 5:], axis=1, equal_var=False).statistic
    assert drawn == pytest.approx(np.abs(welch))
    seen = abs(stats.ttest_ind(change[:5], change[5:], equal_var=False).statistic)
    _, p = _interval(found, _bootstrap(found, signs), 0, 0.95)
    assert p == pytest.approx((1 + np.sum(np.abs(welch) >= seen - 1e-9)) / 1025, abs=2e-3)


def test_the_interrupted_series_is_generalised_least_squares_with_the_whole_covariance():
    rng = np.random.default_rng(8)
    place = np.array([t for t in range(30) if t not in (14, 15)])
    entered = rng.integers(100, 900, len(place)).astype(float)
    rates = 0.5 - 0.06 * (place >= 16) + rng.normal(0, 0.03, len(place))
    x = np.column_stack(
        [np.ones(len(place)), (place - place.mean()) / len(place), (place >= 16).astype(float)]
    )
    noise = np.sqrt(_variances(rates, entered, x))
    heights, values, variances = [], [], []
    for rho in CORRELATIONS:
        gaps = np.abs(np.subtract.outer(place, place))
        covariance = np.outer(noise, noise) * np.sign(rho) ** gaps * np.abs(rho) ** gaps
        inverse = np.linalg.inv(covariance)
        information = x.T @ inverse @ x
        beta = np.linalg.solve(information, x.T @ inverse @ rates)
        rest = rates - x @ beta
        left, degrees = rest @ inverse @ rest, len(place) - 3
        heights.append(
            -0.5 * np.linalg.slogdet(covariance)[1]
            - 0.5 * np.linalg.slogdet(information)[1]
            - 0.5 * degrees * np.log(left)
        )
        values.append(beta[2])
        variances.append(left / degrees * np.linalg.inv(information)[2, 2])
    weight = np.exp(np.array(heights) - max(heights))
    weight /= weight.sum()
    mean = weight @ np.array(values)
    variance = weight @ (np.array(variances) + (np.array(values) - mean) ** 2)
    found = _fitted(rates, entered, place, place >= 16)
    assert found == pytest.approx((mean, np.sqrt(variance), weight @ CORRELATIONS), rel=1e-6)


@settings(max_examples=times(60), deadline=None)
@given(st.lists(st.tuples(st.integers(10, 30), st.integers(0, 30)), min_size=2, max_size=12))
def test_the_likeliest_date_is_found_by_trying_all(rows):
    n = np.array([people for people, _ in rows])
    k = np.minimum(n, np.array([did for _, did in rows]))

    def height(part):
        share = k[part].sum() / n[part].sum()
        return stats.binom.logpmf(k[part], n[part], share).sum()

    heights = [height(slice(0, cut)) + height(slice(cut, None)) for cut in range(1, len(n))]
    assert heights[_most_likely_cut(k, n) - 1] == pytest.approx(max(heights), abs=1e-6)
