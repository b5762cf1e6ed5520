"""What earlier runs learned, kept between runs; a damaged cache is an empty one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlglot._version import __version__ as sqlglot_version

from carepath import __version__

MAGIC = b"carepath-review-cache\n"
MOST = 200_000
"""Entries; beyond, only what the last run used is kept."""

ABANDONED = 3600.0
"""Seconds after which an unfinished file belongs to no run."""


class Memo(dict[str, Any]):
    """Facts by digest of everything they depend on; remembers what this run used and added."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        super().__init__(kept or {})
        self.used: set[str] = set()
        self.fresh: dict[str, Any] = {}

    def get(self, key: str, default: Any = None, /) -> Any:
        """Look an entry up, and mark it as used."""
        self.used.add(key)
        return super().get(key, default)

    def __setitem__(self, key: str, value: Any) -> None:
        self.used.add(key)
        self.fresh[key] = value
        super().__setitem__(key, value)

    def take(self, entries: dict[str, Any]) -> None:
        """Take in what another process learned."""
        self.used.update(entries)
        self.fresh.update(entries)
        super().update(entries)


def path_for(root: Path) -> Path:
    """The cache file of a repository."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    except RuntimeError:
        # A user without a home keeps nothing.
        home = os.devnull
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return Path(home) / "carepath" / "review" / f"{name}.cache"


def load(path: Path) -> Memo:
    """Read a cache; an absent, old or damaged one gives an empty memo."""
    try:
        data = path.read_bytes()
    except OSError:
        return Memo()
    head = MAGIC + _version() + b"\n"
    if not data.startswith(head):
        return Memo()
    digest, body = data[len(head) : len(head) + 32], data[len(head) + 32 :]
    if hashlib.sha256(body).digest() != digest:
        return Memo()
    try:
        kept = pickle.loads(body)
    except Exception:
        return Memo()
    return Memo(kept if isinstance(kept, dict) else None)


def save(path: Path, memo: Memo) -> None:
    """Write the cache whole or not at all; a place that cannot be written is no error."""
    if not memo.fresh:
        return
    entries = dict(memo)
    if len(entries) > MOST:
        entries = {key: value for key, value in entries.items() if key in memo.used}
    body = pickle.dumps(entries, protocol=pickle.HIGHEST_PROTOCOL)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(MAGIC + _version() + b"\n" + hashlib.sha256(body).digest() + body)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise


def _sweep(path: Path) -> None:
    """Remove what runs that were killed while they wrote have left."""
    for left in path.parent.glob(path.name + "?*"):
        if time.time() - left.stat().st_mtime > ABANDONED:
            left.unlink()


def _version() -> bytes:
    """Changes with the tool, the parser, and any file of the review."""
    digest = hashlib.sha256(f"{__version__} {sqlglot_version}".encode())
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest().encode()
