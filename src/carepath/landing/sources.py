"""A file as a relation in SQL: its cells, and the text of each row."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from carepath.landing.files import RawFile
from carepath.landing.matching import normalise_name
from carepath.landing.records import MAX_RECORD_BYTES
from carepath.quoting import quote_path, quote_text


@dataclass(frozen=True)
class SourceColumn:
    """A column of a file.

    Parameters
    ----------
    name : str
        As written in the file.
    expression : str
        SQL of its cell in the relation.
    type : str
        DuckDB type of that expression.
    """

    name: str
    expression: str
    type: str = "VARCHAR"

    @property
    def normalised(self) -> str:
        """The name as tables write it."""
        return normalise_name(self.name)


@dataclass(frozen=True)
class Source:
    """A file as a relation.

    Parameters
    ----------
    relation : str
        SQL to select from; rows come in the order of the file.
    columns : tuple of SourceColumn
        Columns in the order of the file.
    row_text : str
        SQL of the row itself.
    row_number : str or None
        SQL of the row's number; None where it is the place in the relation.
    is_blank : str
        SQL telling whether this is no row at all but an empty line.
    problems : tuple of (str, str)
        Conditions that make any row of this file a reject, each with SQL of the reason.
    unreadable : (str, str) or None
        The condition under which a row has no cells at all, with SQL of its only reason.
    malformed : Path or None
        JSON Lines of the records that could not even be read: row_number, reason, row_text.
    note : str or None
        What to tell the user about this file.
    """

    relation: str
    columns: tuple[SourceColumn, ...]
    row_text: str
    row_number: str | None = None
    is_blank: str = "false"
    problems: tuple[tuple[str, str], ...] = ()
    unreadable: tuple[str, str] | None = None
    malformed: Path | None = None
    note: str | None = None


def find_plain_path(file: RawFile, scratch: Path) -> Path:
    """Give a path that DuckDB takes as one file: text, no wildcards, no packed Parquet."""
    if file.format == "parquet" and file.is_gzipped:
        unpacked = scratch / "unpacked.parquet"
        with file.open() as packed, unpacked.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
        return unpacked
    path = str(file.path)
    if any(sign in path for sign in "*?[") or path != path.encode(errors="replace").decode():
        link = scratch / f"linked-{abs(hash(file.path))}"
        if not link.exists():
            link.symlink_to(file.path.resolve())
        return link
    return file.path


def write_text_reader(path: Path, names: list[str], options: dict[str, str]) -> str:
    """Write SQL that reads a delimited file as texts, as strictly as DuckDB can."""
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in names)
    settings = {
        "auto_detect": "false",
        "columns": "{" + columns + "}",
        "strict_mode": "true",
        "null_padding": "false",
        "max_line_size": str(MAX_RECORD_BYTES),
        **options,
    }
    listed = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return f"read_csv({quote_path(path)}, {listed}) as source"


def describe_malformed(row_number: int, problem: str, text: bytes) -> str:
    """Write the JSON line that keeps a record that could not be read."""
    # Bytes that are not UTF-8 are written as \xNN, so that nothing of the row is lost.
    shown = text.decode("utf-8", "backslashreplace")
    entry = {"row_number": row_number, "reason": problem, "row_text": shown}
    return json.dumps(entry, ensure_ascii=False) + "\n"
