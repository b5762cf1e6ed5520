"""One file of events, however it is packed and put, as CSV, JSON Lines or Parquet in UTF-8."""

from __future__ import annotations

import codecs
import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.packing import unpack
from carepath.landing.escapes import double_quotation_marks
from carepath.landing.files import RawFile, UnreadableFileError, recognise
from carepath.quoting import quote_path, quote_text

_SEPARATOR_LINE = re.compile(rb'"?sep=[,;|\t]"?\r?\n', re.IGNORECASE)
"""How Excel is told the separator."""
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_BOM = b"\xef\xbb\xbf"
_LARGEST_OBJECT = 1 << 28
_CHUNK = 1 << 20


def find_file(
    connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path, person: str
) -> tuple[RawFile, str]:
    """Give the file to read, which is a copy where it has to be made plain first.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Reads what Python cannot.
    path : Path
        The file.
    scratch : Path
        Folder for copies.
    person : str
        What the file calls the column of persons: a JSON object that has it is an event.

    Returns
    -------
    (RawFile, str)
        The file in UTF-8, and the encoding that it had.

    Raises
    ------
    CarepathError
        When its kind is not known, or it cannot be read.
    """
    name = str(path)
    plain = unpack(connection, path, scratch)
    file = recognise(plain, name) or _recognise_json(plain, name)
    if file is None and _is_markup(plain):
        raise CarepathError(
            "The file is XML or HTML.",
            where=name,
            fix="save the log as CSV; programs that write XES (pm4py, ProM, Disco) can",
        )
    if file is None:
        raise CarepathError(
            "The format of the file is not recognised.",
            where=name,
            fix="give CSV, Parquet or JSON Lines (.csv, .parquet, .jsonl, also .gz, .zst, .zip), "
            "by its name; a spreadsheet saves it as CSV UTF-8",
        )
    if file.format == "parquet":
        return file, "utf-8"
    encoding = _tell_encoding(file.read_start())
    if encoding != "utf-8":
        file = _write_utf8(file, encoding, scratch)
    if file.format == "csv":
        file = _leave_out_separator_line(file, scratch)
        start = file.read_start()
        return double_quotation_marks(file, start, scratch, numbers_repeats=True), encoding
    start = file.read_start().removeprefix(_BOM).lstrip()
    if re.match(rb"\[\s*[{\]]", start):
        file = _write_lines(connection, file, "array", scratch, person)
    elif re.match(rb"\{[ \t\r]*\n", start) or (start[:1] == b"{" and b"\n" not in start.strip()):
        file = _write_lines(connection, file, "unstructured", scratch, person)
    return file, encoding


def _is_markup(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(200).removeprefix(_BOM).lstrip().startswith(b"<")


def _recognise_json(path: Path, name: str) -> RawFile | None:
    """Take a log for JSON Lines where its first line is an object, whatever its suffix."""
    with path.open("rb") as stream:
        line = stream.readline(_CHUNK)
    try:
        return RawFile(path, name, "jsonl", False) if isinstance(json.loads(line), dict) else None
    except ValueError:
        return None


def _tell_encoding(start: bytes) -> str:
    """Tell UTF-16 by its mark, and Windows-1252 by that nothing beyond ASCII is UTF-8."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        is_utf8 = _UTF8_CHARACTER.search(start) is not None or b"\0" in start
        return "utf-8" if is_utf8 else "windows-1252"
    return "utf-8"


def _write_utf8(file: RawFile, encoding: str, scratch: Path) -> RawFile:
    copy = scratch / "utf-8.txt"
    # Five codes of Windows-1252 are no characters.
    errors = "replace" if encoding == "windows-1252" else "strict"
    try:
        with (
            file.open() as stream,
            io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="") as text,
            copy.open("w", encoding="utf-8", newline="") as plain,
        ):
            shutil.copyfileobj(text, plain, _CHUNK)
    except UnicodeError as error:
        raise UnreadableFileError(
            "The file starts as UTF-16, but is not UTF-16 to its end.",
            where=file.name,
            fix="export it as UTF-8",
        ) from error
    return replace(file, path=copy, is_gzipped=False)


def _leave_out_separator_line(file: RawFile, scratch: Path) -> RawFile:
    start = file.read_start(32).removeprefix(_BOM)
    line = _SEPARATOR_LINE.match(start)
    if line is None:
        return file
    copy = scratch / "without-separator-line.csv"
    with file.open() as stream, copy.open("wb") as plain:
        stream.readline()
        shutil.copyfileobj(stream, plain, _CHUNK)
    return replace(file, path=copy, is_gzipped=False)


def _write_lines(
    connection: duckdb.DuckDBPyConnection, file: RawFile, layout: str, scratch: Path, person: str
) -> RawFile:
    """Write one line for each object of a JSON document."""
    copy = scratch / "lines.jsonl"
    compression = "gzip" if file.is_gzipped else "none"
    reader = (
        f"read_json_objects({quote_path(file.path)}, format = '{layout}', "
        f"compression = '{compression}', maximum_object_size = {_LARGEST_OBJECT})"
    )
    try:
        key = _find_only_list(connection, reader, person) if layout == "unstructured" else None
        if key is not None:
            reader = f"(select unnest(json_extract(json, {quote_text(key)})) as json from {reader})"
        objects = connection.execute(f"select cast(json(json) as varchar) from {reader}")
        with copy.open("w", encoding="utf-8", newline="\n") as plain:
            while batch := objects.fetchmany(10_000):
                plain.writelines(f"{line}\n" for (line,) in batch)
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, UnicodeError) as error:
        raise UnreadableFileError(
            f"The file is not valid JSON: {str(error).splitlines()[0]}",
            where=file.name,
            fix="export it again, best as JSON Lines (one object on each line)",
        ) from error
    return replace(file, path=copy, is_gzipped=False)


def _find_only_list(connection: duckdb.DuckDBPyConnection, reader: str, person: str) -> str | None:
    """Give the path of the events where a lone object wraps them, as answers of services do."""
    rows = connection.execute(f"select json from {reader} limit 2").fetchall()
    if len(rows) != 1:
        return None
    document = json.loads(rows[0][0])
    if not isinstance(document, dict) or person.partition(".")[0] in document:
        return None
    lists = [
        key
        for key, value in document.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
    return '$."' + lists[0].replace('"', '\\"') + '"[*]' if len(lists) == 1 else None
