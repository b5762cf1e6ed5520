"""What is drawn follows what the ledger says was planted, up to chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from carepath.sample.clients import NEVER, Rollout, clients_of
from carepath.sample.expectation import Expectation, expect
from carepath.sample.people import CHUNK, People, draw_people
from carepath.sample.plan import DAY, WEEK, SamplePlan
from carepath.sample.rates import DEVICE_SHARES, IN_WINDOW, WINDOW_DAYS, Floats, Rates, rates_of

FUNNEL_SCENARIOS = ("none", "new_page", "eligibility", "both", "mix_shift", "demand")
# With about sixty comparisons of fixed seeds, 4 standard errors leave 0.4 % to chance overall.
SIGMAS = 4.0


@dataclass(frozen=True)
class World:
    """Everybody of one scenario, and what was to be expected of them."""

    rates: Rates
    people: People
    expectation: Expectation

    @property
    def converted(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Who created a project within the window."""
        in_window = self.people.times[:, 5] - self.people.created <= WINDOW_DAYS * DAY
        return np.asarray(self.people.reached[:, 5] & in_window)


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """One world for each scenario that changes the funnel, and the calm one."""
    found = {}
    for name in FUNNEL_SCENARIOS:
        plan = SamplePlan(members=CHUNK, seed=11, scenario=name)
        rates = rates_of(plan, clients_of(plan))
        found[name] = World(rates, draw_people(rates, 0, CHUNK), expect(rates))
    return found


def sigmas(observed: float, expected: float, trials: float) -> float:
    """Distance in standard errors of a count of successes from its expectation."""
    rate = expected / trials
    return abs(observed - expected) / float(np.sqrt(trials * rate * (1 - rate)))


@pytest.mark.parametrize("name", FUNNEL_SCENARIOS)
def test_conversion_is_as_expected_overall_and_by_device(
    name: str, worlds: dict[str, World]
) -> None:
    world = worlds[name]
    assert sigmas(world.converted.sum(), world.expectation.conversions_by_day.sum(), CHUNK) < SIGMAS
    for device, share in enumerate(DEVICE_SHARES):
        here = world.people.device == device
        rate = world.expectation.conversions_by_device[device] / (CHUNK * share)
        assert sigmas(world.converted[here].sum(), rate * here.sum(), here.sum()) < SIGMAS


def test_mature_people_convert_as_expected_of_them_and_not_as_everybody(
    worlds: dict[str, World],
) -> None:
    world = worlds["both"]
    plan = world.rates.plan
    until = plan.ends - 15 * DAY
    expectation = expect(world.rates, until)
    mature = world.people.created < until
    rate = expectation.conversions_by_day.sum() / expectation.arrivals.sum()
    everybody = world.expectation.conversions_by_day.sum() / world.expectation.arrivals.sum()
    assert len(expectation.arrivals) == len(world.expectation.arrivals) - 15
    # The last to sign up all have the page or the verification.
    assert 0.0005 < rate - everybody < 0.005
    assert sigmas(world.converted[mature].sum(), rate * mature.sum(), mature.sum()) < SIGMAS


@pytest.mark.parametrize("name", FUNNEL_SCENARIOS)
def test_conversion_is_as_expected_before_and_after_the_change(
    name: str, worlds: dict[str, World]
) -> None:
    world = worlds[name]
    plan = world.rates.plan
    day = (plan.changes - plan.begins) // DAY
    before = world.people.created < plan.changes
    for when, days in ((before, slice(0, day)), (~before, slice(day, None))):
        arrivals = world.expectation.arrivals[days].sum()
        rate = world.expectation.conversions_by_day[days].sum() / arrivals
        assert sigmas(when.sum(), arrivals, CHUNK) < SIGMAS
        assert sigmas(world.converted[when].sum(), rate * when.sum(), when.sum()) < SIGMAS


