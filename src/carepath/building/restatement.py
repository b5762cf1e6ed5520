"""Restatement: which closed weeks a new prod tells differently from the one published before."""

from __future__ import annotations

from pathlib import Path

import duckdb

from carepath.building.report import RestatedWeek
from carepath.faults import is_damaged
from carepath.quoting import quote_text

# measure -> its count by week in a prod; `$zone` stands for the site's time zone
_MEASURES = {
    "people entered": """
        select entered_week_date as week, count(*) as n
        from {prod}.member_intake_funnel_metrics
        where population = 'entrant' and exclusion_reason is null
        group by week
    """,
    "people converted": """
        select entered_week_date as week, count(*) filter (where is_converted) as n
        from {prod}.member_intake_funnel_metrics
        where population = 'entrant' and exclusion_reason is null
        group by week
    """,
    "projects started": """
        select started_week_date as week, count(*) as n
        from {prod}.current_project_summary
        group by week
    """,
    "tasks completed": """
        select
            cast(date_trunc('week', timezone($zone, timezone('UTC', first_done_at))) as date)
                as week,
            count(*) as n
        from {prod}.current_task_summary
        where first_done_at is not null
        group by week
    """,
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
    restated: list[RestatedWeek] = []
    with duckdb.connect() as connection:
        try:
            for path, name in ((before, "old"), (after, "new")):
                connection.execute(f"attach {quote_text(str(path))} as {name} (read_only)")
            for measure, query in _MEASURES.items():
                rows = connection.execute(
                    f"""
                    with closed as (
                        select max(timezone($zone, timezone('UTC', as_of))) as at
                        from old.data_freshness
                    )
                    select
                        week, coalesce(earlier.n, 0) as before, coalesce(later.n, 0) as after
                    from ({query.format(prod="old")}) as earlier
                    full join ({query.format(prod="new")}) as later using (week)
                    cross join closed
                    where week + 7 <= closed.at and before != after
                    order by week
                    """,
                    {"zone": time_zone},
                ).fetchall()
                restated += [RestatedWeek(measure, *row) for row in rows]
        except (duckdb.CatalogException, duckdb.BinderException, duckdb.IOException):
            return ()
        except duckdb.Error as error:
            if is_damaged(error):
                return ()
            raise
    return tuple(restated)
