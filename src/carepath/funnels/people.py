"""Who is behind the numbers, and who is not in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.literals import to_microseconds
from carepath.funnels.result import SetAside, StepResult


def add_persons(
    connection: duckdb.DuckDBPyConnection, steps: Sequence[StepResult]
) -> tuple[StepResult, ...]:
    """List, for each step, who passed it and who was lost there, in order of name."""
    rows = connection.execute("""
select outcomes.step_number, outcomes.is_closed, units.unit
from (
    select
        person_id,
        step_number,
        is_closed,
        step_number = 1 or lag(is_closed) over (
            partition by person_id order by step_number
        ) as was_closed
    from outcomes
) as outcomes
inner join units on outcomes.person_id = units.person_id
where outcomes.was_closed
order by units.unit
""").fetchall()
    passed: dict[tuple[int, bool], list[str]] = defaultdict(list)
    for number, is_closed, unit in rows:
        passed[number, is_closed].append(unit)
    return tuple(
        replace(
            step,
            persons_closed=tuple(passed[step.step_number, True]),
            persons_lost=tuple(passed[step.step_number, False]),
        )
        for step in steps
    )


def account_people(connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition) -> SetAside:
    """Count the people with events of the funnel who are not among those who entered."""
    steps = [f"is_step_{k}" for k in definition.step_numbers]
    is_entry = " or ".join(steps) if definition.order == "unordered" else steps[0]
    if definition.first_time_only:
        is_entry = "is_first_ever"
    start = to_microseconds(definition.date_range.start)
    is_before = "false" if start is None else f"last_entry < {start}"
    row = connection.execute(f"""
with seen as (
    select
        person_id,
        max(case when {is_entry} then event_microseconds end) as last_entry
    from events
    where {" or ".join(steps)}
    group by person_id
)

select
    count(*) filter (where people.person_id is null and last_entry is null),
    count(*) filter (where people.person_id is null and {is_before}),
    count(*) filter (
        where people.person_id is null and not ({is_before}) and last_entry is not null
    ),
    count(*) filter (where people.is_removed),
    count(*) filter (where people.is_stopped and not people.is_removed)
from seen
left join people on seen.person_id = people.person_id
""").fetchone()
    assert row is not None
    return SetAside(*(int(count) for count in row))
