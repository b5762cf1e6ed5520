"""How often each 95 % interval contains the planted value.

Each function simulates one data set and says whether the interval held the truth; None when the
rule gives no interval. Truth is the parameter, never the realised sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import special

from benchmarks.calibration import simulate
from carepath.questions import group_means
from carepath.stats import (
    competing,
    counts,
    decomposition,
    group_time,
    interrupted,
    largest_dropoff,
    percentiles,
    pooling,
    proportions,
    step_shares,
    survival,
    trend,
)
from carepath.stats.estimates import Estimate

Outcomes = Mapping[str, bool | None]
Simulation = Callable[[np.random.Generator], Outcomes]


def shares(rng: np.random.Generator) -> Outcomes:
    n, m = rng.integers(100, 2000, 2)
    p, q = rng.uniform(0.1, 0.9, 2)
    k, j = rng.binomial(n, p), rng.binomial(m, q)
    weekly, entered = simulate.weekly_series(np.full(26, p), 200, rng)
    # The planted rate of a shocked week is its mean over shocks.
    nodes = np.linspace(-4, 4, 81)
    density = np.exp(-(nodes**2) / 2)
    shocked = special.expit(special.logit(p) + simulate.WEEKLY_SHOCK * nodes)
    mean = float((shocked * density).sum() / density.sum())
    return {
        "share, Wilson": _holds(proportions.wilson(int(k), int(n)), p),
        "share, Clopper-Pearson (exact: at least 95 %)": _holds(
            proportions.clopper_pearson(int(k), int(n)), p
        ),
        "difference of shares, Newcombe": _holds(
            proportions.newcombe_difference(int(k), int(n), int(j), int(m)), p - q
        ),
        "share under weekly shocks": _holds(proportions.wilson_over_weeks(weekly, entered), mean),
    }


def bootstraps(rng: np.random.Generator) -> Outcomes:
    n = rng.poisson(40, 80) + 1
    k = rng.binomial(n, special.expit(rng.normal(0.2, 0.3, 80)))
    rows = np.stack([k, n], axis=1).astype(float)
    found = proportions.bootstrap_interval(rows, lambda t: t[..., 0] / t[..., 1], rng, 1000)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    truth = float(special.expit(0.2 + 0.3 * nodes) @ weights / weights.sum())
    cells = rng.multinomial(1500, [0.12, 0.3, 0.18, 0.4])
    lead = largest_dropoff.largest_dropoff(cells, rng, resamples=1000).lead
    return {
        "rate, bootstrap of clients": _holds(found, truth),
        "lead of the largest drop-off": _holds(lead, 0.12),
    }


def complete_times(rng: np.random.Generator) -> Outcomes:
    values = np.exp(rng.normal(1.0, 0.8, int(rng.integers(40, 400))))
    return {
        "median of complete times": _holds(percentiles.percentile(values, 0.5), np.exp(1.0)),
        "p90 of complete times": _holds(
            percentiles.percentile(values, 0.9), float(np.exp(1.0 + 0.8 * 1.2815515655))
        ),
    }


def censored_times(rng: np.random.Generator) -> Outcomes:
    n = int(rng.integers(300, 600))
    life = 10 * rng.weibull(1.3, n)
    watch = rng.uniform(4, 30, n)
    curve = survival.kaplan_meier(np.minimum(life, watch), life <= watch)
    late = rng.uniform(0, 6, n)
    keep = (late < life) & (late < watch)
    delayed = survival.kaplan_meier(
        np.minimum(life, watch)[keep], (life <= watch)[keep], entered_late=late[keep]
    )
    t = np.linspace(0, 14, 4001)
    alive = np.exp(-((t / 10) ** 1.3))
    mean = float(np.trapezoid(alive, t))

    def true_quantile(q: float) -> float:
        return float(10 * (-np.log(1 - q)) ** (1 / 1.3))

    kind = rng.random(n) < 0.6
    ends = np.where(life > watch, 0, np.where(kind, 1, 2))
    incidence = competing.cumulative_incidence(np.minimum(life, watch), ends)[1]
    return {
        "median, Kaplan-Meier": _holds(survival.quantile(curve), true_quantile(0.5)),
        "p85, Kaplan-Meier": _holds(survival.quantile(curve, 0.85), true_quantile(0.85)),
        "median, Kaplan-Meier with late entry": _holds(
            survival.quantile(delayed), true_quantile(0.5)
        ),
        "share finished by the window, censoring-aware": _holds(
            survival.share_finished(curve, 8.0), 1 - float(np.exp(-(0.8**1.3)))
        ),
        "restricted mean": _holds(survival.restricted_mean(curve, 14.0), mean),
        "cumulative incidence, Aalen-Johansen": _holds(
            incidence.at(8.0), 0.6 * (1 - float(np.exp(-(0.8**1.3))))
        ),
    }


def _frail_mean(scale: float, horizon: float) -> float:
    """Restricted mean of an exponential time whose scale has a log-normal factor."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    scales = scale * np.exp(0.4 * nodes)
    return float((scales * (1 - np.exp(-horizon / scales))) @ weights / weights.sum())


