"""How long people took from one step to another."""

from __future__ import annotations

import duckdb

from carepath.funnels.definition import Histogram
from carepath.funnels.rendering import render
from carepath.funnels.result import Bin, HistogramResult
from carepath.funnels.summary import seconds


def count_bins(n: int) -> int:
    """Return the cube root of n, rounded up, exactly."""
    bins: int = round(float(n) ** (1 / 3))
    while bins**3 < n:
        bins += 1
    while bins > 1 and (bins - 1) ** 3 >= n:
        bins -= 1
    return bins


def make_histogram(
    connection: duckdb.DuckDBPyConnection, histogram: Histogram
) -> tuple[HistogramResult, str]:
    """Count people by time between two steps, in bins of equal width from least to most.

    Everybody in one bin when all took as long; no bins when nobody did both steps.
    """
    first, last = histogram.from_step, histogram.to_step
    durations = render("funnel_durations", outcomes="outcomes", from_step=first, to_step=last)
    row = connection.execute(f"""
with {durations}
select
    count(*), min(microseconds), max(microseconds), avg(microseconds),
    percentile_cont(0.5) within group (order by microseconds)
from durations""").fetchone()
    assert row is not None
    n, low, high, mean, median = row
    bins: tuple[Bin, ...] = ()
    sql = f"with {durations}\nselect * from durations"
    if n:
        wanted = 1 if high == low else histogram.bins or count_bins(n)
        width = max(1, -(-(high - low) // wanted))
        sql = f"with {durations}\n" + render(
            "funnel_histogram", durations="durations", low=low, width=width, bins=wanted
        )
        counts = dict(connection.execute(sql).fetchall())
        edges = [low + width * number for number in range(wanted)] + [
            high if high == low else low + width * wanted
        ]
        bins = tuple(
            Bin(edges[i] / 1e6, edges[i + 1] / 1e6, counts.get(i, 0)) for i in range(wanted)
        )
    return HistogramResult(first, last, n, seconds(mean), seconds(median), bins), sql
