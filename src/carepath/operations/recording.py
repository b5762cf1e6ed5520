"""A run from its start to its end: in the history and in the log, however it ends."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carepath import __version__
from carepath.errors import DEFECT_EXIT_CODE, CarepathError
from carepath.faults import is_out_of_space
from carepath.logs import LogFormat, log, open_log
from carepath.operations.history import Outcome, Run, start_run
from carepath.stopping import find_stop
from carepath.workspace import Workspace


class Recorder:
    """Where a running command leaves its counts."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, **counts: int) -> None:
        """Add counts: rows_read, accepted, rejected, models, tests_passed, ..."""
        self.counts.update(counts)


@contextmanager
def record_run(
    workspace: Workspace,
    verb: str,
    arguments: dict[str, Any],
    log_format: LogFormat = "text",
    *,
    keeps_history: bool = True,
) -> Iterator[Recorder]:
    """Record a run: its start, its counts, how it ended.

    Parameters
    ----------
    workspace : Workspace
        What it works on.
    verb : str
        The command.
    arguments : mapping
        What was asked for, without secrets and identifiers; nulls are left out.
    log_format : {"text", "json"}
        How the log is written.
    keeps_history : bool
        False for commands that only read: they are logged, not listed.
    """
    told = {name: value for name, value in arguments.items() if value not in (None, False)}
    run = Run(0, verb, told, _now(), version=__version__, pid=os.getpid())
    opened = start_run(workspace, run) if keeps_history else None
    recorder = Recorder()
    started = time.monotonic()
    with ExitStack() as stack:
        number = None if opened is None else opened.run.number
        stack.enter_context(open_log(workspace.logs, verb, number, log_format))
        log("started", **told)
        outcome: Outcome = "succeeded"
        code, error = 0, None
        try:
            yield recorder
        except BaseException as raised:
            failure = find_stop(raised)
            outcome, code, error = _judge(failure)
            recorder.count(**getattr(failure, "counts", {}))
            _log_failure(failure, outcome)
            if log_format == "json" and isinstance(failure, CarepathError):
                failure.is_told = True
            if failure is not raised:
                raise failure from raised
            raise
        finally:
            seconds = round(time.monotonic() - started, 3)
            log("ended", outcome=outcome, exit_code=code, **recorder.counts, seconds=seconds)
            if opened is not None:
                opened.close(
                    replace(
                        opened.run,
                        outcome=outcome,
                        seconds=seconds,
                        exit_code=code,
                        error=error,
                        counts=recorder.counts,
                    )
                )


def _judge(failure: BaseException) -> tuple[Outcome, int, str]:
    if isinstance(failure, CarepathError):
        is_bad = failure.exit_code in (1, DEFECT_EXIT_CODE)
        outcome: Outcome = "failed" if is_bad else "refused"
        return outcome, failure.exit_code, failure.what.splitlines()[0]
    if isinstance(failure, KeyboardInterrupt):
        return "interrupted", getattr(failure, "exit_code", 130), "stopped by a signal"
    if is_out_of_space(failure):
        return "failed", CarepathError.exit_code, "the disk is full"
    # Its text may quote anything, so only its kind is kept.
    return "failed", DEFECT_EXIT_CODE, f"defect: {type(failure).__name__}"


def _log_failure(failure: BaseException, outcome: Outcome) -> None:
    facts: dict[str, Any] = {}
    if isinstance(failure, CarepathError):
        facts = {"what": failure.what, "where": failure.where, "next": failure.fix}
        facts = {name: value for name, value in facts.items() if value is not None}
    log(outcome, logging.ERROR, **facts)


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
