"""Events that count, each of the others set aside under a reason; nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import count

import duckdb

from carepath.funnels.definition import (
    EARLIEST_PLAUSIBLE_AT,
    EARLIEST_READABLE_AT,
    FunnelDefinition,
    Step,
)
from carepath.funnels.files import EventRelation
from carepath.funnels.literals import to_microseconds, write_condition
from carepath.funnels.matching import needs_total_order
from carepath.funnels.moments import write_moment
from carepath.quoting import quote_name, quote_text


@dataclass(frozen=True)
class EventAccount:
    """What became of the rows read: `rows_read` is the sum of the first eleven others.

    Parameters
    ----------
    counted : int
        Events that count.
    unreadable, no_person, no_group, no_event : int
    unparsable_timestamp, dated_too_early, dated_too_late : int
        Rows that cannot be used, by the first reason that applies.
    staff : int
        Events of people who are out of every funnel of the warehouse.
    duplicate_event_id : int
        Later copies of an event.
    excluded_by_where : int
        Events that the definition's `where` leaves out.
    conflicting_event_ids : int
        Ids whose copies say different things; the earliest copy is used.
    """

    rows_read: int
    counted: int
    unreadable: int
    no_person: int
    no_group: int
    no_event: int
    unparsable_timestamp: int
    dated_too_early: int
    dated_too_late: int
    staff: int
    duplicate_event_id: int
    excluded_by_where: int
    conflicting_event_ids: int

    @property
    def usable(self) -> int:
        """Rows that nothing is wrong with."""
        return self.counted + self.duplicate_event_id + self.excluded_by_where + self.staff

    @property
    def is_mostly_early(self) -> bool:
        """Whether most rows that could count are dated too early."""
        return self.dated_too_early > self.usable

    @property
    def is_mostly_late(self) -> bool:
        """Whether most rows that could count are dated too late."""
        return self.dated_too_late > self.usable

    @property
    def is_mostly_unparsable(self) -> bool:
        """Whether the times of most rows that could count cannot be read."""
        dated = self.usable + self.dated_too_early + self.dated_too_late
        return self.unparsable_timestamp > dated


REASONS = tuple(
    field.name
    for field in fields(EventAccount)
    if field.name not in {"rows_read", "counted", "conflicting_event_ids"}
)


def property_column(definition: FunnelDefinition, name: str) -> str:
    """Name the column of `events` that holds a property."""
    return f"property_{definition.properties.index(name)}"


@dataclass(frozen=True)
class LoadedEvents:
    """What was found while reading.

    Parameters
    ----------
    account : EventAccount
        What became of the rows.
    latest_microseconds : int or None
        Time of the latest usable event.
    unseen : tuple of str
        Names in the definition that no usable event has.
    """

    account: EventAccount
    latest_microseconds: int | None
    unseen: tuple[str, ...]


def load_events(
    connection: duckdb.DuckDBPyConnection,
    source: EventRelation,
    definition: FunnelDefinition,
    *,
    keeps_units: bool = False,
) -> LoadedEvents:
    """Read the source into `read_events`, and the events that matter to the funnel into `events`.

    `read_events`, every row: person_id, event, event_microseconds, event_id, the properties, fate
    (why it cannot be used), and unit, the person or group as text, with `keeps_units` or event ids.
    `entrants`, one row per person with an event that may enter: person_id, first_microseconds and
    last_microseconds of those in the date range, last_entry_microseconds of all.
    `nearby_events`, what matters to the funnel: events of people who enter, from their first entry
    (less the tolerance) to their last one and the window; and of people without any entry the
    steps, with person_check. `events`, those of people who enter: person_id, event_number (a
    person's events in their total order, or their moment where order at one moment changes
    nothing), event_microseconds, is_step_<k>, is_exclusion_<j>, with first_time_only
    is_first_ever, with a breakdown its property.

    A person is known by a hash of their name: a join on texts takes longer than the funnel.
    Another hash tells whether two persons share one; then all are hashed anew.
    """
    has_ids = "event_id" in source.columns
    for salt in count():
        _read(connection, source, definition, salt, keeps_units=keeps_units or has_ids)
        repeats = _find_repeats(connection) if has_ids else (0, 0)
        _count(connection, definition, has_repeats=repeats[0] > 0)
        _find_entrants(connection, definition)
        _select(connection, definition, has_ids=has_ids)
        if not _is_shared(connection):
            break
        drop_all(connection)
    return _account(connection, source, definition, repeats)


def write_person(unit: str, salt: int) -> str:
    """Write SQL of the number by which a person is known."""
    return f"hash({unit} || '{salt}')" if salt else f"hash({unit})"


def drop_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all temporary tables and views."""
    rows = connection.execute("""
select table_name, table_type from information_schema.tables where table_catalog = 'temp'
""").fetchall()
    for name, kind in rows:
        connection.execute(f"drop {'view' if kind == 'VIEW' else 'table'} temp.{quote_name(name)}")


