"""From outcomes to the numbers of each step, in all or by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from carepath.funnels.definition import FunnelDefinition
from carepath.funnels.rendering import render
from carepath.funnels.result import StepResult, Totals

Z = 1.959963984540054
Row = Mapping[str, Any]


def fetch_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Run a statement and return its rows by column name."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rate(part: int, whole: int) -> float | None:
    """Return a share; None over nobody."""
    return part / whole if whole else None


def interval(part: int, whole: int) -> tuple[float | None, float | None]:
    """Return Wilson's 95 % interval of a share; None over nobody.

    The formula of `carepath.stats.proportions.wilson`, whose module takes seconds to import.
    """
    if not whole:
        return None, None
    share, z2 = part / whole, Z * Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = Z / (1 + z2 / whole) * (share * (1 - share) / whole + z2 / (4 * whole**2)) ** 0.5
    low = 0.0 if part == 0 else max(0.0, middle - half)
    return low, 1.0 if part == whole else min(1.0, middle + half)


def summarise(
    connection: duckdb.DuckDBPyConnection, outcomes: str, groups: Sequence[str] = ()
) -> tuple[str, list[dict[str, Any]]]:
    """Run funnel_step_summary; return the statement and its rows."""
    sql = render("funnel_step_summary", outcomes=outcomes, groups=list(groups))
    return sql, fetch_rows(connection, sql)


def make_steps(definition: FunnelDefinition, rows: Sequence[Row]) -> tuple[StepResult, ...]:
    """Make the results of all steps; without rows, of nobody."""
    by_number = {row["step_number"]: row for row in rows}
    results = []
    entered, entered_mature = _entered(rows)
    previous = entered
    for number, step in enumerate(definition.steps, start=1):
        row = by_number.get(number, {})
        closed, mature = int(row.get("closed", 0)), int(row.get("closed_mature", 0))
        low, high = interval(closed, entered)
        skipped, later = int(row.get("skipped", 0)), int(row.get("reached_later", 0))
        has_skips = definition.order != "unordered"
        results.append(
            StepResult(
                step_number=number,
                name=step.name or step.event or "any event",
                event=step.event,
                is_optional=step.is_optional,
                closed=closed,
                done=int(row.get("done", 0)),
                open=int(row.get("open", 0)),
                rate_from_start=rate(closed, entered),
                low=low,
                high=high,
                rate_from_previous=rate(closed, previous) if number > 1 else None,
                lost=previous - closed,
                skipped=skipped if has_skips else None,
                skip_rate=rate(skipped, later) if has_skips else None,
                closed_mature=mature,
                rate_from_start_mature=rate(mature, entered_mature),
                n_seconds=int(row.get("n_times", 0)),
                mean_seconds=seconds(row.get("mean_microseconds")),
                median_seconds=seconds(row.get("median_microseconds")),
                p90_seconds=seconds(row.get("p90_microseconds")),
                n_came=int(row.get("n_came", 0)),
                censored_median_seconds=seconds(row.get("censored_median_microseconds")),
            )
        )
        previous = closed
    return tuple(results)


def seconds(microseconds: float | None) -> float | None:
    """Return seconds, to the microsecond."""
    return None if microseconds is None else round(float(microseconds) / 1e6, 6)


def _entered(rows: Sequence[Row]) -> tuple[int, int]:
    """Everybody who entered closes the first step."""
    first = next((row for row in rows if row["step_number"] == 1), None)
    return (int(first["closed"]), int(first["closed_mature"])) if first else (0, 0)


def make_totals(steps: Sequence[StepResult]) -> Totals:
    """Make the totals of a funnel from its steps."""
    first, last = steps[0], steps[-1]
    low, high = interval(last.closed, first.closed)
    return Totals(
        entered=first.closed,
        completed=last.closed,
        completion_rate=rate(last.closed, first.closed),
        low=low,
        high=high,
        converted=last.open,
        conversion_rate=rate(last.open, first.closed),
        n_mature=first.closed_mature,
        completed_mature=last.closed_mature,
        completion_rate_mature=rate(last.closed_mature, first.closed_mature),
        is_final=first.closed_mature == first.closed,
    )
