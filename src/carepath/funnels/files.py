"""The events of a file or of the warehouse as a relation in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.nested import find_column, find_outer, list_outers, list_parts, write_part
from carepath.funnels.plain import find_file
from carepath.funnels.reading import list_names, suggest
from carepath.funnels.roles import (
    MEANINGS,
    REQUIRED,
    ROLES,
    is_moment,
    is_usual,
    join_names,
    suggest_columns,
    suggest_header,
)
from carepath.landing.casting import write_text
from carepath.landing.delimited import open_delimited
from carepath.landing.files import RawFile
from carepath.landing.jsonlines import open_jsonl, write_pointers
from carepath.landing.matching import normalise_name
from carepath.landing.parquet import open_parquet
from carepath.landing.sources import Source
from carepath.quoting import quote_name, quote_text


@dataclass(frozen=True)
class EventRelation:
    """Events to select from.

    Parameters
    ----------
    relation : str
        SQL to select from.
    columns : dict
        Name -> (SQL of the cell, its DuckDB type).
    name : str
        For messages.
    content : str
        SQL of everything a row says, to compare rows with.
    is_unreadable, is_blank, is_excluded : str
        SQL of conditions: no cells at all; no row at all; a person out of every funnel.
    malformed : Path or None
        One line for each record that could not even be read.
    freshness : str or None
        SQL of the moment up to which the events are complete.
    row_number : str or None
        SQL of the row's number in the file; None where it is the place in the relation.
    has_row_numbers : bool
        Whether rows have a place at all.
    is_columnar : bool
        Whether reading again costs little, and only the columns that are asked for.
    is_judged : bool
        Whether events whose dates are none have been rejected already.
    known : tuple of str
        Names to suggest for one that there is not; empty: all columns.
    empty : frozenset of str
        Of these, names that no row fills, where that has been looked at.
    encoding : str
        What the text of the file is written in.
    """

    relation: str
    columns: dict[str, tuple[str, str]]
    name: str
    content: str
    is_unreadable: str = "false"
    is_blank: str = "false"
    is_excluded: str = "false"
    malformed: Path | None = None
    freshness: str | None = None
    row_number: str | None = None
    has_row_numbers: bool = True
    is_columnar: bool = False
    is_judged: bool = False
    known: tuple[str, ...] = ()
    empty: frozenset[str] = frozenset()
    encoding: str = "utf-8"

    def find(self, wanted: str) -> str:
        """Return the name of a column as the source writes it: exactly so, else in other case.

        Raises
        ------
        CarepathError
            When there is none, listing the columns; or two are alike.
        """
        if wanted in self.columns:
            return wanted
        alike = [name for name in self.columns if normalise_name(name) == normalise_name(wanted)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise CarepathError(
                f"Several columns could be {wanted!r}: {', '.join(alike)}.",
                where=self.name,
                fix="rename or remove all but one",
            )
        known = self.known or tuple(self.columns)
        if wanted not in REQUIRED:
            raise CarepathError(
                f"No event has the property {wanted!r}.",
                where=self.name,
                fix=suggest(wanted, known, "properties"),
            )
        missing = [role for role in REQUIRED if find_column(role, self.columns) is None]
        is_one = len(missing) == 1
        meaning = join_names([MEANINGS[role] for role in missing])
        filled = [name for name in known if name not in self.empty]
        raise CarepathError(
            f"The column{'' if is_one else 's'} {join_names(missing)} "
            f"{'is' if is_one else 'are'} missing.",
            where=self.name,
            fix=f"{suggest_header(known)}name the column{'' if is_one else 's'} that "
            f"{'says' if is_one else 'say'} {meaning} in the definition: "
            f"{suggest_columns(missing, filled)}; {list_names(known, 'columns')}",
        )

    def rename(self, columns: Mapping[str, tuple[str, ...]]) -> EventRelation:
        """Return it with columns under the names that they have here.

        Parameters
        ----------
        columns : dict
            Name here -> names in the source, in whatever case: several are put together with a
            space between.

        Raises
        ------
        CarepathError
            When there is no such column, listing those that there are.
        """
        for role, name in ((role, name) for role, names in columns.items() for name in names):
            if find_column(name, self.columns) is None:
                known = self.known or tuple(self.columns)
                raise CarepathError(
                    f"There is no column {name!r}, which the definition gives for {role}.",
                    where=self.name,
                    fix=suggest_header(known) + suggest(name, known, "columns"),
                )
            if role == "timestamp" and is_moment(name):
                raise CarepathError(
                    f"The file has no header: its first line is data, as {name!r} is a time.",
                    where=self.name,
                    fix="put a line with the names of the columns first, such as "
                    "person,event,timestamp",
                )
        renamed = {}
        for role, names in columns.items():
            found = [self.find(name) for name in names]
            texts = ", ".join(f"trim({self.text_of(name)})" for name in found)
            is_one = len(found) == 1
            renamed[role] = (
                self.columns[found[0]] if is_one else (f"concat_ws(' ', {texts})", "VARCHAR")
            )
        return replace(self, columns=self.columns | renamed)

    def text_of(self, column: str) -> str:
        """Write SQL for a cell as text; null where it is empty."""
        return write_text(*self.columns[column])


def open_events(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    definition: FunnelDefinition,
    scratch: Path,
    *,
    is_careful: bool = False,
) -> EventRelation:
    """Describe a file of events.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Where it will be read.
    path : Path
        CSV, Parquet or JSON; packed too.
    definition : FunnelDefinition
        Tells the columns and properties that will be read.
    scratch : Path
        Folder for temporary copies.
    is_careful : bool
        Whether to leave out the malformed records of a text file first.

    Raises
    ------
    CarepathError
        When there is no such file, it holds nothing, or it cannot be read as a whole.
    """
    if not path.is_file():
        raise CarepathError(
            "There is no such file." if not path.exists() else "That is not a file.",
            where=str(path),
            fix="name a CSV, Parquet or JSON Lines file with --events; "
            "make one of a folder of them (docs/ad-hoc-funnels.md)",
        )
    person = definition.columns.get("person", ("person",))[0]
    file, encoding = find_file(connection, path, scratch, person)
    try:
        named = [name for names in definition.columns.values() for name in names]
        names = tuple(dict.fromkeys((*named, *definition.properties)))
        source = _open(connection, file, names, scratch, is_careful)
        source = _add_parts(connection, source, names).rename(definition.columns)
        if any(find_column(role, source.columns) is None for role in REQUIRED):
            source = _know_empty(connection, _know_parts(connection, source))
        return replace(source, encoding=encoding)
    except (EOFError, OSError) as error:
        raise CarepathError(
            f"The file cannot be read to its end: {error}.", where=str(path), fix="export it again"
        ) from None


def _open(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile,
    properties: Sequence[str],
    scratch: Path,
    is_careful: bool,
) -> EventRelation:
    if file.format == "parquet":
        return _describe(open_parquet(connection, file, scratch), file)
    start = file.read_start()
    if not start.removeprefix(b"\xef\xbb\xbf").strip():
        raise CarepathError(
            "The file is empty.",
            where=file.name,
            fix="give events with the columns person, event, timestamp",
        )
    if file.format == "jsonl":
        source = open_jsonl(connection, file, start, scratch, is_careful=is_careful)
        return _describe_json(source, file, properties)
    source = open_delimited(file, start, scratch, is_careful=is_careful, numbers_repeats=True)
    return _describe(source, file)


def _add_parts(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, names: Sequence[str]
) -> EventRelation:
    """Add parts of columns that are named with dots, as long as some row has them."""
    parts: dict[str, tuple[str, str]] = {}
    known = list(source.columns)
    for name in names:
        found = find_outer(name, source.columns)
        if found is None:
            continue
        outer, inner = found
        part = write_part(*source.columns[outer], inner)
        if connection.execute(
            f"select 1 from {source.relation} where {part} is not null limit 1"
        ).fetchone():
            parts[name] = part, "VARCHAR"
        else:
            known += list_parts(connection, source.relation, source.columns, outer)
    return replace(source, columns=source.columns | parts, known=tuple(dict.fromkeys(known)))


def _know_parts(connection: duckdb.DuckDBPyConnection, source: EventRelation) -> EventRelation:
    """Let the parts of columns be suggested as well."""
    known = list(source.known)
    for outer in source.known[:50]:
        if outer in source.columns:
            known += list_parts(connection, source.relation, source.columns, outer)
    return replace(source, known=tuple(dict.fromkeys(known)))


def _know_empty(connection: duckdb.DuckDBPyConnection, source: EventRelation) -> EventRelation:
    """Let no column be suggested that has a usual name and no value."""
    names = [name for name in source.known if is_usual(name)]
    cells = []
    for name in names:
        outer = find_outer(name, source.columns)
        cells.append(
            source.text_of(source.find(name))
            if outer is None
            else write_part(*source.columns[outer[0]], outer[1])
        )
    if not cells:
        return source
    filled = ", ".join(f"bool_or(trim({cell}) != '')" for cell in cells)
    row = connection.execute(f"select count(*), {filled} from {source.relation}").fetchone()
    assert row is not None
    rows, *has_values = row
    empty = [name for name, has in zip(names, has_values, strict=True) if rows and not has]
    return replace(source, empty=frozenset(empty))


def _describe(source: Source, file: RawFile) -> EventRelation:
    columns = {column.name: (column.expression, column.type) for column in source.columns}
    if file.format == "csv" and any(name != name.strip() for name in columns):
        # Spaces around the names are around all cells: `person, event, timestamp`.
        columns = {name.strip(): (f"trim({cell})", kind) for name, (cell, kind) in columns.items()}
    ordered = [columns[name][0] for name in sorted(columns)]
    return EventRelation(
        source.relation,
        columns,
        file.name,
        f"hash({', '.join(ordered)})",
        is_blank=source.is_blank,
        malformed=source.malformed,
        row_number=source.row_number,
        is_columnar=file.format == "parquet",
    )


def _describe_json(source: Source, file: RawFile, properties: Sequence[str]) -> EventRelation:
    """Extract the keys that are read in one pass; the others only to compare copies."""
    keys = [column.name for column in source.columns]
    read = {normalise_name(name) for name in (*ROLES, *list_outers(properties))}
    wanted = [key for key in keys if normalise_name(key) in read]
    cells = f"json_extract_string(document, {write_pointers(wanted)})"
    columns = {
        key: (
            f"source.cells_[{wanted.index(key) + 1}]"
            if key in wanted
            else f"json_extract_string(source.document, {write_pointers([key])})[1]",
            "VARCHAR",
        )
        for key in keys
    }
    return EventRelation(
        f"(select *, {cells} as cells_ from {source.relation}) as source",
        columns,
        file.name,
        f"hash(json_extract_string(source.document, {write_pointers(sorted(keys))}))",
        is_unreadable="source.document is null",
        is_blank=source.is_blank,
        malformed=source.malformed,
        row_number=source.row_number,
    )


WAREHOUSE_COLUMNS = {"person": "member_id", "timestamp": "event_at"}


def open_warehouse(connection: duckdb.DuckDBPyConnection, prod: Path) -> EventRelation:
    """Attach a published warehouse and describe its `funnel_events`.

    Raises
    ------
    CarepathError
        When it has not been built, or cannot be opened.
    """
    if not prod.is_file():
        raise CarepathError(
            "The warehouse has not been built yet.",
            where=str(prod),
            fix="land data with `carepath land FOLDER`, then run `carepath build`",
        )
    try:
        connection.execute(f"attach {quote_text(str(prod))} as prod (read_only)")
        described = connection.execute("describe prod.main.funnel_events").fetchall()
    except duckdb.Error as error:
        raise CarepathError(
            f"The warehouse cannot be read: {str(error).splitlines()[0]}",
            where=str(prod),
            fix="close what writes to it, or run `carepath build` again",
        ) from None
    columns = {name: (f"source.{quote_name(name)}", kind) for name, kind, *_ in described}
    for name, original in WAREHOUSE_COLUMNS.items():
        columns[name] = columns[original]
    # A step of a funnel is called by its own name: all such events are named alike.
    columns["event"] = ("coalesce(source.step_name, source.event_name)", "VARCHAR")
    return EventRelation(
        "prod.main.funnel_events as source",
        columns,
        "prod.funnel_events",
        "source.has_payload_conflict",
        is_excluded="source.exclusion_reason is not null",
        freshness="select complete_through from prod.main.data_freshness "
        "where source_table = 'snowplow.events'",
        has_row_numbers=False,
        is_columnar=True,
        is_judged=True,
    )
