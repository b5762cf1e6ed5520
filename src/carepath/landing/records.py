"""The careful reader: cuts a text file into records and says what is wrong with the bad ones.

DuckDB reads well-formed files, fast and in parallel, and stops at the first malformed record.
Only then is this reader used: it copies the good records, each with its row number, into a file
that DuckDB can read, and the bad ones into another, so that a broken line costs only itself.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

MAX_RECORD_BYTES = 2_000_000
"""Longest record accepted, as in DuckDB's own reader."""


NOT_UTF8 = "the row is not text in UTF-8"


class Open:
    """A record that ends inside a quoted cell: it may go on in the next line."""


class Broken:
    """A record with something behind a closing quotation mark."""


@dataclass(frozen=True)
class Record:
    """One record of a file.

    Parameters
    ----------
    row_number : int
        1 for the first row of data.
    text : bytes
        The record as it stands in the file, without the line end.
    cells : list of bytes or None
        The cells without their quotes; None where the text can be copied as it is.
    problem : str or None
        Why the record cannot be used.
    """

    row_number: int
    text: bytes
    cells: list[bytes] | None = None
    problem: str | None = None


@lru_cache
def _cell_pattern(separator: bytes) -> re.Pattern[bytes]:
    end = re.escape(separator)
    blank = b"[ \t]*" if separator != b"\t" else b" *"
    return re.compile(
        blank + b'"(?P<quoted>(?:[^"]|"")*)"' + blank + b"(?=" + end + b"|\\Z)"
        b"|(?P<opened>" + blank + b'"(?:[^"]|"")*\\Z)'
        b"|(?P<broken>" + blank + b'")'
        b"|(?P<plain>[^" + end + b"]*)"
    )


def split_cells(record: bytes, separator: bytes) -> list[bytes] | Open | Broken:
    """Cut a record into cells at `separator`, outside quotation marks."""
    pattern = _cell_pattern(separator)
    cells: list[bytes] = []
    position = 0
    while True:
        match = pattern.match(record, position)
        assert match is not None  # `plain` matches everything, also nothing
        if match["opened"] is not None:
            return Open()
        if match["broken"] is not None:
            return Broken()
        quoted = match["quoted"]
        cells.append(match["plain"] if quoted is None else quoted.replace(b'""', b'"'))
        position = match.end()
        if position >= len(record):
            return cells
        position += 1
        if position == len(record):
            cells.append(b"")
            return cells


class LineReader:
    """Lines of a stream that can be put back."""

    def __init__(self, stream: BinaryIO, line_end: bytes) -> None:
        self._lines = _split_lines(stream, line_end)
        self._returned: deque[bytes] = deque()

    def read(self) -> bytes | None:
        """Give the next line with its end, or None at the end of the file."""
        if self._returned:
            return self._returned.popleft()
        return next(self._lines, None)

    def put_back(self, lines: list[bytes]) -> None:
        """Have `lines` read again."""
        self._returned.extendleft(reversed(lines))


def _split_lines(stream: BinaryIO, line_end: bytes) -> Iterator[bytes]:
    """Yield lines with their ends; where lines end in a carriage return, a line feed ends one too.

    A lone carriage return ends no line of a file whose lines end in a line feed.
    """
    pattern = _ANY_END if line_end == b"\r" else _FEED
    rest = b""
    while chunk := stream.read(1 << 20):
        text = rest + chunk
        position = 0
        for match in pattern.finditer(text):
            # The line feed of a carriage return may be in the next chunk.
            if match.end() < len(text) or text.endswith(b"\n"):
                yield text[position : match.end()]
                position = match.end()
        rest = text[position:]
    if rest:
        yield rest


# Of the ends, not of whole lines: looking for those in a megabyte without an end would try each of
# its bytes as a beginning.
_ANY_END = re.compile(rb"\r\n?|\n")
_FEED = re.compile(rb"\n")


def _without_end(line: bytes) -> bytes:
    return line.removesuffix(b"\n").rstrip(b"\r")


def read_records(
    stream: BinaryIO,
    *,
    separator: bytes,
    is_quoted: bool,
    width: int,
    has_header: bool,
    line_end: bytes = b"\n",
) -> Iterator[Record]:
    """Cut a stream into records, each good or with its problem.

    A quoted cell that never closes costs its first line only: reading resumes at the next one.

    Parameters
    ----------
    stream : binary file
        The content, unpacked.
    separator : bytes
        One byte.
    is_quoted : bool
        Whether ``"`` quotes.
    width : int
        Number of cells a record must have.
    has_header : bool
        Whether to leave out the first record.
    line_end : bytes
        Line feed or carriage return.
    """
    lines = LineReader(stream, line_end)
    row_number = -1 if has_header else 0
    is_first = True
    while (line := lines.read()) is not None:
        if is_first:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line.strip(b" \r\n" if separator == b"\t" else b" \t\r\n"):
            continue
        is_first = False
        row_number += 1
        record = _read_record(lines, line, separator, is_quoted, width, row_number)
        if row_number > 0:
            yield record


def _read_record(
    lines: LineReader,
    line: bytes,
    separator: bytes,
    is_quoted: bool,
    width: int,
    row_number: int,
) -> Record:
    text = _without_end(line)
    if is_quoted and b'"' in text:
        text, cells = _join_lines(lines, line, separator)
        if cells is None:
            return Record(row_number, text, problem="a quotation mark is not closed")
    else:
        cells = text.split(separator)
    if len(text) > MAX_RECORD_BYTES:
        return Record(row_number, text, problem=f"the row is longer than {MAX_RECORD_BYTES} bytes")
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return Record(row_number, text, problem=NOT_UTF8)
    if len(cells) == width + 1 and cells[-1] == b"":
        cells.pop()  # a separator at the end of the line, as some programs write
    if len(cells) != width:
        noun = "cell" if len(cells) == 1 else "cells"
        return Record(
            row_number, text, problem=f"the row has {len(cells)} {noun}, the header has {width}"
        )
    return Record(row_number, text, cells=cells)


def _join_lines(
    lines: LineReader, line: bytes, separator: bytes
) -> tuple[bytes, list[bytes] | None]:
    """Add lines until the record's quotes close; give back only the first where they do not."""
    first = _without_end(line)
    text = line
    added: list[bytes] = []
    while True:
        cells = split_cells(_without_end(text), separator)
        if isinstance(cells, list):
            return _without_end(text), cells
        if isinstance(cells, Broken):
            break
        pieces = [text]
        size = len(text)
        # Only a line with a quotation mark can close the cell.
        while (following := lines.read()) is not None:
            added.append(following)
            pieces.append(following)
            size += len(following)
            if b'"' in following or size > MAX_RECORD_BYTES:
                break
        if following is None or size > MAX_RECORD_BYTES:
            break
        text = b"".join(pieces)
    lines.put_back(added)
    return first, None


def write_cells(cells: list[bytes]) -> bytes:
    """Write cells as a record of comma-separated values, every cell quoted."""
    return b",".join(b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells)
