"""Which raw table a file belongs to: by its name, else by its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from carepath.landing.tables import (
    HISTORICAL_PROJECT,
    HISTORICAL_TASK,
    PROJECT,
    TABLES,
    TASK,
    Table,
)

# Words that may follow a table's name in a file name without making it another table:
# partitions, dates, exports. `task_2024-01`, `events_part_0003`, `members-export-full`.
_PARTITION_WORD = re.compile(
    r"(part|p|v|chunk|batch|file|run|shard|export|extract|dump|full|delta|incremental|snapshot|"
    r"backup|new|old|latest|copy|all|good|raw|q|w|h|t|z|utc|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)?[0-9a-f]*[0-9][0-9a-z]*"
    r"|part|chunk|export|extract|dump|full|delta|incremental|snapshot|backup|new|old|latest|copy|"
    r"all|good|raw|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
)
_HISTORIES = {TASK: HISTORICAL_TASK, PROJECT: HISTORICAL_PROJECT}
_DATABASE_WORDS = ("care_platform_", "snowplow_", "public_", "dbo_", "raw_", "atomic_")
_ALIASES: tuple[tuple[str, Table], ...] = tuple(
    sorted(
        ((alias, table) for table in TABLES for alias in table.aliases),
        key=lambda pair: -len(pair[0]),
    )
)


def normalise_name(name: str) -> str:
    """Write a column or file name the way tables do: lower case, underscores, no BOM."""
    plain = name.lstrip("\ufeff").strip().lower()
    return re.sub(r"[\s\-.]+", "_", plain)


def match_table(path: PurePath, columns: Iterable[str]) -> Table | None:
    """Find the table of a file.

    Parameters
    ----------
    path : PurePath
        Path of the file, with the folders that may name the table.
    columns : iterable of str
        Normalised column names of the file.

    Returns
    -------
    Table or None
        The first that applies: the file's name is the table's (with a partition or a date
        behind it), the name of a folder it is in is, its columns fit one table best. None where
        nothing does. A task or project file with the columns of its history is the history.
    """
    given = frozenset(columns)
    table = _match_name_or_columns(path, given)
    history = _HISTORIES.get(table) if table else None
    return history if history and set(history.required) <= given else table


def _match_name_or_columns(path: PurePath, columns: frozenset[str]) -> Table | None:
    fitting = match_columns(columns)
    by_name = _match_stem(path.name, fitting)
    if by_name is not None:
        return by_name
    for folder in reversed(path.parts[:-1]):
        for alias, table in _ALIASES:
            if _strip_database(normalise_name(folder)) == alias:
                return table
    # Without a name, two columns say nothing either: a user entity of Snowplow's is no member.
    is_clear = len(fitting) == 1 and len(columns & fitting[0].column_names) > 2
    return fitting[0] if is_clear else None


def match_columns(columns: frozenset[str]) -> tuple[Table, ...]:
    """List the tables whose columns a file has most of: none, one, or several alike."""
    scores = {
        table: len(columns & table.column_names)
        for table in TABLES
        if set(table.required) <= columns
    }
    best = max(scores.values(), default=0)
    # A single shared column (`id`) says nothing.
    return tuple(table for table, score in scores.items() if score == best and best > 1)


def _strip_database(stem: str) -> str:
    for word in _DATABASE_WORDS:
        rest = stem.removeprefix(word)
        if rest != stem and any(rest.startswith(alias) for alias, _ in _ALIASES):
            return rest
    return stem


def _match_stem(file_name: str, fitting: tuple[Table, ...]) -> Table | None:
    stem = file_name
    while (bare := PurePath(stem).stem) != stem and _is_format_suffix(PurePath(stem).suffix):
        stem = bare
    stem = _strip_database(normalise_name(stem))
    for alias, table in _ALIASES:
        if stem == alias:
            return table
        rest = stem.removeprefix(alias)
        if rest == stem or not (rest[0] == "_" or rest[0].isdigit()):
            continue
        words = [word for word in re.split(r"[^0-9a-z]+", rest) if word]
        if all(_PARTITION_WORD.fullmatch(word) for word in words):
            return table
        # `task_statuses` begins with a table's name and is another table, unless its columns fit.
        return table if table in fitting else None
    return None


def _is_format_suffix(suffix: str) -> bool:
    return suffix.lower() in {
        ".csv",
        ".tsv",
        ".txt",
        ".json",
        ".jsonl",
        ".ndjson",
        ".parquet",
        ".pq",
        ".gz",
    }
