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
select any_value(progress.passed_count), read_events.unit
from read_events
inner join progress on read_events.person_id = progress.person_id
where read_events.fate is null
group by read_events.unit
order by read_events.unit
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
    start = to_microseconds(definition.date_range.start)
    is_before = "false" if start is None else f"last_entry_microseconds < {start}"
    row = connection.execute(f"""
select
    (select count(distinct person_id) from nearby_events where person_check is not null),
    (select count(*) from entrants where first_microseconds is null and {is_before}),
    (select count(*) from entrants where first_microseconds is null and not ({is_before})),
    count(*) filter (where is_removed),
    count(*) filter (where is_stopped and not is_removed)
from people
""").fetchone()
    assert row is not None
    return SetAside(*(int(count) for count in row))