def _read(
    connection: duckdb.DuckDBPyConnection,
    source: EventRelation,
    definition: FunnelDefinition,
    salt: int,
    *,
    keeps_units: bool,
) -> None:
    # What can be read twice at little cost is: each time only the columns that are asked for.
    kind = "view" if source.is_columnar and "event_id" not in source.columns else "table"
    hidden = "is_unreadable, is_excluded" + ("" if keeps_units or kind == "view" else ", unit")
    connection.execute(f"""create temp {kind} read_events as
select
    * exclude ({hidden}),
    {write_person("unit", salt)} as person_id,
    hash('.' || unit) as person_check
from ({write_fates(source, definition)})""")


def write_fates(
    source: EventRelation,
    definition: FunnelDefinition,
    row_number: str | None = None,
    *,
    keeps_text: bool = False,
) -> str:
    """Write SQL of every row as it is read, with the reason in `fate` where it cannot be used.

    Parameters
    ----------
    source : EventRelation
        The events.
    definition : FunnelDefinition
        Tells the unit that is counted and the properties that are read.
    row_number : str, optional
        SQL of the row's number; then a column `row_number` and the text of the time are added.
    keeps_text : bool
        Whether to add the text of the time in any case, `moment_text`.
    """
    names = {name: source.find(name) for name in ("person", "event", "timestamp")}
    earliest = to_microseconds(
        None if source.is_judged else definition.earliest_plausible_at or EARLIEST_PLAUSIBLE_AT
    )
    latest = to_microseconds(
        None if source.is_judged else definition.latest_plausible_at or _end_of_tomorrow()
    )
    too_early = "false" if earliest is None else f"event_microseconds < {earliest}"
    too_late = "false" if latest is None else f"event_microseconds > {latest}"
    when = source.columns[names["timestamp"]]
    forms = definition.timestamp_format
    properties = [source.text_of(source.find(name)) for name in definition.properties]
    event_id = source.text_of("event_id") if "event_id" in source.columns else None
    group = definition.group_by_property
    unit = source.text_of(source.find(group) if group else names["person"])
    listed = "".join(f",\n            {text} as property_{i}" for i, text in enumerate(properties))
    numbered = f",\n            {row_number} as row_number" if row_number else ""
    hidden = "moment" if row_number or keeps_text else "moment, moment_text"
    relation = source.relation
    if row_number:
        relation = f"(select *, row_number() over () as place_ from {relation}) as source"
    return f"""select
    *,
    case
        when is_unreadable then 'unreadable'
        when {_write_empty("unit")} then '{"no_group" if group else "no_person"}'
        when {_write_empty("event")} then 'no_event'
        when event_microseconds is null then 'unparsable_timestamp'
        when {too_early} then 'dated_too_early'
        when {too_late} then 'dated_too_late'
        when is_excluded then 'staff'
    end as fate
from (
    select
        * exclude ({hidden}),
        case
            when
                moment between make_timestamp({to_microseconds(EARLIEST_READABLE_AT)})
                and timestamp '9999-12-31 23:59:59.999999'
                then epoch_us(moment)
        end as event_microseconds
    from (
        select
            {unit} as unit,
            {source.text_of(names["event"])} as event,
            {write_moment(*when, definition.timezone, forms, definition.timestamp_unit)},
            {event_id or "cast(null as varchar)"} as event_id,
            {source.content if event_id else "0"} as content,
            {source.is_unreadable} as is_unreadable,
            {source.is_excluded} as is_excluded{numbered}{listed}
        from {relation}
        where not {source.is_blank}
    )
)"""


def _end_of_tomorrow() -> datetime:
    """Nothing has happened after its file is read; a day more is for zones that are not named."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return today + timedelta(days=2)


def _write_empty(text: str) -> str:
    # Trimming every text takes as long as reading it.
    return f"({text} is null or (starts_with({text}, ' ') and trim({text}) = ''))"


def _find_repeats(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    # Hashes first: grouping a million different texts takes three times as long.
    connection.execute("""
