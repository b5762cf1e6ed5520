"""Unordered steps whose conditions cross: as many are done as can be, each by an event of its own.

Where of two steps that one event could serve neither is choosier than the other, no order in which
the steps take their events is right for everybody. Each person's events are then matched with the
steps as a whole (a bipartite matching; which events count is the greedy basis of its transversal
matroid: Edmonds and Fulkerson, 1965).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.sharing import is_within, may_share, order_matching


def has_crossing_steps(definition: FunnelDefinition) -> bool:
    """Tell whether one event could serve two steps of which neither is choosier."""
    return definition.order == "unordered" and any(
        may_share(one, other) and not is_within(one, other) and not is_within(other, one)
        for one, other in combinations(definition.steps, 2)
    )


def assign_events(pattern: Sequence[int], order: Sequence[int]) -> list[int | None]:
    """Assign events to steps: as many as can be, the earliest events that can.

    Parameters
    ----------
    pattern : sequence of int
        Per event, in order of time, the steps that it could serve: bit k - 1 for step k.
    order : sequence of int
        The steps, 1 to n, in the order in which they choose among these events.

    Returns
    -------
    list of int or None
        Per step the place of its event, from 1; None where it has none.
    """
    used = _find_used(pattern, order)
    assigned: list[int | None] = [None] * len(order)
    for position, step in enumerate(order, start=1):
        for place in used:
            rest = [pattern[other] for other in used if other != place]
            is_served = pattern[place] >> (step - 1) & 1
            if is_served and len(_find_used(rest, order[position:])) == len(rest):
                assigned[step - 1] = place + 1
                used.remove(place)
                break
    return assigned


def _find_used(events: Sequence[int], steps: Sequence[int]) -> list[int]:
    """List the places of the first events that can each have a step (Kuhn's augmenting paths)."""
    taken: dict[int, int] = {}

    def take(event: int, tried: set[int]) -> bool:
        for step in steps:
            if not event >> (step - 1) & 1 or step in tried:
                continue
            tried.add(step)
            if step not in taken or take(taken[step], tried):
                taken[step] = event
                return True
        return False

    used: list[int] = []
    for place, event in enumerate(events):
        if len(used) == len(steps):
            break
        if take(event, set()):
            used.append(place)
    return used


def add_assignment(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the SQL of a connection call `assign_events`."""
    connection.create_function("assign_events", assign_events, ["BIGINT[]", "BIGINT[]"], "BIGINT[]")


def write_crossing_matches(definition: FunnelDefinition, attempts: str, events: str) -> str:
    """Write common table expressions, the last of them `crossing_matches`: see funnel_match_steps.

    They call the function `assign_events`, which `add_assignment` gives to a connection.

    Of the events that could serve the same steps a person needs no more than there are steps, the
    first ones after entry: so many are looked at, however often they repeat.

    Parameters
    ----------
    definition : FunnelDefinition
        An unordered funnel.
    attempts : str
        One row per attempt: attempt_id, person_id, entered_microseconds.
    events : str
        The events: person_id, event_number, event_microseconds, is_step_<k>.
    """
    steps = definition.step_numbers
    served = " + ".join(f"cast(is_step_{k} as bigint) * {1 << (k - 1)}" for k in steps)
    order = ", ".join(str(number) for number in order_matching(definition))
    before = round(definition.tie_seconds * 1_000_000)
    window = round(definition.window_seconds * 1_000_000)
    matched = ",".join(
        f"""
        event_numbers[places[{k}]] as event_number_{k},
        case
            when places[{k}] is not null then greatest(entered_microseconds, moments[places[{k}]])
        end as reached_microseconds_{k}"""
        for k in steps
    )
    return f"""served_events as (
    select
        person_id,
        served,
        event_number,
        event_microseconds,
        row_number() over (partition by person_id, served order by event_number) as place
    from (select *, {served} as served from {events})
    where served > 0
),

first_places as (
    select person_id, served, event_microseconds, min(place) as place
    from served_events
    group by person_id, served, event_microseconds
),

served_steps as (
    select distinct person_id, served from first_places
),

sought_events as (
    select attempts.attempt_id, attempts.person_id, attempts.entered_microseconds, served
    from {attempts} as attempts
    inner join served_steps
        on attempts.person_id = served_steps.person_id
),

next_places as (
    select sought_events.*, first_places.place
    from sought_events
    asof join first_places
        on
            sought_events.person_id = first_places.person_id
            and sought_events.served = first_places.served
            and sought_events.entered_microseconds - {before} <= first_places.event_microseconds
),

patterns as (
    select
        next_places.attempt_id,
        next_places.person_id,
        next_places.entered_microseconds,
        list(served_events.served order by event_number) as pattern,
        list(event_number order by event_number) as event_numbers,
        list(event_microseconds order by event_number) as moments
    from next_places
    inner join served_events
        on
            next_places.person_id = served_events.person_id
            and next_places.served = served_events.served
            and served_events.place >= next_places.place
            and served_events.place < next_places.place + bit_count(next_places.served)
    where event_microseconds <= next_places.entered_microseconds + {window}
    group by next_places.attempt_id, next_places.person_id, next_places.entered_microseconds
),

assigned_patterns as (
    select pattern, assign_events(pattern, [{order}]) as places
    from (select distinct pattern from patterns)
),

crossing_matches as (
    select
        attempt_id,
        person_id,
        entered_microseconds,{matched}
    from patterns
    inner join assigned_patterns
        on patterns.pattern = assigned_patterns.pattern
)"""
