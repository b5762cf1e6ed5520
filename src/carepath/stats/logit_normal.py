"""Binomial counts whose logits are draws from one normal population: the model of pooling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from carepath.stats.estimates import Floats, Integers

QUADRATURE = 15
"""Points of the adaptive Gauss-Hermite rule; 15 give the log-likelihood to about 1e-4."""
CENTRES, DEVIATIONS, SHAPE = 17, 20, 65
"""Points over the mean logit, over the deviation, and over the logit of one segment."""
NEGLIGIBLE = 12.0
"""How far under its top a log-density is left out."""
UNIT = 0.1
"""Deviations are laid out as UNIT * (exp(u) - 1): evenly near zero, by ratio beyond."""
MOST = 500.0
"""Logits beyond are taken for this one, so that their odds are numbers."""
LARGEST = float(np.log1p(30.0 / UNIT))


@dataclass(frozen=True)
class LogitNormal:
    """Posterior of the rates of many segments, their typical rate and their spread.

    Parameters
    ----------
    low, middle, high : array of float, shape (segments,)
        Quantiles of each segment's rate, in [0, 1], at (1 - level) / 2, 1/2 and (1 + level) / 2.
    typical : tuple of float
        The same quantiles of expit(mu), the rate of a typical segment.
    deviation : float
        Mode of tau, in logits; may be 0.
    spread : float
        Standard deviation of the rates at that tau and the middle mu, in [0, .5].
    spread_upper : float
        95 % point of the posterior of the standard deviation of the rates.
    """

    low: Floats
    middle: Floats
    high: Floats
    typical: tuple[float, float, float]
    deviation: float
    spread: float
    spread_upper: float


def fit_logit_normal(successes: Integers, entered: Integers, level: float) -> LogitNormal:
    """Return the posterior of k ~ Binomial(n, expit(theta)), theta ~ N(mu, tau^2).

    Parameters
    ----------
    successes, entered : array of int, shape (segments,)
        k and n of two or more segments, 0 <= k <= n, n >= 1.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    LogitNormal

    Notes
    -----
    The counts keep their binomial likelihood: a normal likelihood of empirical logits, each with
    the variance of its own count, draws the typical rate towards 50 % where successes are few
    (Stijnen, Hamza & Ozdemir 2010; Chang & Hoaglin 2017). Each segment's logit is integrated out
    by adaptive Gauss-Hermite quadrature (Naylor & Smith 1982; Pinheiro & Bates 1995), mu and tau
    over a grid of Gauss-Legendre points that is laid where their posterior is.

    Priors: tau is half-t with 4 degrees of freedom and scale 1, flat for deviations found in
    practice (Gelman 2006). mu has Jeffreys' prior at a deviation of 1, the root of sum 1 / (1 +
    1 / (n p (1 - p))): flat in logits where the segments can tell rates apart, proportional to
    the root of the rate where no successes are expected (for one segment, Jeffreys' interval;
    Brown, Cai & DasGupta 2001), so that segments without any still get limits.

    `deviation` is the posterior mode, mu integrated out: restricted maximum likelihood for normal
    data (Harville 1974), but for the prior. A segment's posterior at a given tau is its binomial
    likelihood times the normal with the mean and variance of what the others say of its logit;
    these are mixed over the posterior of tau. Assumes that the logits are normal, and that people
    convert independently of each other.
    """
    pairs, place, times = np.unique(
        np.stack([successes, entered], axis=1), axis=0, return_inverse=True, return_counts=True
    )
    model = _Model(pairs[:, 0].astype(float), pairs[:, 1].astype(float), times.astype(float))
    nodes, weights = np.polynomial.legendre.leggauss(DEVIATIONS)
    first, last = _deviation_window(model)
    u = first + (last - first) * (nodes + 1) / 2
    tau = UNIT * np.expm1(u)
    points, area, own, post = _integrate_centres(model, tau)
    heights = area + _log_prior_deviation(tau) + u
    share = weights * np.exp(heights - heights.max())
    share /= share.sum()
    deviation = UNIT * np.expm1(
        first + (last - first) * (_top(nodes, area + _log_prior_deviation(tau)) + 1) / 2
    )
    centre, mass = _refine(points, post, share, 201)
    tails = (0.5 - level / 2, 0.5, 0.5 + level / 2)
    middle_low, middle, middle_high = (_quantile(centre.ravel(), mass.ravel(), q) for q in tails)
    low, half, high = _segment_quantiles(model, tau, share, points, own, post, tails)
    return LogitNormal(
        special.expit(low)[place.ravel()],
        special.expit(half)[place.ravel()],
        special.expit(high)[place.ravel()],
        (
            float(special.expit(middle_low)),
            float(special.expit(middle)),
            float(special.expit(middle_high)),
        ),
        float(deviation),
        float(rate_spread(np.array(middle), np.array(deviation))),
        _spread_upper(u, (first, last), heights, _refine(points, post, np.ones(len(u)), 31)),
    )


def log_marginal(
    successes: Floats,
    entered: Floats,
    mu: Floats,
    tau: Floats,
    points: int = QUADRATURE,
    derivatives: bool = True,
) -> tuple[Floats, Floats, Floats]:
    """Return log P(k | mu, tau) without the binomial coefficient, and its slope and curvature.

    Parameters
    ----------
    successes, entered : array of float, shape (segments,)
        k and n, 0 <= k <= n, n >= 1.
    mu, tau : array of float, shape (places,)
        Mean and deviation of the logits at each place, tau > 0.
    points : int
        Of the adaptive Gauss-Hermite rule.
    derivatives : bool
        Whether the last two are wanted; else they are zero.

    Returns
    -------
    tuple of array of float, shape (segments, places)
        The value, its first derivative in mu, and minus its second.
    """
    k, n = successes[:, None], entered[:, None]
    mode, sd = _peak(k, n, mu, tau)
    x, w = np.polynomial.hermite.hermgauss(points)
    middle = _height(k, n, mu, tau, mode)
    total, slope, second, bend = (np.zeros_like(mode) for _ in range(4))
    for place, share in zip(x, np.log(w) + x**2, strict=True):
        theta = mode + np.sqrt(2) * place * sd
        odds = np.exp(np.minimum(theta, MOST))
        weight = k * theta - n * np.log(1 + odds) - ((theta - mu) / tau) ** 2 / 2
        weight = np.exp(weight - middle + share)
        total += weight
        if derivatives:
            q = 1 / (1 + odds)
            expected = n * odds * q
            residual = weight * (k - expected)
            slope += residual
            second += residual * (k - expected)
            bend += weight * expected * q
    value = middle + np.log(total * sd / tau) - 0.5 * np.log(np.pi)
    slope /= total
    return value, slope, bend / total - second / total + slope**2


def rate_spread(mu: Floats, tau: Floats) -> Floats:
    """Return the standard deviation of rates whose logits are N(mu, tau^2), of their shape."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    rates = special.expit(mu[..., None] + tau[..., None] * nodes)
    mean = rates @ weights
    result: Floats = np.sqrt(((rates - mean[..., None]) ** 2) @ weights)
    return result


