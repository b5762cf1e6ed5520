"""One change of level in a series: where, how sure, and the null distribution of "how large"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carepath.stats.estimates import Floats, Integers

MINIMUM_SIDE = 3
LAG_LIMIT = 0.3
NO_RESIDUAL = 1e-12
"""Share of the sum of squares under which a change is taken to leave nothing."""


@dataclass(frozen=True, eq=False)
class ChangePoint:
    """The best single change of level of a series of rates.

    Parameters
    ----------
    index : int
        First period after the change.
    low, high : int
        Interval of `index`.
    p : float
        P-value of "no change", from the sup-t statistic.
    method : str
        How the null distribution was drawn.
    lag_correlation : float
        Lag-1 correlation of the residuals about the best change.
    critical : float
        95 % quantile of sup |t| without a change.
    weights : array of float, shape (periods,)
        One over the variance of each period, up to `scale`.
    scale : float
        Residual variance of a period of weight one.
    inflation : float
        Factor on standard errors of means for correlated periods, >= 1.
    """

    index: int
    low: int
    high: int
    p: float
    method: str
    lag_correlation: float
    critical: float
    weights: Floats
    scale: float
    inflation: float


def find_change(
    rates: Floats, entered: Integers, rng: np.random.Generator, draws: int
) -> ChangePoint:
    """Locate a change of level by sup-t and test it.

    Parameters
    ----------
    rates : array of float, shape (periods,)
        Rate of each period, in [0, 1]; at least 2 * 3 periods.
    entered : array of int, shape (periods,)
        People behind each rate, > 0.
    rng : Generator
        Source of permutations.
    draws : int
        Number of permutations or bootstrap series.

    Returns
    -------
    ChangePoint

    Notes
    -----
    t_k compares the weighted means before and after k, 3 periods at least on each side; the
    statistic is max |t_k| (Andrews 1993). Weights are 1 / (p q / n + s^2), s^2 the
    variance between periods left after the best change, by moments. Null distribution:
    permutation of the standardised periods, or, when the residual lag-1 correlation exceeds .3,
    series from an autoregression fitted to the residuals (sieve bootstrap, Buhlmann 1997), order
    by AIC but one for each 30 periods at most, correlation corrected for its small-sample bias
    (Kendall 1954) and for the fitted change; permutation alone where the change leaves no
    residual at all. Up to .3 the larger p of both counts: two years of
    cohorts cannot tell a correlation of .3 from none. The interval of the change inverts the
    likelihood ratio, its critical value bootstrapped about the fitted change.
    """
    weights = _weights(rates, entered)
    gains, total = _gains(rates[None], weights)
    best = int(np.argmax(gains[0]))
    index = best + MINIMUM_SIDE
    periods = len(rates)
    left = float(total[0] - gains[0, best])
    scale = float(max(left / (periods - 2), 1e-12))
    fit = _fit(rates, weights, index)
    residual = np.sqrt(weights) * (rates - fit)
    is_exact = bool(left <= NO_RESIDUAL * total[0])
    if is_exact:
        residual = np.zeros(periods)
    shuffled = rng.permuted(np.tile(residual, (draws, 1)), axis=1)
    shuffled *= np.sqrt(periods / (periods - 2))
    lag = 0.0 if is_exact else _lag_correlation(residual, shuffled / np.sqrt(weights), weights)
    centre = float(weights @ rates / weights.sum())
    method = "sup-t, permutation of periods and autoregressive sieve bootstrap"
    standardised = np.sqrt(weights) * (rates - centre)
    noises: list[Floats] = []
    if is_exact:
        method = "sup-t, permutation of periods"
    else:
        coefficients = _autoregression(residual, lag)
        noises.append(_sieve(residual, coefficients, rng, draws))
    about, inflation = shuffled, 1.0
    if lag <= LAG_LIMIT:
        noises.append(rng.permuted(np.tile(standardised, (draws, 1)), axis=1))
    else:
        method = "sup-t, autoregressive sieve bootstrap"
        about = noises[0]
        inflation = 1 / max(1 - float(coefficients.sum()), 0.05)
        inflation = max(1.0, inflation * float(np.sqrt(_innovation(residual, coefficients))))
    nulls = [_largest_t(centre + noise / np.sqrt(weights), weights) for noise in noises]
    observed = float(_largest_t(rates[None], weights)[0])
    p = max((1 + int(np.sum(null >= observed - 1e-12))) / (1 + draws) for null in nulls)
    drop = _drop(fit + about / np.sqrt(weights), weights, best)
    bound = float(np.quantile(drop, 0.95))
    behind: Floats = (gains[0, best] - gains[0]) / scale
    near = np.flatnonzero(behind <= bound + 1e-12) + MINIMUM_SIDE
    return ChangePoint(
        index=index,
        low=int(near.min()),
        high=int(near.max()),
        p=p,
        method=method,
        lag_correlation=lag,
        critical=max(float(np.quantile(null, 0.95)) for null in nulls),
        weights=weights,
        scale=scale,
        inflation=inflation,
    )


def _lag_correlation(residual: Floats, unordered: Floats, weights: Floats) -> float:
    """Return the lag-1 correlation of residuals, less what fitting a change does to it.

    The best change takes up much of what correlated periods have in common, so the plain estimate
    is too low; the same fit on series without any order shows by how much.
    """
    gains, _ = _gains(unordered, weights)
    index = np.argmax(gains, axis=1) + MINIMUM_SIDE
    before = np.arange(len(weights)) < index[:, None]
    left, right = weights * before, weights * ~before
    means = [(side * unordered).sum(axis=1) / side.sum(axis=1) for side in (left, right)]
    rest = np.sqrt(weights) * (unordered - np.where(before, means[0][:, None], means[1][:, None]))
    squares = np.maximum((rest**2).sum(axis=1), 1e-12)
    usual = float(np.mean((rest[:, 1:] * rest[:, :-1]).sum(axis=1) / squares))
    plain = float(residual[1:] @ residual[:-1]) / max(float(residual @ residual), 1e-12)
    corrected = plain - usual
    return corrected + 3 * max(corrected, 0.0) / len(residual)


def _weights(rates: Floats, entered: Integers) -> Floats:
    """Return 1 / (sampling variance + variance between periods)."""
    share = float((rates * entered).sum() / entered.sum())
    sampling = np.maximum(share * (1 - share), 1e-6) / entered
    gains, _ = _gains(rates[None], entered.astype(float))
    index = int(np.argmax(gains[0])) + MINIMUM_SIDE
    residual = rates - _fit(rates, entered.astype(float), index)
    variance = float(residual @ residual) / (len(rates) - 2)
    between = max(0.0, variance - float(sampling.mean()))
    result: Floats = 1 / (sampling + between)
    return result


def _gains(series: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the sum of squares explained by a change at each k, and the total, per series."""
    w = np.cumsum(weights)
    wy = np.cumsum(weights * series, axis=1)
    ends = slice(MINIMUM_SIDE - 1, len(weights) - MINIMUM_SIDE)
    before, after = w[ends], w[-1] - w[ends]
    mean_before = wy[:, ends] / before
    mean_after = (wy[:, -1:] - wy[:, ends]) / after
    gains = before * after / w[-1] * (mean_after - mean_before) ** 2
    centre = wy[:, -1:] / w[-1]
    return gains, (weights * (series - centre) ** 2).sum(axis=1)


