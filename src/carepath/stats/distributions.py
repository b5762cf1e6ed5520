"""Quantiles and tails, from scipy.special: a third of the import time of scipy.stats."""

from __future__ import annotations

from scipy import special


def normal_quantile(p: float) -> float:
    """Return z with P(N(0, 1) <= z) = p."""
    return float(special.ndtri(p))


def normal_tail(z: float) -> float:
    """Return P(N(0, 1) > z)."""
    return float(special.ndtr(-z))


def t_quantile(p: float, degrees: float) -> float:
    """Return t with P(T <= t) = p on `degrees` degrees of freedom."""
    return float(special.stdtrit(degrees, p))


def t_tail(t: float, degrees: float) -> float:
    """Return P(T > t) on `degrees` degrees of freedom."""
    return float(special.stdtr(degrees, -t))


def chi_square_quantile(p: float, degrees: float) -> float:
    """Return x with P(X <= x) = p on `degrees` degrees of freedom."""
    return 2 * float(special.gammaincinv(degrees / 2, p))


def chi_square_tail(x: float, degrees: float) -> float:
    """Return P(X > x) on `degrees` degrees of freedom."""
    return float(special.chdtrc(degrees, x))


def f_tail(x: float, degrees: float, rest: float) -> float:
    """Return P(F > x) on `degrees` and `rest` degrees of freedom."""
    return float(special.fdtrc(degrees, rest, x))


def binomial_cdf(k: int, n: int, p: float) -> float:
    """Return P(Bin(n, p) <= k)."""
    if k < 0:
        return 0.0
    return float(special.bdtr(k, n, p)) if k < n else 1.0


def exact_limits(k: int, n: int, level: float) -> tuple[float, float]:
    """Return the Clopper-Pearson limits of a binomial share, beta quantiles."""
    tail = (1 - level) / 2
    low = float(special.betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high
