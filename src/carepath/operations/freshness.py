"""Checks of what is in the databases: batches landed, how fresh the data and prod are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from carepath.building.reconciliation import Read, read_embedded
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
        f"{batches:,} {'batch' if batches == 1 else 'batches'}, {files:,} "
        f"{'file' if files == 1 else 'files'}: {rows:,} rows, {rejected:,} rejected; the last "
        f"at {_say(last)}"
    )
    if rows and rejected / rows > MANY_REJECTED:
        yield warn("batches", told, "look at landing.rejected_rows in raw.duckdb")
    else:
        yield ok("batches", told)


def check_data(workspace: Workspace) -> Iterator[Finding]:
    """Tell how old the latest row is."""
    if not workspace.prod.exists():
        return
    with suppress(duckdb.Error):  # not readable: told elsewhere
        yield from judge_data(read_embedded(workspace.prod))


def check_snowflake(workspace: Workspace) -> Iterator[Finding]:
    """Log in, and tell how old the latest row is that is published there."""
    from carepath.questions.opening import open_warehouse
    from carepath.snowflake.settings import read_settings

    settings = read_settings()
    with closing(open_warehouse(workspace, "doctor")) as warehouse:
        yield ok("snowflake", f"{settings.account} lets in {settings.user} as {settings.role}")
        yield from judge_data(lambda sql: warehouse.fetch(sql, {}).rows())


def judge_data(read: Read) -> Iterator[Finding]:
    """Tell how old the latest row of a prod is, and which sources have stopped."""
    sources = read(
        "select source_table, as_of, latest_source_at, latest_loaded_at from "
        "data_freshness order by source_table"
    )
    as_of = max((row[1] for row in sources if row[1] is not None), default=None)
    if as_of is None:
        yield warn("data", "prod has no dated row", "land data, then run carepath build")
        return
    age = datetime.now(UTC).replace(tzinfo=None) - as_of
    told = f"as of {_say(as_of)}"
    if empty := _count(read, "fate = 'modelled' and row_count = 0", "count(*)"):
        tables = "table has" if empty == 1 else "tables have"
        told += f"; {empty} source {tables} no usable row"
    quiet = [
        table.partition(".")[2]
        for table, _, *latest in sources
        if table != "care_platform.clients"
        and age >= -AHEAD
        and any(latest)
        and max(moment for moment in latest if moment is not None) < as_of - QUIET
    ]
    if quiet:
        told += f"; nothing for a week from {', '.join(quiet)}"
    if later := _count(read, "fate = 'after_as_of'", "sum(row_count)"):
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


def _count(read: Read, condition: str, count: str) -> int:
    (found,) = read(f"select {count} from row_reconciliation where {condition}")[0]
    return int(found or 0)


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


def _read_one(database: Path, sql: str) -> tuple[Any, ...] | None:
    """Read one row; None where the database is not there or not readable (told elsewhere)."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchone()
    except duckdb.Error:
        return None


def _say(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