@dataclass(frozen=True)
class _Model:
    """Different pairs of k and n, and how many segments have each; shapes (pairs,)."""

    k: Floats
    n: Floats
    times: Floats

    def posterior(
        self, mu: Floats, tau: Floats, points: int = QUADRATURE
    ) -> tuple[Floats, Floats, Floats]:
        """Return log-density of mu given tau with slope and bend; shapes (places,)."""
        value, slope, bend = (
            self.times @ part for part in log_marginal(self.k, self.n, mu, tau, points)
        )
        prior, prior_slope = self.log_prior(mu)
        return value + prior, slope + prior_slope, bend

    def log_prior(self, mu: Floats) -> tuple[Floats, Floats]:
        """Return log of the prior of mu and its slope, whatever the shape of mu."""
        p = special.expit(mu)[..., None]
        a = self.n * p * special.expit(-mu)[..., None]
        total = (a / (1 + a)) @ self.times
        slope = 0.5 * ((a * (1 - 2 * p) / (1 + a) ** 2) @ self.times) / total
        return 0.5 * np.log(total), slope


def _height(k: Floats, n: Floats, mean: Floats, deviation: Floats, theta: Floats) -> Floats:
    """Return log of binomial likelihood times normal at theta, without constants."""
    soft = np.log(1 + np.exp(np.minimum(theta, MOST)))
    result: Floats = k * theta - n * soft - ((theta - mean) / deviation) ** 2 / 2
    return result


