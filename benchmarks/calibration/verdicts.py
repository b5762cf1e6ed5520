"""How often each verdict is right, wrong, or honest about not knowing.

Each function simulates one data set with something planted and returns one outcome: "right",
"wrong" or "not identified"; on null data "alarm" or "quiet".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from benchmarks.calibration import queueing, simulate
from carepath.questions import group_means
from carepath.stats import (
    decomposition,
    flow,
    group_time,
    hypotheses,
    interrupted,
    largest_dropoff,
    logrank,
    pooling,
    trend,
)

CAUSES = ("eligibility", "page", "mix")
DRAWS = 399
YEAR_DAYS, HALF_YEAR_DAYS = 364, 182


def problem_on_null(rng: np.random.Generator, cohorts: int, persistence: float = 0.0) -> str:
    """Look for a problem in weeks that only have shocks."""
    weeks = 4 * cohorts
    noise = np.zeros(weeks)
    last = rng.normal(0, simulate.WEEKLY_SHOCK)
    for week in range(weeks):
        fresh = rng.normal(0, simulate.WEEKLY_SHOCK * np.sqrt(1 - persistence**2))
        last = noise[week] = persistence * last + fresh
    by_client = simulate.CLIENT_SHOCK * rng.normal(size=(48, cohorts))
    entered = rng.poisson(4, (48, weeks))
    chance = special.expit(0.2 + noise + np.repeat(by_client, 4, axis=1))
    converted = rng.binomial(entered, chance)
    k, n = (t.sum(axis=0).reshape(-1, 4).sum(axis=1) for t in (converted, entered))
    found = trend.conversion_trend(k, n, rng, draws=DRAWS)
    return "alarm" if found.is_problem else "quiet"


def all_hypotheses(
    made: simulate.Panel, rng: np.random.Generator
) -> tuple[trend.TrendVerdict, dict[str, str]]:
    """Answer `why-conversion-changed` from a panel, as the question does."""
    k, n, earlier = (made.cohorts(name) for name in ("converted", "entered", "earlier"))
    cohorts = n.shape[1]
    gate = trend.conversion_trend(k.sum(axis=0), n.sum(axis=0), rng, draws=DRAWS)
    fall = gate.change.value if gate.is_problem else None
    start = np.where(made.exposed_from_week < 0, -1, made.exposed_from_week // 4)
    middle = cohorts // 2
    exposed = (start >= 0)[:, None] & (np.arange(cohorts) >= start[:, None])
    share = float(n[exposed].sum() / n[:, middle:].sum())
    effect = group_time.group_time_effect(
        k,
        n,
        start,
        rng,
        {"before": earlier},
        exposed_share=share,
        to_explain=fall,
        draws=DRAWS,
    )
    never = start < 0
    week = simulate.page_week(cohorts)
    page = interrupted.interrupted_series(
        made.converted[never], made.entered[never], week - 1, week, to_explain=fall
    )
    cut = gate.changed_at if gate.is_problem and gate.changed_at is not None else middle
    parts = decomposition.decompose(
        k[:, :cut].sum(axis=1),
        n[:, :cut].sum(axis=1),
        k[:, cut:].sum(axis=1),
        n[:, cut:].sum(axis=1),
        rng,
        resamples=200,
    )
    weighed = hypotheses.weigh(
        gate,
        [
            hypotheses.Hypothesis(
                "eligibility",
                effect.verdict,
                effect.contribution,
                None,
                effect.claim,
                effect.reason,
            ),
            hypotheses.Hypothesis(
                "page", page.verdict, page.change, None, page.claim, page.reason, middle, middle
            ),
            hypotheses.mix_hypothesis(parts),
        ],
    )
    return gate, {one.name: one.verdict for one in weighed}


def cause_on_null(rng: np.random.Generator) -> str:
    """Name a cause where nothing changed but shocks; return the names, or "quiet"."""
    _, verdicts = all_hypotheses(simulate.panel("none", 0, rng), rng)
    return "+".join(k for k, verdict in verdicts.items() if verdict == "supported") or "quiet"


def problem(rng: np.random.Generator, points: float) -> str:
    """Find a planted fall; wrong = "no problem" although a smaller one would have been seen."""
    made = simulate.panel("page", points, rng)
    k, n = made.cohorts("converted").sum(axis=0), made.cohorts("entered").sum(axis=0)
    found = trend.conversion_trend(k, n, rng, draws=DRAWS)
    if points == 0:
        return "wrong" if found.is_problem else "right"
    if found.is_problem:
        return "right"
    blind = found.smallest_detectable is None or found.smallest_detectable > points / 100
    return "not identified" if blind else "wrong"


def cause(rng: np.random.Generator, name: str, points: float) -> str:
    """Name the planted cause; wrong = rejecting it, or naming another."""
    _, verdicts = all_hypotheses(simulate.panel(name, points, rng), rng)
    named = {key for key, verdict in verdicts.items() if verdict == "supported"}
    if named - {name} or verdicts[name] == "not supported":
        return "wrong"
    return "right" if name in named else "not identified"


def driver(
    rng: np.random.Generator,
) -> tuple[str, dict[str, str], dict[str, bool | None]]:
    """Ask demand-or-efficiency of one simulated team; return planted, outcomes and coverage.

    Both rules are asked: with the coordinators counted, and with capacity inferred, which is the
    one that decides the answer and cannot know service from capacity: `service` is right for both.
    Each with a year on either side of the change, with the half year after the change and the same
    half a year before, and as the answer does without a range: half a year, and where that cannot
    tell the year. Coverage is of a year.
    """
    planted = str(rng.choice([*flow.DRIVERS, "none"]))
    people = int(rng.integers(6, 13))
    team = queueing.Team(
        arrivals=1.0,
        coordinators=people,
        presence=float(rng.uniform(0.8, 0.95)),
        work=float(rng.uniform(0.2, 0.4)),
        another_visit=float(rng.uniform(0.2, 0.4)),
        outside_days=float(rng.uniform(3, 8)),
        at_once=int(rng.integers(2, 5)),
    )
    load = float(rng.uniform(0.90, 0.98))
    team = queueing.replace(team, arrivals=load / team.load)
    factor = float(rng.uniform(1.2, 1.4))
    if planted == "external waiting":
        # Enough waiting outside to add 1 to 2.5 times the tasks that are there before.
        flow_out = team.arrivals * team.another_visit / (1 - team.another_visit)
        outside = flow_out * team.goes_outside * team.outside_days
        there = outside + people * team.at_once * 1.5
        factor = 1 + float(rng.uniform(1.0, 2.5)) * there / outside
    after = queueing.changed(team, planted, factor)
    windows = queueing.run(team, after, YEAR_DAYS, YEAR_DAYS, rng)
    counted = flow.demand_or_efficiency(*windows, rng, resamples=1000)
    inferred = flow.demand_or_efficiency_of_team(*windows, rng, resamples=1000)
    merged = "service" if planted == "capacity" else planted
    outcomes = {
        "coordinators counted, a year on each side": _judge_driver(counted.verdict, planted),
        "capacity inferred, a year on each side": _judge_driver(inferred.verdict, merged),
    }
    halves = [
        flow.FlowDays(**{name: days[:HALF_YEAR_DAYS] for name, days in vars(window).items()})
        for window in windows
    ]
    counted_half = flow.demand_or_efficiency(halves[0], halves[1], rng, resamples=1000)
    inferred_half = flow.demand_or_efficiency_of_team(halves[0], halves[1], rng, resamples=1000)
    outcomes |= {
        "coordinators counted, half a year": _judge_driver(counted_half.verdict, planted),
        "capacity inferred, half a year": _judge_driver(inferred_half.verdict, merged),
    }
    decisive = inferred if inferred_half.verdict == "cannot tell" else inferred_half
    outcomes["as the answer does"] = _judge_driver(decisive.verdict, merged)
    work = float(np.log(after.work / team.work))
    truths = {
        "arrivals": float(np.log(after.arrivals / team.arrivals)),
        "rework": float(np.log((1 - team.another_visit) / (1 - after.another_visit))),
        "service": work,
    }
    team_truths = {"service": work + float(np.log(team.coordinators / after.coordinators))}
    return (
        planted,
        outcomes,
        {
            **_cover(counted, truths, "contribution of {}, four-week blocks"),
            **_cover(inferred, team_truths, "contribution of {}, capacity inferred"),
        },
    )


def _judge_driver(verdict: str, planted: str) -> str:
    if verdict == planted:
        return "right"
    return "not identified" if verdict in ("cannot tell", "none") else "wrong"


def _cover(found: flow.FlowVerdict, truths: dict[str, float], name: str) -> dict[str, bool | None]:
    """Whether each interval of a driver holds what was planted; None without an interval."""
    return {
        name.format(d.name): (
            d.contribution.contains(truths[d.name]) if d.contribution.has_interval else None
        )
        for d in found.drivers
        if d.name in truths
    }


def largest(rng: np.random.Generator, lead: float) -> str:
    """Name the largest drop-off; wrong = naming another step."""
    cells = rng.multinomial(2000, [0.10, 0.20 + lead, 0.20, 0.5 - lead])
    found = largest_dropoff.largest_dropoff(cells, rng, resamples=400)
    if found.named is None:
        return "right" if lead == 0 else "not identified"
    return "right" if lead > 0 and found.named == 3 else "wrong"


def segments_on_null(rng: np.random.Generator) -> str:
    """Say that segments differ where all have one rate."""
    n = rng.integers(40, 400, 15)
    found = pooling.pool_segments(rng.binomial(n, 0.55), n, rng, 400)
    return "alarm" if found.verdict == "differs" else "quiet"


def slower_on_null(rng: np.random.Generator) -> str:
    """Call a type slower where projects differ but types do not."""
    tasks = rng.poisson(5, 60) + 1
    cluster = np.repeat(np.arange(60), tasks)
    scale = 8 * np.exp(0.4 * rng.normal(size=60))[cluster]
    life, watch = rng.exponential(scale), rng.uniform(10, 40, len(cluster))
    found = group_means.compare_groups(
        np.minimum(life, watch), life <= watch, cluster % 3, cluster, 10.0, int(rng.integers(2**31))
    )
    return "alarm" if any(f.is_slower for f in found) else "quiet"


def clustered_test_on_null(rng: np.random.Generator) -> str:
    """Reject equal times at 5 % where task types are mixed within projects."""
    tasks = rng.poisson(5, 60) + 1
    cluster = np.repeat(np.arange(60), tasks)
    life = rng.exponential(8 * np.exp(0.4 * rng.normal(size=60))[cluster])
    watch = rng.uniform(10, 40, len(cluster))
    kind = rng.random(len(cluster)) < 0.4
    test = logrank.clustered_log_rank(np.minimum(life, watch), life <= watch, kind, cluster, rng)
    return "alarm" if test.p is not None and test.p <= 0.05 else "quiet"


ALARMS: tuple[tuple[str, Callable[[np.random.Generator], str], int], ...] = (
    ("there is a problem, 26 cohorts", lambda rng: problem_on_null(rng, 26), 83),
    ("there is a problem, 13 cohorts", lambda rng: problem_on_null(rng, 13), 83),
    (
        "there is a problem, 26 cohorts, weekly shocks correlated .7",
        lambda rng: problem_on_null(rng, 26, 0.7),
        83,
    ),
    ("a cause is named", cause_on_null, 29),
    ("segments differ", segments_on_null, 120),
    ("a type is slower (projects differ)", slower_on_null, 120),
    ("clustered log-rank at 5 %, types mixed in projects", clustered_test_on_null, 120),
)