def test_each_step_is_passed_as_often_as_expected(worlds: dict[str, World]) -> None:
    world = worlds["none"]
    expected = world.expectation.reached_by_step.sum(axis=(0, 1))
    for step in range(1, 6):
        assert sigmas(world.people.reached[:, step].sum(), expected[step], CHUNK) < SIGMAS


def conversion_with(world: World, verifies: bool, has_page: bool) -> Floats:
    """Planted conversion of each person, had their flow been this one."""
    people, count = world.people, len(world.people)
    week = np.zeros(count, dtype=np.int64)
    country = np.zeros(count, dtype=np.int64)
    passing = world.rates.pass_probabilities(
        people.client,
        week,
        people.device,
        country,
        np.full(count, verifies),
        np.full(count, has_page),
    )
    return np.asarray(passing.prod(axis=1) * IN_WINDOW)


def test_the_page_takes_exactly_the_planted_points_from_everybody(
    worlds: dict[str, World],
) -> None:
    world = worlds["new_page"]
    for verifies in (False, True):
        lost = conversion_with(world, verifies, False) - conversion_with(world, verifies, True)
        np.testing.assert_allclose(lost, 0.10, atol=1e-9)


def test_eligibility_takes_exactly_the_planted_points_where_it_is_switched_on(
    worlds: dict[str, World],
) -> None:
    world = worlds["eligibility"]
    switched = world.rates.clients.verification.is_released[world.people.client]
    lost = conversion_with(world, False, True) - conversion_with(world, True, True)
    np.testing.assert_allclose(lost[switched], 0.10, atol=1e-9)


def test_both_changes_add_up(worlds: dict[str, World]) -> None:
    world = worlds["both"]
    switched = world.rates.clients.verification.is_released[world.people.client]
    lost = conversion_with(world, False, False) - conversion_with(world, True, True)
    np.testing.assert_allclose(lost[switched], 0.20, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "step"), [("new_page", 4), ("both", 4), ("eligibility", 3), ("both", 3)]
)
def test_exposed_clients_lose_what_was_planted_against_the_others(
    name: str, step: int, worlds: dict[str, World]
) -> None:
    world = worlds[name]
    people, clients = world.people, world.rates.clients
    rollout = clients.page if step == 4 else clients.verification
    exposed, never = rollout.is_released, rollout.full_from >= NEVER
    estimates, variances = [], []
    for wave in np.unique(rollout.full_from[exposed]):
        treated = exposed & (rollout.full_from == wave)
        start = rollout.partial_from[treated].min()
        rates = []
        for group in (treated, never):
            for period in (people.created >= wave, people.created < start):
                cell = world.converted[group[people.client] & period]
                rates.append((cell.mean(), cell.var() / cell.size))
        (a, va), (b, vb), (c, vc), (d, vd) = rates
        estimates.append(a - b - (c - d))
        # Ordinary client-by-period shocks of 0.1 logit are 2.5 points in each four weeks; a wave
        # has four clients and ten periods or more on the short side.
        variances.append(va + vb + vc + vd + 0.025**2 / (treated.sum() * 8))
    estimate = float(np.mean(estimates))
    # Controls are shared by the waves, so their errors do not average out: no credit is taken.
    error = float(np.sqrt(np.mean(variances)))
    assert abs(estimate + 0.10) < SIGMAS * error / 2
    assert estimate < -0.04


def release_of(world: World, step: int) -> Rollout:
    """The release that decides whether a step exists."""
    clients = world.rates.clients
    return clients.page if step == 4 else clients.verification


@pytest.mark.parametrize(("name", "step"), [("new_page", 4), ("both", 4), ("eligibility", 3)])
def test_before_its_release_a_step_leaves_no_events(
    name: str, step: int, worlds: dict[str, World]
) -> None:
    world = worlds[name]
    people, rollout = world.people, release_of(worlds[name], step)
    early = people.created < rollout.partial_from[people.client]
    late = people.created >= rollout.full_from[people.client]
    assert not people.emitted[early, step].any()
    later = people.reached[:, 5] & late
    assert people.emitted[later, step].mean() > 0.9