def _peak(k: Floats, n: Floats, mean: Floats, deviation: Floats) -> tuple[Floats, Floats]:
    """Return mode and local deviation of binomial likelihood times normal, by Newton steps."""
    precision = 1 / deviation**2
    y = np.log((k + 0.5) / (n - k + 0.5))
    own = 1 / (1 / (k + 0.5) + 1 / (n - k + 0.5))
    theta = (own * y + precision * mean) / (own + precision)
    for _ in range(20):
        p = 1 / (1 + np.exp(np.minimum(-theta, MOST)))
        step = (k - n * p - precision * (theta - mean)) / (n * p * (1 - p) + precision)
        theta = theta + np.clip(step, -1.5, 1.5)
        if np.all(np.abs(step) < 1e-3 * deviation):
            break
    p = 1 / (1 + np.exp(np.minimum(-theta, MOST)))
    return theta, 1 / np.sqrt(n * p * (1 - p) + precision)


def _centre(model: _Model, tau: Floats, points: int = QUADRATURE) -> tuple[Floats, Floats, Floats]:
    """Return mode of mu at each tau, its local deviation and the height there."""
    start = (model.times @ model.k + 0.5) / (model.times @ model.n + 1)
    mu = np.full(len(tau), special.logit(start))
    for _ in range(30):
        height, slope, bend = model.posterior(mu, tau, points)
        sd = 1 / np.sqrt(np.maximum(bend, 1e-3))
        step = np.clip(slope * sd**2, -1.5, 1.5)
        if np.all(np.abs(step) < 0.05 * sd):
            break
        mu = mu + step
    return mu, sd, height


def _deviation_window(model: _Model) -> tuple[float, float]:
    """Return the range of u in which the posterior of the deviation lies, mu by Laplace."""
    first, last = 0.0, LARGEST
    for count in (32, 16):
        u = np.linspace(first, last, count)
        tau = UNIT * np.expm1(np.maximum(u, 1e-4))
        _, sd, height = _centre(model, tau, 7)
        height = height + np.log(sd) + _log_prior_deviation(tau) + u
        inside = np.flatnonzero(height > height.max() - NEGLIGIBLE)
        first, last = float(u[max(inside[0] - 1, 0)]), float(u[min(inside[-1] + 1, count - 1)])
    return first, last


