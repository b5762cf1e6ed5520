"""Small groups are not shown, nor told by subtraction from a total."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from carepath.stats.estimates import Booleans, counts_array

MINIMUM_PEOPLE = 10


def suppressed(
    people: ArrayLike, minimum: int = MINIMUM_PEOPLE, total_is_shown: bool = True
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
    if not total_is_shown or not hidden.any():
        return hidden
    while int(hidden.sum()) < 2 or int(n[hidden].sum()) < minimum:
        shown = np.flatnonzero(~hidden & (n > 0))
        if not len(shown):
            break
        hidden[shown[np.argmin(n[shown])]] = True
    return hidden
