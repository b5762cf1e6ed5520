"""The funnel of each group of people."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb

from carepath.funnels.definition import Breakdown, FunnelDefinition
from carepath.funnels.events import property_column
from carepath.funnels.matching import match_people
from carepath.funnels.rendering import render
from carepath.funnels.result import BreakdownResult, SegmentResult
from carepath.funnels.summary import make_steps, make_totals, summarise

NO_VALUE = "(none)"
NOT_REACHED = "(step not reached)"


def break_down(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    breakdown: Breakdown,
    complete_through: int,
    entered: int,
) -> tuple[BreakdownResult, tuple[str, ...]]:
    """Make the results by segment, the largest first, and the statements they came from.

    Parameters
    ----------
    connection : DuckDBPyConnection
        Holds `events`, `people` and `outcomes`.
    definition, breakdown
        The funnel, and how to tell people apart.
    complete_through : int
        Moment up to which the data are complete, in microseconds.
    entered : int
        People in all.
    """
    column = property_column(definition, breakdown.property)
    if breakdown.at == "all_events":
        statements = _match_segments(connection, definition, column, complete_through)
    else:
        statements = (_write_segmented(breakdown, column),)
        connection.execute(statements[0])
    summary, rows = summarise(connection, "segmented_outcomes", ["segment", "is_reached"])
    by_segment: dict[tuple[str | None, bool], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_segment[row["segment"], row["is_reached"]].append(row)
    segments = []
    for (value, is_reached), segment_rows in by_segment.items():
        steps = make_steps(definition, segment_rows)
        label = value if value is not None else NO_VALUE if is_reached else NOT_REACHED
        segments.append(SegmentResult(value, label, make_totals(steps), steps))
    segments.sort(key=lambda s: (-s.totals.entered, s.value is None, s.label))
    result = BreakdownResult(
        property=breakdown.property,
        at=breakdown.at,
        step=breakdown.step,
        is_partition=breakdown.at != "all_events",
        n_people=entered,
        segments=tuple(segments),
    )
    return result, (*statements, summary)


def _write_segmented(breakdown: Breakdown, column: str) -> str:
    segments = render(
        "funnel_segments",
        people="people",
        outcomes="outcomes",
        values="property_values",
        at=breakdown.at,
        step=breakdown.step,
    )
    return f"""create temp table segmented_outcomes as
with

property_values as (
    select person_id, event_number, {column} as value
    from events
),

{segments}

select outcomes.*, segments.segment, segments.is_reached
from outcomes
inner join segments
    on outcomes.attempt_id = segments.attempt_id"""


def _match_segments(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    column: str,
    complete_through: int,
) -> tuple[str, ...]:
    """Run the funnel again for each person and value: only events with that value do its steps.

    What ends progress does so whatever its value: an exclusion, and in strict order any event.
    """
    steps = [f"is_step_{k}" for k in definition.step_numbers]
    is_entry = " or ".join(steps) if definition.order == "unordered" else steps[0]
    ends = [f"events.is_exclusion_{j}" for j in range(1, len(definition.exclusions) + 1)]
    is_same = f"events.{column} is not distinct from segment_units.segment"
    kept = "true" if definition.order == "strict" else " or ".join([is_same, *ends])
    own = ", ".join(f"(events.{step} and {is_same}) as {step}" for step in steps)
    connection.execute(f"""create temp table segment_units as
select person_id, segment, row_number() over (order by person_id, segment nulls last) as unit_id
from (select distinct person_id, {column} as segment from events where {is_entry})""")
    connection.execute(f"""create temp table segment_events as
select events.* replace (segment_units.unit_id as person_id, {own})
from events
inner join segment_units
    on events.person_id = segment_units.person_id
where {kept}""")
    statements = match_people(
        connection,
        definition,
        complete_through,
        events="segment_events",
        prefix="segment_",
        are_in_window=False,
    )
    connection.execute("""create temp table segmented_outcomes as
select outcomes.*, segment_units.segment, true as is_reached
from segment_outcomes as outcomes
inner join segment_units
    on outcomes.person_id = segment_units.unit_id""")
    return statements