def _integrate_centres(model: _Model, tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return points of mu at each tau, the log of the integral over them, and what is there.

    The points have the shape (taus, CENTRES), the third array (pairs, taus, CENTRES) the
    log-likelihood of each pair, the fourth (taus, CENTRES) the log-density of mu.
    """
    mode, sd, height = _centre(model, tau)
    reach = []
    for sign in (-1, 1):
        far = 5.5 * sd
        for _ in range(12):
            short = model.posterior(mode + sign * far, tau, 7)[0] > height - NEGLIGIBLE
            if not short.any():
                break
            far = np.where(short, 1.5 * far, far)
        reach.append(far)
    nodes, weights = np.polynomial.legendre.leggauss(CENTRES)
    half = (reach[0] + reach[1])[:, None] / 2
    points = (mode - reach[0])[:, None] + half * (nodes + 1)
    spread_out = np.repeat(tau, CENTRES)
    own = log_marginal(model.k, model.n, points.ravel(), spread_out, derivatives=False)[0]
    own = own.reshape(len(model.k), len(tau), CENTRES)
    post = np.tensordot(model.times, own, axes=1) + model.log_prior(points)[0]
    top = post.max(axis=1, keepdims=True)
    area = np.log((half * weights * np.exp(post - top)).sum(axis=1)) + top[:, 0]
    return points, area, own, post


def _log_prior_deviation(tau: Floats) -> Floats:
    """Return the log-density of the half-t prior with 4 degrees of freedom and scale 1."""
    result: Floats = -2.5 * np.log1p(tau**2 / 4)
    return result


def _top(nodes: Floats, values: Floats) -> float:
    """Return where on [-1, 1] the polynomial through values at Legendre nodes is largest."""
    low, high = -1.0, 1.0
    shape = np.polynomial.chebyshev.chebfit(nodes, values - values.max(), len(nodes) - 1)
    for _ in range(3):
        grid = np.linspace(low, high, 201)
        best = int(np.argmax(np.polynomial.chebyshev.chebval(grid, shape)))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 200)])
    return float(grid[best])


def _refine(points: Floats, post: Floats, share: Floats, count: int) -> tuple[Floats, Floats]:
    """Return many points of mu at each tau and their posterior mass; shapes (taus, count)."""
    nodes, _ = np.polynomial.legendre.leggauss(points.shape[1])
    grid = np.linspace(-1, 1, count)
    vandermonde = np.polynomial.legendre.legvander
    through = vandermonde(grid, len(nodes) - 1) @ np.linalg.inv(vandermonde(nodes, len(nodes) - 1))
    height = (post - post.max(axis=1, keepdims=True)) @ through.T
    mass = np.exp(np.minimum(height, 0.5))
    mass *= (share / mass.sum(axis=1))[:, None]
    slope = (points[:, -1] - points[:, 0]) / (nodes[-1] - nodes[0])
    return points[:, :1] + slope[:, None] * (grid - nodes[0]), mass


def _spread_upper(
    u: Floats, window: tuple[float, float], heights: Floats, centres: tuple[Floats, Floats]
) -> float:
    """Return the 95 % point of the standard deviation of the rates.

    Between the nodes of the deviation mu is taken as it is at the nearest of them.
    """
    fine = np.linspace(*window, 161)
    nodes = np.polynomial.legendre.leggauss(len(u))[0]
    shape = np.polynomial.chebyshev.chebfit(nodes, heights - heights.max(), len(u) - 1)
    density = np.polynomial.chebyshev.chebval(np.linspace(-1, 1, len(fine)), shape)
    density = np.exp(np.minimum(density, 0.5))
    density[[0, -1]] /= 2
    near = np.abs(fine[:, None] - u).argmin(axis=1)
    mu, share = centres[0][near], centres[1][near]
    tau = np.broadcast_to(UNIT * np.expm1(fine)[:, None], mu.shape)
    mass = share * (density / density.sum())[:, None]
    return _quantile(rate_spread(mu, tau).ravel(), mass.ravel(), 0.95)


def _quantile(values: Floats, mass: Floats, target: float) -> float:
    """Return a quantile of weighted points, each standing for the mass around it."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(mass[order]) - mass[order] / 2
    return float(np.interp(target, passed, values[order]))


def _segment_quantiles(
    model: _Model,
    tau: Floats,
    share: Floats,
    points: Floats,
    own: Floats,
    post: Floats,
    tails: tuple[float, ...],
) -> tuple[Floats, ...]:
    """Return quantiles of every pair's logit, mixed over the deviation; shapes (pairs,)."""
    counts = share > 1e-6
    tau, share, points, own, post = (
        tau[counts],
        share[counts] / share[counts].sum(),
        points[counts],
        own[:, counts],
        post[counts],
    )
    _, weights = np.polynomial.legendre.leggauss(points.shape[1])
    others = post - own
    others = weights * np.exp(others - others.max(axis=2, keepdims=True))
    others /= others.sum(axis=2, keepdims=True)
    mean = (others * points).sum(axis=2)
    deviation = np.sqrt(tau**2 + (others * (points - mean[..., None]) ** 2).sum(axis=2))
    k, n = model.k[:, None], model.n[:, None]
    mode, sd = _peak(k, n, mean, deviation)

    top = _height(k, n, mean, deviation, mode)
    reach = []
    for sign in (-1, 1):
        far = 5.5 * sd
        for _ in range(30):
            short = _height(k, n, mean, deviation, mode + sign * far) > top - NEGLIGIBLE
            if not short.any():
                break
            far = np.where(short, 1.5 * far, far)
        reach.append(far)
    start, step = mode - reach[0], (reach[0] + reach[1]) / (SHAPE - 1)
    density = np.empty((SHAPE, *start.shape))
    for place in range(SHAPE):
        density[place] = np.exp(_height(k, n, mean, deviation, start + place * step) - top)
    below = np.cumsum(density, axis=0)
    below -= (density + density[:1]) / 2
    below /= below[-1:]
    rows, columns = np.indices(start.shape)

    def passed(theta: Floats) -> Floats:
        at = np.clip((theta[:, None] - start) / step, 0, SHAPE - 1.000001)
        whole = at.astype(int)
        left, right = below[whole, rows, columns], below[whole + 1, rows, columns]
        result: Floats = (left + (at - whole) * (right - left)) @ share
        return result

    found = []
    for target in tails:
        low = start.min(axis=1)
        high = (start + (SHAPE - 1) * step).max(axis=1)
        for _ in range(36):
            middle = (low + high) / 2
            under = passed(middle) < target
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        found.append((low + high) / 2)
    return tuple(found)
