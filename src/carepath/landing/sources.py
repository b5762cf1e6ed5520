"""A file as a relation in SQL: its cells, and the text of each row."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from carepath.landing.dialect import Dialect, read_dialect
from carepath.landing.events import is_landed
from carepath.landing.files import RawFile, UnreadableFileError
from carepath.landing.matching import normalise_name
from carepath.landing.records import MAX_RECORD_BYTES, read_records, write_cells
from carepath.landing.sql import quote_list, quote_name, quote_text


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
    malformed: Path | None = None
    note: str | None = None


def open_source(
    connection: duckdb.DuckDBPyConnection, file: RawFile, scratch: Path, *, is_careful: bool = False
) -> Source:
    """Describe a file as a relation, reading no more than its header where possible.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Used to read the schema of Parquet and the keys of JSON.
    file : RawFile
        The file.
    scratch : Path
        Folder for temporary copies.
    is_careful : bool
        Whether to copy the good records out of a malformed text file first.

    Raises
    ------
    UnreadableFileError
        When the file as a whole cannot be read.
    duckdb.Error
        When a text file is malformed; try again with `is_careful`.
    """
    if file.format == "parquet":
        return _open_parquet(connection, _plain_path(file, scratch), file)
    start = file.read_start()
    if not start.strip():
        return Source("(select null where false) as source", (), "null", note="the file is empty")
    if file.format == "jsonl":
        return _open_jsonl(connection, file, start, scratch, is_careful=is_careful)
    dialect = read_dialect(start, file.name)
    if is_careful or dialect.is_irregular:
        return _open_repaired_csv(file, dialect, scratch)
    return _open_csv(file, dialect, scratch)


def _plain_path(file: RawFile, scratch: Path) -> Path:
    """Give a path that DuckDB takes as one file: no wildcards, no packed Parquet."""
    if file.format == "parquet" and file.is_gzipped:
        unpacked = scratch / "unpacked.parquet"
        with file.open() as packed, unpacked.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
        return unpacked
    if any(sign in str(file.path) for sign in "*?["):
        link = scratch / f"linked-{abs(hash(file.path))}"
        if not link.exists():
            link.symlink_to(file.path.resolve())
        return link
    return file.path


def _write_csv_reader(path: Path, names: list[str], options: dict[str, str]) -> str:
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
    return f"read_csv({quote_text(str(path))}, {listed}) as source"


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


def _open_csv(file: RawFile, dialect: Dialect, scratch: Path) -> Source:
    columns = _name_columns(dialect)
    quote = "'\"'" if dialect.is_quoted else "''"
    reader = _write_csv_reader(
        _plain_path(file, scratch),
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


def _open_repaired_csv(file: RawFile, dialect: Dialect, scratch: Path) -> Source:
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
                refused.write(_describe(record.row_number, record.problem or "", record.text))
            else:
                number = str(record.row_number).encode()
                accepted.write(write_cells([number, *record.cells]) + b"\n")
    reader = _write_csv_reader(
        good,
        ["row_number", *(f"c{index}" for index in range(len(columns)))],
        {"header": "false", "delim": "','", "quote": "'\"'", "escape": "'\"'"},
    )
    return Source(
        reader,
        columns,
        _write_row_text(columns, dialect),
        row_number="cast(source.row_number as bigint)",
        is_blank=_is_blank(columns),
        malformed=bad,
    )


def _describe(row_number: int, problem: str, text: bytes) -> str:
    # Bytes that are not UTF-8 are written as \xNN, so that nothing of the row is lost.
    shown = text.decode("utf-8", "backslashreplace")
    entry = {"row_number": row_number, "reason": problem, "row_text": shown}
    return json.dumps(entry, ensure_ascii=False) + "\n"


def _open_jsonl(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    start: bytes,
    scratch: Path,
    *,
    is_careful: bool,
) -> Source:
    body = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body[:1] == b"[":
        raise UnreadableFileError(
            "The file is one JSON array, not JSON Lines (one object on each line).",
            where=file.name,
            fix="convert it, for example with `jq -c '.[]'`",
        )
    path = _plain_path(file, scratch)
    compression = "'gzip'" if file.is_gzipped else "'none'"
    malformed = None
    if is_careful:
        path, malformed, compression = *_copy_readable_lines(file, scratch), "'none'"
    reader = _write_csv_reader(
        path,
        ["line"],
        {
            "header": "false",
            "delim": "chr(1)",  # a control character cannot stand unescaped in JSON
            "quote": "''",
            "escape": "''",
            "compression": compression,
        },
    )
    relation = f"""(
            select
                line,
                -- nested, because `and` may evaluate either side first
                case when json_valid(line) then
                    case when json_type(line) = 'OBJECT' then line end
                end as document
            from {reader}
        ) as source"""
    keys, has_repeated_key = _read_keys(connection, relation)
    wanted = [key for key in keys if is_landed(normalise_name(key))]
    paths = quote_list(f'$."{key}"' for key in wanted)
    columns = tuple(
        SourceColumn(
            key,
            f"source.values_[{wanted.index(key) + 1}]"
            if key in wanted
            else "cast(null as varchar)",
        )
        for key in keys
    )
    extracted = f"""(
        select *, json_extract_string(document, {paths}) as values_
        from {relation}
    ) as source"""
    problems = [
        ("(source.document is null)", quote_text("the line is not a JSON object")),
    ]
    if has_repeated_key:
        keys_of_row = "json_keys(source.document)"
        problems.append(
            (
                f"(len({keys_of_row}) != len(list_distinct({keys_of_row})))",
                quote_text("a key appears twice"),
            )
        )
    return Source(
        extracted,
        columns,
        "source.line",
        is_blank="coalesce(trim(source.line, ' ' || chr(9) || chr(13)), '') = ''",
        problems=tuple(problems),
        malformed=malformed,
    )


def _read_keys(
    connection: duckdb.DuckDBPyConnection, relation: str
) -> tuple[tuple[str, ...], bool]:
    """Collect the keys of all lines, in order of name, and whether one stands twice in a line."""
    row = connection.execute(
        f"""
        with shapes as (
            select distinct json_keys(source.document) as keys from {relation}
        )
        select
            coalesce(list_sort(list_distinct(flatten(list(keys)))), []),
            coalesce(bool_or(len(keys) != len(list_distinct(keys))), false)
        from shapes
        """
    ).fetchone()
    assert row is not None
    # A key with a quotation mark is no column of ours and cannot be written as a path.
    return tuple(key for key in row[0] if '"' not in key), bool(row[1])


def _copy_readable_lines(file: RawFile, scratch: Path) -> tuple[Path, Path]:
    """Copy the lines that are text; the others leave an empty line, so that numbers stay."""
    good, bad = scratch / "good.jsonl", scratch / "bad.jsonl"
    with (
        file.open() as stream,
        good.open("wb") as accepted,
        bad.open("w", encoding="utf-8") as refused,
    ):
        for number, line in enumerate(stream, start=1):
            text = line.rstrip(b"\r\n")
            if number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            problem = _find_line_problem(text)
            if problem is None:
                accepted.write(text.replace(b"\r", b" ") + b"\n")
            else:
                accepted.write(b"\n")
                refused.write(_describe(number, problem, text))
    return good, bad


def _find_line_problem(text: bytes) -> str | None:
    if len(text) > MAX_RECORD_BYTES:
        return f"the row is longer than {MAX_RECORD_BYTES} bytes"
    if b"\x01" in text:
        return "the line is not a JSON object"
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return "the row is not text in UTF-8"
    return None


def _open_parquet(connection: duckdb.DuckDBPyConnection, path: Path, file: RawFile) -> Source:
    reader = (
        f"read_parquet({quote_text(str(path))}, binary_as_string = true, "
        "hive_partitioning = false) as source"
    )
    try:
        described = connection.execute(f"describe select * from {reader}").fetchall()
    except duckdb.Error as error:
        raise UnreadableFileError(
            "The Parquet file is damaged or was not written to its end.",
            where=file.name,
            fix="export the file again",
        ) from error
    seen: dict[str, str] = {}
    for name, *_ in described:
        if normalise_name(name) in seen:
            raise UnreadableFileError(
                f"The columns {seen[normalise_name(name)]!r} and {name!r} are the same to carepath,"
                " so the values are ambiguous.",
                where=file.name,
                fix="rename or remove one of the two columns",
            )
        seen[normalise_name(name)] = name
    columns = tuple(
        SourceColumn(name, f"source.c{index}", kind)
        for index, (name, kind, *_) in enumerate(described)
    )
    renamed = ", ".join(
        f"{quote_name(column.name)} as c{index}" for index, column in enumerate(columns)
    )
    packed = ", ".join(f"{quote_name(column.name)} := {column.expression}" for column in columns)
    return Source(
        f"(select {renamed} from {reader}) as source",
        columns,
        f"cast(to_json(struct_pack({packed})) as varchar)",
    )
