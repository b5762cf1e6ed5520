"""Run a funnel over a file of events or over the warehouse."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.breakdown import break_down
from carepath.funnels.crossing import add_assignment, has_crossing_steps
from carepath.funnels.definition import (
    EARLIEST_READABLE_AT,
    LATEST_READABLE_AT,
    FunnelDefinition,
)
from carepath.funnels.events import LoadedEvents, drop_all, load_events
from carepath.funnels.examples import find_first_timestamp
from carepath.funnels.files import EventRelation, open_events, open_warehouse
from carepath.funnels.forms import find_forms, refuse_small_numbers
from carepath.funnels.histogram import make_histogram
from carepath.funnels.literals import from_microseconds, to_microseconds
from carepath.funnels.matching import match_people
from carepath.funnels.parsing import parse_definition, read_definition
from carepath.funnels.people import account_people, add_persons
from carepath.funnels.problems import find_problem_rows
from carepath.funnels.result import FunnelResult
from carepath.funnels.summary import make_steps, make_totals, summarise
from carepath.funnels.trend import follow_trend
from carepath.funnels.unseen import find_unseen
from carepath.funnels.zones import check_zone
from carepath.workspace import find_workspace

PathLike = str | os.PathLike[str]


def funnel(
    definition: FunnelDefinition | Mapping[str, Any] | PathLike,
    *,
    events: PathLike | None = None,
    warehouse: PathLike | None = None,
    persons: bool = False,
) -> FunnelResult:
    """Run a funnel defined on the spot.

    Parameters
    ----------
    definition : FunnelDefinition, mapping or path
        A definition, its tables, or a TOML file (see ``docs/ad-hoc-funnels.md``).
    events : path, optional
        CSV, Parquet or JSON Lines with the columns person, event, timestamp, optionally
        event_id, and any others: the properties of events.
    warehouse : path, optional
        A workspace whose published `funnel_events` to read, instead of a file.
    persons : bool
        Whether to list the people of each step.

    Raises
    ------
    CarepathError
        When the definition or the events cannot be used, with what to do.

    Examples
    --------
    >>> steps = [{"event": "sign up"}, {"event": "pay"}]
    >>> funnel({"steps": steps}, events="events.csv").totals  # doctest: +SKIP
    """
    if (events is None) == (warehouse is None):
        raise CarepathError(
            "Name either a file of events or the warehouse, one of the two.",
            where="--events, --warehouse",
            fix="add --events FILE, or --warehouse",
        )
    if isinstance(definition, str | os.PathLike):
        definition = read_definition(Path(definition))
    elif not isinstance(definition, FunnelDefinition):
        definition = parse_definition(definition)
    if events is None:
        _refuse_what_is_of_files(definition)
    with tempfile.TemporaryDirectory(prefix="carepath-funnel-") as folder:
        scratch = Path(folder)
        connection = _connect(scratch)
        if has_crossing_steps(definition):
            add_assignment(connection)
        try:
            if definition.timezone != "UTC":
                check_zone(connection, definition.timezone, "timezone")
            if events is not None:
                path = Path(events)
                loaded, source = _load_file(connection, path, definition, scratch, persons)
                if not definition.timestamp_format and loaded.account.is_mostly_unparsable:
                    forms = find_forms(connection, source, definition)
                    if forms:
                        drop_all(connection)
                        definition = replace(definition, timestamp_format=forms)
                        loaded, source = _load_file(connection, path, definition, scratch, persons)
                # A file that is mostly of another time has a clock of its own.
                shifted = definition
                if definition.earliest_plausible_at is None and loaded.account.is_mostly_early:
                    if definition.timestamp_unit is None:
                        refuse_small_numbers(connection, source, definition)
                    shifted = replace(shifted, earliest_plausible_at=EARLIEST_READABLE_AT)
                if definition.latest_plausible_at is None and loaded.account.is_mostly_late:
                    shifted = replace(shifted, latest_plausible_at=LATEST_READABLE_AT)
                if shifted is not definition:
                    drop_all(connection)
                    definition = shifted
                    loaded, source = _load_file(connection, path, definition, scratch, persons)
            else:
                prod = find_workspace(Path(warehouse or ".")).prod
                source = open_warehouse(connection, prod)
                loaded = load_events(connection, source, definition, keeps_units=persons)
            return _run(connection, definition, source, loaded, lists_persons=persons)
        except duckdb.OutOfMemoryException as error:
            raise CarepathError(
                f"There is not enough memory or disk: {str(error).splitlines()[0]}",
                where=str(scratch),
                fix="free some, or give fewer events",
            ) from None
        finally:
            connection.close()


def _refuse_what_is_of_files(definition: FunnelDefinition) -> None:
    for key, is_given, said in (
        ("columns", bool(definition.columns), "names columns of a file"),
        ("timestamp_format", bool(definition.timestamp_format), "says how a file writes times"),
        ("timestamp_unit", bool(definition.timestamp_unit), "says what the times of a file count"),
        ("timezone", definition.timezone != "UTC", "gives the time zone of a file"),
        *(
            (key, getattr(definition, key) is not None, "says which times of a file are true")
            for key in ("earliest_plausible_at", "latest_plausible_at")
        ),
    ):
        if is_given:
            raise CarepathError(
                f"The definition {said}, but the events are the warehouse's.",
                where=key,
                fix=f"leave {key} out, or add --events FILE",
            )


def _connect(scratch: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set temp_directory = ?", [str(scratch / "spill")])
    return connection


def _load_file(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    definition: FunnelDefinition,
    scratch: Path,
    keeps_units: bool,
) -> tuple[LoadedEvents, EventRelation]:
    try:
        source = open_events(connection, path, definition, scratch)
        return load_events(connection, source, definition, keeps_units=keeps_units), source
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        # A malformed record: read again, leaving such records out and counting them.
        drop_all(connection)
    try:
        source = open_events(connection, path, definition, scratch, is_careful=True)
        return load_events(connection, source, definition, keeps_units=keeps_units), source
    except duckdb.OutOfMemoryException:
        raise
    except (duckdb.Error, EOFError, OSError, zlib.error) as error:
        raise CarepathError(
            f"The file cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            fix="export it again",
        ) from None


def _find_complete_through(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    source: EventRelation,
    latest_microseconds: int | None,
) -> tuple[datetime | None, str]:
    if definition.complete_through is not None:
        return definition.complete_through, "definition"
    if source.freshness is not None:
        row = connection.execute(source.freshness).fetchone()
        if row is not None and row[0] is not None:
            return row[0], "warehouse"
    latest = None if latest_microseconds is None else from_microseconds(latest_microseconds)
    return latest, "latest event"


def _run(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    source: EventRelation,
    loaded: LoadedEvents,
    *,
    lists_persons: bool,
) -> FunnelResult:
    complete_through, said_by = _find_complete_through(
        connection, definition, source, loaded.latest_microseconds
    )
    complete = to_microseconds(complete_through) or 0
    statements = list(match_people(connection, definition, complete))
    summary, rows = summarise(connection, "outcomes")
    statements.append(summary)
    steps = make_steps(definition, rows)
    totals = make_totals(steps)
    breakdown, trend, histogram = None, None, None
    if definition.breakdown is not None:
        breakdown, ran = break_down(
            connection, definition, definition.breakdown, complete, totals.entered
        )
        statements.extend(ran)
    if definition.trend is not None:
        trend, sql = follow_trend(connection, definition, definition.trend, complete)
        statements.append(sql)
    if definition.histogram is not None:
        histogram, sql = make_histogram(connection, definition.histogram)
        statements.append(sql)
    if lists_persons:
        steps = add_persons(connection, steps)
    return FunnelResult(
        source=source.name,
        encoding=source.encoding,
        unit=definition.group_by_property or "person",
        order=definition.order,
        entry=definition.entry,
        window_seconds=definition.window_seconds,
        tie_seconds=definition.tie_seconds,
        first_time_only=definition.first_time_only,
        entries_from=definition.date_range.start,
        entries_before=definition.date_range.end,
        complete_through=complete_through,
        complete_through_source=said_by,
        totals=totals,
        steps=steps,
        breakdown=breakdown,
        trend=trend,
        histogram=histogram,
        set_aside=account_people(connection, definition),
        events=loaded.account,
        timestamp_format=definition.timestamp_format,
        timestamp_unit=definition.timestamp_unit,
        timezone=definition.timezone,
        first_timestamp=find_first_timestamp(connection, source, definition),
        problem_rows=find_problem_rows(connection, source, definition, loaded.account),
        unseen_events=find_unseen(connection, loaded.unseen),
        sql=tuple(statements),
    )
