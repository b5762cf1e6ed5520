"""From events to what became of each person at each step, by the macros that the models use."""

from __future__ import annotations

import duckdb

from carepath.funnels.crossing import has_crossing_steps, write_crossing_matches
from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.literals import to_microseconds
from carepath.funnels.rendering import render
from carepath.funnels.sharing import count_shared, find_sharing, order_matching


def match_people(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    complete_through: int,
    *,
    events: str = "events",
    prefix: str = "",
    are_in_window: bool = True,
) -> tuple[str, ...]:
    """Make `<prefix>step_events`, `<prefix>people`, `<prefix>progress` and `<prefix>outcomes`.

    `step_events` (a view), one row per event and step it may serve. `people`, one row per person
    who entered: attempt_id, person_id, entry_event_number, entered_microseconds, is_stopped,
    is_removed, stop_microseconds, is_mature and, per step, event_number_<k>,
    reached_microseconds_<k>.
    `progress`, one row per person who was not removed: see funnel_progress. `outcomes` (a view),
    one row per each of them and step: see funnel_step_summary.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Holds the table of events.
    definition : FunnelDefinition
        The funnel.
    complete_through : int
        Moment up to which the data are complete, in microseconds.
    events : str
        The table of events.
    prefix : str
        Of the tables made.
    are_in_window : bool
        Whether, with first_entry, each person's events lie in the window of their attempt.

    Returns
    -------
    tuple of str
        The statements.
    """
    are_in_window = are_in_window and definition.has_one_entry
    known_firsts = _find_known_firsts(definition) if are_in_window else ()
    statements = (
        _write_step_events(definition, events, prefix),
        _write_people(definition, complete_through, events, prefix, known_firsts),
        _write_progress(
            definition,
            complete_through,
            events,
            prefix,
            are_in_window=are_in_window,
            are_opens_known=bool(known_firsts) or _are_apart(definition),
        ),
        _write_outcomes(definition, prefix),
    )
    for statement in statements:
        connection.execute(statement)
    return statements


def needs_total_order(definition: FunnelDefinition) -> bool:
    """Tell whether it matters which of a person's events at one moment comes first.

    It does where one event could serve two steps, or where a property of it is told.
    """
    return definition.breakdown is not None or any(count_shared(definition).values())


def _find_known_firsts(definition: FunnelDefinition) -> tuple[int, ...]:
    """List the steps whose first event in a person's window serves them unless it is too early."""
    if definition.order != "ordered" or definition.exclusions or needs_total_order(definition):
        return ()
    return definition.step_numbers[1:]


def _are_apart(definition: FunnelDefinition) -> bool:
    """Tell whether events must be kept apart to say which steps were done at all."""
    return any(find_sharing(definition).values())


