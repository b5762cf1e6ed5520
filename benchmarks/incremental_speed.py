"""An added day against a full build: ``python -m benchmarks.incremental_speed [EVENTS]``.

A year of sample data is landed, its last day held back. Each build runs in a process of its own;
processor time is what is compared, less what a build of no rows at all takes (dbt's start-up, one
statement per model). The state and the raw rows lie on disk, as in use.
"""

from __future__ import annotations

import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import duckdb

from carepath.initialisation import init_workspace
from carepath.landing import create_raw, land
from carepath.landing.tables import TABLES
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


def main(events: int = 3_000_000) -> None:
    """Make the data, build, and print a table."""
    with tempfile.TemporaryDirectory(prefix="carepath-bench-") as folder:
        root = Path(folder)
        plan = SamplePlan(members=max(50, round(events / EVENTS_PER_MEMBER)), months=12)
        make_sample(root / "data", plan)
        workspace = init_workspace(root / "workspace")
        land(root / "data", workspace)
        shutil.rmtree(root / "data")
        held = hold_back_last_day(workspace, root / "held.duckdb")
        empty = init_workspace(root / "empty")
        create_raw(empty)
        runs = {
            "no rows at all": measure(empty),
            "the year but a day, from scratch": measure(workspace),
        }
        land_held(workspace, root / "held.duckdb")
        runs[f"the day added ({held:,} rows)"] = measure(workspace)
        runs["nothing new"] = measure(workspace)
        runs["the whole year, from scratch"] = measure(workspace, "--full-refresh")
    report(runs)


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


def measure(workspace: Workspace, *options: str) -> tuple[float, float, str]:
    """Processor seconds, peak memory in MB and what the build said of itself."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    script = (
        "import resource, sys; from carepath.cli.main import main\n"
        "sys.argv = ['carepath', 'build', '-w', *sys.argv[1:]]\n"
        "try: main()\n"
        "finally: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(workspace.root), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = next(line for line in done.stdout.splitlines() if line.startswith("peak "))
    mode = next(line for line in done.stdout.splitlines() if line.startswith("Build: "))
    return seconds, int(peak.split()[1]) / 1024, mode.removeprefix("Build: ").rstrip(".")


def report(runs: dict[str, tuple[float, float, str]]) -> None:
    """Print the table."""
    start_up = runs["no rows at all"][0]
    whole = runs["the whole year, from scratch"][0] - start_up
    print(
        f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, ", end=""
    )
    print(", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb")))
    print("\n| build | processor seconds | without start-up | of the full | peak memory |")
    print("|---|---:|---:|---:|---:|")
    for name, (seconds, peak, _) in runs.items():
        own = max(0.0, seconds - start_up)
        # start-up varies by seconds: a full build must stand out from it
        share = f"{own / whole:.1%}" if whole > 2 * start_up else "too few events to tell"
        print(f"| {name} | {seconds:.1f} | {own:.1f} | {share} | {peak:,.0f} MB |")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:2]))
