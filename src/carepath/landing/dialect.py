"""How a text file with columns is written: separator, header, line ends."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath

from carepath.landing.enriched import ENRICHED_COLUMNS
from carepath.landing.files import UnreadableFileError
from carepath.landing.matching import normalise_name
from carepath.landing.records import Broken, Open, split_cells
from carepath.landing.tables import TABLES

_SEPARATORS = (",", "\t", ";", "|")
_KNOWN = frozenset(name for table in TABLES for name in table.column_names)
_FEWEST_ENRICHED = 100
_BREAK = re.compile(rb"[\r\n]")
_QUOTED_OR_BREAK = re.compile(
    rb'(?:\A|[,\t;|])[ \t]*"[^"]*(?:""[^"]*)*"|(?P<feed>\r*\n)|(?P<carriage_return>\r)'
)


@dataclass(frozen=True)
class Dialect:
    """How to cut a file into records and cells.

    Parameters
    ----------
    separator : str
        One of comma, tab, semicolon, bar.
    is_quoted : bool
        Whether ``"`` quotes; it does not in Snowplow's enriched format.
    has_header : bool
        Whether the first record holds the names.
    columns : tuple of str
        Column names as written in the file.
    line_end : bytes
        Line feed (also where a carriage return is before it) or a lone carriage return; the
        first outside quotation marks tells which.
    is_irregular : bool
        Whether the file needs the careful reader: blank lines before the first row, or lines that
        end in a carriage return.
    """

    separator: str
    is_quoted: bool
    has_header: bool
    columns: tuple[str, ...]
    line_end: bytes = b"\n"
    is_irregular: bool = False


def read_dialect(start: bytes, name: str, *, numbers_repeats: bool = False) -> Dialect:
    """Tell the dialect of a file from its first bytes.

    Parameters
    ----------
    start : bytes
        The first bytes of the file, unpacked; at least the whole header.
    name : str
        Name of the file, for messages.
    numbers_repeats : bool
        Whether columns of one name are told apart by numbers behind it, and not refused.

    Raises
    ------
    UnreadableFileError
        When this is no text in UTF-8, or its header cannot be used.
    """
    refuse_other_encodings(start, name)
    body = start.removeprefix(b"\xef\xbb\xbf")
    for line_end in (b"\n", b"\r"):
        is_blank = not body.split(line_end, 1)[0].strip()
        first_line = (body.lstrip() if is_blank else body).split(line_end, 1)[0].rstrip(b"\r")
        if _is_enriched(first_line):
            is_irregular = is_blank or line_end == b"\r"
            return Dialect("\t", False, False, ENRICHED_COLUMNS, line_end, is_irregular)
    _refuse_other_enriched(_BREAK.split(body.lstrip(b"\r\n"), 1)[0], name)
    line_end = _find_line_end(body)
    is_blank = not body.split(line_end, 1)[0].strip()
    if is_blank:
        body = body.lstrip()
    candidates = [
        (columns, separator)
        for separator in _SEPARATORS
        if (columns := _read_header(body, separator, line_end, name)) is not None
    ]
    if not candidates:
        raise UnreadableFileError(
            "The header has a quotation mark that is not closed.",
            where=f"{name}:1",
            fix="correct the first line of the file",
        )
    columns, separator = max(
        candidates,
        key=lambda pair: (sum(normalise_name(cell) in _KNOWN for cell in pair[0]), len(pair[0])),
    )
    _refuse_carriage_returns(columns, line_end, name)
    if numbers_repeats:
        columns = _number_repeats(columns)
    _refuse_duplicates(columns, name)
    return Dialect(separator, True, True, columns, line_end, is_blank or line_end == b"\r")


def refuse_other_encodings(start: bytes, name: str) -> None:
    """Refuse what is UTF-16 or no text at all."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or start[:200].count(0) > len(start[:200]) // 8:
        given = shlex.quote(PurePath(name).name)
        raise UnreadableFileError(
            "The file is not text in UTF-8 (it looks like UTF-16 or a binary file).",
            where=name,
            fix=f"export it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8 {given}`",
        )


def _refuse_other_enriched(line: bytes, name: str) -> None:
    """Refuse enriched events that lack columns, as old versions do, or have further ones."""
    cells = line.split(b"\t")
    names = {normalise_name(cell.decode("utf-8", "replace")) for cell in cells}
    if len(cells) >= _FEWEST_ENRICHED and not names & _KNOWN:
        raise UnreadableFileError(
            f"The file has {len(cells)} tab-separated columns and no header; Snowplow's enriched "
            f"format has {len(ENRICHED_COLUMNS)}.",
            where=f"{name}:1",
            fix="put a line with the names of the columns before the first",
        )


def _find_line_end(body: bytes) -> bytes:
    """Return the first line end outside quotation marks, past blank lines."""
    for match in _QUOTED_OR_BREAK.finditer(body.lstrip(b"\r\n")):
        if match["carriage_return"] is not None:
            return b"\r"
        if match["feed"] is not None:
            break
    return b"\n"


def _is_enriched(line: bytes) -> bool:
    cells = line.split(b"\t")
    return len(cells) == len(ENRICHED_COLUMNS) and b"event_id" not in cells


def _read_header(body: bytes, separator: str, line_end: bytes, name: str) -> tuple[str, ...] | None:
    """Read the names, over several lines where a quoted one holds a line end; None where broken."""
    record = b""
    lines = body.split(line_end)
    for line in lines[:50]:
        record += line
        cells = split_cells(record.rstrip(b"\r"), separator.encode())
        if isinstance(cells, Open):
            record += line_end
            continue
        if isinstance(cells, Broken):
            break
        try:
            return tuple(cell.decode("utf-8").lstrip("\ufeff") for cell in cells)
        except UnicodeDecodeError as error:
            raise UnreadableFileError(
                "The header is not text in UTF-8.", where=f"{name}:1", fix="export it as UTF-8"
            ) from error
    return None


def _refuse_carriage_returns(columns: tuple[str, ...], line_end: bytes, name: str) -> None:
    """Refuse what may be rows taken for a header, where line ends of several kinds are mixed."""
    for column in columns:
        if line_end == b"\n" and "\r" in column.replace("\r\n", "\n"):
            raise UnreadableFileError(
                f"The column {column[:40]!r} has a carriage return in its name, so where the "
                "header ends is ambiguous.",
                where=f"{name}:1",
                fix="end every line of the file in the same way",
            )


def _number_repeats(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Put a number behind every column of a name that several have: `Comment (1)`."""
    totals = Counter(normalise_name(column) for column in columns)
    seen: Counter[str] = Counter()
    numbered = []
    for column in columns:
        normalised = normalise_name(column)
        seen[normalised] += 1
        is_repeat = normalised and totals[normalised] > 1
        numbered.append(f"{column} ({seen[normalised]})" if is_repeat else column)
    return tuple(numbered)


def _refuse_duplicates(columns: tuple[str, ...], name: str) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        normalised = normalise_name(column)
        if normalised and normalised in seen:
            raise UnreadableFileError(
                f"The column {column!r} appears twice in the header"
                + ("" if seen[normalised] == column else f" (also as {seen[normalised]!r})")
                + ", so its values are ambiguous.",
                where=f"{name}:1",
                fix="rename or remove one of the two columns",
            )
        seen[normalised] = column
