"""Logs: one line for each step with its counts and seconds; never a value of a row."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

LogFormat = Literal["text", "json"]
Facts = dict[str, Any]

MOST_BYTES = 5_000_000
"""A log file larger than this is set aside when a command starts; `KEPT` of them are kept."""
KEPT = 5
NAMES: dict[LogFormat, str] = {"text": "carepath.log", "json": "carepath.jsonl"}

_LOGGER = logging.getLogger("carepath")
_LOGGER.addHandler(logging.NullHandler())


def log(step: str, level: int = logging.INFO, **facts: Any) -> None:
    """Log a step that has ended.

    Parameters
    ----------
    step : str
        What was done, in a few words that stay the same from run to run.
    level : int
        As in `logging`.
    **facts
        Counts, seconds, names of tables and files. Never values of rows.
    """
    _LOGGER.log(level, step, extra={"facts": facts})


@contextmanager
def timed(step: str, **facts: Any) -> Iterator[Facts]:
    """Log a step with its seconds when it has ended well; facts may be added meanwhile."""
    started = time.monotonic()
    yield facts
    log(step, **facts, seconds=round(time.monotonic() - started, 3))


@contextmanager
def open_log(
    folder: Path, verb: str, run: int | None = None, log_format: LogFormat = "text"
) -> Iterator[None]:
    """Write the log of one command to the workspace; as JSON also to stderr.

    A log that cannot be written (a read-only workspace, a full disk) never stops the work.

    Parameters
    ----------
    folder : Path
        The workspace's folder of logs.
    verb : str
        The command.
    run : int, optional
        Its number in the history.
    log_format : {"text", "json"}
        How lines are written.
    """
    formatter = _JsonFormatter(verb, run) if log_format == "json" else _TextFormatter(verb, run)
    handlers: list[logging.Handler] = []
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        path = folder / NAMES[log_format]
        _rotate(path)
        handlers.append(_QuietHandler(path, encoding="utf-8", errors="backslashreplace"))
    if log_format == "json":
        handlers.append(logging.StreamHandler(sys.stderr))
    before = _LOGGER.level, _LOGGER.propagate
    _LOGGER.setLevel(logging.INFO)
    # dbt sets up the root logger, which would print our lines once more.
    _LOGGER.propagate = False
    for handler in handlers:
        handler.setFormatter(formatter)
        _LOGGER.addHandler(handler)
    try:
        yield
    finally:
        _LOGGER.setLevel(before[0])
        _LOGGER.propagate = before[1]
        for handler in handlers:
            _LOGGER.removeHandler(handler)
            handler.close()


class _QuietHandler(logging.FileHandler):
    """Writes to a file; a full disk is not reported by a traceback for every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leave the line out."""

    def close(self) -> None:
        """Close the file, written out or not."""
        with suppress(OSError):
            super().close()


class _TextFormatter(logging.Formatter):
    """Lines a person can read."""

    def __init__(self, verb: str, run: int | None) -> None:
        super().__init__()
        self._who = verb if run is None else f"{verb} #{run}"

    def format(self, record: logging.LogRecord) -> str:
        facts: Facts = getattr(record, "facts", {})
        told = "  ".join(f"{name}={_shorten(value)}" for name, value in facts.items())
        level = "" if record.levelno == logging.INFO else f"{record.levelname} "
        return f"{_moment(record)}  {self._who}  {level}{record.getMessage()}  {told}".rstrip()


class _JsonFormatter(logging.Formatter):
    """Lines a machine can read: one JSON object each."""

    def __init__(self, verb: str, run: int | None) -> None:
        super().__init__()
        self._who: Facts = {"verb": verb} | ({} if run is None else {"run": run})

    def format(self, record: logging.LogRecord) -> str:
        head = {"at": _moment(record), "level": record.levelname.lower(), **self._who}
        facts: Facts = getattr(record, "facts", {})
        line = {**head, "step": record.getMessage(), **facts}
        return json.dumps(line, ensure_ascii=False, default=str)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _shorten(value: Any) -> str:
    """Write a value on one line, in quotation marks where it holds spaces."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if any(c.isspace() for c in text) else text


def _rotate(path: Path) -> None:
    """Set a long log aside: carepath.log.1 is the newest of the old ones."""
    if not path.exists() or path.stat().st_size <= MOST_BYTES:
        return
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            os.replace(older, path.with_name(f"{path.name}.{number + 1}"))  # noqa: PTH105
    os.replace(path, path.with_name(f"{path.name}.1"))  # noqa: PTH105
