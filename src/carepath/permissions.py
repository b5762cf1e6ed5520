"""Who may read what we write."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o600


@contextmanager
def private_files() -> Iterator[None]:
    """Make every file written meanwhile readable by its owner only: it holds personal data."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def keep_mode(new: Path, old: Path, *, is_private: bool) -> None:
    """Give a new file the mode of the one it replaces, else what the user's umask allows.

    Parameters
    ----------
    new, old : Path
        The file that is about to take the other's place.
    is_private : bool
        Whether a first one is for its owner only.
    """
    if old.exists():
        new.chmod(stat.S_IMODE(old.stat().st_mode))
    elif is_private:
        new.chmod(PRIVATE)
