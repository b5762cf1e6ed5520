"""Several ways to end (completed, cancelled, deleted): cumulative incidence of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carepath.errors import CarepathError
from carepath.stats.clusters import (
    FEW_CLUSTERS,
    MINIMUM_CLUSTERS,
    OVER_CLUSTERS,
    count_clusters,
    encode_clusters,
    variance_factor,
)
from carepath.stats.distributions import normal_quantile
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    check_level,
    same_length,
)
from carepath.stats.proportions import wilson
from carepath.stats.survival import MINIMUM_AT_RISK

OPEN = 0
NEGLIGIBLE = 1e-12
"""Nearer to 0 or 1 than this is the rounding of a sum."""
UNCERTAIN = 0.01
"""Share still open beyond which a later share cannot be told (docs/decisions/0062)."""


@dataclass(frozen=True, eq=False)
class Incidence:
    """Aalen-Johansen cumulative incidence of one kind of end.

    Parameters
    ----------
    kind : int
        The code of this kind of end.
    times : array of float, shape (steps,)
        Times at which anything ended, increasing.
    incidence : array of float, shape (steps,)
        Share ended this way by the time, in [0, 1], never decreasing.
    low, high : array of float, shape (steps,)
        Pointwise log-log limits.
    variance : array of float, shape (steps,)
        Delta-method variance.
    at_risk : array of int, shape (steps,)
        Open and watched just before the time.
    n, n_ended : int
        Items watched; items that ended this way.
    level : float
        Confidence level.
    entries, exits : array of float, shape (n,)
        When watching of each item began (-inf: from the start) and ended.
    kinds : array of int, shape (n,)
        How it ended; 0 where it was still open.
    clusters : array of int, shape (n,), or None
        Cluster of each item; None where every item is one of its own.
    """

    kind: int
    times: Floats
    incidence: Floats
    low: Floats
    high: Floats
    variance: Floats
    at_risk: Integers
    n: int
    n_ended: int
    level: float
    entries: Floats
    exits: Floats
    kinds: Integers
    clusters: Integers | None

    @property
    def is_open(self) -> Booleans:
        """Whether each item was still open when watching ended."""
        return np.asarray(self.kinds == OPEN)

    def at(self, time: float, minimum_at_risk: int = MINIMUM_AT_RISK) -> Estimate:
        """Share ended this way by `time`; where none has, Wilson's upper limit over those known.

        None with fewer than `minimum_at_risk` at risk at `time` while some were watched for less
        and still open, as in `survival.share_finished`; unless no more than one in a hundred were
        open when so few were left, for the share can then be no further off. With clusters the
        variance is multiplied by the design effect; no interval under 20 clusters.
        """
        method = "Aalen-Johansen, log-log"
        if self.n == 0:
            return Estimate(None, None, None, 0, self.level, method, "nobody")
        at_risk = int(np.sum((self.entries < time) & (self.exits >= time)))
        if (
            at_risk < minimum_at_risk
            and bool(np.any(self.is_open & (self.exits < time)))
            and self._share_open(time, minimum_at_risk) > UNCERTAIN
        ):
            reason = f"under {minimum_at_risk} at risk then"
            return Estimate(None, None, None, self.n, self.level, method, reason)
        index = int(np.searchsorted(self.times, time, side="right")) - 1
        if index < 0 or self.incidence[index] < NEGLIGIBLE:
            return self._none_by(time, method)
        value, low, high = self.incidence[index], self.low[index], self.high[index]
        if self.clusters is not None and value < 1 - NEGLIGIBLE:
            method += OVER_CLUSTERS
            if count_clusters(self.clusters) < MINIMUM_CLUSTERS:
                return Estimate(float(value), None, None, self.n, self.level, method, FEW_CLUSTERS)
            factor = variance_factor(self._influence(index), self.clusters, self.level)
            here = slice(index, index + 1)
            lows, highs = _limits(self.incidence[here], self.variance[here] * factor, self.level)
            low, high = lows[0], highs[0]
        return Estimate(float(value), float(low), float(high), self.n, self.level, method)

    def _none_by(self, time: float, method: str) -> Estimate:
        """Return a share of none: of those at risk then or ended before, or of their clusters."""
        is_known = (self.entries < time) & ((self.exits >= time) | ~self.is_open)
        known, reason = int(is_known.sum()), "none by then"
        if self.clusters is not None:
            method += OVER_CLUSTERS
            if count_clusters(self.clusters) < MINIMUM_CLUSTERS:
                return Estimate(0.0, None, None, self.n, self.level, method, FEW_CLUSTERS)
            known = len(np.unique(self.clusters[is_known]))
        return Estimate(
            0.0, 0.0, wilson(0, known, self.level).high, self.n, self.level, method, reason
        )

    def _influence(self, index: int) -> Floats:
        """Return what each item adds to the incidence at the time of that index."""
        r = self.at_risk.astype(np.float64)
        until = np.searchsorted(self.times, self.exits, side="right")
        since = np.searchsorted(self.times, self.entries, side="right")
        counts = np.bincount(until[~self.is_open] - 1, minlength=len(self.times))
        before = np.concatenate([[1.0], np.cumprod(1 - counts / r)[:-1]])
        later = np.where(np.arange(len(r)) <= index, self.incidence[index] - self.incidence, 0.0)
        before[index + 1 :] = 0.0
        total = np.zeros(self.n)
        for ended, weights in ((self.kinds == self.kind, before), (~self.is_open, -later)):
            counts = np.bincount(until[ended] - 1, minlength=len(self.times))
            met = np.concatenate([[0.0], np.cumsum(weights * counts / r**2)])
            total += met[since] - met[until]
            total[ended] += (weights / r)[until[ended] - 1]
        return total

    def _share_open(self, time: float, minimum_at_risk: int) -> float:
        """Share still open (Kaplan-Meier) at the last end up to `time` with so many at risk."""
        ended = np.sort(self.exits[~self.is_open])
        counts = np.searchsorted(ended, self.times, "right") - np.searchsorted(ended, self.times)
        followed = (self.times <= time) & (self.at_risk >= minimum_at_risk)
        return float(np.prod(1 - counts[followed] / self.at_risk[followed]))


def cumulative_incidence(
    durations: ArrayLike,
    ends: ArrayLike,
    entered_late: ArrayLike | None = None,
    level: float = LEVEL,
    clusters: NDArray[Any] | None = None,
) -> dict[int, Incidence]:
    """Estimate, for each kind of end, the share that has ended that way by each time.

    Parameters
    ----------
    durations : array of float, shape (n,)
        Time from start to the end, or to the last moment watched; any unit; >= 0.
    ends : array of int, shape (n,)
        0 = still open (censored), 1, 2, ... = kinds of end.
    entered_late : array of float, shape (n,), optional
        Time since the start at which watching began (left truncation).
    level : float
        Confidence level.
    clusters : array, shape (n,), optional
        Project of each item, over which `Incidence.at` then takes the variance.

    Returns
    -------
    dict of int to Incidence
        One per kind seen. At every time the incidences and the share still open sum to one.

    Raises
    ------
    CarepathError
        On lengths that differ, negative durations or codes, or entry not before the end.

    Notes
    -----
    F_k(t) = sum S(t_i-) d_ki / n_i with S the Kaplan-Meier curve of ending in any way (Aalen and
    Johansen 1978). One minus Kaplan-Meier with the other ends censored would over-state it.
    Variance by the delta method (Marubini and Valsecchi 1995, 10.12), limits on the log-log
    scale: 1 - (1 - F)^exp(+-z s), s = sd / ((1 - F) |log(1 - F)|). Where F reaches one the scale
    is undefined: the upper limit is 1 and the lower stays, or is Wilson's where every item was
    followed to its end. Assumes that censoring tells nothing about how or when an item will end.
    """
    check_level(level)
    exits, kinds, entries = _checked(durations, ends, entered_late)
    times = np.unique(exits[kinds != OPEN])
    left = np.searchsorted(np.sort(exits), times, side="left")
    at_risk = np.searchsorted(np.sort(entries), times, side="left") - left
    codes = sorted(int(c) for c in np.unique(kinds) if c != OPEN)
    ended = np.array(
        [
            np.bincount(np.searchsorted(times, exits[kinds == c]), minlength=len(times))
            for c in codes
        ]
    ).reshape(len(codes), len(times))
    total = ended.sum(axis=0)
    survival = np.cumprod(1 - total / at_risk)
    before = np.concatenate([[1.0], survival[:-1]]) if len(times) else survival
    cluster = encode_clusters(clusters)
    found = {}
    for row, code in enumerate(codes):
        incidence = np.minimum(np.cumsum(before * ended[row] / at_risk), 1.0)
        variance = _variance(incidence, before, ended[row], total, at_risk)
        low, high = _limits(incidence, variance, level)
        is_whole = incidence > 1 - NEGLIGIBLE
        if is_whole.any():
            low[is_whole] = low[~is_whole].max(initial=0.0)
            if ended[row].sum() == len(exits) and np.all(np.isneginf(entries)):
                low[is_whole] = wilson(len(exits), len(exits), level).low
        found[code] = Incidence(
            kind=code,
            times=times,
            incidence=incidence,
            low=low,
            high=high,
            variance=variance,
            at_risk=at_risk.astype(np.int64),
            n=len(exits),
            n_ended=int(ended[row].sum()),
            level=level,
            entries=entries,
            exits=exits,
            kinds=kinds,
            clusters=cluster,
        )
    return found


def _checked(
    durations: ArrayLike, ends: ArrayLike, entered_late: ArrayLike | None
) -> tuple[Floats, Integers, Floats]:
    """Return durations, end codes and entry times as arrays, or raise."""
    exits = np.asarray(durations, dtype=np.float64)
    kinds = np.asarray(ends, dtype=np.int64)
    if entered_late is None:
        entries = np.full(len(exits), -np.inf)
    else:
        entries = np.asarray(entered_late, dtype=np.float64)
        entries = np.where(entries <= 0, -np.inf, entries)
    same_length(durations=exits, ends=kinds, entered_late=entries)
    if exits.size and not (np.all(np.isfinite(exits)) and np.all(exits >= 0)):
        raise CarepathError("durations must be finite and not negative", where="durations")
    if np.any(kinds < 0):
        raise CarepathError("kinds of end are 0 (open), 1, 2, ...", where="ends")
    if np.any(entries >= exits):
        raise CarepathError("an item ended before it was first watched", where="entered_late")
    return exits, kinds, entries


def _variance(
    incidence: Floats, before: Floats, d_k: Integers, d: Integers, at_risk: Integers
) -> Floats:
    """Return Marubini and Valsecchi's variance at every time, by cumulative sums."""
    n = at_risk.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        any_end = np.where(n > d, d / (n * (n - d)), 0.0)
    own = before**2 * d_k * (n - d_k) / n**3
    cross = before * d_k / n**2
    # sum_i (F(t) - F_i)^2 a_i + sum own - 2 sum (F(t) - F_i) c_i, expanded in powers of F(t).
    a0, a1, a2 = (np.cumsum(any_end * incidence**p) for p in (0, 1, 2))
    c0, c1 = np.cumsum(cross), np.cumsum(cross * incidence)
    squared = incidence**2 * a0 - 2 * incidence * a1 + a2
    variance = squared + np.cumsum(own) - 2 * (incidence * c0 - c1)
    result: Floats = np.maximum(variance, 0.0)
    return result


def _limits(incidence: Floats, variance: Floats, level: float) -> tuple[Floats, Floats]:
    """Return log-log limits of each cumulative incidence."""
    z = normal_quantile(0.5 + level / 2)
    inner = (incidence > NEGLIGIBLE) & (incidence < 1 - NEGLIGIBLE)
    low, high = incidence.copy(), incidence.copy()
    rest = 1 - incidence[inner]
    spread = np.minimum(z * np.sqrt(variance[inner]) / (rest * np.abs(np.log(rest))), 700.0)
    low[inner] = 1 - rest ** np.exp(-spread)
    high[inner] = 1 - rest ** np.exp(spread)
    return low, high
