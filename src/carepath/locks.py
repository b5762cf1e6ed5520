"""Locks of a workspace: who writes it now. The system frees a lock however its holder ends."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from carepath.errors import CarepathError

BUILD_LOCK = "build.lock"
LANDING_LOCK = "landing.lock"
# Whoever asks whether a lock is free has it for a moment.
PATIENCE_SECONDS = 0.3


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Parameters
    ----------
    pid : int
        Its process; 0 where it did not say.
    host : str
        Its machine.
    since : str
        When it took the lock, ISO 8601, UTC, by its clock.
    work : str
        What it does: "build"; empty where it did not say.
    """

    pid: int
    host: str
    since: str
    work: str = ""

    def __str__(self) -> str:
        """Name the process, as a person would look for it."""
        return f"process {self.pid} on {self.host} since {self.since} UTC"


@contextmanager
def hold_lock(path: Path, work: str, again: str) -> Iterator[None]:
    """Hold a lock file, or refuse at once and name the holder.

    Parameters
    ----------
    path : Path
        The lock file; made where it is missing.
    work : str
        What runs under it, for the message: "build".
    again : str
        What to do when it has ended: "build again".

    Raises
    ------
    CarepathError
        When another process holds it.
    """
    with _open(path) as stream:
        if not _try_for_a_moment(stream):
            holder = read_holder(path)
            held_by = holder.work if holder is not None and holder.work else work
            raise CarepathError(
                f"{'Another' if held_by == work else 'A'} {held_by} is running in this workspace"
                + (f": {holder}." if holder is not None and holder.pid else "."),
                where=str(path),
                fix=f"wait until it has ended, then {again}",
            )
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        text = json.dumps(asdict(Holder(os.getpid(), socket.gethostname(), now, work)))
        stream.truncate(0)
        stream.write(text.encode())
        stream.flush()
        yield


def _open(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("a+b")
    except OSError as error:
        raise CarepathError(
            f"The workspace cannot be written: {error.strerror}.",
            where=str(path),
            fix="run as a user who may write there, or change the permissions",
        ) from None


def _try_for_a_moment(stream: IO[bytes]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while not try_lock(stream):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def try_lock(stream: IO[bytes], *, is_shared: bool = False) -> bool:
    """Take an open file's lock if nobody has it; shared, others who share it may have it too."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows: DuckDB's own file locks must do
        return True
    try:
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        fcntl.flock(stream.fileno(), kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_holder(path: Path) -> Holder | None:
    """Tell who holds a lock file; None when it is free."""
    try:
        with path.open("rb") as stream:
            if try_lock(stream, is_shared=True):
                return None
            text = stream.read()
    except OSError:
        return None
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return Holder(0, "", "")
