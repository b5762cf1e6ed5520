"""The logit-normal model of counts once more, by adding up dense grids: slow, nothing clever."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import quad
from scipy.special import log_expit
from scipy.stats import norm, t

Z = np.arange(-8, 8.0001, 0.1)
MU = np.linspace(-14, 14, 225)
ROOT = np.linspace(0.002, 1, 80)
TAU = 20 * ROOT**2
TAILS = (0.025, 0.5, 0.975)


def posterior(successes, entered):
    """Return quantiles of the typical rate and of each segment's, and the 95 % point of spread."""
    n = np.asarray(entered, float)
    log_post = _log_prior_mu(n)[:, None] + t(4).logpdf(TAU) + np.log(ROOT)
    likelihoods = [_grid_likelihood(k, people) for k, people in zip(successes, n, strict=True)]
    log_post = log_post + np.log(likelihoods).sum(axis=0)
    post = np.exp(log_post - log_post.max())
    post /= post.sum()
    typical = [_invert(MU, post.sum(axis=1), q) for q in TAILS]
    segments = []
    edges = np.linspace(-40, 40, 16001)
    for k, people, likelihood in zip(successes, n, likelihoods, strict=True):
        mass = np.zeros(len(edges) - 1)
        for place in np.flatnonzero(post.sum(axis=0) > 1e-7):
            theta = MU[:, None] + TAU[place] * Z
            chance = np.exp(_log_binomial(k, people, theta)) * norm.pdf(Z)
            weight = (post / likelihood)[:, place, None] * chance
            mass += np.histogram(theta, edges, weights=weight)[0]
        segments.append([_invert((edges[1:] + edges[:-1]) / 2, mass, q) for q in TAILS])
    rates = np.exp(log_expit(MU[:, None, None] + TAU[:, None] * Z))
    weight = norm.pdf(Z) / norm.pdf(Z).sum()
    spread = np.sqrt(np.maximum((rates**2) @ weight - (rates @ weight) ** 2, 0)).ravel()
    order = np.argsort(spread)
    upper = float(np.interp(0.95, np.cumsum(post.ravel()[order]), spread[order]))
    return np.exp(log_expit(np.array(typical))), np.exp(log_expit(np.array(segments))), upper


def log_likelihood(successes, entered, mu, tau):
    """Return log P(k | mu, tau) of one segment without the binomial coefficient, by quad."""
    fine = np.linspace(mu - 40 * tau - 20, mu + 40 * tau + 20, 200_001)
    height = _log_binomial(successes, entered, fine) + norm.logpdf(fine, mu, tau)
    top, centre = height.max(), fine[height.argmax()]
    inside = fine[height > top - 60]

    def density(theta):
        return np.exp(_log_binomial(successes, entered, theta) + norm.logpdf(theta, mu, tau) - top)

    # The density has one top: on each side of it the pieces double in width.
    total = 0.0
    for end in (inside[0], inside[-1]):
        cuts = centre + (end - centre) * np.concatenate([[0], 2.0 ** np.arange(-14, 1)])
        total += sum(
            abs(quad(density, a, b, epsabs=0, epsrel=1e-9)[0]) for a, b in pairwise(cuts) if a != b
        )
    return float(top + np.log(total))


def _grid_likelihood(successes, entered):
    value = np.empty((len(MU), len(TAU)))
    for place, deviation in enumerate(TAU):
        chance = np.exp(_log_binomial(successes, entered, MU[:, None] + deviation * Z))
        value[:, place] = chance @ norm.pdf(Z) + 1e-300
    return value


def _log_binomial(successes, entered, theta):
    return successes * log_expit(theta) + (entered - successes) * log_expit(-theta)


def _log_prior_mu(entered):
    p = np.exp(log_expit(MU))[:, None]
    return 0.5 * np.log((1 / (1 + 1 / (entered * p * (1 - p)))).sum(axis=1))


def _invert(values, mass, target):
    return float(np.interp(target * mass.sum(), np.cumsum(mass) - mass / 2, values))
