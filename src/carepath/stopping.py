"""Signals that ask a command to end, remembered.

A signal raises an exception in the main thread, and libraries swallow it: DuckDB makes a
RuntimeError of it, dbt a result without rows. What was asked is therefore kept here.
"""

from __future__ import annotations

import signal
from types import FrameType

from carepath.errors import TerminatedError

_asked: KeyboardInterrupt | None = None


def listen() -> None:
    """From now on, end on SIGINT and SIGTERM: locks freed, scratch removed, the run recorded."""
    global _asked
    _asked = None
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, _frame: FrameType | None) -> None:
    global _asked
    _asked = TerminatedError() if number == signal.SIGTERM else KeyboardInterrupt()
    raise _asked


def find_stop(failure: BaseException) -> BaseException:
    """Give the interrupt that a failure comes of; the failure itself where there was none."""
    if _asked is not None and isinstance(failure, Exception):
        return _asked
    return failure


def check_stop() -> None:
    """Raise the interrupt that a library has swallowed, if there was one."""
    if _asked is not None:
        raise _asked
