"""Groups of times beside the rest: ratio of restricted means, with projects as clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carepath.questions.hiding import MINIMUM_TO_RANK
from carepath.stats.estimates import LEVEL, Estimate, distinct

SLOWER_BY = 0.20
SIGNIFICANT = 0.05
MINIMUM_CLUSTERS = 20
MINIMUM_FINISHED = 10


@dataclass(frozen=True)
class GroupMean:
    """One group beside all others together.

    Parameters
    ----------
    group : str
        Its name.
    n, n_finished : int
        Items, and those that finished.
    mean, other_mean : Estimate
        Restricted means, in the unit of the durations; intervals allow for clusters.
    ratio : Estimate
        mean / other_mean.
    adjusted_p : float or None
        Clustered log-rank, Benjamini-Hochberg over the groups.
    is_slower : bool or None
        Adjusted p < .05 and at least 20 % longer; None where that cannot be told.
    reason : str or None
        Why it cannot.
    """

    group: str
    n: int
    n_finished: int
    mean: Estimate
    other_mean: Estimate
    ratio: Estimate
    adjusted_p: float | None
    is_slower: bool | None
    reason: str | None


def encode(values: NDArray[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return texts as their places in the sorted list of different ones, and that list.

    What `np.unique` gives, without sorting a hundred thousand texts.
    """
    texts = list(map(str, values.tolist()))
    names = sorted(set(texts))
    places = {name: place for place, name in enumerate(names)}
    return np.fromiter(map(places.__getitem__, texts), np.int64, len(texts)), names


def compare_groups(
    durations: NDArray[np.float64],
    is_finished: NDArray[np.bool_],
    groups: NDArray[Any],
    clusters: NDArray[Any],
    horizon: float,
    seed: int,
) -> tuple[GroupMean, ...]:
    """Compare each group with all others, longest mean first.

    Notes
    -----
    A bootstrap of whole projects takes minutes on 150,000 visits; this is its linearisation: each
    item's influence on the restricted mean, -A(t) d / n at its finish plus the sum of A d / n^2
    while at risk (Andersen, Hansen and Klein 2004), summed per project; the variance is that of
    the sums (Williams 2000), t quantile on clusters - 2. Test: log-rank, clustered where projects
    hold several items. Without an interval of the ratio no group is called slower.
    """
    from carepath.stats.logrank import one_against_rest
    from carepath.stats.multiplicity import benjamini_hochberg

    # In order of time every look-up below walks forward, which is several times faster.
    order = np.argsort(durations, kind="stable")
    durations, is_finished = durations[order], is_finished[order]
    place, names = encode(groups)
    cluster, place = encode(clusters)[0][order], place[order]
    tests = one_against_rest(durations, is_finished, place, cluster, seed, MINIMUM_TO_RANK)
    adjusted = benjamini_hochberg([test.p for test in tests])
    finishes = _Finishes.of(durations, is_finished, horizon)
    results = []
    for index, (name, test, p) in enumerate(zip(names, tests, adjusted, strict=True)):
        member = place == index
        mean, other, ratio = _means(finishes, member, cluster)
        reason = None
        if len(names) == 1:
            reason = "there is nothing to compare it with"
        elif p is None:
            reason = test.reason
        elif not ratio.has_interval:
            reason = ratio.reason
        slower = None
        if reason is None and p is not None and ratio.value is not None:
            slower = p < SIGNIFICANT and ratio.value >= 1 + SLOWER_BY
        results.append(
            GroupMean(
                name,
                int(member.sum()),
                int(is_finished[member].sum()),
                mean,
                other,
                ratio,
                p,
                slower,
                reason,
            )
        )
    return tuple(sorted(results, key=lambda r: (-(r.mean.value or 0.0), r.group)))


