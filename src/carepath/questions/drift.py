"""Signs that the times of an extract cannot be taken at face value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from carepath.questions.completions import Completions
from carepath.questions.wording import count, days

SIGNIFICANT = 0.01
DRIFT_RATIO = 1.15
MINIMUM_HALF = 30


def warn(items: Completions, seed: int) -> list[str]:
    """Return the warnings: a process that changed pace, an extract selected by completion."""
    if not len(items):
        return []
    started = (items.started - items.started.min()) / np.timedelta64(1, "D")
    texts = (_warn_of_drift(items, started, seed), _warn_of_selection(items, started))
    return [text for text in texts if text]


def _warn_of_drift(items: Completions, started: NDArray[np.float64], seed: int) -> str:
    """Compare the later half of the starts with the earlier half, followed equally long.

    One curve over all starts rests, at long times, on old starts only: it over-shoots when the
    process speeds up. Both halves are cut at the time half of the later starts have been followed,
    so neither is judged by what only the other could show.
    """
    from carepath.questions.group_means import compare_groups

    later = started > np.median(started)
    if not later.any():
        return ""
    horizon = float(np.median(items.watched[later]))
    horizon = min(horizon, float(items.ended[later].max()), float(items.ended[~later].max()))
    if horizon <= 0:
        return ""
    cut, ended = np.minimum(items.ended, horizon), (items.kinds != 0) & (items.ended <= horizon)
    if min(int(ended[later].sum()), int(ended[~later].sum())) < MINIMUM_HALF:
        return ""
    halves = np.where(later, "later", "earlier")
    found = {
        one.group: one for one in compare_groups(cut, ended, halves, items.projects, horizon, seed)
    }["later"]
    ratio, p = found.ratio.value, found.adjusted_p
    if ratio is None or p is None or p > SIGNIFICANT or 1 / DRIFT_RATIO < ratio < DRIFT_RATIO:
        return ""
    pace, wrong = ("slower", "under") if ratio > 1 else ("faster", "over")
    return (
        f"The pace of {items.unit} changed: those started in the later half are {pace} (open "
        f"{days(found.mean.value)} of the first {days(horizon)}, before "
        f"{days(found.other_mean.value)}), so one figure for all {wrong}states today's times; ask "
        "again with --since."
    )


def _warn_of_selection(items: Completions, started: NDArray[np.float64]) -> str:
    """Look for old starts without early completions: an extract chosen by completion date."""
    from carepath.stats.extracts import completion_selection

    found = completion_selection(started, items.durations, items.is_completed)
    if not found.is_selected:
        return ""
    return (
        f"The {items.unit} look selected by completion date: of about "
        f"{count(found.expected or 0)} completions to be expected at the beginning only "
        f"{count(found.observed)} are there, which makes times look too long."
    )