def _largest_t(series: Floats, weights: Floats) -> Floats:
    """Return sup |t| of each series."""
    gains, total = _gains(series, weights)
    largest = gains.max(axis=1)
    left = np.maximum(total - largest, 1e-12)
    result: Floats = np.sqrt(largest / left * (series.shape[1] - 2))
    return result


def _drop(series: Floats, weights: Floats, best: int) -> Floats:
    """Return how far the true change trails the best one, in residual variances."""
    gains, total = _gains(series, weights)
    largest = gains.max(axis=1)
    scale = np.maximum(total - largest, 1e-12) / (series.shape[1] - 2)
    result: Floats = (largest - gains[:, best]) / scale
    return result


def _fit(rates: Floats, weights: Floats, index: int) -> Floats:
    """Return the two weighted means, as a series."""
    fit = np.empty_like(rates)
    fit[:index] = np.average(rates[:index], weights=weights[:index])
    fit[index:] = np.average(rates[index:], weights=weights[index:])
    return fit


def _autoregression(residual: Floats, lag: float) -> Floats:
    """Return Yule-Walker coefficients of the order with the least AIC, at most 4.

    Higher orders of a short series halve the correlation they should carry on.

    A first-order coefficient is the lag correlation corrected for the fitted change.
    """
    n = len(residual)
    most = max(1, min(4, n // 30))
    c = np.array([residual[lag:] @ residual[: n - lag] / n for lag in range(most + 1)])
    best, least = np.array([0.0]), np.inf
    for order in range(1, most + 1):
        lags = np.abs(np.subtract.outer(np.arange(order), np.arange(order)))
        phi = np.linalg.solve(c[lags], c[1 : order + 1])
        aic = n * np.log(max(float(c[0] - phi @ c[1 : order + 1]), 1e-12)) + 2 * order
        if aic < least:
            best, least = phi, aic
    if len(best) == 1:
        best = np.array([min(0.9, max(lag, 0.0))])
    return best


def _innovation(residual: Floats, coefficients: Floats) -> float:
    """Return the innovation variance as a share of the residual variance."""
    order = len(coefficients)
    lagged = sum(coefficients[j] * residual[order - 1 - j : -1 - j] for j in range(order))
    errors = residual[order:] - lagged
    return float(np.mean(errors**2) / max(float(np.mean(residual**2)), 1e-12))


def _sieve(residual: Floats, coefficients: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Return series that follow the autoregression, with resampled innovations."""
    order, n, burn = len(coefficients), len(residual), 50
    lagged = sum(coefficients[j] * residual[order - 1 - j : n - 1 - j] for j in range(order))
    errors = residual[order:] - lagged
    errors = (errors - errors.mean()) * np.sqrt(n / (n - order - 2))
    shocks = rng.choice(errors, size=(draws, n + burn))
    series = np.zeros((draws, n + burn + order))
    for t in range(n + burn):
        past = series[:, t : t + order][:, ::-1]
        series[:, t + order] = past @ coefficients + shocks[:, t]
    result: Floats = series[:, -n:]
    return result
