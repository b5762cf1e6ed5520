"""Files with separators (CSV, TSV) as relations."""

from __future__ import annotations

from pathlib import Path

from carepath.landing.dialect import Dialect, read_dialect
from carepath.landing.files import RawFile
from carepath.landing.records import read_records, write_cells
from carepath.landing.sources import (
    Source,
    SourceColumn,
    describe_malformed,
    find_plain_path,
    write_text_reader,
)
from carepath.quoting import quote_text


def open_delimited(
    file: RawFile,
    start: bytes,
    scratch: Path,
    *,
    is_careful: bool,
    numbers_repeats: bool = False,
) -> Source:
    """Describe a file with separators as a relation.

    Parameters
    ----------
    file : RawFile
        The file.
    start : bytes
        The first bytes of the file, unpacked.
    scratch : Path
        Folder for temporary copies.
    is_careful : bool
        Whether to copy the good records out of a malformed file first.
    numbers_repeats : bool
        Whether columns of one name are told apart by numbers behind it, and not refused.
    """
    dialect = read_dialect(start, file.name, numbers_repeats=numbers_repeats)
    if is_careful or dialect.is_irregular:
        return _open_repaired(file, dialect, scratch)
    return _open_directly(file, dialect, scratch)


def _write_row_text(columns: tuple[SourceColumn, ...], dialect: Dialect) -> str:
    """Write SQL that puts a row together again as a line of its file."""
    separator = quote_text(dialect.separator)
    cells = []
    for column in columns:
        cell = f"coalesce({column.expression}, '')"
        if dialect.is_quoted:
            special = "'[\"\\r\\n' || " + separator + " || ']'"
            quoted = f"'\"' || replace({cell}, '\"', '\"\"') || '\"'"
            cell = f"case when regexp_matches({cell}, {special}) then {quoted} else {cell} end"
        cells.append(cell)
    return f"concat_ws({separator}, {', '.join(cells)})"


def _name_columns(dialect: Dialect) -> tuple[SourceColumn, ...]:
    return tuple(
        SourceColumn(name, f"source.c{index}") for index, name in enumerate(dialect.columns)
    )


def _is_blank(columns: tuple[SourceColumn, ...]) -> str:
    """Tell an empty line of a one-column file, which the reader delivers as a row."""
    return f"{columns[0].expression} is null" if len(columns) == 1 else "false"


def _open_directly(file: RawFile, dialect: Dialect, scratch: Path) -> Source:
    columns = _name_columns(dialect)
    quote = "'\"'" if dialect.is_quoted else "''"
    reader = write_text_reader(
        find_plain_path(file, scratch),
        [f"c{index}" for index in range(len(columns))],
        {
            "header": str(dialect.has_header).lower(),
            "delim": quote_text(dialect.separator),
            "quote": quote,
            "escape": quote,
            "compression": "'gzip'" if file.is_gzipped else "'none'",
        },
    )
    return Source(reader, columns, _write_row_text(columns, dialect), is_blank=_is_blank(columns))


def _open_repaired(file: RawFile, dialect: Dialect, scratch: Path) -> Source:
    columns = _name_columns(dialect)
    good, bad = scratch / "good.csv", scratch / "bad.jsonl"
    with (
        file.open() as stream,
        good.open("wb") as accepted,
        bad.open("w", encoding="utf-8") as refused,
    ):
        for record in read_records(
            stream,
            separator=dialect.separator.encode(),
            is_quoted=dialect.is_quoted,
            width=len(columns),
            has_header=dialect.has_header,
            line_end=dialect.line_end,
        ):
            if record.cells is None:
                refused.write(
                    describe_malformed(record.row_number, record.problem or "", record.text)
                )
            else:
                number = str(record.row_number).encode()
                accepted.write(write_cells([number, *record.cells]) + b"\n")
    reader = write_text_reader(
        good,
        ["row_number", *(f"c{index}" for index in range(len(columns)))],
        {
            "header": "false",
            "delim": "','",
            "quote": "'\"'",
            "escape": "'\"'",
            # Stated, or a carriage return within quotes is taken for the end of lines.
            "new_line": "'\\n'",
        },
    )
    return Source(
        reader,
        columns,
        _write_row_text(columns, dialect),
        row_number="cast(source.row_number as bigint)",
        is_blank=_is_blank(columns),
        malformed=bad,
    )
