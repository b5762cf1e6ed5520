"""Two trees of a git repository, read without a check-out."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from carepath.errors import CarepathError

MAX_BYTES = 2_000_000
"""Larger files are named as not analysed: no hand-written model is that long."""


class NoBaseError(CarepathError):
    """There is no revision to compare with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree: its blob, and its size where git told it."""

    sha: str
    size: int


@dataclass(slots=True)
class Repository:
    """A git repository, driven through the git command."""

    root: Path
    _batch: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path) -> Repository:
        """Find the repository that holds `path`."""
        if not path.exists():
            raise CarepathError(f"There is no folder {path}.", fix="Check --repo.")
        try:
            done = subprocess.run(
                ["git", "-C", str(path), "rev-parse", "--show-toplevel"],
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise CarepathError("git is not installed.", fix="Install git.") from None
        if done.returncode:
            raise CarepathError(
                f"{path} is not in a git repository.",
                fix="Run inside a repository, or give one with --repo.",
            )
        return cls(Path(done.stdout.rstrip("\n")))

    def git(self, *args: str, check: bool = True) -> str:
        """Run git and return its output; the user's configuration cannot change it."""
        done = subprocess.run(
            ["git", "-C", str(self.root), "-c", "core.quotepath=off", *args],
            capture_output=True,
            check=False,
        )
        if check and done.returncode:
            message = done.stderr.decode("utf-8", "replace").strip()
            raise CarepathError(f"git {args[0]} failed: {message}", where=str(self.root))
        # A path need not be UTF-8: its other bytes are shown as \xff.
        return done.stdout.decode("utf-8", "backslashreplace") if done.returncode == 0 else ""

    def commit(self, rev: str) -> str:
        """Resolve a revision to a commit, or name the nearest one that exists."""
        sha = self.git("rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", check=False).strip()
        if sha:
            return sha
        names = self.git("for-each-ref", "--format=%(refname:short)", check=False).split()
        near = difflib.get_close_matches(rev, names, n=1)
        raise CarepathError(
            f"There is no revision {rev!r}.",
            where=str(self.root),
            fix=f"Did you mean {near[0]!r}?" if near else "Check the name, or fetch it first.",
        )

    def default_base(self, head: str) -> str:
        """The commit a pull request from `head` would be compared with."""
        remote = self.git(
            "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", check=False
        )
        for name in (remote.strip(), "origin/main", "origin/master", "main", "master"):
            sha = (
                name
                and self.git(
                    "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False
                ).strip()
            )
            base = sha and self.git("merge-base", sha, head, check=False).strip()
            if base and base != head:
                return base
        parent = self.git("rev-parse", "--verify", "--quiet", f"{head}^", check=False).strip()
        if parent:
            return parent
        raise NoBaseError(
            "No base was found to compare with.",
            where=str(self.root),
            fix="Give one with --base REV, or review everything with --all.",
        )

    def merge_base(self, base: str, head: str) -> str | None:
        """The newest common ancestor, or None (unrelated, or a shallow clone)."""
        return self.git("merge-base", base, head, check=False).strip() or None

    def tree(self, commit: str) -> Tree:
        """The files of a commit."""
        entries: dict[str, Entry] = {}
        for record in self.git("ls-tree", "-r", "-z", "-l", "--full-tree", commit).split("\0"):
            if not record:
                continue
            meta, path = record.split("\t", 1)
            mode, kind, sha, size = meta.split()
            if kind == "blob" and mode != "120000":
                entries[path] = Entry(sha, int(size) if size != "-" else 0)
        return Tree(entries, self)

    def staged(self) -> Tree:
        """The files of the index."""
        entries: dict[str, Entry] = {}
        for record in self.git("ls-files", "-s", "-z").split("\0"):
            if not record:
                continue
            meta, path = record.split("\t", 1)
            mode, sha, stage = meta.split()
            if stage == "0" and mode.startswith("100"):
                entries[path] = Entry(sha, 0)
        return Tree(entries, self)

    def worktree(self) -> Tree:
        """The files on disk: tracked ones as they are now, and untracked ones not ignored."""
        tree = self.staged()
        entries = dict(tree.entries)
        local: dict[str, bytes] = {}
        dirty = self.git("ls-files", "-m", "-o", "-d", "--exclude-standard", "-z").split("\0")
        for path in filter(None, dirty):
            file = self.root / path
            if not file.exists():
                file = self.root / _on_disk(path)
            if file.is_symlink() or not file.is_file():
                entries.pop(path, None)
                continue
            with file.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
            digest = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
            entries[path] = Entry(digest.hexdigest(), len(data))
            local[digest.hexdigest()] = data
        return Tree(entries, self, local)

    def blob(self, sha: str) -> bytes:
        """Read one blob, up to just past the size limit, by the one long-lived `git cat-file`."""
        if self._batch is None:
            self._batch = subprocess.Popen(
                ["git", "-C", str(self.root), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._batch.stdin is not None
        assert self._batch.stdout is not None
        self._batch.stdin.write(sha.encode() + b"\n")
        self._batch.stdin.flush()
        header = self._batch.stdout.readline().split()
        if len(header) < 3:
            raise CarepathError(f"git has no blob {sha}.", fix="Fetch the full history.")
        size = int(header[2])
        data = self._batch.stdout.read(min(size, MAX_BYTES + 1))
        left = size - len(data) + 1
        while left > 0:
            left -= len(self._batch.stdout.read(min(left, MAX_BYTES))) or left
        return data

    def close(self) -> None:
        """End the reader."""
        if self._batch is not None and self._batch.stdin is not None:
            self._batch.stdin.close()
            if self._batch.stdout is not None:
                self._batch.stdout.close()
            self._batch.wait()
            self._batch = None


def _on_disk(path: str) -> str:
    """The name on disk of a file whose name is not UTF-8."""
    written = re.sub(
        rb"\\x([89a-f][0-9a-f])", lambda byte: bytes.fromhex(byte[1].decode()), path.encode()
    )
    return os.fsdecode(written)


@dataclass(slots=True)
class Tree:
    """The files of one side of the review: path -> blob."""

    entries: Mapping[str, Entry]
    repository: Repository | None
    local: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        sha = self.entries[path].sha
        if sha in self.local:
            return self.local[sha]
        assert self.repository is not None
        return self.repository.blob(sha)

    def text(self, path: str) -> str | None:
        """The text of a file with one kind of line end; None if binary or huge."""
        data = self.read(path)
        if len(data) > MAX_BYTES or b"\0" in data[:8000]:
            return None
        text = data.decode("utf-8-sig", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")


def memory_tree(files: Mapping[str, str]) -> Tree:
    """A tree of texts in memory: rule cases, the demonstration."""
    local: dict[str, bytes] = {}
    entries: dict[str, Entry] = {}
    for path, text in files.items():
        data = text.encode()
        sha = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        local[sha] = data
        entries[path] = Entry(sha, len(data))
    return Tree(entries, None, local)


def renames(repository: Repository | None, base: Tree, head: Tree) -> dict[str, str]:
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
