"""Builds against a plain copy: ``python -m benchmarks.incremental_speed [--events N] [--write]``.

A year of sample data is landed, its last day held back. Everything measured runs in a process of
its own; processor time is what is compared, less what a build of no rows at all takes (dbt's
start-up, one statement per model; the first in a workspace also reads all models). The yardstick is
DuckDB copying the same raw tables into another file. Copying the tables of prod is the least that a
day can take, for prod is made as a whole. The state and the raw rows lie on disk, as in use.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.sections import Run, describe_machine, run_process, write_section
from carepath.initialisation import init_workspace
from carepath.landing import create_raw, land
from carepath.landing.tables import TABLES
from carepath.quoting import quote_text
from carepath.sample import SamplePlan, make_sample
from carepath.sample.plan import EVENTS_PER_MEMBER
from carepath.workspace import Workspace

# When a row was loaded, by table; rows of which nobody knows it belong to the year before the day.
LOADED = {
    "snowplow.events": "coalesce(load_tstamp, collector_tstamp)",
    "care_platform.historical_task": "history_date",
    "care_platform.historical_project": "history_date",
}
CURRENT = "coalesce(_fivetran_synced, _sdc_received_at, created)"


FIRST, NOTHING, YEAR, DAY, AGAIN, FULL, COPY, FLOOR = (
    "the first build of no rows at all",
    "no rows at all, from scratch",
    "the year but a day, from scratch",
    "the day added",
    "nothing new",
    "the whole year, from scratch",
    "`create table as select *` of the raw tables",
    "`create table as select *` of the tables of prod",
)
COPIES = frozenset({COPY, FLOOR})

KEPT, WHOLE, PROD, TESTS, OTHER = KINDS = (
    "incremental models",
    "other models of prep, made whole",
    "models of prod, made whole",
    "data tests",
    "the rest",
)

COPY_SCRIPT = """
import sys, duckdb
source, target, *schemas = sys.argv[1:]
with duckdb.connect(target) as connection:
    connection.execute(f"attach '{source}' as source (read_only)")
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'source'"
    ).fetchall()
    for schema, table in tables:
        if schema in schemas:
            copy = f"create table {schema}_{table} as select * from source.{schema}.{table}"
            connection.execute(copy)
"""


def main() -> None:
    """Make the data, build, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=3_000_000, help="events of the year")
    parser.add_argument("--write", action="store_true", help="write into docs/benchmarks.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carepath-bench-") as folder:
        report = compare(Path(folder), arguments.events)
    print(report)
    if arguments.write:
        write_section("incremental_speed", report)


def compare(root: Path, events: int) -> str:
    """Land and build in a folder; give the section."""
    workspace, empty = Workspace(root / "workspace"), Workspace(root / "empty")
    held = apart(prepare, root, events)
    runs = {FIRST: build(empty), NOTHING: build(empty, "--full-refresh"), YEAR: build(workspace)}
    apart(land_held, workspace, root / "held.duckdb")
    runs[DAY] = build(workspace)
    of_day = split_statements(workspace)
    runs[AGAIN] = build(workspace)
    runs[FULL] = build(workspace, "--full-refresh")
    of_full = split_statements(workspace)
    schemas = {table.full_name.split(".")[0] for table in TABLES}
    runs[COPY] = copy_tables(workspace.raw, root / "copy.duckdb", *schemas)
    runs[FLOOR] = copy_tables(workspace.prod, root / "floor.duckdb", "main")
    table = describe(runs, apart(count_rows, workspace), held)
    return "\n".join([table, "", describe_statements(of_day, of_full)])


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call in another process: what is measured later inherits the memory of this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def prepare(root: Path, events: int) -> int:
    """Land a year but its last day, and make a workspace without rows; give the rows held back."""
    plan = SamplePlan(members=max(50, round(events / EVENTS_PER_MEMBER)), months=12)
    make_sample(root / "data", plan)
    workspace = init_workspace(root / "workspace")
    land(root / "data", workspace)
    shutil.rmtree(root / "data")
    create_raw(init_workspace(root / "empty"))
    return hold_back_last_day(workspace, root / "held.duckdb")


def hold_back_last_day(workspace: Workspace, held: Path) -> int:
    """Move the rows of the last day out of raw; give their number."""
    count = 0
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute(f"attach '{held}' as held")
        for table in TABLES:
            name = table.full_name
            loaded = LOADED.get(name, CURRENT)
            last = (
                f"{loaded} >= (select max(coalesce(load_tstamp, collector_tstamp)) "
                "- interval 1 day from snowplow.events)"
            )
            copy = name.replace(".", "_")
            connection.execute(f"create table held.{copy} as select * from {name} where {last}")
            connection.execute(f"update held.{copy} set _batch_number = 2")
            row = connection.execute(f"select count(*) from held.{copy}").fetchone()
            count += row[0] if row else 0
        for table in TABLES:
            name = table.full_name
            if name != "snowplow.events":
                _delete(connection, name)
        _delete(connection, "snowplow.events")
        # the ledger of files does not know of days
        connection.execute("delete from landing.files")
    return count


