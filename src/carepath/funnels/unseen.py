"""Events that a definition names and nobody ever did: most likely misspelt."""

from __future__ import annotations

import difflib

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.result import UnseenEvent


def find_unseen(
    connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition
) -> tuple[UnseenEvent, ...]:
    """List the names that no usable event has, each with the nearest that one has."""
    rows = connection.execute(
        "select distinct event from read_events where fate is null order by event"
    ).fetchall()
    seen = {name for (name,) in rows}
    named = [step.event for step in definition.steps] + [e.event for e in definition.exclusions]
    missing = dict.fromkeys(name for name in named if name is not None and name not in seen)
    return tuple(UnseenEvent(name, _find_nearest(name, seen)) for name in missing)


def _find_nearest(name: str, seen: set[str]) -> str | None:
    folded = {other.casefold(): other for other in sorted(seen)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[near[0]] if near else None
