"""Exposure dates, effects within clients, interrupted series, and weighing them together."""

import numpy as np
import pytest

from carepath.errors import CarepathError
from carepath.stats.decomposition import decompose
from carepath.stats.estimates import Estimate
from carepath.stats.exposure import date_exposure
from carepath.stats.group_time import _effect, group_time_effect
from carepath.stats.hypotheses import Hypothesis, mix_hypothesis, weigh
from carepath.stats.interrupted import interrupted_series, within_clients
from carepath.stats.trend import conversion_trend


def test_a_step_that_appears_is_dated_between_absence_and_presence():
    found = date_exposure([0, 0, 0, 0, 12, 18, 19, 20], [20] * 8)
    assert (found.kind, found.absent_until, found.present_from) == ("dated", 3, 4)


def test_a_partial_roll_out_lies_between_the_two_dates():
    found = date_exposure([0, 0, 0, 5, 8, 18, 19, 20], [20] * 8)
    assert (found.absent_until, found.present_from) == (2, 5)


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


def test_a_change_at_another_time_than_the_fall_is_not_identified():
    found = weigh(problem(), [named("page", when=(4, 4))])[0]
    assert found.reason == "the fall came at another time"


def test_a_shift_towards_worse_segments_accounts_for_the_fall():
    parts = decompose([4800, 600], [8000, 2000], [1800, 2100], [3000, 7000], seed=1)
    assert mix_hypothesis(parts).verdict == "supported"
    same = decompose([4800, 600], [8000, 2000], [4000, 500], [8000, 2000], seed=1)
    assert mix_hypothesis(same).verdict == "not supported"
