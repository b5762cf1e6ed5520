"""Small groups: hidden under 10 people with a second cell, insufficient under 30."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SUPPRESSED = "suppressed"
INSUFFICIENT = "insufficient"
MINIMUM_TO_RANK = 30


def hidden(people: Sequence[int], already: Sequence[bool] | None = None) -> list[bool]:
    """Return which groups must not be shown, given how many people each holds.

    `already` marks groups that are hidden whatever their size.
    """
    from carepath.stats.suppression import suppressed

    return [bool(value) for value in suppressed(people, already=already)] if people else []


def hidden_steps(
    people: Sequence[Sequence[int]], already: Sequence[bool] | None = None
) -> list[list[bool]]:
    """Return at which steps which groups must not be shown: a list of steps for each group."""
    from carepath.stats.suppression import suppressed_steps

    if not people:
        return []
    return [[bool(value) for value in row] for row in suppressed_steps(people, already=already)]


def hidden_linked(
    labels: Sequence[NDArray[np.str_]],
    people: NDArray[np.int64],
    already: Sequence[Sequence[bool]] | None = None,
) -> list[tuple[bool, ...]]:
    """Return which groups of each grouping must not be shown, by name.

    `labels` has one array per grouping: the group of each cell; `people` counts those of a cell.
    """
    from carepath.stats.suppression import suppressed_linked

    places = [np.unique(names, return_inverse=True)[1] for names in labels]
    sizes = [int(place.max(initial=-1)) + 1 for place in places]
    starts = np.cumsum([0, *sizes])
    member = np.zeros((int(starts[-1]), len(people)))
    for start, place in zip(starts[:-1], places, strict=True):
        member[start + place, np.arange(len(people))] = 1.0
    grouping = np.repeat(np.arange(len(sizes)), sizes)
    marked = None if already is None else np.concatenate([np.array(one) for one in already])
    dark = suppressed_linked((member * people) @ member.T, grouping, already=marked)
    return [
        tuple(bool(one) for one in dark[start : start + size])
        for start, size in zip(starts[:-1], sizes, strict=True)
    ]


def note(n: int, is_hidden: bool = False) -> str:
    """Return what the note of a group says, given what its estimates stand on."""
    if is_hidden:
        return SUPPRESSED
    return INSUFFICIENT if n < MINIMUM_TO_RANK else ""


def say_hidden(dark: Sequence[bool], what: str = "groups") -> str:
    """Say how many groups are hidden; empty when none is."""
    if not any(dark):
        return ""
    verb = "is" if sum(dark) == 1 else "are"
    return (
        f"{sum(dark)} of {len(dark)} {what} {verb} suppressed: under 10 people, in all or in a "
        "month at an end of the range, or needed to hide one that is."
    )