def _delete(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    loaded = LOADED.get(name, CURRENT)
    connection.execute(
        f"delete from {name} where {loaded} >= (select max(coalesce(load_tstamp, "
        "collector_tstamp)) - interval 1 day from snowplow.events)"
    )


def land_held(workspace: Workspace, held: Path) -> None:
    """Put the rows of the day back, as a batch of their own."""
    with duckdb.connect(str(workspace.raw)) as connection:
        connection.execute(f"attach '{held}' as held (read_only)")
        for table in TABLES:
            copy = table.full_name.replace(".", "_")
            connection.execute(f"insert into {table.full_name} select * from held.{copy}")


def build(workspace: Workspace, *options: str) -> Run:
    """Build in a process of its own."""
    command = [sys.executable, "-m", "carepath", "build", "-w", str(workspace.root), *options]
    return run_process(command)


def split_statements(workspace: Workspace) -> dict[str, float]:
    """Give the clock seconds of the last build's statements by what they are, as dbt tells them."""
    target = workspace.root / "target"
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = dict.fromkeys(KINDS, 0.0)
    for result in results:
        node = nodes.get(result["unique_id"])
        seconds[_kind(node)] += result["execution_time"]
    return seconds


def _kind(node: dict[str, Any] | None) -> str:
    """Say what a node is; unit tests and hooks are none of the manifest's nodes."""
    if node is None or node["resource_type"] in ("test", "seed", "operation"):
        return TESTS if node and node["resource_type"] == "test" else OTHER
    if node["database"] == "prod":
        return PROD
    is_kept = node["config"]["materialized"] == "incremental"
    return KEPT if is_kept else WHOLE


def describe_statements(day: dict[str, float], full: dict[str, float]) -> str:
    """Write what the statements of a day and of a full build are spent on."""
    lines = [
        "What the statements are spent on, in seconds of the clock summed over both threads (other "
        "work on",
        "the machine stretches them):",
        "",
        "| statements | the day | the whole year |",
        "|---|---:|---:|",
    ]
    lines += [f"| {kind} | {day[kind]:.1f} | {full[kind]:.1f} |" for kind in KINDS]
    return "\n".join(lines)


def copy_tables(database: Path, target: Path, *schemas: str) -> Run:
    """Copy every table of some schemas into a file, in a process of its own."""
    return run_process([sys.executable, "-c", COPY_SCRIPT, str(database), str(target), *schemas])


def count_rows(workspace: Workspace) -> dict[str, int]:
    """Count the rows of each raw table."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote_text(str(workspace.raw))} as raw (read_only)")
        return {
            table.full_name: connection.execute(
                f"select count(*) from raw.{table.full_name}"
            ).fetchall()[0][0]
            for table in TABLES
        }


def describe(runs: dict[str, Run], rows: dict[str, int], held: int) -> str:
    """Write the section."""
    start_up, copy = runs[NOTHING].seconds, runs[COPY].seconds
    full = runs[FULL].seconds - start_up
    empty = {YEAR: runs[FIRST].seconds, FIRST: runs[FIRST].seconds}
    lines = [
        "## Builds",
        "",
        "Written by `python -m benchmarks.incremental_speed --write`. A year of sample data, its "
        "last day",
        f"of {held:,} rows landed after the rest. A build takes some processor seconds for dbt's "
        "start-up and",
        "a statement per model, whatever the number of rows; one column is without them.",
        "",
        describe_machine("duckdb", "dbt-core", "dbt-duckdb"),
        "",
        f"{sum(rows.values()):,} raw rows, {rows['snowplow.events']:,} of them events:",
        "",
        "| what | processor seconds | without start-up | of the full build | times the copy "
        "| peak memory |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, run in runs.items():
        own = run.seconds if name in COPIES else max(0.0, run.seconds - empty.get(name, start_up))
        # start-up varies by seconds: a full build must stand out from it
        told = full > 2 * start_up
        share = f"{own / full:.1%}" if told else "too few events to tell"
        times = f"{own / copy:.2f}" if told else "too few events to tell"
        lines.append(
            f"| {name} | {run.seconds:.1f} | {own:.1f} | {share} | {times} "
            f"| {run.megabytes:,.0f} MB |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