def _write_people(
    definition: FunnelDefinition,
    complete_through: int,
    events: str,
    prefix: str,
    known_firsts: tuple[int, ...] = (),
) -> str:
    is_unordered = definition.order == "unordered"
    steps = definition.step_numbers
    places = order_matching(definition)
    common = {"window_seconds": definition.window_seconds, "tie_seconds": definition.tie_seconds}
    step_events = f"{prefix}step_events"
    parts = [f"usable_events as (\n    {_write_usable(definition, events)}\n)"]
    entries = " or ".join(f"is_step_{k}" for k in steps) if is_unordered else "is_step_1"
    parts.append(f"entry_events as (\n    select * from {events}\n    where {entries}\n)")
    parts.append(
        render(
            "funnel_attempts",
            entry_events="entry_events",
            entry=definition.entry,
            from_microseconds=to_microseconds(definition.date_range.start),
            to_microseconds=to_microseconds(definition.date_range.end),
            first_time_only=definition.first_time_only,
        )
    )
    attempts = "attempts"
    if known_firsts:
        attempts = "followed_attempts"
        firsts = ", ".join(f"first_events.first_microseconds_{k}" for k in known_firsts)
        parts.append(render("funnel_first_events", events="usable_events", step_numbers=steps[1:]))
        parts.append(f"""{attempts} as (
    select attempts.*, {firsts}
    from attempts
    left join first_events
        on attempts.person_id = first_events.person_id
)""")
    if has_crossing_steps(definition):
        parts.append(write_crossing_matches(definition, attempts, "usable_events"))
        matched = "crossing_matches"
    else:
        parts.append(
            render(
                "funnel_match_steps",
                attempts=attempts,
                step_events=step_events,
                step_numbers=places if is_unordered else places[1:],
                order=definition.order,
                shared=count_shared(definition),
                entry_step=None if is_unordered else 1,
                all_events="usable_events",
                required_steps=_find_required(definition),
                has_one_attempt=definition.entry == "first_entry",
                known_firsts=known_firsts,
                **common,
            )
        )
        matched = f"matched_{places[-1]}"
    open_steps: tuple[int, ...] = ()
    if _are_apart(definition):
        open_steps = steps if is_unordered else steps[1:]
        parts.append(
            render(
                "funnel_apart_opens",
                attempts=matched,
                step_events=step_events,
                step_numbers=steps,
                optional_steps=definition.optional_steps,
                sharing=find_sharing(definition),
                is_unordered=is_unordered,
                **common,
            )
        )
        matched = "opened_attempts"
    opens = None
    is_passing_told = bool(definition.exclusions) or definition.entry == "any_entry"
    if definition.optional_steps and is_passing_told and not open_steps:
        parts.append(_write_opened_optionals(definition, step_events))
        opens = "opened_optionals"
    if definition.exclusions:
        parts.append(_write_exclusions(definition, matched, open_steps, opens))
        matched = "bounded_attempts"
    parts.append(_write_kept(definition, matched, opens))
    window_end = _write_window_end(definition, "kept_attempts.entered_microseconds")
    flags = (
        "is_stopped, is_removed, stop_microseconds"
        if definition.exclusions
        else "false as is_stopped, false as is_removed, cast(null as bigint) as stop_microseconds"
    )
    columns = ", ".join(
        f"kept_attempts.event_number_{k}, kept_attempts.reached_microseconds_{k}" for k in steps
    )
    columns += "".join(
        f", kept_attempts.first_microseconds_{k} is not null as is_open_{k}" for k in known_firsts
    )
    columns += "".join(f", kept_attempts.is_open_{k}" for k in open_steps)
    body = ",\n\n".join(part.strip() for part in parts)
    entry, joined = "kept_attempts.event_number_1", ""
    if is_unordered:
        entry = "attempts.entry_event_number"
        joined = """
inner join attempts
    on kept_attempts.attempt_id = attempts.attempt_id"""
    return f"""create temp table {prefix}people as
with

{body}

select
    kept_attempts.attempt_id,
    kept_attempts.person_id,
    {entry} as entry_event_number,
    kept_attempts.entered_microseconds,
    {flags},
    {window_end} <= {complete_through} as is_mature,
    {columns}
from kept_attempts{joined}"""


def _find_required(definition: FunnelDefinition) -> tuple[int, ...]:
    """List the first steps, up to an optional one: who misses one of them closes nothing later.

    After an optional step a later one still tells whether it was passed over; an exclusion may
    end at any step.
    """
    if definition.order == "unordered" or definition.exclusions:
        return ()
    first_optional = min(definition.optional_steps, default=len(definition.steps) + 1)
    return tuple(range(1, first_optional))


def _write_window_end(definition: FunnelDefinition, entered: str) -> str:
    window_end = f"{entered} + {round(definition.window_seconds * 1_000_000)}"
    if definition.date_range.clip_conversions:
        return f"least({window_end}, {to_microseconds(definition.date_range.end)})"
    return window_end


def _write_usable(definition: FunnelDefinition, events: str) -> str:
    if not definition.date_range.clip_conversions:
        return f"select * from {events}"
    clip = to_microseconds(definition.date_range.end)
    return f"select * from {events}\n    where event_microseconds < {clip}"


