"""`carepath review --demo`: a flawed pull request on a small intake-funnel project."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable

from carepath.review import running
from carepath.review.change import Change
from carepath.review.review import Review, review_change
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot
from carepath.review.tree import memory_tree


def run() -> tuple[Review, Settings]:
    """Review the bundled change, without git."""
    chosen = Settings(dialect="snowflake")
    base = files("base")
    head = {**base, **files("change")}
    before, after = memory_tree(base), memory_tree(head)
    change = Change.between(Snapshot(before, chosen), Snapshot(after, chosen))
    result = review_change(change)
    result.base, result.head = "the bundled project", "its first funnel-metrics model"
    running.finish(result, after, chosen)
    return result, chosen


def files(side: str) -> dict[str, str]:
    """The texts of one side, by path."""
    found: dict[str, str] = {}
    root = resources.files("carepath.review") / "demo_project" / side

    def walk(folder: Traversable, path: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            here = f"{path}/{entry.name}" if path else entry.name
            if entry.is_dir():
                walk(entry, here)
            else:
                found[here] = entry.read_text(encoding="utf-8")

    walk(root, "")
    return found
