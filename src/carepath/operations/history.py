"""The history of a workspace: one small file for each run, whole or absent.

A run's file is there from its start and locked for as long as its process lives. A run that says
it is running, and whose lock is free, was killed.
"""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Literal

from carepath.errors import CarepathError
from carepath.locks import try_lock
from carepath.workspace import Workspace

Outcome = Literal["running", "succeeded", "failed", "refused", "interrupted"]

KEPT = 2_000
"""Runs kept; older ones are removed when a run starts."""
_NAMED = 5
"""Damaged records that are named; of more, their number is told."""


@dataclass(frozen=True)
class Run:
    """One run of a command that writes the workspace.

    Parameters
    ----------
    number : int
        Runs are numbered in the order of their starts, whatever the clock said.
    verb : str
        land, build, report or erase.
    arguments : mapping
        What was asked for; never a secret, never an identifier of a person.
    started_at : str
        ISO 8601, UTC.
    outcome : str
        ``succeeded``; ``failed`` (it ran and its result was bad); ``refused`` (bad input or
        state); ``interrupted`` (by a person, a signal, or killed); ``running``.
    seconds : float or None
        Wall-clock time; None where it never ended.
    exit_code : int or None
        What the command exited with; None where it never ended.
    error : str or None
        The first line of what went wrong.
    counts : mapping of str to int
        rows_read, accepted, rejected, models, tests_passed, tests_failed, ...
    version : str
        carepath's.
    pid : int
        The process.
    """

    number: int
    verb: str
    arguments: dict[str, Any]
    started_at: str
    outcome: Outcome = "running"
    seconds: float | None = None
    exit_code: int | None = None
    error: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    version: str = ""
    pid: int = 0


_TYPES: dict[str, tuple[type, ...]] = {
    "number": (int,),
    "verb": (str,),
    "arguments": (dict,),
    "started_at": (str,),
    "outcome": (str,),
    "seconds": (int, float, type(None)),
    "exit_code": (int, type(None)),
    "error": (str, type(None)),
    "counts": (dict,),
    "version": (str,),
    "pid": (int,),
}


class OpenRun:
    """A run that is being recorded: its file, locked."""

    def __init__(self, run: Run, path: Path, stream: IO[bytes]) -> None:
        self.run = run
        self._path = path
        self._stream = stream

    def close(self, run: Run) -> None:
        """Write how it ended, in one step."""
        self.run = run
        beside = _beside(self._path)
        try:
            _write(beside, run).close()
            beside.replace(self._path)
        except OSError:
            # The disk is full: the run will be shown as interrupted, and nothing else is hurt.
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        finally:
            self._stream.close()


def start_run(workspace: Workspace, run: Run) -> OpenRun | None:
    """Record that a run has started; None where the workspace cannot be written."""
    folder = workspace.history
    try:
        folder.mkdir(exist_ok=True)
        number = max(_list_numbers(folder), default=0) + 1
        while True:
            numbered = replace(run, number=number)
            path = folder / _name(number)
            beside = _beside(path)
            stream = _write(beside, numbered)
            try_lock(stream)
            try:
                os.link(beside, path)
                break
            except FileExistsError:
                stream.close()
                number += 1
            finally:
                beside.unlink(missing_ok=True)
        _prune(folder, number)
        return OpenRun(numbered, path, stream)
    except OSError:
        return None


class DamagedHistoryError(CarepathError):
    """Some records cannot be read; the others were."""

    exit_code = 1


@dataclass(frozen=True)
class History:
    """What ran in a workspace.

    Parameters
    ----------
    runs : tuple of Run
        Newest first; those that were killed as interrupted.
    damage : DamagedHistoryError or None
        Which records could not be read, and what to do.
    """

    runs: tuple[Run, ...]
    damage: DamagedHistoryError | None = None


def read_history(workspace: Workspace) -> History:
    """List the runs; a record that cannot be read hides no other.

    Raises
    ------
    CarepathError
        When the folder of the records cannot be read.
    """
    folder = workspace.history
    if not folder.is_dir():
        return History(())
    try:
        numbers = sorted(_list_numbers(folder), reverse=True)
    except OSError as error:
        raise CarepathError(
            f"The history cannot be read: {error.strerror}.",
            where=str(folder),
            fix="check its permissions",
        ) from None
    runs, damaged = [], {}
    for path in (folder / _name(number) for number in numbers):
        try:
            runs.append(_read(path))
        except FileNotFoundError:  # a run that started meanwhile has removed it
            continue
        except OSError as error:
            damaged[path] = error.strerror or type(error).__name__
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            damaged[path] = type(error).__name__
    return History(tuple(runs), _explain(damaged) if damaged else None)


def _read(path: Path) -> Run:
    with path.open("rb") as stream:
        run = _parse(json.loads(stream.read()))
        if run.outcome == "running" and try_lock(stream):
            return replace(run, outcome="interrupted", error="killed before it ended")
        return run


def _explain(damaged: dict[Path, str]) -> DamagedHistoryError:
    count = len(damaged)
    places = [f"{path} ({reason})" for path, reason in damaged.items()][:_NAMED]
    if count > _NAMED:
        places.append(f"and {count - _NAMED:,} more")
    return DamagedHistoryError(
        f"{count:,} records of the history are damaged or cannot be read."
        if count > 1
        else "A record of the history is damaged or cannot be read.",
        where=", ".join(places),
        fix="check permissions, or remove "
        + (
            "these files: nothing else depends on them"
            if count > 1
            else "the file: nothing else depends on it"
        ),
    )


def _parse(record: dict[str, Any]) -> Run:
    """Make a run of its record; what only a newer version writes is left out."""
    known = {name: value for name, value in record.items() if name in _TYPES}
    for name, value in known.items():
        # True and False are numbers to Python, and to nobody else.
        if isinstance(value, bool) or not isinstance(value, _TYPES[name]):
            raise TypeError(name)
    run = Run(**known)
    if run.seconds is not None and not math.isfinite(run.seconds):
        raise ValueError("seconds")
    if any(not isinstance(count, int) for count in run.counts.values()):
        raise TypeError("counts")
    return run


def _write(path: Path, run: Run) -> IO[bytes]:
    stream = path.open("wb")
    text = json.dumps(asdict(run), ensure_ascii=False) + "\n"
    # The name of a file may hold bytes that are no text.
    stream.write(text.encode(errors="backslashreplace"))
    stream.flush()
    os.fsync(stream.fileno())
    return stream


def _name(number: int) -> str:
    return f"{number:08d}.json"


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


def _list_numbers(folder: Path) -> list[int]:
    # Path.glob says nothing of a folder that cannot be read.
    stems = [path.stem for path in folder.iterdir() if path.suffix == ".json"]
    return [int(stem) for stem in stems if stem.isascii() and stem.isdecimal() and len(stem) >= 8]


def _prune(folder: Path, newest: int) -> None:
    for number in _list_numbers(folder):
        if number <= newest - KEPT:
            (folder / _name(number)).unlink(missing_ok=True)