def _write_step_events(definition: FunnelDefinition, events: str, prefix: str) -> str:
    # A view: what asks for one step reads the events of that step only.
    selects = "\n\nunion all\n\n".join(
        f"select person_id, {k} as step_number, event_number, event_microseconds\n"
        f"from usable_events\nwhere is_step_{k}"
        for k in definition.step_numbers
    )
    usable = _write_usable(definition, events)
    return f"""create temp view {prefix}step_events as
with

usable_events as (
    {usable}
)

{selects}"""


def _write_exclusions(
    definition: FunnelDefinition, matched: str, open_steps: tuple[int, ...], opens: str | None
) -> str:
    selects = "\n\n    union all\n\n".join(
        f"    select person_id, {j} as exclusion_number, event_microseconds\n"
        f"    from usable_events\n    where is_exclusion_{j}"
        for j in range(1, len(definition.exclusions) + 1)
    )
    rendered = render(
        "funnel_exclusions",
        matched=matched,
        exclusion_events="exclusion_events",
        exclusions=[
            {"number": j, "from_step": e.from_step, "to_step": e.to_step, "mode": e.mode}
            for j, e in enumerate(definition.exclusions, start=1)
        ],
        step_numbers=definition.step_numbers,
        optional_steps=definition.optional_steps,
        window_seconds=definition.window_seconds,
        tie_seconds=definition.tie_seconds,
        is_unordered=definition.order == "unordered",
        open_steps=open_steps,
        opens=opens,
    )
    return f"exclusion_events as (\n{selects}\n),\n\n{rendered}"


def _write_opened_optionals(definition: FunnelDefinition, step_events: str) -> str:
    opens = render(
        "funnel_step_opens",
        attempts="attempts",
        step_events=step_events,
        step_numbers=definition.optional_steps,
        window_seconds=definition.window_seconds,
        tie_seconds=definition.tie_seconds,
        name="optional_opens",
    )
    pivoted = render(
        "funnel_opened_optionals", opens="optional_opens", optional_steps=definition.optional_steps
    )
    return f"{opens},\n\n{pivoted}"


def _write_kept(definition: FunnelDefinition, matched: str, opens: str | None) -> str:
    if definition.entry == "first_entry":
        return f"kept_attempts as (\n    select * from {matched}\n)"
    return render(
        "funnel_kept_attempts",
        attempts=matched,
        step_numbers=definition.step_numbers,
        optional_steps=definition.optional_steps,
        opens=opens,
        is_unordered=definition.order == "unordered",
    )


def _write_progress(
    definition: FunnelDefinition,
    complete_through: int,
    events: str,
    prefix: str,
    *,
    are_in_window: bool,
    are_opens_known: bool,
) -> str:
    is_unordered = definition.order == "unordered"
    steps = definition.step_numbers
    later = steps if is_unordered else steps[1:]
    is_strict = definition.order == "strict"
    opened_steps = render(
        "funnel_opened_steps",
        attempts="kept_attempts",
        events="usable_events",
        step_numbers=later,
        window_seconds=definition.window_seconds,
        tie_seconds=definition.tie_seconds,
        are_in_window=are_in_window,
    )
    progress = render(
        "funnel_progress",
        kept_attempts="kept_attempts",
        opens=None if are_opens_known else "opened_steps",
        open_steps=later,
        step_numbers=steps,
        optional_steps=definition.optional_steps,
        window_end=_write_window_end(definition, "entered_microseconds"),
        complete_through=complete_through,
        has_stops=bool(definition.exclusions),
        all_events="usable_events" if is_strict else None,
        tie_seconds=definition.tie_seconds,
        is_unordered=is_unordered,
    )
    opens = "" if are_opens_known else f"{opened_steps},\n\n"
    return f"""create temp table {prefix}progress as
with

usable_events as (
    {_write_usable(definition, events)}
),

kept_attempts as (
    select * from {prefix}people
    where not is_removed
),

{opens}{progress}

select * from progress"""


def _write_outcomes(definition: FunnelDefinition, prefix: str) -> str:
    # A view: one row per person and step is made where it is read.
    outcomes = render(
        "funnel_outcomes",
        progress=f"{prefix}progress",
        step_numbers=definition.step_numbers,
        is_unordered=definition.order == "unordered",
    )
    return f"create temp view {prefix}outcomes as\n{outcomes}"
