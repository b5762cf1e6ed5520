"""Signs that the times of an extract cannot be taken at face value."""

from __future__ import annotations

import numpy as np

from carepath.questions.completions import Completions
from carepath.questions.wording import count, days, percent

SIGNIFICANT = 0.01
CHANGED_BY = 0.20
OLDEST_SHARE = 0.05
MINIMUM_OLDEST = 30
HARDLY_ANY = 0.10


def warn(items: Completions) -> list[str]:
    """Return the warnings: a process that changed pace, an extract selected by completion."""
    if len(items) < 2 * MINIMUM_OLDEST:
        return []
    return [text for text in (_warn_of_drift(items), _warn_of_selection(items)) if text]


def _warn_of_drift(items: Completions) -> str:
    """Compare starts of the first half with those of the second."""
    from carepath.stats.logrank import log_rank
    from carepath.stats.survival import kaplan_meier, restricted_mean

    late = items.started > np.sort(items.started)[len(items) // 2]
    if not late.any() or late.all():
        return ""
    test = log_rank(items.durations, items.is_completed, late)
    # Up to where both halves are watched, so that neither mean is an extrapolation.
    horizon = min(items.horizon, float(items.watched[late].max()))
    means = [
        restricted_mean(kaplan_meier(items.durations[half], items.is_completed[half]), horizon)
        for half in (~late, late)
    ]
    before, after = means[0].value, means[1].value
    if test.p is None or test.p >= SIGNIFICANT or not before or not after:
        return ""
    if abs(after / before - 1) < CHANGED_BY:
        return ""
    faster = after < before
    return (
        f"The pace of {items.unit} changed: those started later are "
        f"{'faster' if faster else 'slower'} (mean within {horizon:.0f} days {days(before)}, then "
        f"{days(after)}), so one figure for all of them {'over' if faster else 'under'}states "
        "today's times; ask again with --since."
    )


def _warn_of_selection(items: Completions) -> str:
    """Look for old starts without early completions: an extract chosen by completion date."""
    oldest = max(MINIMUM_OLDEST, int(OLDEST_SHARE * len(items)))
    old = np.zeros(len(items), dtype=bool)
    old[np.argsort(items.started, kind="stable")[:oldest]] = True
    middle = np.median(items.durations[items.is_completed]) if items.is_completed.any() else 0.0
    quick = items.is_completed & (items.durations <= middle)
    share, rest = float(quick[old].mean()), float(quick[~old].mean())
    if share >= HARDLY_ANY or rest < 3 * HARDLY_ANY:
        return ""
    return (
        f"The oldest {count(oldest)} {items.unit} hold hardly any early completion "
        f"({percent(share)} within {days(float(middle))}, {percent(rest)} of the others): the "
        "extract looks selected by completion date, which makes times look too long."
    )
