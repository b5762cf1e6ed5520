"""Up to when each source is complete (funnel.md 20)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from oracle.dedup import dated_at, loaded_at, source_at
from oracle.definitions import EVENTS, HISTORIES, TABLES, Definitions, Row
from oracle.rejection import Settled
from oracle.times import MICROSECOND


def data_freshness(settled: Settled, definitions: Definitions) -> list[Row]:
    """One row per source table."""
    zone = {"site_time_zone": definitions.time_zone}
    return [freshness_of(table, settled) | zone for table in TABLES]


def freshness_of(table: str, settled: Settled) -> Row:
    """Latest load less the 99th percentile of lateness, where both are known; else source time."""
    rows = settled.kept[table]
    sources = [at for row in rows if (at := source_at(table, row))]
    loads = [at for row in rows if (at := loaded_at(table, row))]
    has_lateness = table == EVENTS or table in HISTORIES
    lateness = [
        (loaded - happened) // MICROSECOND
        for row in rows
        if has_lateness
        and (loaded := loaded_at(table, row))
        and (happened := dated_at(table, row))
        and happened >= min(loads)
    ]
    late = percentile(sorted(lateness), Decimal("0.99")) if lateness else None
    is_told = bool(loads) and (bool(lateness) or not has_lateness)
    latest = max(loads) if is_told else max(sources, default=None)
    complete: datetime | None = None
    if latest is not None:
        delay = timedelta(microseconds=int(late or 0))
        complete = min(latest - delay, settled.as_of)
    return {
        "source_table": table,
        "latest_source_at": max(sources, default=None),
        "latest_loaded_at": max(loads, default=None),
        "lateness_p99_seconds": None if late is None else late / 1_000_000,
        "complete_through": complete,
        "early_moment_count": sum(row["_early_moments"] for row in rows),
        "as_of": None if settled.as_of == datetime.min else settled.as_of,
    }


def percentile(ordered: list[int], share: Decimal) -> Decimal:
    """Linear between order statistics (type 7, as PERCENTILE_CONT)."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])
