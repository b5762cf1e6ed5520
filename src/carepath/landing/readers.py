"""The reader of each format."""

from __future__ import annotations

from pathlib import Path

import duckdb

from carepath.landing.delimited import open_delimited
from carepath.landing.dialect import refuse_other_encodings
from carepath.landing.escapes import double_quotation_marks
from carepath.landing.files import RawFile
from carepath.landing.jsonlines import open_jsonl
from carepath.landing.parquet import open_parquet
from carepath.landing.sources import Source


def open_source(
    connection: duckdb.DuckDBPyConnection, file: RawFile, scratch: Path, *, is_careful: bool = False
) -> Source:
    """Describe a file as a relation, reading no more than its header where possible.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Used to read the schema of Parquet and the keys of JSON.
    file : RawFile
        The file.
    scratch : Path
        Folder for temporary copies.
    is_careful : bool
        Whether to copy the good records out of a malformed text file first.

    Raises
    ------
    UnreadableFileError
        When the file as a whole cannot be read.
    duckdb.Error
        When a text file is malformed; try again with `is_careful`.
    """
    if file.format == "parquet":
        return open_parquet(connection, file, scratch)
    start = file.read_start()
    if not start.removeprefix(b"\xef\xbb\xbf").strip():
        return Source("(select null where false) as source", (), "null", note="the file is empty")
    refuse_other_encodings(start, file.name)
    if file.format == "jsonl":
        return open_jsonl(connection, file, start, scratch, is_careful=is_careful)
    file = double_quotation_marks(file, start, scratch)
    return open_delimited(file, start, scratch, is_careful=is_careful)