def _frail_median(scale: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    low, high = 0.0, 50 * scale
    for _ in range(60):
        middle = (low + high) / 2
        alive = np.exp(-middle / (scale * np.exp(0.4 * nodes))) @ weights / weights.sum()
        low, high = (middle, high) if alive > 0.5 else (low, middle)
    return (low + high) / 2


def _frail_share(scale: float, time: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    return float(1 - np.exp(-time / (scale * np.exp(0.4 * nodes))) @ weights / weights.sum())


FRAIL = {
    "mean": (_frail_mean(10.0, 20.0), _frail_mean(7.0, 20.0)),
    "median": _frail_median(10.0),
    "by 8": _frail_share(10.0, 8.0),
}


def clustered_times(rng: np.random.Generator) -> Outcomes:
    """Tasks whose projects are alike within, as the answers on work estimate their times."""
    projects, tasks = 80, rng.poisson(5, 80) + 1
    cluster = np.repeat(np.arange(projects), tasks)
    kind = np.where(cluster < 35, "first", "other")
    scale = np.where(cluster < 35, 10.0, 7.0) * np.exp(0.4 * rng.normal(size=projects))[cluster]
    life, watch = rng.exponential(scale), rng.uniform(20, 40, projects)[cluster]
    times, done = np.minimum(life, watch), life <= watch
    found = {
        one.group: one for one in group_means.compare_groups(times, done, kind, cluster, 20.0, 1)
    }
    one = kind == "first"
    curve = survival.kaplan_meier(times[one], done[one], clusters=cluster[one])
    ends = np.where(done[one], 1 + (rng.random(one.sum()) < 0.3), 0)
    incidence = competing.cumulative_incidence(times[one], ends, clusters=cluster[one])[1]
    (m1, m0), median = FRAIL["mean"], FRAIL["median"]
    return {
        "median, Kaplan-Meier, tasks of projects": _holds(survival.quantile(curve), median),
        "restricted mean, tasks of projects": _holds(survival.restricted_mean(curve, 20.0), m1),
        "cumulative incidence, tasks of projects": _holds(incidence.at(8.0), 0.7 * FRAIL["by 8"]),
        "median of complete times, tasks of projects": _holds(
            percentiles.percentile(life[one], 0.5, clusters=cluster[one]), median
        ),
        "restricted mean of one type beside the rest": _holds(found["first"].mean, m1),
        "ratio of restricted means, one type over the rest": _holds(found["first"].ratio, m1 / m0),
    }


def weekly_counts(rng: np.random.Generator) -> Outcomes:
    calm = rng.poisson(30, 26), rng.poisson(36, 26)
    shock = np.exp(rng.normal(-0.02, 0.2, 52))
    stormy = rng.poisson(40 * shock[:26]), rng.poisson(50 * shock[26:])
    return {
        "rate, exact Poisson": _holds(counts.poisson_rate(int(calm[0].sum()), 26.0), 30.0),
        "rate, quasi-Poisson": _holds(counts.rate(stormy[0]), 40.0),
        "rate ratio, Poisson weeks": _holds(counts.rate_ratio(*calm), 1.2),
        "rate ratio, over-dispersed weeks": _holds(counts.rate_ratio(*stormy), 1.25),
    }


def segments(rng: np.random.Generator) -> Outcomes:
    tau = float(rng.choice([0.1, 0.3, 0.6]))
    theta = rng.normal(0.3, tau, 20)
    n = rng.integers(40, 600, 20)
    found = pooling.pool_segments(rng.binomial(n, special.expit(theta)), n, rng, 100)
    one = int(rng.integers(20))
    rate = found.rates[one]
    assert rate is not None
    return {
        "rate of a segment, partially pooled (average over segments)": rate.contains(
            float(special.expit(theta[one]))
        ),
        "upper limit of the spread of segments (one-sided: at least 95 %)": (
            None if found.spread_upper is None else found.spread_upper >= _spread(tau)
        ),
        "rate of a typical segment": _holds(found.common, float(special.expit(0.3))),
    }


def small_segments(rng: np.random.Generator) -> Outcomes:
    """Many small clients that convert rarely."""
    held: dict[str, bool | None] = {}
    for percent in (2, 5, 10):
        typical = float(special.logit(percent / 100))
        tau = float(rng.choice([0.0, 0.2, 0.4, 0.8]))
        theta = rng.normal(typical, tau, 60)
        n = rng.integers(30, 150, 60)
        found = pooling.pool_segments(rng.binomial(n, special.expit(theta)), n, rng, 20)
        one = int(rng.integers(60))
        rate = found.rates[one]
        assert rate is not None
        name = f"{percent} %, 60 of 30 to 150 people"
        held[f"rate of a segment, typically {name}"] = rate.contains(
            float(special.expit(theta[one]))
        )
        held[f"rate of a typical segment of {name}"] = _holds(found.common, percent / 100)
        held[f"upper limit of the spread about {name} (one-sided: at least 95 %)"] = (
            None if found.spread_upper is None else found.spread_upper >= _spread(tau, typical)
        )
    return held


def _spread(tau: float, mu: float = 0.3) -> float:
    """Standard deviation of the rates of segments with logits N(mu, tau^2)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    rates, weights = special.expit(mu + tau * nodes), weights / weights.sum()
    return float(np.sqrt(weights @ rates**2 - (weights @ rates) ** 2))


def changes(rng: np.random.Generator) -> Outcomes:
    w0, w1 = np.array([0.4, 0.35, 0.25]), np.array([0.25, 0.35, 0.4])
    r0, r1 = np.array([0.7, 0.55, 0.35]), np.array([0.62, 0.5, 0.3])
    n0, n1 = rng.multinomial(2500, w0), rng.multinomial(2500, w1)
    found = decomposition.decompose(
        rng.binomial(n0, r0), n0, rng.binomial(n1, r1), n1, rng, resamples=500
    )
    mix = float(((w1 - w0) * (r0 + r1) / 2).sum())
    rate = float(((r1 - r0) * (w0 + w1) / 2).sum())
    p0, p1 = np.array([0.9, 0.8, 0.7]), np.array([0.88, 0.68, 0.7])
    closed = [_closed(4000, p, rng) for p in (p0, p1)]
    steps = step_shares.contributions_by_step(closed[0], closed[1], rng, resamples=500)
    fall = float(p1.prod() - p0.prod())
    mean = fall / float(np.log(p1.prod() / p0.prod()))
    part = mean * float(np.log(p1[1] / p0[1]))
    return {
        "change of the rate, persons resampled": _holds(found.total, mix + rate),
        "mix part, persons resampled": _holds(found.mix, mix),
        "rate part, persons resampled": _holds(found.rate, rate),
        "share of the change due to mix, Fieller": _holds(found.mix_share, mix / (mix + rate)),
        "contribution of a step": _holds(steps.steps[1], part),
        "share of a step, Fieller": _holds(steps.shares[1], part / fall),
    }


def _closed(people: int, passage: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return closed counts of a funnel with these chances of passing."""
    closed = [people]
    for chance in passage:
        closed.append(int(rng.binomial(closed[-1], chance)))
    return np.array(closed)


def client_changes(rng: np.random.Generator) -> Outcomes:
    """Clients of two kinds; the worse kind grows and everybody converts less."""
    clients = 60
    worse = np.arange(clients) % 2 == 1
    size = 60 * rng.gamma(4, 0.25, clients)
    growth = np.where(worse, 1.6, 1.0) * rng.gamma(20, 1 / 20, clients)
    base = np.where(worse, -0.6, 0.6)
    shock = simulate.CLIENT_SHOCK * rng.normal(size=(2, clients))
    n0, n1 = rng.poisson(size), rng.poisson(size * growth)
    k0 = rng.binomial(n0, special.expit(base + shock[0]))
    k1 = rng.binomial(n1, special.expit(base - 0.2 + shock[1]))
    tables = [np.stack([t * ~worse, t * worse], axis=1) for t in (k0, n0, k1, n1)]
    found = decomposition.decompose(*tables, rng, resamples=500)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    mean = [
        [float(special.expit(b - d + 0.1 * nodes) @ weights) for b in (0.6, -0.6)] for d in (0, 0.2)
    ]
    r0, r1 = np.array(mean[0]), np.array(mean[1])
    w0, w1 = np.array([0.5, 0.5]), np.array([1 / 2.6, 1.6 / 2.6])
    return {
        "mix part, clients resampled": _holds(found.mix, float(((w1 - w0) * (r0 + r1) / 2).sum())),
        "rate part, clients resampled": _holds(
            found.rate, float(((r1 - r0) * (w0 + w1) / 2).sum())
        ),
    }


def trends(rng: np.random.Generator) -> Outcomes:
    fall = float(rng.choice([0.06, 0.10]))
    at = int(rng.integers(8, 19))
    rate = np.where(np.arange(26) < at, 0.55, 0.55 - fall)
    k, n = simulate.weekly_series(np.repeat(rate, 4), 150, rng)
    found = trend.conversion_trend(
        k.reshape(-1, 4).sum(axis=1), n.reshape(-1, 4).sum(axis=1), rng, draws=399
    )
    dated = found.changed_low is not None and found.changed_high is not None
    weekly = np.where(np.arange(80) < 40, 0.55, 0.49)
    noise = np.zeros(80)
    for week in range(1, 80):
        noise[week] = 0.3 * noise[week - 1] + rng.normal(0, simulate.WEEKLY_SHOCK)
    entered = rng.poisson(200, 80)
    converted = rng.binomial(entered, special.expit(special.logit(weekly) + noise))
    level = interrupted.interrupted_series(converted, entered, 39, 40)
    return {
        "size of the change of the trend": _holds(found.change, -fall),
        "date of the change (a set of cohorts: at least 95 %)": (
            found.changed_low <= at <= found.changed_high if dated else None  # type: ignore[operator]
        ),
        "change of level, interrupted series, errors AR(1) .3": _holds(level.change, -0.06),
    }


def effects(rng: np.random.Generator) -> Outcomes:
    held = {}
    for clients in (20, 48):
        points = float(rng.choice([0.0, 6.0]))
        made = simulate.panel("eligibility", points, rng, clients=clients)
        start = np.where(made.exposed_from_week < 0, -1, made.exposed_from_week // 4)
        found = group_time.group_time_effect(
            made.cohorts("converted"),
            made.cohorts("entered"),
            start,
            rng,
            {"before": made.cohorts("earlier")},
            draws=499,
        )
        half = clients // 2
        held[f"effect by group and time, {half} + {half} clients"] = _holds(
            found.effect, made.truth
        )
    return held


def _holds(found: Estimate, truth: float) -> bool | None:
    """Whether the interval contains the truth; None without an interval."""
    return found.contains(truth) if found.has_interval else None


SIMULATIONS: tuple[Simulation, ...] = (
    shares,
    bootstraps,
    complete_times,
    censored_times,
    clustered_times,
    weekly_counts,
    segments,
    small_segments,
    changes,
    client_changes,
    trends,
    effects,
)
