"""More work, or slower work? Drivers of work in progress between two windows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from carepath.errors import CarepathError
from carepath.stats.distributions import t_quantile
from carepath.stats.estimates import (
    LEVEL,
    Estimate,
    Floats,
    Seed,
    check_level,
    generator,
    same_length,
)

DriverName = Literal["arrivals", "rework", "service", "capacity", "external waiting"]
DRIVERS: tuple[DriverName, ...] = (
    "arrivals",
    "rework",
    "service",
    "capacity",
    "external waiting",
)
BLOCK_DAYS = 28
MINIMUM_BLOCKS = 3
MINIMUM_CHANGE = 0.25
MINIMUM_WAITING_VISITS = 30


@dataclass(frozen=True, eq=False)
class FlowDays:
    """What happened on each day of a window; arrays of shape (days,), days consecutive.

    Parameters
    ----------
    arrivals : array of float
        Tasks that arrived.
    finished : array of float
        Tasks finished.
    visits_completed : array of float
        Active visits that ended.
    coordinators : array of float
        Coordinators at work: all who changed any task that day. Counting only those who began or
        ended a visit takes others for absent, the more often the slower the work.
    waiting_share : array of float
        Share of the day's working time, in [0, 1], in which some task waited for a coordinator.
    waiting_visits : array of float
        Active visits that ended while some task waited for a coordinator.
    wip : array of float
        Mean open tasks.
    external_wip : array of float
        Mean tasks waiting for somebody outside the team.
    external_entered : array of float
        Tasks that began such a wait.
    """

    arrivals: Floats
    finished: Floats
    visits_completed: Floats
    coordinators: Floats
    waiting_share: Floats
    waiting_visits: Floats
    wip: Floats
    external_wip: Floats
    external_entered: Floats


@dataclass(frozen=True)
class Driver:
    """One driver in both windows.

    Parameters
    ----------
    name : str
        arrivals (per day), rework (active visits per finished task), service (coordinator-days
        per active visit while work waits), capacity (coordinators at work while work waits),
        external waiting (days per wait).
    before, after : float or None
        Its value in each window, in the unit above.
    contribution : Estimate
        Signed logarithm of what it does to the load (0.1 is about 10 % more load; fewer
        coordinators count as more); for external waiting to the work in progress.
    """

    name: DriverName
    before: float | None
    after: float | None
    contribution: Estimate


@dataclass(frozen=True)
class FlowVerdict:
    """Which driver changed the work in progress.

    Parameters
    ----------
    verdict : driver name, "none" or "cannot tell"
        None: work in progress did not change by a quarter beyond chance. Cannot tell: it did, and
        no driver leads the second beyond doubt.
    side : {"demand", "efficiency"} or None
        Demand for arrivals, efficiency for the other drivers.
    wip_ratio : Estimate
        Mean work in progress after / before.
    drivers : tuple of Driver
        All five, largest contribution in the direction of the change first.
    lead : Estimate
        Largest minus second contribution, in logarithms.
    little_before, little_after : float or None
        Mean work in progress / finishes per day: days in the system by Little's law.
    days_before, days_after : int
        Days in each window.
    reason : str
        Why the verdict is what it is.
    """

    verdict: DriverName | Literal["none", "cannot tell"]
    side: Literal["demand", "efficiency"] | None
    wip_ratio: Estimate
    drivers: tuple[Driver, ...]
    lead: Estimate
    little_before: float | None
    little_after: float | None
    days_before: int
    days_after: int
    reason: str


def demand_or_efficiency(
    before: FlowDays, after: FlowDays, seed: Seed, resamples: int = 2000, level: float = LEVEL
) -> FlowVerdict:
    """Compare two windows by their drivers and name the largest, if one stands out.

    Parameters
    ----------
    before, after : FlowDays
        Two windows of the same team; at least 12 weeks each.
    seed : int or Generator
        The same seed gives the same verdict.
    resamples : int
        Block-bootstrap resamples.
    level : float
        Confidence level.

    Returns
    -------
    FlowVerdict

    Raises
    ------
    CarepathError
        If the arrays of a window differ in length.

    Notes
    -----
    Load = arrivals * visits per task * coordinator-days per visit / coordinators, so its log
    change is the sum of four contributions. Visits per task = visits completed / tasks finished:
    each visit ends in a finish or in another visit, which needs no follow-up. Service and capacity
    use the time in which work waited, when nobody idles: then coordinator-days per visit do not
    depend on how many tasks each has open, as raw active time does. External waiting enters
    through the work in progress it holds, by Little's law: (l0 + l1)/2 (T1 - T0) / L(W1, W0) with
    the logarithmic mean L, its part of log(W1 / W0). Intervals: bootstrap of four-week blocks
    within each window (Kunsch 1989), standard error of the logarithm with a t quantile on
    Welch's degrees of freedom. The largest contribution must itself differ from zero, lie in the
    direction of the change, and lead the second beyond doubt. Assumes blocks are exchangeable
    within a window; work in progress near capacity forgets more slowly than that, so it may
    seem to change by itself, and then no driver is named.
    """
    check_level(level)
    rng = generator(seed)
    blocks_before, blocks_after = _blocks(before), _blocks(after)
    days = (len(before.wip), len(after.wip))
    if min(len(blocks_before), len(blocks_after)) < MINIMUM_BLOCKS:
        return _undecided(days, level, f"under {MINIMUM_BLOCKS} four-week blocks in a window")
    sums = blocks_before.sum(axis=0), blocks_after.sum(axis=0)
    resampled = _drawn(blocks_before, rng, resamples), _drawn(blocks_after, rng, resamples)
    point, drawn = _logs(*sums), _logs(*resampled)
    only_before, only_after = _logs(resampled[0], sums[1]), _logs(sums[0], resampled[1])
    blocks = len(blocks_before), len(blocks_after)

    def t(weights: Floats) -> float:
        degrees = _degrees(only_before @ weights, only_after @ weights, blocks)
        return t_quantile(0.5 + level / 2, degrees)

    unit = np.eye(len(point))
    count = sum(days)
    wip = _estimate(float(point[-1]), drawn[:, -1], t(unit[-1]), count, level)
    ratio = _exponential(wip)
    values = [_values(s) for s in sums]
    direction = -1.0 if point[-1] < 0 else 1.0
    drivers = [
        Driver(
            name,
            _known(values[0][i]),
            _known(values[1][i]),
            _estimate(float(point[i]), drawn[:, i], t(unit[i]), count, level),
        )
        for i, name in enumerate(DRIVERS)
    ]
    size = np.where(np.isfinite(point[:5]), direction * point[:5], -np.inf)
    order = np.argsort(-size, kind="stable")
    first, second = int(order[0]), int(order[1])
    # Drivers that could not be measured are last: nothing less nothing is no lead.
    lead = _estimate(
        float(size[first] - size[second]) if np.isfinite(size[first]) else float("nan"),
        direction * (drawn[:, first] - drawn[:, second]),
        t(unit[first] - unit[second]),
        count,
        level,
    )
    verdict, reason = _judge(wip, drivers, first, lead)
    named = verdict if verdict not in ("none", "cannot tell") else None
    return FlowVerdict(
        verdict=verdict,
        side=None if named is None else "demand" if named == "arrivals" else "efficiency",
        wip_ratio=ratio,
        drivers=tuple(drivers[i] for i in order),
        lead=lead,
        little_before=_little(sums[0]),
        little_after=_little(sums[1]),
        days_before=days[0],
        days_after=days[1],
        reason=reason,
    )


def demand_or_efficiency_of_team(
    before: FlowDays, after: FlowDays, seed: Seed, resamples: int = 2000, level: float = LEVEL
) -> FlowVerdict:
    """Compare two windows as where nobody knows who worked: the team counts as one.

    Parameters
    ----------
    before, after, seed, resamples, level
        As in `demand_or_efficiency`; the coordinators at work are not looked at.

    Returns
    -------
    FlowVerdict
        Service is days of the team per active visit while work waits: the work in a visit and the
        coordinators at work together. Capacity is one team throughout and contributes zero.

    Notes
    -----
    Capacity is inferred: while work waits nobody idles, so what the team gets done then is what
    it can do.
    """
    as_one = [replace(window, coordinators=np.ones(len(window.wip))) for window in (before, after)]
    return demand_or_efficiency(as_one[0], as_one[1], seed, resamples, level)


def _judge(
    wip: Estimate, drivers: list[Driver], first: int, lead: Estimate
) -> tuple[DriverName | Literal["none", "cannot tell"], str]:
    """Apply the rule: did it change, can every driver be measured, does one stand out."""
    if wip.value is None or not wip.has_interval:
        return "cannot tell", "no work in progress in a window"
    if not wip.excludes_zero or -np.log1p(MINIMUM_CHANGE) < wip.value < np.log1p(MINIMUM_CHANGE):
        return "none", "work in progress did not change by a quarter beyond chance"
    missing = [d.name for d in drivers if not d.contribution.has_interval]
    if missing:
        return "cannot tell", f"{missing[0]} cannot be measured in both windows"
    found = drivers[first].contribution
    direction = 1.0 if wip.value > 0 else -1.0
    if found.value is None or not found.excludes_zero or found.value * direction <= 0:
        return "cannot tell", "no driver changed beyond chance"
    if lead.low is None or lead.low <= 0:
        return "cannot tell", "the two largest drivers cannot be told apart"
    return drivers[first].name, "one driver leads the second beyond doubt"


def _blocks(window: FlowDays) -> Floats:
    """Return sums per four-week block; a rest of at least half a block is a block of its own."""
    w = window
    same_length(
        arrivals=w.arrivals,
        finished=w.finished,
        visits_completed=w.visits_completed,
        coordinators=w.coordinators,
        waiting_share=w.waiting_share,
        waiting_visits=w.waiting_visits,
        wip=w.wip,
        external_wip=w.external_wip,
        external_entered=w.external_entered,
    )
    if len(w.waiting_share) and not np.all((w.waiting_share >= 0) & (w.waiting_share <= 1)):
        raise CarepathError("a share of a day lies outside 0 to 1", where="waiting_share")
    columns = np.stack(
        [
            np.ones(len(w.wip)),
            w.arrivals,
            w.finished,
            w.visits_completed,
            w.waiting_share,
            w.coordinators * w.waiting_share,
            w.waiting_visits,
            w.wip,
            w.external_wip,
            w.external_entered,
        ],
        axis=1,
    ).astype(float)
    starts = list(range(0, len(columns), BLOCK_DAYS))
    if len(starts) > 1 and len(columns) - starts[-1] < BLOCK_DAYS // 2:
        starts.pop()
    return np.add.reduceat(columns, starts, axis=0) if starts else columns


def _values(sums: Floats) -> Floats:
    """Return the five drivers and the mean work in progress from sums over days, (..., 6)."""
    days, arrivals, finished, visits, waiting, staff, waiting_visits, wip, outside, entered = (
        np.moveaxis(sums, -1, 0)
    )
    enough = waiting_visits >= MINIMUM_WAITING_VISITS
    with np.errstate(divide="ignore", invalid="ignore"):
        values = [
            arrivals / days,
            visits / finished,
            np.where(enough, staff / waiting_visits, np.nan),
            np.where(enough, staff / waiting, np.nan),
            np.where(entered > 0, outside / entered, 0.0),
            wip / days,
        ]
    result: Floats = np.stack(values, axis=-1)
    return result


def _logs(before: Floats, after: Floats) -> Floats:
    """Return the log contribution of each driver and the log ratio of work in progress."""
    v0, v1 = _values(before), _values(after)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(v1) - np.log(v0)
        logs[..., 3] *= -1
        flow = (before[..., 9] / before[..., 0] + after[..., 9] / after[..., 0]) / 2
        w0, w1 = v0[..., 5], v1[..., 5]
        mean = np.where(np.abs(logs[..., 5]) > 1e-9, (w1 - w0) / logs[..., 5], w0)
        logs[..., 4] = flow * (v1[..., 4] - v0[..., 4]) / mean
    result: Floats = np.where(np.isfinite(logs), logs, np.nan)
    return result


def _drawn(blocks: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """Return sums of resampled blocks, spread as if no block had been used to centre them."""
    count = len(blocks)
    counts = rng.multinomial(count, np.full(count, 1 / count), size=resamples)
    # Bootstrapping few blocks understates their spread by (count - 1) / count. A block that was not
    # drawn gets a slightly negative weight: cut to zero, mean and spread would be wrong again.
    stretched: Floats = 1 + (counts - 1) * np.sqrt(count / (count - 1))
    result: Floats = stretched @ blocks
    return result


def _degrees(before: Floats, after: Floats, blocks: tuple[int, int]) -> float:
    """Return Welch's degrees of freedom of a difference between two windows (Welch 1947)."""
    known = [values[np.isfinite(values)] for values in (before, after)]
    parts = [float(np.var(values)) if len(values) else 0.0 for values in known]
    spread = sum(v * v / (b - 1) for v, b in zip(parts, blocks, strict=True))
    least = min(blocks) - 1
    return max(least, sum(parts) ** 2 / spread) if spread > 0 else least


