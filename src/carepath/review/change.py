"""The difference between two snapshots: which models changed, which are affected."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from carepath.review.findings import Place
from carepath.review.renames import renames
from carepath.review.snapshot import Model, Snapshot


@dataclass(slots=True)
class Change:
    """Base and head, and what differs.

    Attributes
    ----------
    changed_files : set of str
        Head paths whose bytes differ from base, or are new.
    removed_files : set of str
        Base paths that are gone and were not moved.
    moved : dict of str to str
        Head path -> base path.
    """

    base: Snapshot
    head: Snapshot
    moved: dict[str, str] = field(default_factory=dict)
    changed_files: set[str] = field(default_factory=set)
    removed_files: set[str] = field(default_factory=set)
    _lines: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def between(cls, base: Snapshot, head: Snapshot) -> Change:
        """Compare two snapshots file by file."""
        moved = renames(base.tree, head.tree)
        change = cls(base, head, moved)
        for path, entry in head.tree.entries.items():
            before = base.tree.entries.get(moved.get(path, path))
            if before is None or before.sha != entry.sha:
                change.changed_files.add(path)
        kept = set(moved.values())
        change.removed_files = {
            path for path in base.tree.entries if path not in head.tree.entries and path not in kept
        }
        return change

    def changed_lines(self, path: str) -> set[int]:
        """Head lines of a file that are new or different (line after a deletion included)."""
        if path not in self._lines:
            lines: set[int] = set()
            old = self.moved.get(path, path)
            ours = (self.head.tree.text(path) or "").split("\n")
            if old not in self.base.tree.entries:
                lines = set(range(1, len(ours) + 1))
            elif path in self.changed_files:
                theirs = (self.base.tree.text(old) or "").split("\n")
                matcher = difflib.SequenceMatcher(None, theirs, ours, autojunk=False)
                for tag, _, _, start, end in matcher.get_opcodes():
                    if tag == "delete":
                        lines |= {start, start + 1}
                    elif tag != "equal":
                        lines |= set(range(start + 1, end + 1))
            self._lines[path] = lines
        return self._lines[path]

    def is_new(self, model: Model) -> bool:
        """True where the model has no counterpart at base."""
        return self.counterpart(model) is None

    def counterpart(self, model: Model) -> Model | None:
        """The model at base: of the same id, or of the file this one was moved from."""
        same = self.base.models.get(model.id)
        if same is not None:
            return same
        old = self.moved.get(model.file.path)
        if old is None:
            return None
        return next((m for m in self.base.models.values() if m.file.path == old), None)

    def successor(self, model: Model) -> Model | None:
        """The model at head that a base model became."""
        same = self.head.models.get(model.id)
        if same is not None:
            return same
        for path, old in self.moved.items():
            if old == model.file.path:
                return next((m for m in self.head.models.values() if m.file.path == path), None)
        return None

    def cause(self, model: Model) -> tuple[str, Place] | None:
        """The nearest model upstream that the change alters, and its first changed line."""
        waiting, seen = [model], {model.id}
        while waiting:
            current = waiting.pop(0)
            for upstream in self.head.upstream(current):
                before = self.counterpart(upstream)
                if upstream.id in seen:
                    continue
                seen.add(upstream.id)
                if before is not None and (
                    self.base.facts(before).digest == self.head.facts(upstream).digest
                ):
                    continue
                files = [upstream.file.path, upstream.doc.file if upstream.doc else ""]
                for path in files:
                    if path in self.changed_files:
                        lines = self.changed_lines(path)
                        return upstream.name, Place(path, min(lines) if lines else 1)
                waiting.append(upstream)
        return None

    def affected(self) -> list[Model]:
        """Head models whose text, YAML, macros or upstream facts differ from base."""
        found = []
        for model in self.head.models.values():
            before = self.base.models.get(model.id)
            if before is None or self.base.key(before) != self.head.key(model):
                found.append(model)
        return sorted(found, key=lambda model: model.file.path)
