"""Damaged files never stop the review, and no rule stumbles over them."""

from __future__ import annotations

import random

from carepath.review import formats
from carepath.review.change import Change
from carepath.review.review import review_change
from carepath.review.running import finish
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot
from carepath.review.tree import memory_tree
from tests.review.conftest import project

PIECES = ("{{", "}}", "{%", "(", ")", "'", '"', "\0", "--", "/*", "\t", "select", "{#", ": ", "- ")


def damage(rng: random.Random, text: str, other: str) -> str:
    place = rng.randrange(len(text) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:place]
    if kind == 1:
        return text[:place] + rng.choice(PIECES) + text[place:]
    if kind == 2:
        lines = text.split("\n")
        rng.shuffle(lines)
        return "\n".join(lines)
    return text[:place] + other[len(other) // 2 :]


def test_sixty_damaged_files_are_reviewed_without_a_crash() -> None:
    rng = random.Random(11)
    files = project("shop")
    names = sorted(name for name in files if name.endswith((".sql", ".yml")))
    chosen, memo = Settings(dialect="snowflake"), {}
    before = Snapshot(memory_tree(files), chosen, memo)
    for _ in range(60):
        name = rng.choice(names)
        broken = damage(rng, files[name], files[rng.choice(names)])
        after = Snapshot(memory_tree({**files, name: broken}), chosen, memo)
        result = review_change(Change.between(before, after))
        finish(result, after.tree, chosen)
        for form in ("text", "json", "markdown", "sarif", "github"):
            assert formats.render(result, form)
        stumbled = [gap for gap in result.not_analysed if gap.stage in ("rule", "summary")]
        assert stumbled == [], name
