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


def is_slip(name: str, near: str) -> bool:
    """True where two names differ by one or two letters and begin or end alike."""
    ours, theirs = name.split("_"), near.split("_")
    if name == near or name.rstrip("s") == near.rstrip("s"):
        return False
    if (ours[0] != theirs[0] and ours[-1] != theirs[-1]) or abs(len(name) - len(near)) > 2:
        return False
    gone = [w for w in ours if w not in theirs]
    new = [w for w in theirs if w not in ours]
    if len(gone) > 1 or len(new) > 1 or any(w.isdigit() for w in gone + new):
        return False
    alike = difflib.SequenceMatcher(None, name, near, autojunk=False).ratio()
    word = difflib.SequenceMatcher(None, "".join(gone), "".join(new), autojunk=False).ratio()
    return alike > 0.93 and word > 0.66


def listing(names: Iterable[str], most: int = 8) -> str:
    """Some names, then how many more."""
    ordered = list(names)
    shown = ", ".join(ordered[:most])
    return shown if len(ordered) <= most else f"{shown} and {len(ordered) - most} more"