@pytest.mark.parametrize("name", ["new_page", "eligibility", "both"])
def test_releases_are_staggered_with_enough_exposed_and_control_clients(
    name: str, worlds: dict[str, World]
) -> None:
    world = worlds[name]
    clients = world.rates.clients
    what = world.rates.plan.what
    for planted, rollout in (
        (what.adds_page, clients.page),
        (what.adds_eligibility, clients.verification),
    ):
        if planted:
            assert rollout.is_released.sum() >= 8
            assert (rollout.full_from >= NEVER).sum() >= 8
            assert len(np.unique(rollout.full_from[rollout.is_released])) >= 4


def test_no_client_gets_both_changes_within_three_weeks(worlds: dict[str, World]) -> None:
    clients = worlds["both"].rates.clients
    twice = clients.page.is_released & clients.verification.is_released
    gap = np.abs(clients.page.full_from - clients.verification.full_from)[twice]
    assert twice.sum() >= 8
    assert gap.min() >= 3 * WEEK
    # And either change alone has clients of its own, with clients that had neither.
    for only in (clients.page, clients.verification):
        assert (only.is_released & ~twice).sum() >= 8
    neither = ~clients.page.is_released & ~clients.verification.is_released
    assert neither.sum() >= 8


def test_the_mix_shift_lowers_conversion_without_touching_any_client(
    worlds: dict[str, World],
) -> None:
    calm, shifted = worlds["none"], worlds["mix_shift"]
    day = (calm.rates.plan.changes - calm.rates.plan.begins) // DAY

    def change(world: World) -> float:
        expected = world.expectation
        rate = [
            expected.conversions_by_day[days].sum() / expected.arrivals[days].sum()
            for days in (slice(0, day), slice(day, None))
        ]
        return float(rate[1] - rate[0])

    assert change(shifted) - change(calm) == pytest.approx(-0.05, abs=0.005)
    everywhere = shifted.expectation.arrivals > 0
    by_client = [
        world.expectation.conversions_by_client_day[everywhere]
        / world.expectation.arrivals[everywhere]
        for world in (shifted, calm)
    ]
    np.testing.assert_allclose(*by_client, rtol=1e-9)
    np.testing.assert_allclose(
        shifted.expectation.arrivals.sum(axis=1), calm.expectation.arrivals.sum(axis=1)
    )


def test_demand_raises_arrivals_by_the_planted_factor(worlds: dict[str, World]) -> None:
    plan = worlds["demand"].rates.plan
    day = (plan.changes - plan.begins) // DAY
    ratio = [
        world.expectation.arrivals[day:].sum() / world.expectation.arrivals[:day].sum()
        for world in (worlds["demand"], worlds["none"])
    ]
    assert ratio[0] / ratio[1] == pytest.approx(1.30)


def test_weekly_and_client_shocks_are_part_of_every_scenario() -> None:
    for name in FUNNEL_SCENARIOS:
        plan = SamplePlan(scenario=name)
        rates = rates_of(plan, clients_of(plan))
        assert 0.06 < rates.week_shocks.std() < 0.14
        assert 0.09 < rates.client_shocks.std() < 0.11


def test_an_effect_of_nothing_changes_nothing() -> None:
    plan = SamplePlan(scenario="mix_shift", effect=0.0)
    calm = replace(plan, scenario="none", effect=None)
    one, other = (rates_of(each, clients_of(each)) for each in (plan, calm))
    np.testing.assert_allclose(one.intensity, other.intensity)


def test_people_of_clients_that_do_not_verify_never_see_the_step(worlds: dict[str, World]) -> None:
    world = worlds["none"]
    verifying = np.array(world.rates.clients.verification_types) != ""
    assert 0 < verifying.sum() < len(verifying)
    seen = np.unique(world.people.client[world.people.emitted[:, 3]])
    assert set(seen) == set(np.flatnonzero(verifying))
