"""Files packed with zstd, bzip2, xz or zip, unpacked for the time of one funnel."""

from __future__ import annotations

import bz2
import lzma
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import duckdb

from carepath.landing.files import UnreadableFileError
from carepath.landing.sources import write_text_reader

_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd")
_STREAMS: tuple[tuple[str, re.Pattern[bytes], Callable[[Path], IO[bytes]]], ...] = (
    ("bzip2", re.compile(rb"BZh[1-9]1AY&SY"), bz2.open),
    ("xz", re.compile(rb"\xfd7zXZ\x00"), lzma.open),
)
_SUFFIXES = {".zst", ".zstd", ".bz2", ".xz", ".zip"}
_CHUNK = 1 << 20


def unpack(connection: duckdb.DuckDBPyConnection, path: Path, scratch: Path) -> Path:
    """Give the unpacked copy of a file that is packed, else the file itself.

    Raises
    ------
    UnreadableFileError
        When it is damaged, or an archive of more or less than one file.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
    except OSError:
        return path  # who reads it tells why it cannot be
    folder = scratch / "unpacked"
    folder.mkdir(exist_ok=True)
    inner = path.with_suffix("") if path.suffix.lower() in _SUFFIXES else path
    copy = folder / inner.name
    if _ZSTD.match(start):
        _unpack_zstd(connection, path, copy)
        return copy
    for kind, magic, open_packed in _STREAMS:
        if magic.match(start):
            return _copy(open_packed, path, copy, kind)
    if path.suffix.lower() == ".zip":
        return _unpack_zip(path, folder)
    return path


def _copy(open_packed: Callable[[Any], IO[bytes]], packed: Any, copy: Path, kind: str) -> Path:
    name = str(packed)
    try:
        with open_packed(packed) as stream, copy.open("wb") as plain:
            shutil.copyfileobj(stream, plain, _CHUNK)
    except (EOFError, OSError, lzma.LZMAError) as error:
        raise _make_error(kind, name) from error
    return copy


def _make_error(kind: str, name: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"The {kind} file is damaged or was not written to its end.",
        where=name,
        fix="copy or export the file again",
    )


def _unpack_zip(path: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                info.filename
                for info in archive.infolist()
                if not info.is_dir() and not re.search(r"(^|/)(\.|__MACOSX/)", info.filename)
            ]
            if len(names) != 1:
                shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
                raise UnreadableFileError(
                    f"The archive holds {len(names)} files{': ' * bool(names)}{shown}.",
                    where=str(path),
                    fix="unpack it, and give the one that holds the events",
                )
            copy = folder / Path(names[0]).name
            with archive.open(names[0]) as stream, copy.open("wb") as plain:
                shutil.copyfileobj(stream, plain, _CHUNK)
    except (zipfile.BadZipFile, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise _make_error("zip", str(path)) from error
    except (RuntimeError, NotImplementedError) as error:
        raise UnreadableFileError(
            f"The archive cannot be unpacked: {error}.",
            where=str(path),
            fix="unpack it, and give the file that is in it",
        ) from error
    return copy


def _unpack_zstd(connection: duckdb.DuckDBPyConnection, path: Path, copy: Path) -> None:
    """Unpack a text line by line: DuckDB knows zstd, Python before 3.14 does not."""
    reader = write_text_reader(
        path,
        ["line"],
        {
            "header": "false",
            "delim": "chr(1)",
            "quote": "''",
            "escape": "''",
            "compression": "'zstd'",
        },
    )
    try:
        lines = connection.execute(f"select line from {reader}")
        with copy.open("wb") as plain:
            while batch := lines.fetchmany(10_000):
                for (line,) in batch:
                    plain.write((line or "").encode() + b"\n")
    except duckdb.Error as error:
        raise UnreadableFileError(
            "The zstd file is damaged, or holds no plain text in UTF-8.",
            where=str(path),
            fix="unpack it with `zstd -d`, and give what is in it",
        ) from error
