"""What the file's first time is read as, so that a wrong guess is seen."""

from __future__ import annotations

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.events import write_fates
from carepath.funnels.files import EventRelation
from carepath.funnels.literals import from_microseconds
from carepath.funnels.result import FirstTimestamp


def find_first_timestamp(
    connection: duckdb.DuckDBPyConnection, source: EventRelation, definition: FunnelDefinition
) -> FirstTimestamp | None:
    """Read the time of the first usable row; None without any, and for the warehouse."""
    if not source.has_row_numbers:
        return None
    fates = write_fates(source, definition, keeps_text=True)
    row = connection.execute(f"""
select moment_text, event_microseconds
from ({fates})
where fate is null
limit 1
""").fetchone()
    return None if row is None else FirstTimestamp(row[0], from_microseconds(row[1]))
