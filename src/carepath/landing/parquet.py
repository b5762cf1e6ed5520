"""Parquet files as relations."""

from __future__ import annotations

from pathlib import Path

import duckdb

from carepath.landing.files import RawFile, UnreadableFileError
from carepath.landing.matching import normalise_name
from carepath.landing.sources import Source, SourceColumn, find_plain_path
from carepath.quoting import quote_name, quote_path


def open_parquet(connection: duckdb.DuckDBPyConnection, file: RawFile, scratch: Path) -> Source:
    """Describe a Parquet file as a relation.

    Raises
    ------
    UnreadableFileError
        When it is damaged, or two of its columns have the same name.
    """
    path = find_plain_path(file, scratch)
    reader = (
        f"read_parquet({quote_path(path)}, binary_as_string = true, "
        "hive_partitioning = false) as source"
    )
    try:
        described = connection.execute(f"describe select * from {reader}").fetchall()
    except duckdb.Error as error:
        raise UnreadableFileError(
            "The Parquet file is damaged or was not written to its end.",
            where=file.name,
            fix="export the file again",
        ) from error
    seen: dict[str, str] = {}
    for name, *_ in described:
        if normalise_name(name) in seen:
            raise UnreadableFileError(
                f"The columns {seen[normalise_name(name)]!r} and {name!r} are the same to carepath,"
                " so the values are ambiguous.",
                where=file.name,
                fix="rename or remove one of the two columns",
            )
        seen[normalise_name(name)] = name
    columns = tuple(
        SourceColumn(name, f"source.c{index}", kind)
        for index, (name, kind, *_) in enumerate(described)
    )
    renamed = ", ".join(
        f"{quote_name(column.name)} as c{index}" for index, column in enumerate(columns)
    )
    packed = ", ".join(f"{quote_name(column.name)} := {column.expression}" for column in columns)
    return Source(
        f"(select {renamed} from {reader}) as source",
        columns,
        f"cast(to_json(struct_pack({packed})) as varchar)",
    )
