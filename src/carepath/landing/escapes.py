"""CSV whose quotation marks are escaped by backslashes, as Spark, Redshift and MySQL write it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

from carepath.landing.dialect import read_dialect
from carepath.landing.files import RawFile
from carepath.landing.records import MAX_RECORD_BYTES

_ESCAPED = re.compile(rb'\\(["\\])')
_CHUNK = 1 << 20


def double_quotation_marks(
    file: RawFile, start: bytes, scratch: Path, *, numbers_repeats: bool = False
) -> RawFile:
    r"""Write `\"` as `""` where only so all rows of the start are as long as the header."""
    if b'\\"' not in start:
        return file
    dialect = read_dialect(start, file.name, numbers_repeats=numbers_repeats)
    if not dialect.is_quoted:
        return file
    csv.field_size_limit(MAX_RECORD_BYTES)
    whole = start[: start.rfind(b"\n") + 1]
    width = len(dialect.columns)
    if _is_even(whole, dialect.separator, width) or not _is_even(
        _undo(whole), dialect.separator, width
    ):
        return file
    copy = scratch / "doubled.csv"
    with file.open() as stream, copy.open("wb") as plain:
        rest = b""
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            # What the last backslashes escape may be in the next chunk.
            end = len(text.rstrip(b"\\"))
            plain.write(_undo(text[:end]))
            rest = text[end:]
        plain.write(_undo(rest))
    return replace(file, path=copy, is_gzipped=False)


def _undo(text: bytes) -> bytes:
    r"""Undo escapes; `\N`, which stands for null, is none."""
    return _ESCAPED.sub(lambda match: b'""' if match[1] == b'"' else b"\\", text)


def _is_even(text: bytes, separator: str, width: int) -> bool:
    """Tell whether all rows have as many cells as the header, blank lines aside."""
    lines = io.StringIO(text.decode("utf-8", "replace"), newline="")
    try:
        return all(
            len(row) in (0, width) for row in csv.reader(lines, delimiter=separator, strict=True)
        )
    except csv.Error:
        return False
