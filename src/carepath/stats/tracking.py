"""Did the events stop rather than the people: spans in which records lack their event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from carepath.errors import CarepathError
from carepath.stats.distributions import normal_tail
from carepath.stats.estimates import Booleans, Estimate, Floats, counts_array, same_length
from carepath.stats.proportions import wilson

ALARM = 0.01
MINIMUM_LOSS = 0.10
LONGEST = 120


@dataclass(frozen=True)
class Outage:
    """A span of days in which fewer records than usual have their event.

    Parameters
    ----------
    first_day, last_day : int
        Indices, both inclusive.
    captured : Estimate
        Share of the span's records that have their event, in [0, 1].
    usual : float
        The same share outside all outages.
    p : float
        Bonferroni bound over all spans looked at, in [0, 1].
    """

    first_day: int
    last_day: int
    captured: Estimate
    usual: float
    p: float


def find_outages(
    with_event: ArrayLike, records: ArrayLike, longest: int = LONGEST
) -> tuple[Outage, ...]:
    """Find spans of days in which events went missing.

    Parameters
    ----------
    with_event, records : array of int, shape (days,)
        Per day, records created (members, projects), and those among them whose event
        (CREATE_ACCOUNT, CREATE_PROJECT) was captured. Consecutive days, oldest first. Run it per
        client or device to see partial outages.
    longest : int
        Longest span looked for, in days; longer outages come out in pieces.

    Returns
    -------
    tuple of Outage
        By first day. Empty when the events agree with the records, or there are no records.

    Raises
    ------
    CarepathError
        If a day has more events than records.

    Notes
    -----
    Scan statistic (Kulldorff 1997): over all spans, the binomial likelihood ratio of a lower share
    inside than outside, divided by the dispersion of the days outside; a span counts when the
    normal tail of its signed root times the number of spans is at most .01 and at least a tenth
    of the records is missing. The strongest is taken out and the rest scanned again. Assumes that
    days are independent given their share.
    """
    k, n = counts_array(with_event, "with_event"), counts_array(records, "records")
    same_length(with_event=k, records=n)
    if np.any(k > n):
        raise CarepathError("a day has more events than records", where="find_outages")
    ok = np.ones(len(n), dtype=bool)
    spans: list[tuple[int, int, float]] = []
    while True:
        found = _strongest(k * ok.astype(float), n * ok.astype(float), longest)
        if found is None or found[2] > ALARM or not ok[found[0] : found[1] + 1].any():
            break
        spans.append(found)
        ok[found[0] : found[1] + 1] = False
    usual = float(k[ok].sum() / n[ok].sum()) if n[ok].sum() else 0.0
    return tuple(
        Outage(a, b, wilson(int(k[a : b + 1].sum()), int(n[a : b + 1].sum())), usual, p)
        for a, b, p in sorted(spans)
    )


def _strongest(k: Floats, n: Floats, longest: int) -> tuple[int, int, float] | None:
    """Return the span least compatible with the rest: first day, last day, p-value."""
    days = len(n)
    if n.sum() == 0 or days < 2:
        return None
    width = min(longest, days - 1)
    inside_k, inside_n = _span_sums(k, width), _span_sums(n, width)
    all_k, all_n = k.sum(), n.sum()
    fits: Booleans = np.arange(1, width + 1) <= np.arange(days, 0, -1)[:, None]
    fits &= (inside_n > 0) & (inside_n < all_n)
    # Few spans lose that much, and only theirs need divisions and logarithms.
    lost = all_k * inside_n - all_n * inside_k
    least = 0.999 * MINIMUM_LOSS * inside_n * (all_n - inside_n)
    rows, columns = np.nonzero(fits & (lost >= least))
    in_k, in_n = inside_k[rows, columns], inside_n[rows, columns]
    out_k, out_n = all_k - in_k, all_n - in_n
    worse = in_k / in_n <= out_k / out_n - MINIMUM_LOSS
    if not worse.any():
        return None
    gain = _likelihood(in_k, in_n) + _likelihood(out_k, out_n)
    gain = np.where(worse, gain - _likelihood(all_k, all_n), 0.0)
    place = int(np.argmax(gain))
    if gain[place] <= 0:
        return None
    start = int(rows[place])
    end = start + int(columns[place]) + 1
    rest = np.ones(days, dtype=bool)
    rest[start:end] = False
    signed = float(np.sqrt(2 * gain[place] / _dispersion(k[rest], n[rest])))
    p = min(1.0, normal_tail(signed) * int(fits.sum()))
    return start, end - 1, p


def _span_sums(values: Floats, width: int) -> Floats:
    """Return sums by first day and length - 1, shape (days, width); cut at the last day."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.lib.stride_tricks.sliding_window_view(np.pad(sums, (0, width), mode="edge"), width)
    result: Floats = ends[1 : len(sums)] - sums[:-1, None]
    return result


def _likelihood(k: Floats, n: Floats) -> Floats:
    """Return the binomial log-likelihood at its maximum."""
    p = np.clip(k / np.maximum(n, 1), 1e-12, 1 - 1e-12)
    result: Floats = k * np.log(p) + (n - k) * np.log(1 - p)
    return result


def _dispersion(k: Floats, n: Floats) -> float:
    """Return the Pearson dispersion of the days outside, at least 1."""
    used = n > 0
    if used.sum() < 2:
        return 1.0
    share = k[used].sum() / n[used].sum()
    if share in (0.0, 1.0):
        return 1.0
    chi = ((k[used] - n[used] * share) ** 2 / (n[used] * share * (1 - share))).sum()
    return max(1.0, float(chi / (used.sum() - 1)))
