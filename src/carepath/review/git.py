"""A git repository: revisions, bases and trees, read without a check-out."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from carepath.errors import CarepathError
from carepath.review.tree import MAX_BYTES, Entry, Tree, sha_of

KINDS = (".sql", ".yml", ".yaml", ".csv", ".py", ".toml", ".dbtignore")
"""Files on disk that are read: others, like data nobody has committed, may be huge."""
MODES = {"120000": "link", "160000": "submodule"}
SHALLOW = (
    "This clone is shallow: fetch its history first (`git fetch --unshallow`, or fetch-depth: 0)."
)


class NoBaseError(CarepathError):
    """There is no revision to compare with."""


@dataclass(slots=True)
class Repository:
    """A git repository, driven through the git command."""

    root: Path
    is_bare: bool = False
    _batch: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _reader: int = field(default=0, repr=False)
    """The process that started the reader: a forked one has its own."""

    @classmethod
    def open(cls, path: Path) -> Repository:
        """Find the repository that holds `path`; a bare one is as good as any."""
        if not path.exists():
            raise CarepathError(f"There is no folder {path}.", fix="Check --repo.")
        code, top, _ = _run(path, "rev-parse", "--show-toplevel")
        if code == 0:
            return cls(Path(os.fsdecode(top.removesuffix(b"\n"))))
        code, folder, said = _run(path, "rev-parse", "--absolute-git-dir")
        if code == 0:
            return cls(Path(os.fsdecode(folder.removesuffix(b"\n"))), is_bare=True)
        if b"dubious ownership" in said:
            raise CarepathError(
                f"git does not trust {path}: it belongs to another user.",
                fix=f"git config --global --add safe.directory {path.resolve()}",
            )
        raise CarepathError(
            f"{path} is not in a git repository.",
            fix="Run inside a repository, or give one with --repo.",
        )

    def git(self, *args: str, check: bool = True) -> str:
        """Run git and return its output; the user's configuration cannot change it."""
        code, out, said = _run(self.root, *args)
        if check and code:
            message = said.decode("utf-8", "replace").strip()
            raise CarepathError(f"git {args[0]} failed: {message}", where=str(self.root))
        # A path need not be UTF-8: its other bytes are shown as \xff.
        return out.decode("utf-8", "backslashreplace") if code == 0 else ""

    def commit(self, rev: str) -> str:
        """Resolve a revision to a commit, or name the nearest one that exists."""
        sha = self._sha(rev)
        if sha:
            return sha
        names = self.git("for-each-ref", "--format=%(refname:short)", check=False).split()
        near = difflib.get_close_matches(rev, names, n=1)
        fixes = [f"Did you mean {near[0]!r}?"] if near else []
        if self.is_empty():
            fixes = ["The repository has no commits yet: review its files with --staged or --all."]
        elif self.is_shallow():
            fixes.append(SHALLOW)
        raise CarepathError(
            f"There is no revision {rev!r}.",
            where=str(self.root),
            fix=" ".join(fixes) or "Check the name, or fetch it first.",
        )

    def is_empty(self) -> bool:
        """True where HEAD is on a branch without a commit."""
        return not self._sha("HEAD")

    def is_shallow(self) -> bool:
        """True where the history was cut off when the repository was cloned."""
        return self.git("rev-parse", "--is-shallow-repository", check=False).strip() == "true"

    def _sha(self, rev: str) -> str:
        if rev.startswith("-") or not rev:
            return ""
        return self.git(
            "rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}", check=False
        ).strip()

    def default_base(self, head: str) -> str:
        """The commit a pull request from `head` would be compared with."""
        remote = self.git(
            "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD", check=False
        )
        for name in (remote.strip(), "origin/main", "origin/master", "main", "master"):
            sha = self._sha(name)
            base = sha and self.git("merge-base", sha, head, check=False).strip()
            if base and base != head:
                return base
        parent = self._sha(f"{head}^")
        if parent:
            return parent
        raise NoBaseError(
            "No base was found to compare with.",
            where=str(self.root),
            fix=SHALLOW
            if self.is_shallow()
            else "Give one with --base REV, or review everything with --all.",
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
            mode, _, sha, size = meta.split()
            kind = MODES.get(mode, "file")
            entries[path] = Entry(sha, int(size) if size.isdigit() else 0, kind)
        return Tree(entries, self)

    def staged(self) -> Tree:
        """The files of the index; one in conflict has no text."""
        self._must_have_files()
        entries: dict[str, Entry] = {}
        for record in self.git("ls-files", "-s", "-z").split("\0"):
            if not record:
                continue
            meta, path = record.split("\t", 1)
            mode, sha, stage = meta.split()
            kind = MODES.get(mode, "file") if stage == "0" else "conflict"
            entries[path] = Entry(sha, 0, kind)
        return Tree(entries, self)

    def worktree(self) -> Tree:
        """The files on disk: tracked ones as they are now, and untracked ones not ignored."""
        entries = dict(self.staged().entries)
        local: dict[str, bytes] = {}
        dirty = self.git("ls-files", "-m", "-o", "-d", "--exclude-standard", "-z").split("\0")
        for path in sorted(set(filter(None, dirty))):
            known = entries.get(path)
            if known is not None and known.kind in ("submodule", "conflict"):
                continue
            if path.endswith("/"):
                entries[path.rstrip("/")] = Entry("", 0, "submodule")
                continue
            found = self._on_disk(path)
            if found is None:
                entries.pop(path, None)
            elif isinstance(found, str):
                entries[path] = Entry("", 0, found)
            elif path.endswith(KINDS):
                entries[path] = Entry(sha_of(found), len(found))
                local[entries[path].sha] = found
        for folder in self._linked(entries):
            entries = {p: e for p, e in entries.items() if not p.startswith(f"{folder}/")}
            entries[folder] = Entry("", 0, "link")
        return Tree(entries, self, local)

    def _linked(self, entries: Iterable[str]) -> list[str]:
        """Folders of the index that are links on disk, which git looks through."""
        folders = {parent.as_posix() for path in entries for parent in PurePosixPath(path).parents}
        return sorted(f for f in folders if (self.root / f).is_symlink() and f != ".")

    def _on_disk(self, path: str) -> bytes | str | None:
        """The start of a file, or the kind it is of; None where there is no such file."""
        file = self.root / path
        if not os.path.lexists(file):
            file = self.root / _unescaped(path)
        try:
            if file.is_symlink():
                return "link"
            if not file.is_file():
                return None
            if not path.endswith(KINDS):
                return b""
            with file.open("rb") as stream:
                return stream.read(MAX_BYTES + 1)
        except PermissionError:
            return "locked"
        except OSError:
            return None

    def _must_have_files(self) -> None:
        if self.is_bare:
            raise CarepathError(
                "A bare repository has neither an index nor files on disk.",
                where=str(self.root),
                fix="Give two revisions with --base and --head.",
            )

    def blob(self, sha: str) -> bytes | None:
        """Read one blob, up to just past the size limit, by the one long-lived `git cat-file`.

        None for one that git does not have, or cannot read.
        """
        if self._batch is None or self._reader != os.getpid():
            self._reader = os.getpid()
            self._batch = subprocess.Popen(
                [*_command(self.root), "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        assert self._batch.stdin is not None
        assert self._batch.stdout is not None
        try:
            self._batch.stdin.write(sha.encode() + b"\n")
            self._batch.stdin.flush()
            header = self._batch.stdout.readline().split()
        except BrokenPipeError:
            header = []
        if len(header) != 3:
            if not header:
                # git ends at a damaged object; the next blob gets a new reader.
                self.close()
            return None
        size = int(header[2])
        data = self._batch.stdout.read(min(size, MAX_BYTES + 1))
        left = size - len(data) + 1
        while left > 0:
            left -= len(self._batch.stdout.read(min(left, MAX_BYTES))) or left
        return data

    def close(self) -> None:
        """End the reader, which an interrupt may have ended already."""
        if self._batch is not None:
            for stream in (self._batch.stdin, self._batch.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
            self._batch.wait()
            self._batch = None


def _run(folder: Path, *args: str) -> tuple[int, bytes, bytes]:
    try:
        done = subprocess.run(
            [*_command(folder), *args], capture_output=True, check=False, env=_environment()
        )
    except FileNotFoundError:
        raise CarepathError("git is not installed.", fix="Install git.") from None
    return done.returncode, done.stdout, done.stderr


def _command(folder: Path) -> list[str]:
    # No program that the repository's configuration names may run.
    return ["git", "-C", str(folder), "-c", "core.quotepath=off", "-c", "core.fsmonitor=false"]


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def _unescaped(path: str) -> str:
    """The name on disk of a file whose name is not UTF-8."""
    written = re.sub(
        rb"\\x([89a-f][0-9a-f])", lambda byte: bytes.fromhex(byte[1].decode()), path.encode()
    )
    return os.fsdecode(written)
