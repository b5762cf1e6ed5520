"""The processes of the survival tests: commands that can be killed, and a reader."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALL = bool(os.environ.get("CAREPATH_SURVIVAL"))
"""Whether everything is tried, as `make survival` does."""
# Seconds between two reads: without a pause the readers take a processor from what they watch.
PAUSE = 0.02 if ALL else 0.2


@dataclass
class Ended:
    """How a command ended: exit code (negative: the signal), seconds, and what it said."""

    code: int
    seconds: float
    stderr: str


class Server:
    """Talks to the fork server.

    Parameters
    ----------
    folder : Path
        Where stderr of the commands goes.
    clock : str, optional
        How far off their clock is, as `faketime -f` takes it: ``-400d``.
    """

    def __init__(self, folder: Path, clock: str | None = None) -> None:
        self._stderr = folder / "stderr.txt"
        # Only the wall clock is another: what is measured stays measured.
        faked = ["env", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1", "faketime", "-f"]
        self._process = subprocess.Popen(
            [*([*faked, clock] if clock else []), sys.executable, str(HERE / "fork_server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        )
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def run(
        self,
        *arguments: object,
        until: Callable[[float], bool] | None = None,
        sends: signal.Signals = signal.SIGKILL,
    ) -> Ended:
        """Run a command to its end, or send it a signal at the first moment `until` says so.

        Parameters
        ----------
        *arguments : object
            Of the command line.
        until : callable, optional
            Gets the seconds since the start. It is asked without a pause to speak of, which takes a
            good part of a processor.
        sends : Signals
            What to send.
        """
        assert self._process.stdin is not None
        job = {"arguments": [str(argument) for argument in arguments], "stderr": str(self._stderr)}
        started = time.monotonic()
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        child = int(self._read())
        while until is not None and _is_alive(child):
            if until(time.monotonic() - started):
                os.kill(child, sends)
                break
            time.sleep(0.0003)
        code = int(self._read())
        return Ended(code, time.monotonic() - started, self._stderr.read_text())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def _is_alive(process: int) -> bool:
    """Tell whether a process still runs; one that has ended waits for its parent as a zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@dataclass
class Seen:
    """What the reader saw."""

    reads: int = 0
    states: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@contextmanager
def reading(prod: Path) -> Iterator[Seen]:
    """Read prod all the time meanwhile; what was seen is known afterwards."""
    seen = Seen()
    with subprocess.Popen(
        [sys.executable, str(HERE / "reader.py"), str(prod), str(PAUSE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        try:
            yield seen
        finally:
            out, _ = reader.communicate("stop\n")
            told = json.loads(out)
            seen.reads, seen.states = told["reads"], tuple(told["states"])
            seen.faults = tuple(told["faults"])
