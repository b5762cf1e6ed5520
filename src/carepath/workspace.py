"""A workspace: the folder that holds one company's configuration, definitions and databases."""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from carepath.errors import CarepathError

CONFIG_NAME = "carepath.toml"
ENVIRONMENT_VARIABLE = "CAREPATH_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """Where everything of one workspace lies.

    Parameters
    ----------
    root : Path
        Absolute path of the folder that holds ``carepath.toml``.
    platform : {"duckdb", "snowflake"}, optional
        Where its warehouse is, when that is not to be what ``carepath.toml`` says.
    """

    root: Path
    platform: str | None = None

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / CONFIG_NAME

    @property
    def raw(self) -> Path:
        """Database of landed rows, accepted and rejected."""
        return self.root / "raw.duckdb"

    @property
    def prep(self) -> Path:
        """Database of base and intermediate models."""
        return self.root / "prep.duckdb"

    @property
    def prod(self) -> Path:
        """Published database that people and questions read."""
        return self.root / "prod.duckdb"

    @property
    def definitions(self) -> Path:
        """Folder of the definitions (funnel steps, status map, calendar, product changes)."""
        return self.root / "definitions"

    @property
    def building(self) -> Path:
        """Folder of candidates and locks; nothing in it is ever read by users."""
        return self.root / ".building"

    @property
    def target(self) -> Path:
        """dbt's compiled SQL and artefacts."""
        return self.root / "target"

    @property
    def logs(self) -> Path:
        """Logs of carepath and of dbt."""
        return self.root / "logs"

    @property
    def history(self) -> Path:
        """Folder of the records of what ran."""
        return self.root / "history"

    def on(self, platform: str | None) -> Workspace:
        """Return the same workspace with its warehouse there; None changes nothing."""
        return self if platform is None else replace(self, platform=platform)

    @property
    def exists(self) -> bool:
        """Whether the folder has been initialised."""
        return self.config.is_file()


def find_workspace(path: Path | None = None) -> Workspace:
    """Find the workspace to work in.

    The first of: `path`, the environment variable ``CAREPATH_WORKSPACE``, the nearest folder
    upwards from here that holds ``carepath.toml``, ``./workspace``.

    Raises
    ------
    CarepathError
        When none of these is a workspace, or something else stands in the place of a part of it.
    """
    found = _find(path)
    check_name(found.root)
    check_places(found)
    return found


def _find(path: Path | None) -> Workspace:
    if path is not None:
        return _existing(path, "--workspace")
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return _existing(Path(named), ENVIRONMENT_VARIABLE)
    here = Path.cwd()
    for folder in (here, *here.parents, here / "workspace"):
        if (folder / CONFIG_NAME).is_file():
            return Workspace(folder.resolve())
    raise CarepathError(
        "No workspace here or in any folder above.",
        where=str(here),
        fix="make one with `carepath init FOLDER`, or name one with --workspace FOLDER",
    )


def check_name(root: Path) -> None:
    """Refuse a folder below which DuckDB opens no database.

    It takes what follows a question mark in a path for options, and a backslash for a separator.

    Raises
    ------
    CarepathError
        Naming the folder.
    """
    name = str(root)
    if "?" in name or (os.sep == "/" and "\\" in name) or not _is_unicode(name):
        raise CarepathError(
            "A database cannot be in a folder with a question mark, a backslash or bytes that are "
            "not UTF-8 in its path.",
            where=repr(name),
            fix="rename the folder, or name another one",
        )


def check_places(workspace: Workspace) -> None:
    """Refuse a workspace in which a folder is where a database belongs, or the other way round.

    A link that leads nowhere, to a disk that is not mounted say, is neither.

    Raises
    ------
    CarepathError
        Naming what is in the place.
    """
    folders = ("definitions", "building", "target", "logs", "history")
    for path in (getattr(workspace, name) for name in folders):
        if not path.is_dir() and os.path.lexists(path):
            what = "a link that leads nowhere" if path.is_symlink() else "a file"
            raise CarepathError(
                f"Where the workspace needs a folder, there is {what}.",
                where=str(path),
                fix="move it away; then its contents are made again, or restore them from a backup",
            )
    for path in (workspace.raw, workspace.prep, workspace.prod):
        if path.is_dir():
            raise CarepathError(
                "Where the workspace needs a database, there is a folder.",
                where=str(path),
                fix="move it away, then restore the database or build again",
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def resolve_folder(path: Path) -> Path:
    """Give the absolute path that a user means, links followed.

    Raises
    ------
    CarepathError
        When its links go round in a circle, it names a user who is not there, or is too long.
    """
    try:
        resolved = path.expanduser().resolve()
        with suppress(PermissionError):
            resolved.exists()  # a name that is too long raises
        return resolved
    except (OSError, RuntimeError):
        raise CarepathError(
            "The path cannot be followed.",
            where=str(path),
            fix="check its links, the length of its names and, after ~, the name of the user",
        ) from None


def _existing(path: Path, source: str) -> Workspace:
    workspace = Workspace(resolve_folder(path))
    if not workspace.exists:
        raise CarepathError(
            f"{path} is not a workspace: it has no {CONFIG_NAME}.",
            where=source,
            fix=f"run `carepath init {shlex.quote(str(path))}` first",
        )
    return workspace
