"""The account of every raw row, and what a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from carepath.building.report import Fate
from carepath.quoting import quote_text

Row = tuple[Any, ...]
Read = Callable[[str], list[Row]]
"""Runs one select against prod; its SQL is the same for every database."""


def account_rows(raw: Path, prod: Path) -> tuple[Fate, ...]:
    """Count, for each source table, the rows of files, of raw, and of each fate in prod.

    The raw rows are counted in the raw database itself, so that the sum can fail.
    """
    with duckdb.connect(str(prod), read_only=True) as connection:
        connection.execute(f"attach {quote_text(str(raw))} as raw (read_only)")

        def read(sql: str) -> list[Row]:
            return connection.execute(sql).fetchall()

        def count_raw(table: str) -> int:
            return int(read(f"select count(*) from raw.{table}")[0][0])

        return count_fates(read, count_raw, _landed(connection))


def count_fates(
    read: Read, count_raw: Callable[[str], int], landed: Mapping[str, tuple[int, int, int]]
) -> tuple[Fate, ...]:
    """Put together what became of the rows of each source table.

    Parameters
    ----------
    read : callable
        Reads prod.
    count_raw : callable
        Counts the rows of a source table where they came from.
    landed : mapping
        Source table to rows in files, rejected at landing, and erased since; empty without landing.
    """
    fates: dict[str, dict[str, int]] = {}
    for table, fate, count in read(
        "select source_table, fate, row_count from row_reconciliation order by source_table, fate"
    ):
        fates.setdefault(table, {})[fate] = count
    account = []
    for table, counts in fates.items():
        in_files, rejected_at_landing, erased = landed.get(table, (0, 0, 0))
        account.append(
            Fate(
                source_table=table,
                in_files=in_files,
                rejected_at_landing=rejected_at_landing,
                raw=count_raw(table),
                modelled=counts.get("modelled", 0),
                deduplicated=counts.get("deduplicated", 0),
                rejected=counts.get("rejected", 0),
                after_as_of=counts.get("after_as_of", 0),
                erased=erased,
            )
        )
    return tuple(account)


def _landed(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int, int]]:
    """Rows read from files, rejected at landing, and erased since, by table; empty without any."""
    ledgers = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'raw' and schema_name = 'landing'"
        ).fetchall()
    }
    if "files" not in ledgers:
        return {}
    rows = connection.execute(
        "select table_name, sum(row_count), sum(rejected_count) from raw.landing.files group by all"
    ).fetchall()
    erased = {}
    if "erasures" in ledgers:
        erased = dict(
            connection.execute(
                "select table_name, sum(accepted_count) from raw.landing.erasures group by all"
            ).fetchall()
        )
    return {
        table: (int(read), int(rejected), int(erased.get(table, 0)))
        for table, read, rejected in rows
    }


def list_rejections(read: Read) -> tuple[tuple[str, str, int], ...]:
    """Name the reasons for which the models rejected rows, with their counts."""
    rows = read(
        "select source_table, reason, row_count from rejection_summary "
        "where reason != 'after_as_of' order by source_table, reason"
    )
    return tuple((table, reason, count) for table, reason, count in rows)


def read_as_of(read: Read) -> str | None:
    """Give the moment the warehouse is of; None without any data."""
    (moment,) = read("select max(as_of) from data_freshness")[0]
    return moment.isoformat(sep=" ") if moment else None


def read_latest(read: Read) -> datetime | None:
    """Give the latest moment that the rows of a prod tell of, its `as_of` apart."""
    (moments,) = read("select max(latest_source_at), max(latest_loaded_at) from data_freshness")
    return max((moment for moment in moments if moment is not None), default=None)


def list_warnings(read: Read) -> tuple[str, ...]:
    """Name what the models could not place: unmapped statuses, steps never seen, placeholders."""
    warnings = []
    for entity in ("task", "project"):
        rows = read(
            f"select status, count(*) from {entity}_phases "
            "where category = 'unknown' group by status order by count(*) desc, status"
        )
        unmapped = [(status, count) for status, count in rows if status != "unknown"]
        if unmapped:
            named = ", ".join(f"{status} ({count:,})" for status, count in unmapped[:5])
            more = f" and {len(unmapped) - 5} more" if len(unmapped) > 5 else ""
            visits = sum(count for _, count in unmapped)
            have = "visit has" if visits == 1 else "visits have"
            warnings.append(
                f"{visits:,} {entity} {have} a status that "
                f"status_map.csv does not name: {named}{more}. Add them to the definitions."
            )
        without = sum(count for status, count in rows if status == "unknown")
        if without:
            them = f"{entity} has" if without == 1 else f"{entity}s have"
            warnings.append(f"{without:,} {them} no history, and no status that is known.")
    rows = read(
        "select step_name from member_intake_funnel_steps where population = 'entrant' "
        "and step_number not in "
        "(select step_number from funnel_events where step_number is not null) "
        "group by step_name, step_number order by step_number"
    )
    if rows:
        named = ", ".join(name for (name,) in rows)
        warnings.append(f"No one ever did these steps of the intake funnel: {named}.")
    (conflicts,) = read("select count(*) from funnel_events where has_payload_conflict")[0]
    if conflicts:
        warnings.append(
            f"{conflicts:,} events were delivered more than once with different contents; "
            "the copy collected first counts."
        )
    rows = read(
        "select source_table, early_moment_count from data_freshness "
        "where early_moment_count > 0 order by source_table"
    )
    for table, count in rows:
        moments = "moment is" if count == 1 else "moments are"
        them = "counts" if count == 1 else "count"
        warnings.append(
            f"{table}: {count:,} {moments} dated too early to be believed and {them} as none."
        )
    return tuple(warnings)


def read_embedded(prod: Path) -> Read:
    """Read a prod that is a file, opened anew for each select."""

    def read(sql: str) -> list[Row]:
        with duckdb.connect(str(prod), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return read
