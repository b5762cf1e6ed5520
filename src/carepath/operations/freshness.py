"""Checks of what is in the databases: batches landed, how fresh the data and prod are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from carepath.operations.findings import Finding, fail, ok, warn
from carepath.workspace import Workspace

OLD = timedelta(days=2)
"""Data whose latest row is older is told; a daily run leaves it younger."""
QUIET = timedelta(days=7)
"""A source without a new row for longer, while others go on, is told; clients change seldom."""
AHEAD = timedelta(days=1)
"""Data dated further ahead of this machine's clock cannot be right."""
MANY_REJECTED = 0.05


def check_batches(workspace: Workspace) -> Iterator[Finding]:
    """Tell the landed batches, and whether many rows were rejected."""
    row = _read_one(
        workspace.raw,
        "select count(distinct batch_number), count(*), sum(row_count), sum(rejected_count), "
        "max(landed_at) from landing.files",
    )
    if row is None or not row[0]:
        yield warn("batches", "nothing has been landed", "run carepath land FOLDER")
        return
    batches, files, rows, rejected, last = row
    told = (
        f"{batches:,} batches of {files:,} files: {rows:,} rows, {rejected:,} rejected; the last "
        f"at {_say(last)}"
    )
    if rows and rejected / rows > MANY_REJECTED:
        yield warn("batches", told, "look at landing.rejected_rows in raw.duckdb")
    else:
        yield ok("batches", told)


def check_data(workspace: Workspace) -> Iterator[Finding]:
    """Tell how old the latest row is."""
    row = _read_one(workspace.prod, "select max(as_of) from data_freshness")
    if row is None:
        return
    (as_of,) = row
    if as_of is None:
        yield warn("data", "prod has no dated row", "land data, then run carepath build")
        return
    age = datetime.now(UTC).replace(tzinfo=None) - as_of
    told = f"as of {_say(as_of)}"
    if empty := _count_empty_tables(workspace):
        tables = "table has" if empty == 1 else "tables have"
        told += f"; {empty} source {tables} no usable row"
    quiet = _list_quiet_sources(workspace, as_of)
    if quiet:
        told += f"; nothing for a week from {', '.join(quiet)}"
    if later := _count_later_rows(workspace):
        told += f", which was asked for; {later:,} rows are dated later"
        yield warn("data", told, "run carepath build without --as-of")
    elif age > OLD:
        yield warn("data", f"{told}; that is {age.days:,} days ago", "land newer data")
    elif age < -AHEAD:
        yield fail(
            "data",
            f"{told}: in the future, so people are counted as seen until then",
            "check the clock of this machine, then that of the loader (docs/operations.md: "
            "A delivery was wrong)",
        )
    elif age < -timedelta(hours=1):
        yield warn("data", f"{told}: in the future", "check the clock and the time zones")
    elif quiet:
        yield warn("data", told, "see whether their files still come")
    else:
        yield ok("data", told)


def check_prod(workspace: Workspace) -> Iterator[Finding]:
    """Tell whether prod holds all that was landed."""
    if not workspace.prod.exists():
        return
    built = datetime.fromtimestamp(workspace.prod.stat().st_mtime, UTC).replace(tzinfo=None)
    landed = _read_one(workspace.raw, "select max(landed_at) from landing.files")
    told = f"published at {_say(built)}"
    erased = _read_one(workspace.raw, "select max(erased_at) from landing.erasures")
    if erased and erased[0] and erased[0] > built:
        yield fail("prod", f"{told}: it still holds a person erased since", "run carepath build")
    elif landed and landed[0] and landed[0] > built:
        yield warn("prod", f"{told}, before the last batch was landed", "run carepath build")
    else:
        yield ok("prod", f"{told}, after the last batch")


def _count_empty_tables(workspace: Workspace) -> int:
    """Count the source tables without a row that is used; one without any date is one too."""
    row = _read_one(
        workspace.prod,
        "select count(*) from row_reconciliation where fate = 'modelled' and row_count = 0",
    )
    return int(row[0]) if row else 0


def _list_quiet_sources(workspace: Workspace, as_of: datetime) -> list[str]:
    """Name the sources that have rows, and none from the last week."""
    try:
        with duckdb.connect(str(workspace.prod), read_only=True) as connection:
            rows = connection.execute(
                "select source_table from data_freshness "
                "where source_table != 'care_platform.clients' "
                "and greatest(latest_source_at, latest_loaded_at) < ? order by source_table",
                [as_of - QUIET],
            ).fetchall()
    except duckdb.Error:
        return []
    return [str(table).partition(".")[2] for (table,) in rows]


def _count_later_rows(workspace: Workspace) -> int:
    row = _read_one(
        workspace.prod,
        "select sum(row_count) from row_reconciliation where fate = 'after_as_of'",
    )
    return int(row[0] or 0) if row else 0


def _read_one(database: Path, sql: str) -> tuple[Any, ...] | None:
    """Read one row; None where the database is not there or not readable (told elsewhere)."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchone()
    except duckdb.Error:
        return None


def _say(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
