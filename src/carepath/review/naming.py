"""Names that look alike: the nearest known one, and how to list some."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The known name most like a name, if any is alike."""
    candidates = sorted(set(known) - {name})
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=cutoff)
    if found:
        return found[0]
    words = {word for word in name.split("_") if len(word) > 2}
    for candidate in candidates:
        theirs = {word for word in candidate.split("_") if len(word) > 2}
        if words and (words == theirs or (len(words) > 1 and words < theirs)):
            return candidate
    return None


def listing(names: Iterable[str], most: int = 8) -> str:
    """Some names, then how many more."""
    ordered = list(names)
    shown = ", ".join(ordered[:most])
    return shown if len(ordered) <= most else f"{shown} and {len(ordered) - most} more"