def _means(
    finishes: _Finishes, member: NDArray[np.bool_], cluster: NDArray[np.int64]
) -> tuple[Estimate, Estimate, Estimate]:
    from scipy.special import stdtrit

    count = int(cluster.max()) + 1 if len(cluster) else 0
    values: list[float | None] = []
    sums: list[NDArray[np.float64]] = []
    reasons: list[str | None] = []
    sizes: list[int] = []
    for chosen in (member, ~member):
        value, influence = finishes.restricted_mean(chosen)
        values.append(value)
        added = np.bincount(cluster[chosen], weights=influence, minlength=count)
        sums.append(added.astype(np.float64))
        finished = int(np.count_nonzero(finishes.done & chosen))
        sizes.append(int(chosen.sum()))
        few = np.count_nonzero(np.bincount(cluster[chosen])) < MINIMUM_CLUSTERS
        reasons.append(
            "there is nothing to compare it with"
            if not sizes[-1]
            else "nobody was watched as long as the horizon"
            if value is None
            else f"under {MINIMUM_FINISHED} finished"
            if finished < MINIMUM_FINISHED
            else f"under {MINIMUM_CLUSTERS} projects"
            if few
            else None
        )
    t = float(stdtrit(max(count - 2, 1), 0.5 + LEVEL / 2))
    scale = float(np.sqrt(count / max(count - 1, 1)))
    means = []
    for value, total, reason, size in zip(values, sums, reasons, sizes, strict=True):
        half = t * scale * float(np.sqrt(np.sum(total**2)))
        if value is None or reason:
            means.append(Estimate(value, None, None, size, LEVEL, _METHOD, reason))
        else:
            low, high = max(0.0, value - half), min(finishes.horizon, value + half)
            means.append(Estimate(value, low, high, size, LEVEL, _METHOD))
    reason = reasons[0] or reasons[1]
    if not values[0] or not values[1]:
        told = reason or "one of the means is zero"
        return means[0], means[1], Estimate(None, None, None, len(member), LEVEL, _METHOD, told)
    ratio = values[0] / values[1]
    if reason:
        return means[0], means[1], Estimate(ratio, None, None, len(member), LEVEL, _METHOD, reason)
    error = scale * float(np.sqrt(np.sum((sums[0] / values[0] - sums[1] / values[1]) ** 2)))
    low, high = ratio * float(np.exp(-t * error)), ratio * float(np.exp(t * error))
    return means[0], means[1], Estimate(ratio, low, high, len(member), LEVEL, _METHOD)


_METHOD = "restricted mean, variance over projects"


@dataclass(frozen=True, eq=False)
class _Finishes:
    """All items' times, in places of the different times of a finish before the horizon."""

    durations: NDArray[np.float64]
    done: NDArray[np.bool_]
    horizon: float
    times: NDArray[np.float64]
    until: NDArray[np.int64]
    """How many of the times an item lived to see."""

    @classmethod
    def of(
        cls, durations: NDArray[np.float64], done: NDArray[np.bool_], horizon: float
    ) -> _Finishes:
        times = distinct(durations[done & (durations <= horizon)])
        until = np.searchsorted(times, durations, side="right").astype(np.int64)
        return cls(durations, done, horizon, times, until)

    def restricted_mean(
        self, chosen: NDArray[np.bool_]
    ) -> tuple[float | None, NDArray[np.float64]]:
        """Return the restricted mean of the chosen and what each of them adds to it.

        None and zeros where it is not identified.
        """
        durations, done, until = self.durations[chosen], self.done[chosen], self.until[chosen]
        n, count = len(durations), len(self.times)
        if n == 0:
            return None, np.zeros(0)
        longest = durations.max()
        if longest < self.horizon and not done[durations == longest].all():
            return None, np.zeros(n)
        own = done & (durations <= self.horizon)
        place = until[own] - 1
        finished = np.bincount(place, minlength=count)
        # Nobody is left at others' late times; nobody finishes there either.
        at_risk = np.maximum(n - np.cumsum(np.bincount(until, minlength=count + 1))[:-1], 1)
        survival = np.cumprod(1 - finished / at_risk)
        edges = np.concatenate([[0.0], self.times, [self.horizon]])
        areas = np.concatenate([[1.0], survival]) * np.diff(edges)
        after = np.cumsum(areas[::-1])[::-1][1:]
        carried = np.concatenate([[0.0], np.cumsum(after * finished / at_risk.astype(float) ** 2)])
        influence = carried[until]
        influence[own] -= after[place] / at_risk[place]
        return float(areas.sum()), influence
