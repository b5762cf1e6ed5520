"""The rows of a file that cannot be used: which they are, and why."""

from __future__ import annotations

import json

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.events import EventAccount, write_fates
from carepath.funnels.files import EventRelation
from carepath.funnels.result import ProblemRow
from carepath.landing.casting import show_value

MOST_ROWS = 20
_BY_ROW = (
    "unreadable",
    "no_person",
    "no_group",
    "no_event",
    "unparsable_timestamp",
    "dated_too_early",
    "dated_too_late",
)


def find_problem_rows(
    connection: duckdb.DuckDBPyConnection,
    source: EventRelation,
    definition: FunnelDefinition,
    account: EventAccount,
) -> tuple[ProblemRow, ...]:
    """Read the file again for the first rows that cannot be used; not where there are none."""
    if not source.has_row_numbers or not any(getattr(account, name) for name in _BY_ROW):
        return ()
    fates = write_fates(source, definition, source.row_number or "source.place_")
    rows = connection.execute(f"""
select
    row_number,
    fate,
    case
        when fate = 'unparsable_timestamp' and moment_text is null then 'timestamp is empty'
        when fate in ('unparsable_timestamp', 'dated_too_early', 'dated_too_late')
            then {show_value("moment_text")}
    end
from ({fates})
where fate is not null
order by row_number
limit {MOST_ROWS}
""").fetchall()
    found = [ProblemRow(number, reason, detail) for number, reason, detail in rows]
    if source.malformed is not None:
        with source.malformed.open(encoding="utf-8") as lines:
            for _, line in zip(range(MOST_ROWS), lines, strict=False):
                record = json.loads(line)
                found.append(ProblemRow(record["row_number"], "unreadable", record["reason"]))
    return tuple(sorted(found, key=lambda row: row.row_number)[:MOST_ROWS])
