"""Events that count, each of the others set aside under a reason; nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb

from carepath.funnels.definition import FunnelDefinition, Step
from carepath.funnels.files import EventRelation
from carepath.funnels.literals import write_condition
from carepath.funnels.moments import write_moment
from carepath.quoting import quote_text


@dataclass(frozen=True)
class EventAccount:
    """What became of the rows read: `rows_read` is the sum of the first nine others.

    Parameters
    ----------
    counted : int
        Events that count.
    unreadable, no_person, no_group, no_event, unparsable_timestamp : int
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
    staff: int
    duplicate_event_id: int
    excluded_by_where: int
    conflicting_event_ids: int


REASONS = tuple(
    field.name
    for field in fields(EventAccount)
    if field.name not in {"rows_read", "counted", "conflicting_event_ids"}
)


def property_column(definition: FunnelDefinition, name: str) -> str:
    """Name the column of `events` that holds a property."""
    return f"property_{definition.properties.index(name)}"


def load_events(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, definition: FunnelDefinition
) -> EventAccount:
    """Read the source once into the temporary tables `units` and `events`.

    `units`: unit (the person or group as text), person_id. `events`, the events that matter to
    the funnel: person_id, event_number (their total order), event_microseconds, is_step_<k>,
    is_exclusion_<j>, is_first_ever and the properties.
    """
    has_ids = _read(connection, source, definition)
    repeats = _find_repeats(connection) if has_ids else (0, 0)
    _count(connection, definition, has_repeats=repeats[0] > 0)
    _number(connection, definition)
    return _account(connection, source, definition, repeats)


def _read(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, definition: FunnelDefinition
) -> bool:
    connection.execute(f"create temp table read_events as\n{write_fates(source, definition)}")
    return "event_id" in source.columns


def write_fates(
    source: EventRelation, definition: FunnelDefinition, row_number: str | None = None
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
    """
    names = {name: source.find(name) for name in ("person", "event", "timestamp")}
    properties = [source.text_of(source.find(name)) for name in definition.properties]
    event_id = source.text_of("event_id") if "event_id" in source.columns else None
    group = definition.group_by_property
    unit = source.text_of(source.find(group) if group else names["person"])
    listed = "".join(f",\n            {text} as property_{i}" for i, text in enumerate(properties))
    numbered = f",\n            {row_number} as row_number" if row_number else ""
    hidden = "moment" if row_number else "moment, moment_text"
    relation = source.relation
    if row_number:
        relation = f"(select *, row_number() over () as place_ from {relation}) as source"
    return f"""select
    *,
    case
        when is_unreadable then 'unreadable'
        when unit is null or trim(unit) = '' then '{"no_group" if group else "no_person"}'
        when event is null or trim(event) = '' then 'no_event'
        when event_microseconds is null then 'unparsable_timestamp'
        when is_excluded then 'staff'
    end as fate
from (
    select
        * exclude ({hidden}),
        case
            when moment between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999'
                then epoch_us(moment)
        end as event_microseconds
    from (
        select
            {unit} as unit,
            {source.text_of(names["event"])} as event,
            {write_moment(*source.columns[names["timestamp"]])},
            {event_id or "cast(null as varchar)"} as event_id,
            {source.content if event_id else "0"} as content,
            {source.is_unreadable} as is_unreadable,
            {source.is_excluded} as is_excluded{numbered}{listed}
        from {relation}
        where not {source.is_blank}
    )
)"""


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
    unit, event, event_microseconds, event_id{"".join(f", {c}" for c in columns.values())},
    {", ".join(flags)}
from (select * from read_events {unrepeated})
where {write_condition(definition.where, columns)}
""")


def _number(connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition) -> None:
    """Put each person's events in their one total order (funnel.md 7)."""
    steps = [f"is_step_{k}" for k in definition.step_numbers]
    exclusions = [f"is_exclusion_{j}" for j in range(1, len(definition.exclusions) + 1)]
    properties = [property_column(definition, name) for name in definition.properties]
    lowest = " ".join(f"when {flag} then {k}" for k, flag in enumerate(steps, start=1))
    is_entry = " or ".join(steps) if definition.order == "unordered" else steps[0]
    matters = "true" if definition.order == "strict" else " or ".join([*steps, *exclusions])
    ties = ["event_id", "event", *properties]
    connection.execute("""
create temp table units as
select unit, row_number() over (order by unit) as person_id
from (select distinct unit from counted_events)
""")
    first_ever = (
        f"({is_entry}) and event_number = min(case when {is_entry} then event_number end) "
        "over (partition by person_id)"
        if definition.first_time_only
        else "null"
    )
    kept = ", ".join([*steps, *exclusions, *properties])
    connection.execute(f"""
create temp table events as
select *, {first_ever} as is_first_ever
from (
    select
        units.person_id,
        row_number() over (
            partition by units.person_id
            order by
                event_microseconds, case {lowest} end nulls last,
                {", ".join(f"{name} nulls last" for name in ties)}
        ) as event_number,
        event_microseconds,
        {kept}
    from counted_events
    inner join units on counted_events.unit = units.unit
    where {matters}
)
""")


def _account(
    connection: duckdb.DuckDBPyConnection,
    source: EventRelation,
    definition: FunnelDefinition,
    repeats: tuple[int, int],
) -> EventAccount:
    counts = dict.fromkeys(REASONS, 0)
    rows = connection.execute("select fate, count(*) from read_events group by fate").fetchall()
    usable = 0
    for fate, count in rows:
        if fate is None:
            usable = count
        else:
            counts[fate] = count
    if repeats[0]:
        row = connection.execute("""
select count(*) - count(distinct event_id) from read_events
where fate is null and event_id in (select event_id from repeated_ids)
""").fetchone()
        assert row is not None
        counts["duplicate_event_id"] = row[0]
    row = connection.execute("select count(*) from counted_events").fetchone()
    assert row is not None
    counted = int(row[0])
    counts["excluded_by_where"] = usable - counts["duplicate_event_id"] - counted
    if source.malformed is not None:
        counts["unreadable"] += sum(1 for _ in source.malformed.open("rb"))
    return EventAccount(
        rows_read=counted + sum(counts.values()),
        counted=counted,
        conflicting_event_ids=repeats[1],
        **counts,
    )
