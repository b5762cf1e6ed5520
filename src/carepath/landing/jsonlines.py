"""JSON Lines files as relations."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from carepath.landing.events import is_landed
from carepath.landing.files import RawFile, UnreadableFileError
from carepath.landing.matching import normalise_name
from carepath.landing.records import MAX_RECORD_BYTES, NOT_UTF8
from carepath.landing.sources import (
    Source,
    SourceColumn,
    describe_malformed,
    find_plain_path,
    write_text_reader,
)
from carepath.quoting import quote_list, quote_text


def open_jsonl(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    start: bytes,
    scratch: Path,
    *,
    is_careful: bool,
) -> Source:
    """Describe a JSON Lines file as a relation; reads it once to know its keys.

    Raises
    ------
    UnreadableFileError
        When it is one JSON array.
    """
    body = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if body[:1] == b"[" and body[1:].lstrip()[:1] == b"{":
        raise UnreadableFileError(
            "The file is one JSON array, not JSON Lines (one object on each line).",
            where=file.name,
            fix="convert it, for example with `jq -c '.[]'`",
        )
    path = find_plain_path(file, scratch)
    compression = "'gzip'" if file.is_gzipped else "'none'"
    malformed = None
    if is_careful:
        path, malformed, compression = *_copy_readable_lines(file, scratch), "'none'"
    reader = write_text_reader(
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
                case
                    when json_valid(line) then
                        case
                            when starts_with(line, '{{') then line
                            when json_type(line) = 'OBJECT' then line
                        end
                end as document
            from {reader}
        ) as source"""
    keys, has_repeated_key = _read_keys(connection, relation)
    wanted = [key for key in keys if is_landed(normalise_name(key))]
    pointers = write_pointers(wanted)
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
        select *, json_extract_string(document, {pointers}) as values_
        from {relation}
    ) as source"""
    problems: list[tuple[str, str]] = []
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
        # `trim` is slow on long lines, and a line with a brace is not blank
        is_blank=(
            "(source.line is null or case when not contains(source.line, '{') "
            "then trim(source.line, ' ' || chr(9) || chr(13)) = '' else false end)"
        ),
        problems=tuple(problems),
        unreadable=(
            "(source.document is null)",
            quote_text("the line is not a JSON object"),
        ),
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
    return tuple(row[0]), bool(row[1])


def write_pointers(keys: Iterable[str]) -> str:
    """Write SQL of where keys stand in an object: any key can be in a pointer, not in a path."""
    return quote_list("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


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
                refused.write(describe_malformed(number, problem, text))
    return good, bad


def _find_line_problem(text: bytes) -> str | None:
    if len(text) > MAX_RECORD_BYTES:
        return f"the row is longer than {MAX_RECORD_BYTES} bytes"
    if b"\x01" in text:
        return "the line is not a JSON object"
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return NOT_UTF8
    return None
