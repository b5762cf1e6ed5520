"""Restatement: which closed weeks a new prod tells differently from the one published before."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb

from carepath.building.reconciliation import Read, read_embedded
from carepath.building.report import RestatedWeek
from carepath.faults import is_damaged
from carepath.quoting import quote_text

# measure -> local dates in a prod, and how many there are of each
_MEASURES = {
    "people entered": """
        select entered_week_date, count(*)
        from {tables}member_intake_funnel_metrics
        where population = 'entrant' and exclusion_reason is null
        group by entered_week_date
    """,
    "people converted": """
        select entered_week_date, count(*)
        from {tables}member_intake_funnel_metrics
        where population = 'entrant' and exclusion_reason is null and is_converted
        group by entered_week_date
    """,
    "projects started": """
        select started_week_date, count(*)
        from {tables}current_project_summary
        group by started_week_date
    """,
    "tasks completed": """
        select {first_done_date}, count(*)
        from {tables}current_task_summary
        where first_done_at is not null
        group by {first_done_date}
    """,
}
TABLES = frozenset(
    {
        "current_project_summary",
        "current_task_summary",
        "data_freshness",
        "member_intake_funnel_metrics",
    }
)
"""What is compared."""
_LOCAL_DATES = {
    "duckdb": "cast(timezone({zone}, timezone('UTC', {moment})) as date)",
    "snowflake": "cast(convert_timezone('UTC', {zone}, {moment}) as date)",
}


def list_restated_weeks(before: Path, after: Path, time_zone: str) -> tuple[RestatedWeek, ...]:
    """Compare headline counts of weeks that were over when the earlier prod was built.

    Parameters
    ----------
    before, after : Path
        The published prod and the candidate. Nothing is restated where there was none before, or
        one of another version of these tables, or one that is damaged.
    time_zone : str
        The site's time zone (IANA name), in which weeks begin.
    """
    if not before.exists():
        return ()
    try:
        return compare_weeks(read_embedded(before), read_embedded(after), time_zone)
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
        return ()
    except duckdb.Error as error:
        if is_damaged(error):
            return ()
        raise


def compare_weeks(
    before: Read,
    after: Read,
    time_zone: str,
    platform: str = "duckdb",
    schemas: tuple[str, str] = ("", ""),
) -> tuple[RestatedWeek, ...]:
    """Do so for two prods that can be read.

    Parameters
    ----------
    before, after : callable
        Read the two.
    time_zone : str
        The site's.
    platform : {"duckdb", "snowflake"}
        Whose SQL they take.
    schemas : (str, str)
        What stands before the names of their tables: a schema and a dot.
    """
    zone = quote_text(time_zone)

    def write_local_date(moment: str) -> str:
        return _LOCAL_DATES[platform].format(zone=zone, moment=moment)

    def count(read: Read, tables: str, query: str) -> Counter[date]:
        first_done_date = write_local_date("first_done_at")
        weeks: Counter[date] = Counter()
        for day, n in read(query.format(tables=tables, first_done_date=first_done_date)):
            if day is not None:
                weeks[day - timedelta(days=day.weekday())] += n
        return weeks

    today = write_local_date("as_of")
    (closed,) = before(f"select max({today}) from {schemas[0]}data_freshness")[0]
    if closed is None:
        return ()
    restated = []
    for measure, query in _MEASURES.items():
        earlier = count(before, schemas[0], query)
        later = count(after, schemas[1], query)
        restated += [
            RestatedWeek(measure, week, earlier[week], later[week])
            for week in sorted(earlier.keys() | later.keys())
            if week + timedelta(days=7) <= closed and earlier[week] != later[week]
        ]
    return tuple(restated)
