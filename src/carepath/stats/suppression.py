"""Small groups are not shown, nor told by subtraction from what is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from carepath.errors import CarepathError
from carepath.stats.estimates import Booleans, Floats, Integers, counts_array

MINIMUM_PEOPLE = 10


def suppressed(
    people: ArrayLike,
    minimum: int = MINIMUM_PEOPLE,
    total_is_shown: bool = True,
    already: ArrayLike | None = None,
) -> Booleans:
    """Mark the groups of a table that must not be shown.

    Parameters
    ----------
    people : array of int, shape (groups,)
        People per group; the groups do not overlap.
    minimum : int
        Groups of 1 to minimum - 1 people are hidden. An empty group tells of nobody and stays.
    total_is_shown : bool
        Whether the total of the groups is shown, so that hidden groups could be told from it.
    already : array of bool, shape (groups,), optional
        Groups that are hidden for another reason, and stay so.

    Returns
    -------
    array of bool, shape (groups,)
        True = hide every number of the group.

    Raises
    ------
    CarepathError
        If a count is negative or fractional.

    Notes
    -----
    Primary suppression under a threshold, then complementary suppression of the smallest shown
    groups until the hidden ones are at least two and hold at least `minimum` people together
    (Hundepool et al. 2012, Statistical Disclosure Control, ch. 4). Ties hide the first.
    """
    n = counts_array(people, "people")
    hidden: Booleans = (n > 0) & (n < minimum)
    if already is not None:
        hidden |= np.asarray(already, dtype=bool)
    if not total_is_shown or not hidden.any():
        return hidden
    while int(hidden.sum()) < 2 or int(n[hidden].sum()) < minimum:
        shown = np.flatnonzero(~hidden & (n > 0))
        if not len(shown):
            break
        hidden[shown[np.argmin(n[shown])]] = True
    return hidden


def told_by_ranges(people: ArrayLike, ends: ArrayLike, minimum: int = MINIMUM_PEOPLE) -> Booleans:
    """Mark the groups of which a few could be told by subtracting answers over other ranges.

    Parameters
    ----------
    people : array of int, shape (groups, periods)
        People of each group in each period of time; ranges are whole periods.
    ends : array of int
        Where the range begins or ends: before the period of that index.
    minimum : int
        As for `suppressed`.

    Returns
    -------
    array of bool, shape (groups,)
        True = on one side of an end the nearest period with anybody holds under `minimum` people.

    Raises
    ------
    CarepathError
        If a count is negative or fractional.

    Notes
    -----
    Two ranges in which a group is shown differ, between two of their ends, by nobody or by at
    least the nearest period that is not empty, which then holds `minimum` people. An end with
    nobody on one side of it separates nobody.
    """
    n = np.asarray(people)
    counts_array(n.ravel(), "people")
    periods = n.shape[1]
    told = np.zeros(len(n), dtype=bool)
    for end in np.asarray(ends, dtype=np.int64):
        cut = int(np.clip(end, 0, periods))
        for group, counts in enumerate(n):
            before, after = (side[side > 0] for side in (counts[:cut], counts[cut:]))
            if len(before) and len(after):
                told[group] |= min(before[-1], after[0]) < minimum
    return told


def suppressed_steps(
    people: ArrayLike, minimum: int = MINIMUM_PEOPLE, already: ArrayLike | None = None
) -> Booleans:
    """Mark what must not be shown of groups that people leave step by step.

    Parameters
    ----------
    people : array of int, shape (groups, steps)
        People of each group who came to each step; the total of every step is shown.
    minimum : int
        As for `suppressed`.
    already : array of bool, shape (groups,), optional
        As for `suppressed`.

    Returns
    -------
    array of bool, shape (groups, steps)
        True = hide the group at the step. Once hidden, a group stays hidden: who passed a step is
        who came to the next one.

    Raises
    ------
    CarepathError
        If a count is negative or fractional.
    """
    n = np.asarray(people)
    hidden = np.zeros(n.shape, dtype=bool)
    before = np.zeros(n.shape[0], dtype=bool)
    if already is not None:
        before |= np.asarray(already, dtype=bool)
    for step in range(n.shape[1]):
        before = suppressed(n[:, step], minimum, already=before)
        hidden[:, step] = before
    return hidden


def suppressed_linked(
    overlaps: ArrayLike,
    groupings: ArrayLike,
    minimum: int = MINIMUM_PEOPLE,
    already: ArrayLike | None = None,
) -> Booleans:
    """Mark the groups that must not be shown where the same people are grouped several ways.

    Parameters
    ----------
    overlaps : array of int, shape (groups, groups)
        People who are in both of two groups; people of each group on the diagonal.
    groupings : array, shape (groups,)
        Which grouping a group belongs to. Every grouping holds all people, whose number is shown.
    minimum : int
        As for `suppressed`.
    already : array of bool, shape (groups,), optional
        As for `suppressed`; such a group is kept from being told as a small one is.

    Returns
    -------
    array of bool, shape (groups,)
        True = hide every number of the group.

    Raises
    ------
    CarepathError
        If the overlaps are not square, or a count is negative or fractional.

    Notes
    -----
    Each grouping by itself first (`suppressed`). A small group is also told where its indicator is
    a linear combination of those of shown groups, such as an industry less its one other client;
    under the scalar product "people in both" that is a projection without remainder. Then the
    smallest shown group that takes part is hidden, until no small group is told. Company chosen in
    each grouping by itself may take many more groups to hide; where fewer do, all groupings hide
    the groups of one member of the finest, such as one client with its size and industry.
    """
    shared: Floats = np.asarray(overlaps, dtype=np.float64)
    labels = np.asarray(groupings)
    if shared.shape != (len(labels), len(labels)):
        raise CarepathError("overlaps are not square", where="suppressed_linked")
    n = counts_array(np.diag(shared), "people")
    small: Booleans = (n > 0) & (n < minimum)
    dark = np.zeros(len(n), dtype=bool) if already is None else np.asarray(already, dtype=bool)
    small |= dark & (n > 0)
    apart = _hide(shared, n, labels, small, dark, minimum)
    company = _choose_company(shared, n, labels, small)
    if int(apart.sum()) <= int((dark | small | company).sum()):
        return apart
    together = _hide(shared, n, labels, small, dark | company, minimum)
    return together if together.sum() < apart.sum() else apart


def _hide(
    shared: Floats,
    n: Integers,
    labels: NDArray[np.generic],
    small: Booleans,
    already: Booleans,
    minimum: int,
) -> Booleans:
    """Return which groups to hide so that no small one is told."""
    hidden = np.zeros(len(n), dtype=bool)
    for label in np.unique(labels):
        here = labels == label
        hidden[here] = suppressed(n[here], minimum, already=already[here])
    while small.any():
        shown = np.flatnonzero(~hidden & (n > 0))
        told, parts = _told_by(shared, n, labels, shown, np.flatnonzero(small))
        if not told.any() or not len(shown):
            break
        taking_part = shown[np.abs(parts[:, told]).max(axis=1) > 1e-6]
        if not len(taking_part):
            break
        hidden[taking_part[np.argmin(n[taking_part])]] = True
    return hidden


def _choose_company(
    shared: Floats, n: Integers, labels: NDArray[np.generic], small: Booleans
) -> Booleans:
    """Return the groups of one member of the finest grouping, of the fewest people altogether."""
    company = np.zeros(len(n), dtype=bool)
    concerned = [np.flatnonzero(labels == label) for label in np.unique(labels[small])]
    if not concerned:
        return company
    finest = max(concerned, key=len)
    members = finest[~small[finest] & (n[finest] > 0)]
    if not len(members):
        return company
    partners = np.stack([one[shared[np.ix_(members, one)].argmax(axis=1)] for one in concerned])
    company[partners[:, n[partners].sum(axis=0).argmin()]] = True
    return company


def _told_by(
    shared: Floats, n: Integers, labels: NDArray[np.generic], shown: Integers, small: Integers
) -> tuple[Booleans, Floats]:
    """Return which small groups follow from the shown ones and the total, and by which of them.

    The shown groups of one grouping do not overlap, so the normal equations are diagonal in them.
    Those of the largest grouping are eliminated first: a client is one of thousands, an industry
    one of few.
    """
    names, sizes = np.unique(labels[shown], return_counts=True)
    is_first = labels[shown] == names[np.argmax(sizes)] if len(shown) else np.zeros(0, bool)
    first, rest = shown[is_first], shown[~is_first]
    total = float(n[labels == labels[0]].sum())
    across = np.hstack([shared[np.ix_(first, rest)], n[first, None]])
    gram = np.empty((len(rest) + 1, len(rest) + 1))
    gram[:-1, :-1] = shared[np.ix_(rest, rest)]
    gram[-1, :-1] = gram[:-1, -1] = n[rest]
    gram[-1, -1] = total
    right_first = shared[np.ix_(first, small)]
    right = np.vstack([shared[np.ix_(rest, small)], n[small].astype(np.float64)])
    weights = across / n[first, None]
    reduced = gram - across.T @ weights
    # What is left where nothing is, is rounding: small beside all people, not beside itself.
    size = float(np.linalg.norm(reduced, 2))
    others = np.zeros_like(right)
    if size > 1e-11 * total:
        cut = min(1e-11 * total / size, 1.0)
        others = np.linalg.lstsq(reduced, right - weights.T @ right_first, rcond=cut)[0]
    parts = np.empty((len(shown), len(small)))
    parts[is_first] = right_first / n[first, None] - weights @ others
    parts[~is_first] = others[:-1]
    remainder = (
        n[small]
        - np.einsum("ij,ij->j", right_first, parts[is_first])
        - np.einsum("ij,ij->j", right, others)
    )
    return np.asarray(remainder < 1e-6 * n[small], dtype=bool), parts
