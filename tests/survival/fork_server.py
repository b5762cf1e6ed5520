"""Runs carepath in forks of a process that has imported everything once: a build costs little.

One JSON job a line on stdin: {"arguments": [...], "stderr": path}. For each, the process id is
printed at once, and the wait status when it has ended.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import parsed_project

import carepath.building
import carepath.landing
import carepath.operations.running  # noqa: F401
from carepath.cli.main import main


def run(job: dict[str, object]) -> None:
    """Be the command line."""
    with Path(os.devnull).open("w") as nowhere, Path(str(job["stderr"])).open("w") as stderr:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
    sys.argv = ["carepath", *job["arguments"]]  # type: ignore[misc]
    main()


def serve() -> None:
    """Fork for every job."""
    for name in ("dbt.cli.main", "dbt.adapters.duckdb"):
        import_module(name)
    parsed_project.share_parse()
    parsed_project.overlook_paths()
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
