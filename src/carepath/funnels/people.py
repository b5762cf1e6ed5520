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
select progress.passed_count, units.unit
from progress
inner join units on progress.person_id = units.person_id
order by units.unit
""").fetchall()
    passed: dict[int, list[str]] = defaultdict(list)
    lost: dict[int, list[str]] = defaultdict(list)
    for passed_count, unit in rows:
        for number in range(1, passed_count + 1):
            passed[number].append(unit)
        lost[passed_count + 1].append(unit)
    return tuple(
        replace(
            step,
            persons_closed=tuple(passed[step.step_number]),
            persons_lost=tuple(lost[step.step_number]),
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
