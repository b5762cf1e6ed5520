"""Locks of a workspace: who writes it now. The system frees a lock however its holder ends."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from carepath.errors import CarepathError

BUILD_LOCK = "build.lock"
LANDING_LOCK = "landing.lock"


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
    """

    pid: int
    host: str
    since: str

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
        if not try_lock(stream):
            holder = read_holder(path)
            raise CarepathError(
                f"Another {work} is running in this workspace"
                + (f": {holder}." if holder is not None and holder.pid else "."),
                where=str(path),
                fix=f"wait until it has ended, then {again}",
            )
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        text = json.dumps(asdict(Holder(os.getpid(), socket.gethostname(), now)))
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
            fix="run as a user who may write there, or mend the permissions",
        ) from None


def try_lock(stream: IO[bytes]) -> bool:
    """Take an open file's lock if nobody has it."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows: DuckDB's own file locks must do
        return True
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_holder(path: Path) -> Holder | None:
    """Tell who holds a lock file; None when it is free."""
    try:
        with path.open("rb") as stream:
            if try_lock(stream):
                return None
            text = stream.read()
    except OSError:
        return None
    try:
        return Holder(**json.loads(text))
    except (ValueError, TypeError):
        return Holder(0, "", "")
