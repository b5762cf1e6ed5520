"""Small groups: hidden under 10 people with a second cell, insufficient under 30."""

from __future__ import annotations

from collections.abc import Sequence

SUPPRESSED = "suppressed"
INSUFFICIENT = "insufficient"
MINIMUM_TO_RANK = 30


def hidden(people: Sequence[int]) -> list[bool]:
    """Return which groups must not be shown, given how many people each holds."""
    from carepath.stats.suppression import suppressed

    return [bool(value) for value in suppressed(people)] if people else []


def note(people: int, is_hidden: bool) -> str:
    """Return what the note of a group says."""
    if is_hidden:
        return SUPPRESSED
    return INSUFFICIENT if people < MINIMUM_TO_RANK else ""


def say_hidden(dark: Sequence[bool]) -> str:
    """Say how many groups are hidden; empty when none is."""
    if not any(dark):
        return ""
    return (
        f"{sum(dark)} of {len(dark)} groups are suppressed: under 10 people, or needed to hide one "
        "that is."
    )
