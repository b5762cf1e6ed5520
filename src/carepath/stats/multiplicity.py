"""Many tests at once: Benjamini-Hochberg and Holm, with tests that could not be done left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carepath.errors import CarepathError
from carepath.stats.estimates import Floats


def benjamini_hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjust p-values so that the share of false findings among the findings is controlled.

    Parameters
    ----------
    p_values : sequence of float or None
        In [0, 1]. None stands for a test that could not be done: it stays None and does not count
        towards the size of the family.

    Returns
    -------
    tuple of float or None
        In the order given.

    Raises
    ------
    CarepathError
        If a p-value is outside [0, 1].

    Notes
    -----
    Step-up, min over j >= i of m p_(j) / j (Benjamini and Hochberg 1995). Assumes
    independent or positively dependent tests.
    """
    known = _known(p_values)
    if not known.size:
        return tuple(None for _ in p_values)
    order = np.argsort(-known, kind="stable")
    scaled = known[order] * len(known) / np.arange(len(known), 0, -1)
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return _restored(p_values, adjusted)


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjust p-values so that the chance of any false finding is controlled.

    Notes
    -----
    Step-down, max over j <= i of (m - j + 1) p_(j), capped at 1 (Holm 1979). Needs no assumption
    on dependence. Parameters, returns and errors as for `benjamini_hochberg`.
    """
    known = _known(p_values)
    order = np.argsort(known, kind="stable")
    scaled = known[order] * (len(known) - np.arange(len(known)))
    adjusted = np.empty_like(known)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return _restored(p_values, adjusted)


def _known(p_values: Sequence[float | None]) -> Floats:
    """Return the p-values that exist, or raise when one is not a probability."""
    known = np.array([p for p in p_values if p is not None], dtype=np.float64)
    if np.any(~((known >= 0) & (known <= 1))):
        raise CarepathError("a p-value lies outside 0 to 1", where="multiplicity")
    return known


def _restored(p_values: Sequence[float | None], adjusted: Floats) -> tuple[float | None, ...]:
    """Put the adjusted values back where the known ones were."""
    values = iter(adjusted.tolist())
    return tuple(None if p is None else float(next(values)) for p in p_values)
