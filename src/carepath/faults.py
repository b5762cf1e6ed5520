"""Faults of the machine, not of the data or of ours: full disks, locks, damaged databases.

DuckDB tells them by words alone, so they are recognised here and nowhere else.
"""

from __future__ import annotations

import errno

_NO_SPACE = ("no space left", "file too large", "disk quota", "could not write file")
_NO_SPACE_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LOCKED = (
    "could not set lock",
    "conflicting lock",
    "being used by another process",
    "different configuration",
    "handle conflict",
)
_DAMAGED = (
    "corrupt database file",
    "not a valid duckdb database",
    "could not read enough bytes",
    "failed to deserialize",
    "failure while replaying",
)


def is_out_of_space(fault: BaseException | str) -> bool:
    """Tell whether nothing more could be written.

    DuckDB says so with an IOException, at a commit with a TransactionException, and afterwards with
    a FatalException; errors of rows and of types may quote data, so their words do not count.
    """
    if isinstance(fault, OSError):
        return fault.errno in _NO_SPACE_ERRNO
    if isinstance(fault, str):
        return _has(fault, _NO_SPACE)
    kind = type(fault).__name__
    if kind == "OutOfMemoryException":
        return _has(str(fault), ("max_temp_directory_size",))
    return kind in _OF_THE_SYSTEM and _has(str(fault), _NO_SPACE)


def is_locked(fault: BaseException | str) -> bool:
    """Tell whether another process has the database open."""
    return _has(str(fault), _LOCKED)


def is_damaged(fault: BaseException | str) -> bool:
    """Tell whether a database file, or its log, does not hold what was written."""
    if not isinstance(fault, str) and type(fault).__name__ not in _OF_THE_SYSTEM:
        return False
    return _has(str(fault), _DAMAGED)


_OF_THE_SYSTEM = (
    "IOException",
    "TransactionException",
    "FatalException",
    "InternalException",
    "SerializationException",
    "Error",  # what a block says whose check sum is wrong
)


def _has(text: str, signs: tuple[str, ...]) -> bool:
    lowered = text.lower()
    return any(sign in lowered for sign in signs)
