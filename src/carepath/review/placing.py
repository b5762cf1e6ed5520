"""From an offset of rendered text to the file and line a person wrote."""

from __future__ import annotations

import re

from carepath.review.findings import Place
from carepath.review.rule import Issue
from carepath.review.snapshot import Analysis, Model, Snapshot, Variant

_CACHE_LIMIT = 64


class Placer:
    """Finds places; keeps the position maps of the model it is at."""

    _maps: dict[tuple[int, int], object] = {}  # noqa: RUF012

    def __init__(self, snapshot: Snapshot, model: Model | None, analysis: Analysis | None) -> None:
        self.snapshot = snapshot
        self.model = model
        self.analysis = analysis

    def place(self, issue: Issue) -> Place:
        """The place of an issue: told, computed from its offset, or looked up by its word."""
        if issue.place is not None:
            return issue.place
        assert self.model is not None
        path = self.model.file.path
        if issue.offset is not None and issue.variant is not None:
            return self.at(issue.variant, issue.offset)
        return Place(path, self.line_of(issue.word) if issue.word else 1)

    def at(self, variant: Variant, offset: int) -> Place:
        """The place an offset of a variant's text comes from."""
        assert self.model is not None
        path = self.model.file.path
        source = self.snapshot.text(self.model.file)
        text = variant.rendered.text
        if text == source:
            return Place(path, text.count("\n", 0, offset) + 1)
        space = self.snapshot.space_of(self.model)
        key = (id(self.snapshot), id(variant))
        kept = self._maps.get(key)
        if not isinstance(kept, tuple) or kept[0] is not variant:
            if len(self._maps) > _CACHE_LIMIT:
                self._maps.clear()
            found = space.renderer.positions(path, self.model.name, source, variant.rendered)
            kept = self._maps[key] = (variant, found)
        if kept[1] is not None:
            positions, files = kept[1]
            spot = positions.at(offset)
            if spot is not None and spot[0] < len(files):
                return Place(files[spot[0]], spot[1])
        return Place(path, self._guess(text, offset, source))

    def line_of(self, word: str) -> int:
        """The first line of the source that holds a word."""
        assert self.model is not None
        source = self.snapshot.text(self.model.file)
        match = re.search(rf"(?i)(?<![\w]){re.escape(word)}(?![\w])", source)
        return source.count("\n", 0, match.start()) + 1 if match else 1

    @staticmethod
    def _guess(text: str, offset: int, source: str) -> int:
        """Without a map: the source line with the same text, nearest by order."""
        start = text.rfind("\n", 0, offset) + 1
        end = text.find("\n", offset)
        line = text[start : end if end >= 0 else len(text)].strip()
        lines = source.split("\n")
        nth = sum(1 for other in text[:start].split("\n") if other.strip() == line)
        same = [number for number, other in enumerate(lines, 1) if other.strip() == line]
        if line and same:
            return same[min(nth, len(same) - 1)]
        words = set(re.findall(r"\w+", line))
        scored = [
            (len(words & set(re.findall(r"\w+", other))), -number)
            for number, other in enumerate(lines, 1)
        ]
        best = max(scored, default=(0, -1))
        return -best[1] if best[0] else 1