def _estimate(value: float, drawn: Floats, t: float, n: int, level: float) -> Estimate:
    """Return a logarithm with its block-bootstrap interval."""
    method = "four-week block bootstrap"
    if not np.isfinite(value):
        return Estimate(None, None, None, n, level, method, "cannot be measured")
    known = drawn[np.isfinite(drawn)]
    if len(known) < 0.9 * len(drawn):
        return Estimate(value, None, None, n, level, method, "often undefined")
    half = t * float(np.std(known, ddof=1))
    return Estimate(value, value - half, value + half, n, level, method)


def _exponential(log: Estimate) -> Estimate:
    """Return the ratio behind a logarithm."""
    if log.value is None or log.low is None or log.high is None:
        return log
    low, high = float(np.exp(log.low)), float(np.exp(log.high))
    return Estimate(float(np.exp(log.value)), low, high, log.n, log.level, log.method)


def _known(value: float) -> float | None:
    """Return a finite value, or None."""
    return float(value) if np.isfinite(value) else None


def _little(sums: Floats) -> float | None:
    """Return mean work in progress / finishes per day."""
    return float(sums[7] / sums[2]) if sums[2] > 0 else None


def _undecided(days: tuple[int, int], level: float, reason: str) -> FlowVerdict:
    """Return "cannot tell" for windows that are too short."""
    none = Estimate(None, None, None, sum(days), level, "four-week block bootstrap", reason)
    return FlowVerdict("cannot tell", None, none, (), none, None, None, days[0], days[1], reason)
