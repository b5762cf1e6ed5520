"""One parse of the dbt project serves the workspaces of a whole test run.

dbt reads a project anew when a path that it is told has changed, which takes up to a third of a
small build; here every workspace has paths of its own. So a workspace that was not built yet is
given the parse of one that was, and paths alone are no reason to parse again. Changed files,
variables, targets and versions are: dbt checks those as ever. Users' builds, the demo and the wheel
are tested in processes of their own, without this.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

PARSED = "partial_parse.msgpack"
FOLDER = "CAREPATH_TESTS_PARSED"
PATHS = ("CAREPATH_WORKSPACE", "CAREPATH_DEFINITIONS")


def share_parse() -> None:
    """Let the builds of this process, and of its forks, share a parse."""
    # the package has a function of the module's name
    build: Any = import_module("carepath.building.build")
    run_dbt_build = build.run_dbt_build

    @functools.wraps(run_dbt_build)
    def run(*arguments: Any, **options: Any) -> Any:
        overlook_paths()
        target = Path(arguments[3])
        ours, shared = target / PARSED, Path(os.environ[FOLDER]) / PARSED
        if shared.exists() and not ours.exists():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shared, ours)
        result = run_dbt_build(*arguments, **options)
        if ours.exists() and not shared.exists():
            # whole at once: another process may be reading
            part = shared.with_suffix(f".{os.getpid()}")
            shutil.copyfile(ours, part)
            part.replace(shared)
        return result

    build.run_dbt_build = run


@functools.cache
def overlook_paths() -> None:
    """Keep paths out of what dbt compares before it goes on from an earlier parse."""
    from dbt.contracts.files import FileHash
    from dbt.parser.manifest import ManifestLoader

    check = ManifestLoader.build_manifest_state_check

    def build_state_check(self: Any) -> Any:
        state = check(self)
        credentials = self.root_project.credentials
        if credentials.type != "duckdb":
            return state
        told = self.root_project.project_env_vars
        others = sorted(item for item in told.items() if item[0] not in PATHS)
        state.project_env_vars_hash = FileHash.from_contents(repr(others))
        # where the databases lie, and how much memory there is: no model asks for either
        state.profile_hash = FileHash.from_contents(credentials.type)
        return state

    ManifestLoader.build_manifest_state_check = build_state_check


def make_folder() -> bool:
    """Make the folder of the parse, one for a whole test run; tell whether it is ours."""
    if FOLDER in os.environ:
        return False
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="carepath-parsed-")
    return True


def remove_folder() -> None:
    """Forget the parse."""
    shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)
