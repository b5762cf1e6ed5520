"""Bounds on what an untrusted template may use: time and memory."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

try:
    import resource
except ImportError:  # pragma: no cover - not on Windows
    resource = None  # type: ignore[assignment]

SECONDS = 5.0
AGAIN = 1.0
MEMORY = 400_000_000
"""Bytes a render may take beyond what the process has (Linux only)."""


class LimitError(Exception):
    """A template ran too long or wrote too much."""


@contextmanager
def bounded(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Stop a render that takes too long or too much (main thread only; elsewhere unlimited)."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    is_rendering = True

    def stop(number: int, frame: FrameType | None) -> None:
        if is_rendering:
            raise LimitError(f"rendering took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    allowed = _allow(memory)
    # Again each second: what is raised while garbage is collected is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        is_rendering = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if allowed is not None:
            resource.setrlimit(resource.RLIMIT_AS, allowed)


def _allow(memory: int) -> tuple[int, int] | None:
    """Bound the address space; return the bounds to set back, None where there are none to set."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        soft, hard = before = resource.getrlimit(resource.RLIMIT_AS)
        bound = pages * resource.getpagesize() + memory
        if soft != resource.RLIM_INFINITY and soft <= bound:
            return None
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    except (OSError, ValueError, AttributeError):
        return None
    return before
