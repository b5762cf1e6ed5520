"""Files that moved between two trees."""

from __future__ import annotations

import difflib
from pathlib import Path

from carepath.review.tree import Tree


def renames(base: Tree, head: Tree) -> dict[str, str]:
    """Head path -> base path of files that were moved, by content (exact, then 60 % alike)."""
    gone = {p: e.sha for p, e in base.entries.items() if p not in head.entries}
    new = {p: e.sha for p, e in head.entries.items() if p not in base.entries}
    kinds = (".sql", ".yml", ".yaml", ".csv", ".py")
    gone = {p: s for p, s in gone.items() if p.endswith(kinds)}
    new = {p: s for p, s in new.items() if p.endswith(kinds)}
    pairs: dict[str, str] = {}
    by_sha: dict[str, list[str]] = {}
    for path, sha in sorted(gone.items()):
        by_sha.setdefault(sha, []).append(path)
    for path, sha in sorted(new.items()):
        if by_sha.get(sha):
            pairs[path] = by_sha[sha].pop(0)
    left_old = [p for p in sorted(gone) if p not in pairs.values()]
    left_new = [p for p in sorted(new) if p not in pairs]
    if len(left_old) * len(left_new) > 10_000:
        return pairs
    for path in left_new:
        ours = (head.text(path) or "").splitlines()
        best: tuple[float, str] = (0.6, "")
        for old in left_old:
            if Path(old).suffix != Path(path).suffix or old in pairs.values():
                continue
            theirs = (base.text(old) or "").splitlines()
            if not 0.4 < (len(ours) + 1) / (len(theirs) + 1) < 2.5:
                continue
            ratio = difflib.SequenceMatcher(None, theirs, ours, autojunk=False).ratio()
            best = max(best, (ratio, old))
        if best[1]:
            pairs[path] = best[1]
    return pairs
