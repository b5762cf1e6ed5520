"""What a workspace's ``carepath.toml`` sets for a build."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from carepath.errors import CarepathError, suggest
from carepath.moments import read_moment
from carepath.workspace import Workspace

_CENTURY = 100 * 365 * 86_400


class _Setting(NamedTuple):
    """What a value must be, in types and in words; an example; least and most of a number."""

    types: tuple[type, ...]
    called: str
    example: str
    limits: tuple[int, int] | None = None


BUILD_SETTINGS: dict[str, _Setting] = {
    "threads": _Setting((int,), "a whole number", "2", (1, 1000)),
    "memory": _Setting((str,), "a text", '"80%"'),
    "conversion_window_seconds": _Setting((int,), "a whole number", "1209600", (1, _CENTURY)),
    "tie_seconds": _Setting((int, float), "a number", "2", (0, _CENTURY)),
    "intake_funnel_name": _Setting((str,), "a text", '"MEMBER_INTAKE"'),
    "earliest_plausible_at": _Setting((str, date, datetime), "a date", '"2000-01-01"'),
    "personal_paths": _Setting((list,), "a list", '["/members/*"]'),
}
TABLES = ("build", "warehouse", "review")
PLATFORMS = ("duckdb", "snowflake")
_THREADS = {"duckdb": 2, "snowflake": 8}  # statements at once: Snowflake computes elsewhere
_SOURCE_KEYS = ("raw_database", "care_platform_schema", "snowplow_schema")
WAREHOUSE_KEYS = ("target", *_SOURCE_KEYS, "time_travel")
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|%)", re.IGNORECASE | re.ASCII)
DEFAULT_MEMORY = "80%"
# Parts of letters, digits and ._~-, or `*`, which is the last.
_PERSONAL_PATH = re.compile(r"(/[A-Za-z0-9._~-]+|/\*)*/\*")
_HEADER = re.compile(r"""\s*\[{1,2}\s*["']?([^]["']+?)["']?\s*\]{1,2}\s*(?:#.*)?""")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[=.]""")
_SQL_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_$]*|"[^"]+"')


@dataclass(frozen=True)
class BuildConfiguration:
    """Settings of a build.

    Parameters
    ----------
    threads : int
        dbt threads.
    variables : mapping
        dbt vars that the workspace overrides.
    memory : str
        How much memory DuckDB may take (``16GB``, ``50%`` of the machine's); beyond it, it spills
        to disk.
    """

    threads: int
    variables: Mapping[str, Any]
    memory: str


def read_build_configuration(workspace: Workspace) -> BuildConfiguration:
    """Read the ``[build]`` table of a workspace's configuration.

    Raises
    ------
    CarepathError
        Naming the file and the line or key that is wrong.
    """
    settings = _read_table(workspace, "build")
    for key, value in settings.items():
        where = _place(workspace, "build", key)
        setting = BUILD_SETTINGS.get(key)
        if setting is None:
            raise _unknown_key(key, "build", tuple(BUILD_SETTINGS), where)
        if not isinstance(value, setting.types) or isinstance(value, bool):
            raise CarepathError(
                f"{key} in [build] must be {setting.called}.",
                where=where,
                fix=f"write it like {setting.example}",
            )
        if setting.limits is not None and isinstance(value, int | float):
            _check_limits(key, value, setting.limits, where)
    memory = str(settings.get("memory", DEFAULT_MEMORY)).strip()
    if not _MEMORY.fullmatch(memory):
        raise CarepathError(
            f"memory in [build] is not an amount: {memory!r}.",
            where=_place(workspace, "build", "memory"),
            fix='write it as "16GB", or "50%" of the machine\'s memory',
        )
    for pattern in settings.get("personal_paths", []):
        if not isinstance(pattern, str) or not _PERSONAL_PATH.fullmatch(pattern):
            raise CarepathError(
                f"personal_paths in [build] contains {pattern!r}, which is not a path pattern.",
                where=_place(workspace, "build", "personal_paths"),
                fix='write it as "/members/*": parts of letters, digits and ._~-; each * stands '
                "for one part, and the last part is a *",
            )
    variables = {key: value for key, value in settings.items() if key not in ("threads", "memory")}
    if "earliest_plausible_at" in variables:
        variables["earliest_plausible_at"] = _moment(
            variables["earliest_plausible_at"],
            _place(workspace, "build", "earliest_plausible_at"),
        )
    return BuildConfiguration(
        int(settings.get("threads", _THREADS[read_platform(workspace)])), variables, memory
    )


