"""CSV whose quotation marks are escaped by backslashes, as Spark, Redshift and MySQL write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from carepath.landing.dialect import read_dialect
from carepath.landing.files import RawFile
from carepath.landing.records import MAX_RECORD_BYTES


def double_quotation_marks(file: RawFile, scratch: Path) -> RawFile:
    r"""Write `\"` as `""` where only so all rows of the start are as long as the header."""
    start = file.read_start()
    if b'\\"' not in start:
        return file
    dialect = read_dialect(start, file.name, numbers_repeats=True)
    if not dialect.is_quoted:
        return file
    csv.field_size_limit(MAX_RECORD_BYTES)
    whole = start[: start.rfind(b"\n") + 1].decode("utf-8", "replace")
    width = len(dialect.columns)
    if _is_even(whole, dialect.separator, width, escapes=False) or not _is_even(
        whole, dialect.separator, width, escapes=True
    ):
        return file
    copy = scratch / "doubled.csv"
    try:
        with (
            file.open() as stream,
            io.TextIOWrapper(
                stream, encoding="utf-8", errors="surrogateescape", newline=""
            ) as text,
            copy.open("w", encoding="utf-8", errors="surrogateescape", newline="") as plain,
        ):
            writer = csv.writer(plain, delimiter=dialect.separator, lineterminator="\n")
            writer.writerows(_read(text, dialect.separator, escapes=True))
    except csv.Error:
        return file
    return replace(file, path=copy, is_gzipped=False)


def _read(text: io.TextIOBase, separator: str, *, escapes: bool) -> Iterator[list[str]]:
    return csv.reader(
        text,
        delimiter=separator,
        doublequote=not escapes,
        escapechar="\\" if escapes else None,
        strict=True,
    )


def _is_even(text: str, separator: str, width: int, *, escapes: bool) -> bool:
    """Tell whether all rows have as many cells as the header, blank lines aside."""
    try:
        rows = _read(io.StringIO(text, newline=""), separator, escapes=escapes)
        return all(len(row) in (0, width) for row in rows)
    except csv.Error:
        return False