create temp table repeated_ids as
select event_id, min(content) != max(content) as is_conflict
from read_events
where
    fate is null
    and event_id is not null
    and hash(event_id) in (
        select hash(event_id)
        from read_events
        where fate is null and event_id is not null
        group by hash(event_id)
        having count(*) > 1
    )
group by event_id
having count(*) > 1
""")
    row = connection.execute(
        "select count(*), count(*) filter (where is_conflict) from repeated_ids"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _write_step(step: Step, columns: dict[str, str]) -> str:
    condition = write_condition(step.where, columns)
    return condition if step.event is None else f"event = {quote_text(step.event)} and {condition}"


def _count(
    connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition, *, has_repeats: bool
) -> None:
    """Keep the earliest copy of each event, then those that `where` lets count."""
    columns = {name: property_column(definition, name) for name in definition.properties}
    flags = [
        f"({_write_step(step, columns)}) as is_step_{number}"
        for number, step in enumerate(definition.steps, start=1)
    ]
    for number, exclusion in enumerate(definition.exclusions, start=1):
        as_step = Step(exclusion.event, exclusion.where)
        flags.append(f"({_write_step(as_step, columns)}) as is_exclusion_{number}")
    # Rows alike in every column that is read are interchangeable: this order is total.
    read = ["event_microseconds", "unit", "event", *columns.values()]
    unrepeated = (
        """
        where
            fate is null
            and (event_id is null or event_id not in (select event_id from repeated_ids))
        union all
        select * from read_events
        where fate is null and event_id in (select event_id from repeated_ids)
        qualify row_number() over (partition by event_id order by """
        + ", ".join(f"{name} nulls last" for name in read)
        + ") = 1"
        if has_repeats
        else "where fate is null"
    )
    # A view reads only the columns that are asked for; the window over repeats runs once.
    connection.execute(f"""
create temp {"table" if has_repeats else "view"} counted_events as
select
    person_id, person_check, event, event_microseconds, event_id
    {"".join(f", {c}" for c in columns.values())}, {", ".join(flags)}
from (select * from read_events {unrepeated})
where {write_condition(definition.where, columns)}
""")


def _find_entrants(connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition) -> None:
    start = to_microseconds(definition.date_range.start)
    end = to_microseconds(definition.date_range.end)
    limits = ["true"]
    if start is not None:
        limits.append(f"event_microseconds >= {start}")
    if end is not None:
        limits.append(f"event_microseconds < {end}")
    is_within = " and ".join(limits)
    first = f"min(case when {is_within} then event_microseconds end)"
    last = f"max(case when {is_within} then event_microseconds end)"
    latest = "max(event_microseconds)"
    if definition.first_time_only:
        latest = "min(event_microseconds)"
        first = last = (
            f"case when {is_within.replace('event_microseconds', latest)} then {latest} end"
        )
    elif definition.has_one_entry:
        last = first
    connection.execute(f"""
create temp table entrants as
select
    person_id,
    {first} as first_microseconds,
    {last} as last_microseconds,
    {latest} as last_entry_microseconds,
    min(person_check) as person_check,
    min(person_check) != max(person_check) as is_shared
from counted_events
where {write_entry(definition)}
group by person_id
""")


def _select(
    connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition, *, has_ids: bool
) -> None:
    """Keep the events that matter, each person's in their one total order (funnel.md 7)."""
    steps = [f"is_step_{k}" for k in definition.step_numbers]
    exclusions = [f"is_exclusion_{j}" for j in range(1, len(definition.exclusions) + 1)]
    matters = "true" if definition.order == "strict" else " or ".join([*steps, *exclusions])
    kept = [*steps, *exclusions]
    if definition.breakdown is not None:
        kept.append(property_column(definition, definition.breakdown.property))
    number, numbered = "event_microseconds", ""
    if needs_total_order(definition):
        lowest = " ".join(f"when {flag} then {k}" for k, flag in enumerate(steps, start=1))
        properties = [property_column(definition, name) for name in definition.properties]
        ties = [*(["event_id"] if has_ids else []), "event", *properties]
        number = "event_number"
        numbered = f"""row_number() over (
        partition by counted_events.person_id
        order by
            event_microseconds, case {lowest} end nulls last,
            {", ".join(f"{name} nulls last" for name in ties)}
    ) as event_number,"""
    before = round(definition.tie_seconds * 1_000_000)
    after = round(definition.window_seconds * 1_000_000)
    connection.execute(f"""
create temp table nearby_events as
select
    counted_events.person_id,
    {numbered}
    event_microseconds,
    case
        when entrants.person_id is null or counted_events.person_check != entrants.person_check
            then counted_events.person_check
    end as person_check,
    {", ".join(kept)}
from counted_events
left join entrants
    on counted_events.person_id = entrants.person_id
where
    ({matters})
    and case
        when entrants.person_id is null or counted_events.person_check != entrants.person_check
            then {" or ".join(steps)}
        else
            event_microseconds >= entrants.first_microseconds - {before}
            and event_microseconds <= entrants.last_microseconds + {after}
    end
""")
    first_ever = ""
    if definition.first_time_only:
        is_entry = write_entry(definition)
        first_ever = f""",
    ({is_entry}) and {number} = min(case when {is_entry} then {number} end)
        over (partition by person_id) as is_first_ever"""
    connection.execute(f"""
create temp {"table" if first_ever else "view"} events as
select
    person_id, {number} as event_number, event_microseconds, {", ".join(kept)}{first_ever}
from nearby_events
where person_check is null
""")


def write_entry(definition: FunnelDefinition) -> str:
    """Write SQL telling whether an event may enter the funnel, whatever its date."""
    steps = [f"is_step_{k}" for k in definition.step_numbers]
    return " or ".join(steps) if definition.order == "unordered" else steps[0]


def _is_shared(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether two persons have one number."""
    row = connection.execute("""
select
    exists (select 1 from entrants where is_shared)
    or exists (
        select 1 from nearby_events
        where person_check is not null and person_id in (select person_id from entrants)
    )
    or exists (
        select person_id from nearby_events
        where person_check is not null
        group by person_id
        having min(person_check) != max(person_check)
    )
""").fetchone()
    assert row is not None
    return bool(row[0])


def _account(
    connection: duckdb.DuckDBPyConnection,
    source: EventRelation,
    definition: FunnelDefinition,
    repeats: tuple[int, int],
) -> LoadedEvents:
    columns = {name: property_column(definition, name) for name in definition.properties}
    rows = connection.execute(f"""
select
    fate,
    count(*),
    count(*) filter (where {write_condition(definition.where, columns)}),
    max(event_microseconds)
from read_events
group by fate
""").fetchall()
    counts = dict.fromkeys(REASONS, 0)
    usable, counted, latest = 0, 0, None
    for fate, total, wanted, last in rows:
        if fate is None:
            usable, counted, latest = total, wanted, last
        else:
            counts[fate] = total
    if repeats[0]:
        row = connection.execute("""
select
    (select count(*) from counted_events),
    (
        select count(*) - count(distinct event_id) from read_events
        where fate is null and event_id in (select event_id from repeated_ids)
    )
""").fetchone()
        assert row is not None
        counted, counts["duplicate_event_id"] = row
    counts["excluded_by_where"] = usable - counts["duplicate_event_id"] - counted
    if source.malformed is not None:
        counts["unreadable"] += sum(1 for _ in source.malformed.open("rb"))
    account = EventAccount(
        rows_read=counted + sum(counts.values()),
        counted=counted,
        conflicting_event_ids=repeats[1],
        **counts,
    )
    return LoadedEvents(account, latest, _find_unseen(connection, definition))


def _find_unseen(
    connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition
) -> tuple[str, ...]:
    """List the names that no usable event has; all rows are asked only of those in doubt."""
    flags = {f"is_step_{k}": step.event for k, step in enumerate(definition.steps, start=1)}
    flags |= {f"is_exclusion_{j}": e.event for j, e in enumerate(definition.exclusions, start=1)}
    names = tuple(dict.fromkeys(name for name in flags.values() if name is not None))
    did = ", ".join(f"bool_or({flag})" for flag in flags)
    row = connection.execute(f"select {did} from nearby_events").fetchone()
    assert row is not None
    seen = {name for name, has in zip(flags.values(), row, strict=True) if has}
    doubtful = [name for name in names if name not in seen]
    if doubtful:
        listed = ", ".join(quote_text(name) for name in doubtful)
        rows = connection.execute(
            f"select distinct event from read_events where fate is null and event in ({listed})"
        ).fetchall()
        seen |= {name for (name,) in rows}
    return tuple(name for name in names if name not in seen)
