"""Aggregates with the shocks ordinary weeks and clients bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

WEEKLY_SHOCK = 0.1
CLIENT_SHOCK = 0.1
WEEKS_PER_COHORT = 4


@dataclass(frozen=True)
class Panel:
    """Weekly counts of clients, shape (clients, weeks), and what was planted.

    `earlier` counts people who passed the step before the one in question.
    """

    entered: np.ndarray
    converted: np.ndarray
    earlier: np.ndarray
    exposed_from_week: np.ndarray
    truth: float

    def cohorts(self, name: str) -> np.ndarray:
        """Return one table summed to four-week cohorts."""
        table = getattr(self, name)
        return table.reshape(len(table), -1, WEEKS_PER_COHORT).sum(axis=2)


def shocks(clients: int, weeks: int, rng: np.random.Generator) -> np.ndarray:
    """Return logit shocks: one per week, and one per client and four-week period."""
    weekly = rng.normal(0, WEEKLY_SHOCK, weeks)
    periods = -(-weeks // WEEKS_PER_COHORT)
    by_client = rng.normal(0, CLIENT_SHOCK, (clients, periods))
    return weekly + np.repeat(by_client, WEEKS_PER_COHORT, axis=1)[:, :weeks]


def weekly_series(
    rate: np.ndarray, people: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return converted and entered per week of one population, with weekly shocks."""
    entered = rng.poisson(people, len(rate))
    chance = special.expit(special.logit(rate) + rng.normal(0, WEEKLY_SHOCK, len(rate)))
    return rng.binomial(entered, chance), entered


def panel(
    cause: str,
    points: float,
    rng: np.random.Generator,
    clients: int = 48,
    cohorts: int = 26,
    people: float = 12.0,
) -> Panel:
    """Simulate a funnel in which one cause lowers conversion by `points`.

    Half of the clients meet a step at staggered dates (`exposed_from_week`), everybody meets a
    page in the middle. `cause` says which of them really matters: eligibility, page, mix or none;
    the others are decoys. The fall is planted on people's chance, in percentage points.
    """
    weeks = cohorts * WEEKS_PER_COHORT
    base = special.logit(0.55) + rng.normal(0, 0.3, clients)
    before_step = special.logit(0.85) + rng.normal(0, 0.2, clients)
    noise = shocks(clients, weeks, rng)
    early_noise = shocks(clients, weeks, rng)
    size = people * rng.uniform(0.5, 1.5, clients)
    start = np.full(clients, -1)
    exposed = rng.permutation(clients)[: clients // 2]
    # Roll-out in four waves around the middle, at the edge of a cohort.
    middle = cohorts // 2
    start[exposed] = WEEKS_PER_COHORT * rng.integers(middle - 2, middle + 3, len(exposed))
    week = np.arange(weeks)
    after = week[None, :] >= np.where(start < 0, weeks, start)[:, None]
    chance = special.expit(base[:, None] + noise)
    page = week >= page_week(cohorts)
    weight = np.ones((clients, weeks))
    if cause == "eligibility":
        chance = chance - points / 100 * after
    if cause == "page":
        chance = chance - points / 100 * page
    if cause == "mix":
        # The worst quarter of clients grows until the mean falls by the points planted.
        low = special.logit(0.30)
        worst = np.argsort(base)[: clients // 4]
        base = base.copy()
        base[worst] = low + rng.normal(0, 0.1, len(worst))
        chance = special.expit(base[:, None] + noise)
        weight[np.ix_(worst, np.flatnonzero(page))] = _growth(base, size, worst, points / 100)
    entered = rng.poisson(size[:, None] * weight)
    earlier = rng.binomial(entered, special.expit(before_step[:, None] + early_noise))
    chance = np.clip(chance / special.expit(before_step[:, None] + early_noise), 0.01, 0.99)
    return Panel(entered, rng.binomial(earlier, chance), earlier, start, -points / 100)


def page_week(cohorts: int) -> int:
    """Week in which everybody meets the page: the middle, at the edge of a cohort."""
    return cohorts // 2 * WEEKS_PER_COHORT


def _growth(base: np.ndarray, size: np.ndarray, worst: np.ndarray, fall: float) -> float:
    """Return the factor on the worst clients' size that lowers the mean rate by `fall`."""
    rate = special.expit(base)
    bad = np.zeros(len(base), dtype=bool)
    bad[worst] = True
    good_rate, bad_rate = (np.average(rate[m], weights=size[m]) for m in (~bad, bad))
    share = size[bad].sum() / size.sum()
    target = min(share + fall / (good_rate - bad_rate), 0.95)
    return float(target / (1 - target) * (1 - share) / share)
