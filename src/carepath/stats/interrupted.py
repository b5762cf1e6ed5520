"""Everybody exposed at once: interrupted time series with autoregressive errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.distributions import t_quantile, t_tail
from carepath.stats.estimates import (
    LEVEL,
    Booleans,
    Estimate,
    Floats,
    Integers,
    Verdict,
    check_level,
    counts_array,
    same_length,
)

MINIMUM_PERIODS = 8
SIGNIFICANT = 0.01
EQUIVALENT = 0.01
"""What is said to matter less is less than this, as a fraction: one point."""
CORRELATIONS = np.linspace(-0.4, 0.95, 55)


@dataclass(frozen=True)
class InterruptedVerdict:
    """Whether a change everybody met at one date is consistent with the fall.

    Parameters
    ----------
    verdict : {"supported", "not supported", "not identified"}
        Supported reads "consistent with", never "caused": anything else of that week would look
        the same.
    change : Estimate
        Change of level at the date, as a fraction (-0.03 is a fall of 3 points).
    p : float or None
        Two-sided p-value of no change of level.
    correlation : float or None
        Correlation of successive errors.
    reason : str
        Why the verdict is what it is.
    claim : str
        Always "consistent with".
    """

    verdict: Verdict
    change: Estimate
    p: float | None
    correlation: float | None
    reason: str
    claim: str = "consistent with"


def interrupted_series(
    converted: ArrayLike,
    entered: ArrayLike,
    absent_until: int,
    present_from: int,
    to_explain: float | None = None,
    level: float = LEVEL,
) -> InterruptedVerdict:
    """Estimate the change of level of a rate when everybody met a change at once.

    Parameters
    ----------
    converted, entered : array of int, shape (periods,) or (clients, periods)
        Per final period (week or four weeks), oldest first. With clients, the series is what
        remains within clients, so that a change of who arrives is not taken for the change
        itself: leave out clients exposed to something else meanwhile.
    absent_until, present_from : int
        Last period before the change and first after it; periods between are left out.
    to_explain : float, optional
        The fall to be explained, as a negative fraction. "Not supported" then means that the
        interval leaves less than half of it to this change; without it, that the level fell by
        less than 1 point.
    level : float
        Confidence level.

    Returns
    -------
    InterruptedVerdict
        "Not identified" with under 8 periods on a side.

    Raises
    ------
    CarepathError
        If the dates are not in order or more converted than entered.

    Notes
    -----
    Segmented regression y = a + b t + c [t >= date] + e (Wagner et al. 2002) by generalised least
    squares, errors a first-order autoregression times sqrt(p q / n + s^2). The correlation is
    not fixed at its estimate: estimate and variance are averaged over it with weights from
    the restricted likelihood (Harville 1974; flat prior on -.4 to .95), t quantile on periods - 4
    degrees of freedom. Assumes one linear trend throughout and nothing else at that date.
    """
    check_level(level)
    k, n = counts_array(converted, "converted"), counts_array(entered, "entered")
    same_length(converted=k, entered=n)
    if k.shape != n.shape or np.any(k > n):
        raise CarepathError("more people converted than entered", where="interrupted_series")
    series = within_clients(k, n) if k.ndim == 2 else k / np.maximum(n, 1)
    n = n.sum(axis=0) if n.ndim == 2 else n
    if not -1 <= absent_until < present_from:
        raise CarepathError("the dates of the change are not in order", where="interrupted_series")
    place = np.arange(len(n))
    used = (n > 0) & ((place <= absent_until) | (place >= present_from))
    after = place[used] >= present_from
    people = int(n[used].sum())
    if min(int(after.sum()), int((~after).sum())) < MINIMUM_PERIODS:
        reason = f"under {MINIMUM_PERIODS} periods on one side"
        none = Estimate(None, None, None, people, level, "interrupted time series", reason)
        return InterruptedVerdict("not identified", none, None, None, reason)
    value, error, correlation = _fitted(series[used], n[used].astype(float), place[used], after)
    degrees = int(used.sum()) - 4
    half = t_quantile(0.5 + level / 2, degrees) * error
    p = 2 * t_tail(abs(value) / error, degrees) if error > 0 else 1.0
    change = Estimate(
        value, value - half, value + half, people, level, "interrupted time series, AR(1)"
    )
    verdict, reason = judge_effect(change, p, to_explain)
    return InterruptedVerdict(verdict, change, p, correlation, reason)


def within_clients(converted: Integers, entered: Integers) -> Floats:
    """Return the rate of each period net of which clients its people came from.

    Notes
    -----
    Period effects of the weighted two-way model r_ct = a_c + d_t, weights n_ct, shifted to the
    overall rate. No exposure enters the model, so nothing is compared with the already exposed.
    Periods nobody entered are 0.
    """
    n = entered.astype(float)
    clients, periods = n.sum(axis=1), n.sum(axis=0)
    share = n / np.maximum(clients, 1)[:, None]
    left = np.diag(periods) - n.T @ share
    right = (converted - share * converted.sum(axis=1)[:, None]).sum(axis=0)
    # The effects are fixed up to a constant, and free where nobody entered: least squares.
    effects = np.linalg.lstsq(left, right, rcond=1e-10)[0]
    overall = converted.sum() / max(float(n.sum()), 1.0)
    effects = effects - (periods @ effects) / max(float(periods.sum()), 1.0) + overall
    result: Floats = np.where(periods > 0, effects, 0.0)
    return result


def judge_effect(change: Estimate, p: float, to_explain: float | None) -> tuple[Verdict, str]:
    """Turn an effect on the rate into a verdict on "this lowered it".

    Supported: a fall with p <= .01, strict because several explanations are tried at once. Not
    supported: the interval leaves less than half of what is to explain (without that: less than
    1 point). Else not identified.
    """
    if change.value is None or change.low is None or change.high is None:
        return "not identified", change.reason or "no estimate"
    if p <= SIGNIFICANT and change.value < 0:
        return "supported", "a fall beyond chance"
    bound = -EQUIVALENT if to_explain is None else to_explain / 2
    if change.low > bound:
        told = "1 point" if to_explain is None else "half of the fall"
        return "not supported", f"at most a fall of less than {told}"
    return "not identified", "the interval holds both no effect and a large one"


def _fitted(
    rates: Floats, entered: Floats, place: ArrayLike, after: Booleans
) -> tuple[float, float, float]:
    """Return the change of level, its standard error, and the correlation of the errors."""
    t = np.asarray(place, dtype=float)
    design = np.column_stack([np.ones_like(t), (t - t.mean()) / len(t), after.astype(float)])
    noise = np.sqrt(_variances(rates, entered, design))
    rows = np.column_stack([design, rates]) / noise[:, None]
    gaps = np.diff(t)
    heights, values, variances = [], [], []
    for rho in CORRELATIONS:
        # Innovations of the autoregression, also across periods that are left out.
        carried = np.sign(rho) ** gaps * np.abs(rho) ** gaps
        spread = np.sqrt(1 - carried**2)
        white = rows.copy()
        white[1:] = (rows[1:] - carried[:, None] * rows[:-1]) / spread[:, None]
        x, y = white[:, :-1], white[:, -1]
        information = x.T @ x
        beta = np.linalg.solve(information, x.T @ y)
        left = float(((y - x @ beta) ** 2).sum())
        degrees = len(t) - design.shape[1]
        heights.append(
            -float(np.log(spread).sum())
            - 0.5 * float(np.linalg.slogdet(information)[1])
            - 0.5 * degrees * float(np.log(max(left, 1e-12)))
        )
        values.append(float(beta[2]))
        variances.append(left / degrees * float(np.linalg.inv(information)[2, 2]))
    weight = np.exp(np.array(heights) - max(heights))
    weight /= weight.sum()
    value = float(weight @ np.array(values))
    variance = float(weight @ (np.array(variances) + (np.array(values) - value) ** 2))
    return value, float(np.sqrt(variance)), float(weight @ CORRELATIONS)


def _variances(rates: Floats, entered: Floats, design: Floats) -> Floats:
    """Return the variance of each period: sampling plus what varies between periods."""
    share = float((rates * entered).sum() / entered.sum())
    sampling = max(share * (1 - share), 1e-6) / entered
    beta = np.linalg.lstsq(design, rates, rcond=None)[0]
    left = float(((rates - design @ beta) ** 2).sum()) / (len(rates) - design.shape[1])
    result: Floats = sampling + max(0.0, left - float(sampling.mean()))
    return result
