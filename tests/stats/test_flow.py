"""Demand or efficiency."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from carepath.errors import CarepathError
from carepath.stats.flow import FlowDays, _degrees, _drawn, demand_or_efficiency


def window(days=168, seed=1, **factors):
    """A team in balance: 20 tasks a day, 1.5 visits each, 10 coordinators, work always waiting."""
    rng = np.random.default_rng(seed)
    f = {
        "arrivals": 1.0,
        "rework": 1.0,
        "service": 1.0,
        "capacity": 1.0,
        "outside": 1.0,
        "wip": 1.0,
    }
    f |= factors
    staff = 10 * f["capacity"]
    visits = rng.poisson(30 * f["capacity"] / f["service"], days).astype(float)
    entered = rng.poisson(5, days).astype(float)
    return FlowDays(
        arrivals=rng.poisson(20 * f["arrivals"], days).astype(float),
        finished=np.round(visits / (1.5 * f["rework"])),
        visits_completed=visits,
        coordinators=np.full(days, staff),
        waiting_share=np.ones(days),
        waiting_visits=visits,
        wip=100 * f["wip"] * rng.gamma(400, 1 / 400, days),
        external_wip=entered.mean() * 4 * f["outside"] * rng.gamma(400, 1 / 400, days),
        external_entered=entered,
    )


@pytest.mark.parametrize(
    ("driver", "factor", "side"),
    [
        ("arrivals", {"arrivals": 1.3}, "demand"),
        ("rework", {"rework": 1.3}, "efficiency"),
        ("service", {"service": 1.3}, "efficiency"),
        ("capacity", {"capacity": 0.75}, "efficiency"),
        ("external waiting", {"outside": 4.0}, "efficiency"),
    ],
)
def test_the_driver_that_changed_is_named(driver, factor, side):
    found = demand_or_efficiency(window(), window(seed=2, wip=1.7, **factor), seed=1)
    assert (found.verdict, found.side) == (driver, side)
    assert found.drivers[0].name == driver
    assert found.wip_ratio.contains(1.7)


def test_a_busy_team_without_a_change_is_none():
    found = demand_or_efficiency(window(), window(seed=2), seed=1)
    assert found.verdict == "none"
    assert found.side is None


def test_a_sure_change_of_less_than_a_quarter_is_none():
    found = demand_or_efficiency(window(), window(seed=2, wip=1.2, arrivals=1.2), seed=1)
    assert found.wip_ratio.low > 1.1
    assert found.verdict == "none"
    more = demand_or_efficiency(window(), window(seed=2, wip=1.3, arrivals=1.2), seed=1)
    assert more.verdict == "arrivals"


def test_less_work_in_progress_is_explained_in_its_own_direction():
    found = demand_or_efficiency(window(), window(seed=2, wip=0.5, arrivals=0.7), seed=1)
    assert found.verdict == "arrivals"
    assert found.drivers[0].contribution.value < 0


def test_two_drivers_alike_cannot_be_told_apart():
    after = window(seed=2, wip=2.0, arrivals=1.2, rework=1.2)
    assert demand_or_efficiency(window(), after, seed=1).verdict == "cannot tell"


def test_a_change_without_a_driver_cannot_be_told():
    found = demand_or_efficiency(window(), window(seed=2, wip=1.6), seed=1)
    assert found.verdict == "cannot tell"
    assert found.reason == "no driver changed beyond chance"


def test_service_is_unknown_where_no_work_ever_waited():
    idle = replace(window(), waiting_share=np.zeros(168), waiting_visits=np.zeros(168))
    found = demand_or_efficiency(idle, window(seed=2, wip=1.7, arrivals=1.3), seed=1)
    assert found.verdict == "cannot tell"
    service = next(d for d in found.drivers if d.name == "service")
    assert service.before is None
    assert service.contribution.value is None


def test_service_is_unknown_where_fewer_than_thirty_visits_ended_while_work_waited():
    def service(visits):
        few = np.zeros(168)
        few[:visits] = 1.0
        found = demand_or_efficiency(replace(window(), waiting_visits=few), window(seed=2), seed=1)
        return next(driver for driver in found.drivers if driver.name == "service")

    assert service(29).before is None
    assert service(30).before is not None


def test_short_windows_cannot_tell():
    assert demand_or_efficiency(window(40), window(40), seed=1).verdict == "cannot tell"


def test_the_four_load_contributions_add_up_to_the_change_of_load():
    before, after = window(), window(seed=2, wip=1.5, arrivals=1.2, service=1.1)
    found = demand_or_efficiency(before, after, seed=1)
    total = sum(d.contribution.value for d in found.drivers if d.name != "external waiting")

    def load(w):
        visits = w.visits_completed.sum() / w.finished.sum()
        each = w.coordinators.sum() / w.waiting_visits.sum()
        return w.arrivals.mean() * visits * each / w.coordinators.mean()

    assert total == pytest.approx(np.log(load(after) / load(before)))


def test_swapping_the_windows_flips_every_contribution():
    there = demand_or_efficiency(window(), window(seed=2, wip=1.7, arrivals=1.3), seed=1)
    back = demand_or_efficiency(window(seed=2, wip=1.7, arrivals=1.3), window(), seed=1)
    by_name = {d.name: d.contribution.value for d in back.drivers}
    assert all(by_name[d.name] == pytest.approx(-d.contribution.value) for d in there.drivers)
    assert back.verdict == there.verdict


def test_littles_law_is_shown_beside_the_verdict():
    found = demand_or_efficiency(window(), window(seed=2), seed=1)
    assert found.little_before == pytest.approx(100 / 20, rel=0.1)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(CarepathError):
        demand_or_efficiency(replace(window(), wip=np.ones(3)), window(), seed=1)
    with pytest.raises(CarepathError):
        demand_or_efficiency(replace(window(), waiting_share=np.full(168, 2.0)), window(), seed=1)


@pytest.mark.parametrize("count", [3, 6, 13, 26])
def test_resampled_blocks_have_the_mean_and_the_spread_of_independent_blocks(count):
    rng = np.random.default_rng(3)
    blocks = rng.gamma(20, 5, (count, 2))
    drawn = _drawn(blocks, rng, 60_000)
    assert drawn.mean(axis=0) == pytest.approx(blocks.sum(axis=0), rel=0.003)
    # a sum of independent blocks: as many times their variance, unbiased
    spread = np.cov(drawn.T) / (count * np.cov(blocks.T))
    assert np.diag(spread) == pytest.approx([1, 1], rel=0.025)


def test_welchs_degrees_of_freedom_are_scipys():
    rng = np.random.default_rng(5)
    one, other = rng.normal(0, 1, 7), rng.normal(0, 3, 12)
    spreads = [rng.normal(0, np.std(x, ddof=1) / np.sqrt(len(x)), 400_000) for x in (one, other)]
    expected = stats.ttest_ind(one, other, equal_var=False).df
    assert _degrees(*spreads, (7, 12)) == pytest.approx(expected, rel=0.02)
