"""The files of a folder: which there are, what format they are in, what they hold exactly."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, cast

from carepath.errors import CarepathError

Format = Literal["csv", "jsonl", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
# Lists of the other files, as Redshift and Iceberg write them.
_LIST_OF_FILES = re.compile(r"(.*[_.-])?(manifest|metadata)(\.json)?", re.IGNORECASE)
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class RawFile:
    """A file as found on disk.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        Path relative to the folder that is landed; the name in reports and in the ledger.
    format : str
        ``csv`` (also tab- and semicolon-separated), ``jsonl`` or ``parquet``.
    is_gzipped : bool
        Whether the content is compressed with gzip.
    """

    path: Path
    name: str
    format: Format
    is_gzipped: bool

    def open(self) -> BinaryIO:
        """Open the content, unpacked."""
        if self.is_gzipped:
            return cast(BinaryIO, gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def read_start(self, size: int = 1 << 20) -> bytes:
        """Read the first bytes of the content, unpacked."""
        with _naming(self.name), self.open() as stream:
            return stream.read(size)


class UnreadableFileError(CarepathError):
    """A file that cannot be landed as a whole."""


def find_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """List the files of a folder and its subfolders, in order of name, with relative names.

    Hidden files and the markers of Spark and the like (``_SUCCESS``) are left out. Links to
    folders are followed, each folder once.
    """
    if folder.is_file():
        yield _write_name(folder.name), folder
        return
    seen: set[str] = set()
    paths = []
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        paths += [Path(place, name) for name in names if not name.startswith((".", "_"))]
    for path in sorted(paths):
        if path.is_file():
            yield _write_name(path.relative_to(folder).as_posix()), path


def _write_name(name: str) -> str:
    """Write bytes of a name that are not UTF-8 by their codes: no database holds them."""
    return name.encode(errors="backslashreplace").decode()


def recognise(path: Path, name: str) -> RawFile | None:
    """Tell the format of a file by its first bytes where they are Parquet's, else by its suffix.

    Text that begins as an object does is JSON, whatever its suffix.

    Returns
    -------
    RawFile or None
        None for a file with a suffix of another kind (``README.md``), and for lists of files.

    Raises
    ------
    UnreadableFileError
        When the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise UnreadableFileError(
            f"The file cannot be read: {error.strerror}.", where=name, fix="check its permissions"
        ) from error
    is_gzipped = start[:2] == _GZIP_MAGIC
    if path.suffix.lower() == ".gz":
        is_gzipped = is_gzipped or bool(start)
    if not is_of_known_format(path) or _LIST_OF_FILES.fullmatch(path.name):
        return None
    file = RawFile(path, name, _tell_by_suffix(path) or "csv", is_gzipped)
    if is_gzipped:
        start = file.read_start(len(_PARQUET_MAGIC))
    if start == _PARQUET_MAGIC:
        return replace(file, format="parquet")
    return replace(file, format="jsonl") if start[:1] == b"{" else file


def is_of_known_format(path: Path) -> bool:
    """Tell whether a name is that of a file of rows; parts of Spark's have no suffix."""
    suffixes = _list_suffixes(path)
    has_none = not suffixes or suffixes[-1].strip(".").isdigit()
    return has_none or _tell_by_suffix(path) is not None


def _list_suffixes(path: Path) -> list[str]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[:-1] if suffixes[-1:] == [".gz"] else suffixes


def _tell_by_suffix(path: Path) -> Format | None:
    suffixes = _list_suffixes(path)
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def fingerprint(file: RawFile, advance: Callable[[int], None] = lambda _: None) -> str:
    """Hash the content of a file; packed or not, the same content has the same hash.

    Raises
    ------
    UnreadableFileError
        When the file cannot be read to its end, or fails its own check sum.
    """
    digest = hashlib.sha256()
    with _naming(file.name), file.open() as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say of which file it is that it cannot be read."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFileError(
            "The gzip file is damaged or was not written to its end.",
            where=name,
            fix="copy or export the file again",
        ) from error
    except OSError as error:
        raise UnreadableFileError(
            f"The file cannot be read: {error.strerror or error}.",
            where=name,
            fix="check the file and its permissions",
        ) from error
