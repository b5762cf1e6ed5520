"""One dbt invocation. The only module that imports dbt."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carepath.stopping import check_stop

Progress = Callable[[str, int, int], None]
"""Called with what is being done, nodes finished, nodes in all (0 while not known)."""


@dataclass(frozen=True)
class NodeResult:
    """How one dbt node ended.

    Parameters
    ----------
    kind : str
        model, seed or test.
    name, path : str
        The node, and its file inside the project.
    status : str
        As dbt says: success, pass, warn, fail, error, skipped.
    message : str
        What dbt says of it.
    failures : int
        Rows that a data test returned.
    """

    kind: str
    name: str
    path: str
    status: str
    message: str
    failures: int

    @property
    def is_bad(self) -> bool:
        """Whether the build must not be published because of it."""
        return self.status in ("error", "fail", "runtime error")


@dataclass(frozen=True)
class DbtResult:
    """How an invocation ended: its nodes, or the error that kept it from starting."""

    nodes: tuple[NodeResult, ...]
    error: str | None


def run_dbt_build(
    project: Path,
    variables: Mapping[str, Any],
    environment: Mapping[str, str],
    target: Path,
    logs: Path,
    progress: Progress,
    dbt_target: str = "duckdb",
    *,
    full_refresh: bool = False,
) -> DbtResult:
    """Run ``dbt build`` (models, seeds and data tests, no unit tests) in this process.

    Parameters
    ----------
    project : Path
        The dbt project; its ``profiles.yml`` is used.
    variables : mapping
        dbt vars.
    environment : mapping
        Environment variables that the project reads.
    target, logs : Path
        Where dbt writes.
    progress : callable
        See `Progress`.
    dbt_target : {"duckdb", "snowflake"}
        Which of the profile's targets.
    full_refresh : bool
        Whether incremental models are built from scratch.
    """
    with _environment(environment), _unnamed_command(), _quiet_loggers(), _rare_collections():
        progress("Starting dbt", 0, 0)
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        counter = _Counter(progress)
        arguments = [
            "--log-level",
            "none",
            "--log-level-file",
            "info",
            "--no-use-colors-file",
            "build",
            "--target",
            dbt_target,
            "--project-dir",
            str(project),
            "--profiles-dir",
            str(project),
            "--target-path",
            str(target),
            "--log-path",
            str(logs),
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            json.dumps(dict(variables)),
            *(["--full-refresh"] if full_refresh else []),
        ]
        try:
            outcome = dbtRunner(callbacks=[counter]).invoke(arguments)
        finally:
            # dbt's adapter keeps the files open, and locked, for the life of the process.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    check_stop()
    results = getattr(outcome.result, "results", None) or ()
    error = str(outcome.exception) if outcome.exception is not None else None
    return DbtResult(tuple(_read_node(result) for result in results), error)


def _read_node(result: Any) -> NodeResult:
    node = result.node
    return NodeResult(
        kind=str(node.resource_type),
        name=node.name,
        path=node.original_file_path,
        status=str(result.status),
        message=str(result.message or ""),
        failures=int(result.failures or 0),
    )


class _Counter:
    """Turns dbt's events into progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        self._total = 0

    def __call__(self, event: Any) -> None:
        name = event.info.name
        if name == "ConcurrencyLine":
            self._total = int(event.data.node_count)
        elif name == "NodeFinished":
            self._done += 1
            self._progress(
                _describe(event.data.node_info), min(self._done, self._total), self._total
            )


def _describe(node: Any) -> str:
    verb = "Testing" if node.resource_type == "test" else "Building"
    return f"{verb} {node.node_name}"


@contextmanager
def _unnamed_command() -> Iterator[None]:
    """Hide our own command line: dbt writes it into its artefacts, and it may name a person."""
    before = sys.argv
    sys.argv = ["carepath", "build"]
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _quiet_loggers() -> Iterator[None]:
    """Keep loggers that cannot write, on a full disk, from printing their tracebacks."""
    before = logging.raiseExceptions
    logging.raiseExceptions = False
    try:
        yield
    finally:
        logging.raiseExceptions = before


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for garbage less often: dbt keeps very many objects, and each look goes through them."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the time of the invocation."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
