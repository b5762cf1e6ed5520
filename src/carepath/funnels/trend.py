"""Conversion by period of entry; periods are local, so that a day may have 23 or 25 hours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb

from carepath.errors import CarepathError
from carepath.funnels.definition import FunnelDefinition, Trend
from carepath.funnels.literals import from_microseconds, to_microseconds
from carepath.funnels.rendering import render
from carepath.funnels.result import TrendResult, TrendRow
from carepath.funnels.summary import fetch_rows, rate
from carepath.funnels.zones import check_zone
from carepath.quoting import quote_text

MOST_PERIODS = 100_000
_LONGEST = {
    "hour": timedelta(hours=2),
    "day": timedelta(days=2),
    "week": timedelta(days=9),
    "month": timedelta(days=33),
}
_LABELS = {"hour": "%Y-%m-%dT%H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}


def follow_trend(
    connection: duckdb.DuckDBPyConnection,
    definition: FunnelDefinition,
    trend: Trend,
    complete_through: int,
) -> tuple[TrendResult, str]:
    """Make one row per period, gaps filled, and the statement it came from.

    Raises
    ------
    CarepathError
        When the zone is not known, or there would be too many periods, or some out of the calendar.
    """
    check_zone(connection, trend.timezone, "trend.timezone")
    span = _find_span(connection, definition, complete_through)
    sql = render(
        "funnel_trend",
        outcomes="outcomes",
        periods="periods",
        from_step=trend.from_step,
        to_step=trend.to_step,
    )
    _make_periods(connection, trend, span)
    counts = {row["period_number"]: row for row in fetch_rows(connection, sql)}
    periods = fetch_rows(connection, "select * from periods order by period_number")
    end = to_microseconds(definition.date_range.end)
    rows = tuple(
        _make_row(period, counts[period["period_number"]], complete_through, end)
        for period in periods
    )
    return TrendResult(trend.interval, trend.timezone, trend.from_step, trend.to_step, rows), sql


def _find_span(
    connection: duckdb.DuckDBPyConnection, definition: FunnelDefinition, complete_through: int
) -> tuple[int, int] | None:
    """First and last moment of the rows: the date range, as far as there are data."""
    row = connection.execute(
        "select min(entered_microseconds), max(entered_microseconds) from outcomes"
    ).fetchone()
    first, last = row if row else (None, None)
    start = to_microseconds(definition.date_range.start)
    end = to_microseconds(definition.date_range.end)
    if start is not None:
        first = start if first is None else min(start, first)
    if end is not None:
        known = min(end - 1, complete_through)
        last = known if last is None else max(known, last)
    if first is None:
        return None
    return first, max(first, last if last is not None else first)


def _make_periods(
    connection: duckdb.DuckDBPyConnection, trend: Trend, span: tuple[int, int] | None
) -> None:
    connection.execute("""
create temp table periods (
    period_number bigint, starts_microseconds bigint, ends_microseconds bigint, label varchar
)""")
    if span is None:
        return
    first, last = (from_microseconds(moment) for moment in span)
    margin = _LONGEST[trend.interval]
    if (last - first) / (margin / 2) > MOST_PERIODS:
        raise CarepathError(
            f"There would be more than {MOST_PERIODS:,} periods.",
            where="trend.interval",
            fix="choose a longer interval or a shorter date_range",
        )
    if first - datetime.min < margin or datetime.max - last < margin:
        raise CarepathError(
            f"There would be periods at the edge of the calendar, from {first} to {last}.",
            where="trend",
            fix="set a shorter date_range",
        )
    zone = quote_text(trend.timezone)
    starts = _write_starts(trend, first - margin, last + margin, zone)
    label = f"strftime(timezone({zone}, timezone('UTC', starts_at)), '{_LABELS[trend.interval]}')"
    if trend.interval == "hour":
        label += f" || {_write_offset(zone)}"
    connection.execute(f"""
insert into periods
select
    row_number() over (order by starts_at), epoch_us(starts_at), epoch_us(ends_at), {label}
from (
    select starts_at, lead(starts_at) over (order by starts_at) as ends_at
    from (select distinct starts_at from ({starts}))
)
where ends_at > make_timestamp({span[0]}) and starts_at <= make_timestamp({span[1]})
""")


def _write_starts(trend: Trend, first: datetime, last: datetime, zone: str) -> str:
    """Write SQL of the moments (UTC) at which local periods start."""
    low, high = (f"timestamp '{moment.isoformat(sep=' ')}'" for moment in (first, last))
    if trend.interval == "hour":
        # Quarters of an hour: some zones are half an hour off, and clocks change by half of one.
        local = f"timezone({zone}, timezone('UTC', starts_at))"
        return f"""
select starts_at
from (
    select unnest(generate_series(
        date_trunc('day', {low}), {high}, interval 15 minute
    )) as starts_at
)
where date_part('minute', {local}) = 0"""
    # A local midnight that clocks skip is the moment after; of one that comes twice, the first.
    return f"""
select
    case
        when timezone({zone}, timezone('UTC', moment - interval 1 hour)) = local_start
            then moment - interval 1 hour
        else moment
    end as starts_at
from (
    select local_start, timezone('UTC', timezone({zone}, local_start)) as moment
    from (
        select unnest(generate_series(
            date_trunc('{trend.interval}', {low}), {high}, interval 1 {trend.interval}
        )) as local_start
    )
)"""


def _write_offset(zone: str) -> str:
    """Write SQL of a moment's distance from UTC, as in 2026-10-25T02:00+01:00."""
    local = f"timezone({zone}, timezone('UTC', starts_at))"
    minutes = f"date_diff('minute', starts_at, {local})"
    return (
        f"case when {minutes} < 0 then '-' else '+' end "
        f"|| lpad(cast(abs({minutes}) // 60 as varchar), 2, '0') || ':' "
        f"|| lpad(cast(abs({minutes}) % 60 as varchar), 2, '0')"
    )


def _make_row(
    period: dict[str, Any], counts: dict[str, Any], complete_through: int, range_end: int | None
) -> TrendRow:
    entered, converted = int(counts["entered"]), int(counts["converted"])
    n_mature, converted_mature = int(counts["n_mature"]), int(counts["converted_mature"])
    ends = period["ends_microseconds"]
    closes = ends if range_end is None else min(ends, range_end)
    return TrendRow(
        period=period["label"],
        starts_at=from_microseconds(period["starts_microseconds"]),
        ends_at=from_microseconds(ends),
        entered=entered,
        converted=converted,
        rate=rate(converted, entered),
        n_mature=n_mature,
        converted_mature=converted_mature,
        rate_mature=rate(converted_mature, n_mature),
        is_final=closes <= complete_through and n_mature == entered,
    )
