"""Files packed in ways that landing does not read: told from their first bytes, with the remedy."""

from __future__ import annotations

import shlex
import tarfile
import zipfile
from pathlib import Path, PurePath

from carepath.landing.files import UnreadableFileError, is_of_known_format
from carepath.landing.matching import match_table

_COMMANDS = (
    ("zstd", b"\x28\xb5\x2f\xfd", "zstd -d --rm"),
    ("bzip2", b"BZh", "bunzip2"),
    ("xz", b"\xfd7zXZ\x00", "unxz"),
)
_TAR_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")


def refuse_packed(path: Path, name: str, place: PurePath, *, is_alone: bool) -> str | None:
    """Refuse a packed file of a table, unless what is in it lies unpacked beside it.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        Its name for messages.
    place : PurePath
        Its path with the folders that may name the table.
    is_alone : bool
        Whether only this file is landed, and nothing that lies beside it.

    Returns
    -------
    str or None
        A note where it lies there; None where the file is not packed, or holds no table by name.
    """
    found = _tell(path)
    if found is None:
        return None
    kind, command, inner = found
    rows = [
        one
        for one in inner
        if is_of_known_format(Path(one)) and match_table(place.parent / one, ()) is not None
    ]
    if not rows:
        return None
    if not is_alone and all(one != path.name and (path.parent / one).exists() for one in rows):
        return f"packed ({kind}), and unpacked beside it"
    raise UnreadableFileError(
        f"The file is packed ({kind}); landing reads plain files and gzip.",
        where=name,
        fix=f"unpack it with `{command} {shlex.quote(path.name)}`",
    )


def _tell(path: Path) -> tuple[str, str, list[str]] | None:
    """Give the kind, the command that unpacks it, and the names of the files in it."""
    lowered = path.name.lower()
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
        if lowered.endswith(_TAR_SUFFIXES):
            with tarfile.open(path) as archive:
                return "tar", "tar -xf", [one.name for one in archive if one.isfile()]
        if start[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as archive:
                return "zip", "unzip", archive.namelist()
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile):
        return None
    for kind, magic, command in _COMMANDS:
        if start.startswith(magic):
            return kind, command, [path.name if is_of_known_format(path) else path.stem]
    return None
