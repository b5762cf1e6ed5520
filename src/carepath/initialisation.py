"""Making a workspace: configuration, definitions to edit, an empty raw database."""

from __future__ import annotations

import shutil
from pathlib import Path

from carepath.building.project import shipped_definitions
from carepath.definitions import COLUMNS
from carepath.errors import CarepathError
from carepath.workspace import Workspace, check_name, resolve_folder

_CONFIG = """\
# carepath workspace. Everything has a default; uncomment to change it.

[build]
# threads = 2
# memory = "80%"                        # of the machine's; or "16GB"; beyond it, to disk
# conversion_window_seconds = 1209600   # 14 days from entry, end inclusive
# tie_seconds = 2                       # events closer than this may swap
# intake_funnel_name = "MEMBER_INTAKE"  # which funnel of definitions/funnel_steps.csv
# earliest_plausible_at = "2000-01-01"  # earlier dates count as missing
# personal_paths = ["/members/*"]       # parts of page paths that name people; in prod they are *

[warehouse]
# target = "duckdb"                     # or "snowflake": docs/snowflake.md
# raw_database = "raw"                  # on Snowflake: where the sources are
# care_platform_schema = "care_platform"
# snowplow_schema = "snowplow"
# time_travel = true                    # on Snowflake: read the sources as when a build began
"""

_IGNORED = "*.duckdb\n*.duckdb.wal\n.building/\ntarget/\nlogs/\nhistory/\n"


def init_workspace(root: Path) -> Workspace:
    """Make a workspace, or complete one: what is already there is left alone.

    Parameters
    ----------
    root : Path
        The folder; made where it does not exist.

    Raises
    ------
    CarepathError
        When the folder cannot be made, holds other files and no workspace, or has a name that no
        database can have.
    """
    workspace = Workspace(resolve_folder(root))
    check_name(workspace.root)
    if workspace.root.is_file():
        raise CarepathError(
            f"{root} is a file, not a folder.", where=str(root), fix="name another folder"
        )
    if workspace.root.is_dir() and not workspace.exists and _others(workspace):
        raise CarepathError(
            f"{root} is not empty and not a workspace.",
            where=str(workspace.root),
            fix="name a new or an empty folder",
        )
    try:
        workspace.definitions.mkdir(parents=True, exist_ok=True)
        # plain dbt spills into it too
        workspace.building.mkdir(mode=0o700, exist_ok=True)
        shipped = shipped_definitions()
        for name in COLUMNS:
            if not (workspace.definitions / name).exists():
                shutil.copyfile(shipped / name, workspace.definitions / name)
        ignored = workspace.root / ".gitignore"
        if not ignored.exists():
            ignored.write_text(_IGNORED, encoding="utf-8")
        # Last, because this file is what makes the folder a workspace.
        if not workspace.exists:
            workspace.config.write_text(_CONFIG, encoding="utf-8")
    except OSError as error:
        raise CarepathError(
            f"The workspace could not be made: {error.strerror}.",
            where=str(error.filename or root),
            fix="choose a folder that you may write to, with space left",
        ) from None
    return workspace


def _others(workspace: Workspace) -> list[Path]:
    """List what is in the folder and not left there by dbt."""
    ours = {workspace.target, workspace.logs, workspace.history, workspace.building}
    return [path for path in workspace.root.iterdir() if path not in ours]
