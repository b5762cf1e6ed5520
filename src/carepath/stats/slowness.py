"""Is a type or phase slower than the others? Effect first, then the test."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.stats.comparison import Comparison, compare
from carepath.stats.estimates import Seed, generator
from carepath.stats.multiplicity import benjamini_hochberg

SLOWER_BY = 0.20
SIGNIFICANT = 0.05
MINIMUM_TO_RANK = 30


@dataclass(frozen=True)
class GroupVerdict:
    """Whether one group is slower than all others together.

    Parameters
    ----------
    group : hashable
        The group's name.
    n, n_finished : int
        Items and finished items in the group.
    comparison : Comparison or None
        None when the group is alone.
    adjusted_p : float or None
        Benjamini-Hochberg over the family of groups.
    is_slower : bool or None
        True at adjusted p < .05 and a restricted mean at least 20 % longer; None with under 30
        finished in the group or among the others, or without a test.
    reason : str or None
        Why `is_slower` is None.
    """

    group: Hashable
    n: int
    n_finished: int
    comparison: Comparison | None
    adjusted_p: float | None
    is_slower: bool | None
    reason: str | None


def slower_groups(
    durations: ArrayLike,
    is_finished: ArrayLike,
    groups: ArrayLike,
    horizon: float,
    seed: Seed,
    clusters: ArrayLike | None = None,
    resamples: int = 400,
) -> tuple[GroupVerdict, ...]:
    """Compare each group with all others and say which are slower, longest mean first.

    Notes
    -----
    "Slower" = Benjamini-Hochberg adjusted p < .05 over the family and a restricted mean at least
    20 % longer than that of the rest. Parameters as for `compare`, with `groups` any labels.
    """
    exits, done = np.asarray(durations, dtype=np.float64), np.asarray(is_finished, dtype=bool)
    labels = np.asarray(groups)
    rng = generator(seed)
    names = np.unique(labels)
    results = [
        compare(exits, done, labels == name, horizon, rng, clusters, resamples)
        if len(names) > 1
        else None
        for name in names
    ]
    finished = [int(done[labels == name].sum()) for name in names]
    total = int(done.sum())
    p_values = [
        None if r is None or min(f, total - f) < MINIMUM_TO_RANK else r.test.p
        for r, f in zip(results, finished, strict=True)
    ]
    adjusted = benjamini_hochberg(p_values)
    verdicts = [
        _verdict(name.item(), int((labels == name).sum()), finished[i], results[i], adjusted[i])
        for i, name in enumerate(names)
    ]
    return tuple(sorted(verdicts, key=_length, reverse=True))


def _verdict(
    name: Hashable, n: int, finished: int, found: Comparison | None, p: float | None
) -> GroupVerdict:
    """Apply the rule for "slower" to one group."""
    reason = None
    if found is None:
        reason = "only one group"
    elif p is None:
        reason = found.test.reason or f"under {MINIMUM_TO_RANK} finished"
    elif found.mean_ratio.value is None:
        reason = found.mean_ratio.reason
    slower = None
    if reason is None and found is not None and p is not None:
        ratio = found.mean_ratio.value
        slower = p < SIGNIFICANT and ratio is not None and ratio >= 1 + SLOWER_BY
    return GroupVerdict(name, n, finished, found, p, slower, reason)


def _length(verdict: GroupVerdict) -> float:
    """Return the restricted mean of a group, for sorting."""
    found = verdict.comparison
    return found.mean.value if found and found.mean.value is not None else -1.0