def _unknown_key(key: str, table: str, known: tuple[str, ...], where: str) -> CarepathError:
    return CarepathError(
        f"Unknown key {key!r} in [{table}].",
        where=where,
        fix=f"{suggest(key, known)}known keys: {', '.join(known)}",
    )


def _check_limits(key: str, value: float, limits: tuple[int, int], where: str) -> None:
    least, most = limits
    if least <= value <= most:
        return
    raise CarepathError(
        f"{key} in [build] is too {'small' if value < least else 'large'}: {value}."
        if value < least or value > most
        else f"{key} in [build] is not a number.",
        where=where,
        fix=f"give a number from {least} to {most}",
    )


def _read_table(workspace: Workspace, name: str) -> dict[str, Any]:
    """Read one table of a workspace's configuration; empty where it has none."""
    document = _read_document(workspace)
    for key in document:
        if key not in TABLES:
            raise CarepathError(
                f"Unknown table or key {key!r}.",
                where=_place(workspace, None, key),
                fix=suggest(key, TABLES, "[{}]")
                + f"known tables: {', '.join(f'[{table}]' for table in TABLES)}",
            )
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise CarepathError(
            f"{name} is not a table.",
            where=_place(workspace, None, name),
            fix=f"write [{name}], and its keys below it",
        )
    return table


def _read_text(workspace: Workspace) -> str:
    return workspace.config.read_text(encoding="utf-8-sig")


def _read_document(workspace: Workspace) -> dict[str, Any]:
    path = workspace.config
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(_read_text(workspace))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CarepathError(
            f"The configuration is not valid TOML: {error}.",
            where=str(path),
            fix="correct that line",
        ) from None


def _place(workspace: Workspace, table: str | None, key: str) -> str:
    """Name the file and the line of a key, or of a table where `table` is None."""
    current = None
    for number, line in enumerate(_read_text(workspace).splitlines(), 1):
        header = _HEADER.fullmatch(line)
        written = _KEY.match(line)
        if header:
            current = header[1]
        if (header and table is None and current == key) or (
            written and not header and current == table and written[1] == key
        ):
            return f"{workspace.config}:{number}"
    return str(workspace.config)


def read_platform(workspace: Workspace) -> str:
    """Tell where the warehouse of a workspace is: ``duckdb`` or ``snowflake``."""
    return workspace.platform or str(_read_warehouse(workspace).get("target", PLATFORMS[0]))


def read_sources(workspace: Workspace) -> dict[str, str]:
    """Read where the sources are on Snowflake, as dbt vars; what is not said keeps its default."""
    settings = _read_warehouse(workspace)
    return {key: str(settings[key]) for key in _SOURCE_KEYS if key in settings}


def has_time_travel(workspace: Workspace) -> bool:
    """Tell whether Snowflake can read the sources as they were when a build began."""
    return bool(_read_warehouse(workspace).get("time_travel", True))


def _read_warehouse(workspace: Workspace) -> dict[str, Any]:
    """Read the ``[warehouse]`` table of a workspace's configuration."""
    settings = _read_table(workspace, "warehouse")
    for key, value in settings.items():
        where = _place(workspace, "warehouse", key)
        if key not in WAREHOUSE_KEYS:
            raise _unknown_key(key, "warehouse", WAREHOUSE_KEYS, where)
        if key == "target" and value not in PLATFORMS:
            raise CarepathError(
                f"{value!r} in [warehouse] is not a target.",
                where=where,
                fix=f"write one of: {', '.join(PLATFORMS)}",
            )
        if key == "time_travel":
            if not isinstance(value, bool):
                raise CarepathError(
                    "time_travel in [warehouse] is neither true nor false.",
                    where=where,
                    fix="write true or false, without quotation marks",
                )
            continue
        # They become part of statements.
        if not isinstance(value, str) or not _SQL_NAME.fullmatch(value):
            raise CarepathError(
                f"{key} in [warehouse] is not a name.",
                where=where,
                fix="write letters, digits and _, or anything else in double quotes",
            )
    return dict(settings)


def _moment(value: object, where: str) -> str:
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    try:
        return read_moment(text).isoformat(sep=" ")
    except ValueError:
        raise CarepathError(
            "earliest_plausible_at in [build] is not a date.",
            where=where,
            fix='write it as "2000-01-01"',
        ) from None
