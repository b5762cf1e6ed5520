"""Files of rows in formats that landing does not read: told from their suffix, with the remedy."""

from __future__ import annotations

from pathlib import Path, PurePath

from carepath.landing.files import UnreadableFileError, is_of_known_format
from carepath.landing.matching import match_table

_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_OF_PROGRAMS = {".orc": "ORC", ".avro": "Avro", ".arrow": "Arrow", ".feather": "Arrow"}


def refuse_other_kind(path: Path, name: str, place: PurePath) -> None:
    """Refuse a file of a table in another format, unless it lies in a known one beside it.

    Parameters
    ----------
    path : Path
        Where it is.
    name : str
        Its name for messages.
    place : PurePath
        Its path with the folders that may name the table.
    """
    suffix = path.suffix.lower()
    if suffix in _SPREADSHEETS:
        kind, fix = "a spreadsheet", "save each sheet as CSV UTF-8"
        place = PurePath(place.name)  # notes beside the files of a table are none of them
    elif suffix in _OF_PROGRAMS:
        kind, fix = _OF_PROGRAMS[suffix], "export it as Parquet, CSV or JSON Lines"
    else:
        return
    if match_table(place.with_suffix(""), ()) is None or any(
        is_of_known_format(other) for other in path.parent.glob(f"{path.stem}.*")
    ):
        return
    raise UnreadableFileError(
        f"The file is {kind}; landing reads CSV, JSON Lines and Parquet.", where=name, fix=fix
    )
