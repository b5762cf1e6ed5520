"""Events that a definition names and nobody ever did: most likely misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import duckdb

from carepath.funnels.result import UnseenEvent


def find_unseen(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str]
) -> tuple[UnseenEvent, ...]:
    """Give each of the names that no usable event has with the nearest that one has."""
    if not names:
        return ()
    rows = connection.execute(
        "select distinct event from read_events where fate is null order by event"
    ).fetchall()
    seen = {name for (name,) in rows}
    return tuple(UnseenEvent(name, _find_nearest(name, seen)) for name in names)


def _find_nearest(name: str, seen: set[str]) -> str | None:
    folded = {other.casefold(): other for other in sorted(seen)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[near[0]] if near else None
