"""The account of every raw row, and what a person should look at."""

from __future__ import annotations

from pathlib import Path

import duckdb

from carepath.building.report import Fate


def account_rows(raw: Path, prod: Path) -> tuple[Fate, ...]:
    """Count, for each source table, the rows of files, of raw, and of each fate in prod.

    The raw rows are counted in the raw database itself, so that the sum can fail.
    """
    with duckdb.connect(str(prod), read_only=True) as connection:
        connection.execute(f"attach '{_quoted(raw)}' as raw (read_only)")
        fates: dict[str, dict[str, int]] = {}
        for table, fate, count in connection.execute(
            "select source_table, fate, row_count from row_reconciliation order by all"
        ).fetchall():
            fates.setdefault(table, {})[fate] = count
        landed = _landed(connection)
        account = []
        for table, counts in fates.items():
            in_files, rejected_at_landing = landed.get(table, (0, 0))
            row = connection.execute(f"select count(*) from raw.{table}").fetchone()
            account.append(
                Fate(
                    source_table=table,
                    in_files=in_files,
                    rejected_at_landing=rejected_at_landing,
                    raw=row[0] if row else 0,
                    modelled=counts.get("modelled", 0),
                    deduplicated=counts.get("deduplicated", 0),
                    rejected=counts.get("rejected", 0),
                    after_as_of=counts.get("after_as_of", 0),
                )
            )
    return tuple(account)


def _landed(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Rows read from files and rejected at landing, by table; empty where nothing was landed."""
    exists = connection.execute(
        "select count(*) from duckdb_tables() "
        "where database_name = 'raw' and schema_name = 'landing' and table_name = 'files'"
    ).fetchone()
    if not exists or not exists[0]:
        return {}
    rows = connection.execute(
        "select table_name, sum(row_count), sum(rejected_count) from raw.landing.files group by all"
    ).fetchall()
    return {table: (int(read), int(rejected)) for table, read, rejected in rows}


def list_rejections(prod: Path) -> tuple[tuple[str, str, int], ...]:
    """Name the reasons for which the models rejected rows, with their counts."""
    with duckdb.connect(str(prod), read_only=True) as connection:
        rows = connection.execute(
            "select source_table, reason, row_count from rejection_summary "
            "where reason != 'after_as_of' order by all"
        ).fetchall()
    return tuple((table, reason, count) for table, reason, count in rows)


def read_as_of(prod: Path) -> str | None:
    """Give the moment the warehouse is of; None without any data."""
    with duckdb.connect(str(prod), read_only=True) as connection:
        row = connection.execute("select max(as_of) from data_freshness").fetchone()
    return row[0].isoformat(sep=" ") if row and row[0] else None


def list_warnings(prod: Path) -> tuple[str, ...]:
    """Name what the models could not place: unmapped statuses, steps never seen."""
    warnings = []
    with duckdb.connect(str(prod), read_only=True) as connection:
        for entity in ("task", "project"):
            rows = connection.execute(
                f"select status, count(*) from {entity}_phases "
                "where category = 'unknown' group by status order by count(*) desc, status"
            ).fetchall()
            unmapped = [(status, count) for status, count in rows if status != "unknown"]
            if unmapped:
                named = ", ".join(f"{status} ({count:,})" for status, count in unmapped[:5])
                more = f" and {len(unmapped) - 5} more" if len(unmapped) > 5 else ""
                warnings.append(
                    f"{sum(count for _, count in unmapped):,} {entity} visits have a status that "
                    f"status_map.csv does not name: {named}{more}. Add them to the definitions."
                )
            without = sum(count for status, count in rows if status == "unknown")
            if without:
                warnings.append(f"{without:,} {entity}s have no status and no history.")
        rows = connection.execute(
            "select step_name from member_intake_funnel_steps where population = 'entrant' "
            "group by step_name, step_number having not bool_or(is_open) order by step_number"
        ).fetchall()
        if rows:
            named = ", ".join(name for (name,) in rows)
            warnings.append(f"No one ever did these steps of the intake funnel: {named}.")
        row = connection.execute(
            "select count(*) from funnel_events where has_payload_conflict"
        ).fetchone()
        if row and row[0]:
            warnings.append(
                f"{row[0]:,} events were delivered more than once with different contents; "
                "the copy collected first counts."
            )
    return tuple(warnings)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
