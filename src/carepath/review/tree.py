"""The files of one side of a review: path -> blob, and the text of each that has one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

MAX_BYTES = 2_000_000
"""Larger files are named as not analysed: no hand-written model is that long."""
UNREAD = {
    "link": "a symbolic link: not followed",
    "submodule": "a submodule or nested repository: not read",
    "conflict": "in conflict: resolve it first",
    "locked": "cannot be read: permission denied",
}


class Blobs(Protocol):
    """What gives the bytes of a blob; None for one that is not there."""

    def blob(self, sha: str) -> bytes | None:
        """Read one blob."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree: its blob, its size where git told it, and what it is.

    `kind` is file, or a key of UNREAD.
    """

    sha: str
    size: int
    kind: str = "file"


@dataclass(slots=True)
class Tree:
    """The files of one side of the review: path -> blob."""

    entries: Mapping[str, Entry]
    repository: Blobs | None
    local: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, up to just past the size limit; None if it has none."""
        entry = self.entries[path]
        if entry.kind != "file":
            return None
        if entry.sha in self.local:
            return self.local[entry.sha]
        assert self.repository is not None
        return self.repository.blob(entry.sha)

    def text(self, path: str) -> str | None:
        """The text of a file with one kind of line end; None if it has none."""
        return self.look(path)[0]

    def look(self, path: str) -> tuple[str | None, str]:
        """The text of a file, and why it has none, or not all of it."""
        kind = self.entries[path].kind
        if kind != "file":
            return None, UNREAD[kind]
        data = self.read(path)
        if data is None:
            return None, "git cannot read it: damaged, or not fetched"
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return None, "UTF-16: dbt reads UTF-8 only"
        if len(data) > MAX_BYTES:
            return None, f"larger than {MAX_BYTES // 1_000_000} MB"
        if b"\0" in data[:8000]:
            return None, "binary"
        trouble = ""
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            trouble = f"not UTF-8 in line {line}: such bytes are read as \N{REPLACEMENT CHARACTER}"
            text = data.decode("utf-8-sig", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n"), trouble


def sha_of(data: bytes) -> str:
    """The name git gives a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def memory_tree(files: Mapping[str, str | bytes]) -> Tree:
    """A tree of texts in memory: rule cases, the demonstration."""
    local: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    for path, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        sha = sha_of(data)
        local[sha] = data
        entries[path] = Entry(sha, len(data))
    return Tree(entries, None, local)
