"""How fast phases and clocks are in our SQL, beside pandas and polars code for the same result.

    python -m benchmarks.phases_speed [--tasks 500000] [--runs 3] [--write]

All read the same Parquet files, tasks with eight changes of status each, and write the number of
visits and the clocks (lead, cycle, first_done, touch, active, in microseconds) of every task to
Parquet; the files are asserted equal. Ours are the macros of `warehouse/macros/durations`, which
compute more (deletions, rework, working hours, ends), run by DuckDB.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.sections import Measure, apart, describe_machine, measure, write_section

ROOT = Path(__file__).parents[1]
TOUCHED = ("active", "waiting", "paused")
CLOCKS = ("lead", "cycle", "first_done", "touch", "active")
CHANGES = 8


def write_tasks(folder: Path, count: int) -> None:
    """Write `tasks.parquet` and `history.parquet`, in no order."""
    import duckdb

    connection = duckdb.connect()
    start = "1767225600000000 + cast(hash(t) % 20000000 as bigint) * 1000000"
    connection.execute(f"""
copy (
    select t as task_id, make_timestamp({start}) as created_at from range({count}) as tasks (t)
) to '{folder}/tasks.parquet'""")
    connection.execute(f"""
copy (
    select
        t * {CHANGES} + c as history_id,
        t as task_id,
        make_timestamp({start} + c * 7200000000
            + cast(hash(t * 31 + c) % 7000 as bigint) * 1000000) as changed_at,
        case when c = 0 then 'todo'
            else ['todo', 'active', 'active', 'waiting', 'paused', 'done'][
                1 + cast(hash(t * 17 + c) % 6 as bigint)
            ] end as status
    from range({count}) as tasks (t), range({CHANGES}) as changes (c)
    order by hash(t * {CHANGES} + c)
) to '{folder}/history.parquet'""")


def _render() -> str:
    """Render the macros for DuckDB, as dbt would."""
    from jinja2 import Environment, Template

    paths = sorted((ROOT / "warehouse" / "macros" / "durations").glob("*.sql"))
    texts = [path.read_text() for path in paths]
    texts.append((ROOT / "warehouse/macros/time.sql").read_text())

    class Adapter:
        """Stands in for dbt's adapter, on the default target."""

        def dispatch(self, name: str) -> object:
            """Find the macro for the default target."""
            return getattr(module, f"default__{name}")

    globals_ = {"adapter": Adapter(), "return": lambda value: value, "var": lambda name: None}
    environment = Environment()
    environment.globals.update(globals_)
    template: Template = environment.from_string("".join(texts))
    module = template.module
    beginnings = module.visit_beginnings(changes="changes")  # type: ignore[attr-defined]
    visits = module.status_visits(  # type: ignore[attr-defined]
        entities="entities", beginnings="placed", key="entity_id"
    )
    clocks = module.status_clocks(  # type: ignore[attr-defined]
        entities="entities", visits="visits", working_hours="working_hours"
    )
    return f"{beginnings},\n\n{visits},\n\n{clocks}"


def run_ours(folder: Path) -> None:
    """Compute them with the macros."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("""
create table working_hours (
    local_date date, opening_number bigint, time_zone varchar, opens_microseconds bigint,
    open_microseconds bigint, microseconds_before bigint
)""")
    values = ",\n    ".join(
        f"cast({name}_seconds * 1000000 as bigint) as {name}" for name in CLOCKS
    )
    connection.execute(f"""
copy (
    with

    entities as (
        select
            task_id as entity_id, created_at, cast(null as timestamp) as deleted_at,
            cast(null as varchar) as status, cast(null as varchar) as category
        from '{folder}/tasks.parquet'
    ),

    changes as (
        select
            task_id as entity_id, cast(history_id as varchar) as change_id, changed_at, status,
            status as category, cast(null as varchar) as set_aside_reason,
            1 as batch_number, 1 as record_batch_number
        from '{folder}/history.parquet'
    ),

    {_render()}

    select entity_id as task_id, visit_count, completion_count, {values}
    from clocks
    order by task_id
) to '{folder}/ours.parquet'""")


def run_pandas(folder: Path) -> None:
    """Compute them with pandas."""
    import pandas as pd

    tasks = pd.read_parquet(folder / "tasks.parquet")
    history = pd.read_parquet(folder / "history.parquet")
    history = history.sort_values(["task_id", "changed_at", "history_id"])
    history = history[history.status != history.groupby("task_id").status.shift()]
    visits = history.assign(entered=history.changed_at.astype("datetime64[us]").astype("int64"))
    visits["exited"] = visits.groupby("task_id").entered.shift(-1)
    groups = visits.groupby("task_id")
    entered = {
        name: visits[visits.status == name].groupby("task_id").entered
        for name in ("active", "done")
    }
    result = tasks.set_index("task_id").sort_index()
    result["visit_count"] = groups.size()
    result["completion_count"] = entered["done"].size()
    result["first_active"] = entered["active"].min()
    result["last_done"] = entered["done"].max()
    result["is_done"] = groups.status.last() == "done"
    visits = visits.join(result[["first_active", "last_done"]], on="task_id")
    after = visits[visits.entered >= visits.first_active]
    done = after[after.status == "done"].groupby("task_id").entered.min()
    inside = after[(after.exited <= after.last_done)]
    inside = inside.assign(length=inside.exited - inside.entered)
    touched = inside[inside.status.isin(TOUCHED)].groupby("task_id").length.sum()
    active = inside[inside.status == "active"].groupby("task_id").length.sum()
    created = result.created_at.astype("datetime64[us]").astype("int64")
    has_cycle = result.last_done >= result.first_active
    result["lead"] = (result.last_done - created).where(result.is_done)
    result["cycle"] = (result.last_done - result.first_active).where(has_cycle & result.is_done)
    result["first_done"] = done - result.first_active
    result["touch"] = touched.reindex(result.index).fillna(0).where(has_cycle)
    result["active"] = active.reindex(result.index).fillna(0).where(has_cycle)
    result["completion_count"] = result.completion_count.fillna(0)
    names = ["visit_count", "completion_count", *CLOCKS]
    result[names].astype("Int64").reset_index().to_parquet(folder / "pandas.parquet")


def run_polars(folder: Path) -> None:
    """Compute them with polars, lazily."""
    import polars as pl

    c = pl.col
    visits = (
        pl.scan_parquet(folder / "history.parquet")
        .sort("task_id", "changed_at", "history_id")
        .with_columns(before=c("status").shift().over("task_id"))
        .filter(c("before").is_null() | (c("status") != c("before")))
        .with_columns(entered=c("changed_at").dt.epoch("us"))
        .with_columns(exited=c("entered").shift(-1).over("task_id"))
    )
    active, done = c("status") == "active", c("status") == "done"
    visits = visits.with_columns(
        first_active=c("entered").filter(active).min().over("task_id"),
        last_done=c("entered").filter(done).max().over("task_id"),
    )
    after = c("entered") >= c("first_active")
    inside = after & (c("exited") <= c("last_done"))
    length = c("exited") - c("entered")
    clocks = visits.group_by("task_id").agg(
        visit_count=pl.len(),
        completion_count=done.sum(),
        first_active=c("first_active").first(),
        last_done=c("last_done").first(),
        is_done=done.last(),
        first_done=c("entered").filter(done & after).min(),
        touch=length.filter(inside & c("status").is_in(TOUCHED)).sum(),
        active=length.filter(inside & active).sum(),
    )
    has_cycle = c("last_done") >= c("first_active")
    created = c("created_at").dt.epoch("us")
    (
        pl.scan_parquet(folder / "tasks.parquet")
        .join(clocks, on="task_id", how="left")
        .select(
            c("task_id"),
            c("visit_count").cast(pl.Int64),
            c("completion_count").cast(pl.Int64),
            lead=pl.when(c("is_done")).then(c("last_done") - created),
            cycle=pl.when(c("is_done") & has_cycle).then(c("last_done") - c("first_active")),
            first_done=c("first_done") - c("first_active"),
            touch=pl.when(has_cycle).then(c("touch")),
            active=pl.when(has_cycle).then(c("active")),
        )
        .sort("task_id")
        .collect()
        .write_parquet(folder / "polars.parquet")
    )


RUN = {"ours": run_ours, "pandas": run_pandas, "polars": run_polars}


def assert_equal(folder: Path) -> int:
    """Compare the three files value by value; give the number of tasks that were completed."""
    import duckdb

    connection = duckdb.connect()
    names = ", ".join(("task_id", "visit_count", "completion_count", *CLOCKS))
    ours = f"select {names} from '{folder}/ours.parquet'"
    for other in ("pandas", "polars"):
        theirs = f"select {names} from '{folder}/{other}.parquet'"
        for one, two in ((ours, theirs), (theirs, ours)):
            row = connection.execute(f"select count(*) from ({one} except all {two})").fetchone()
            if row is None or row[0]:
                raise SystemExit(f"{row} tasks of ours and {other} differ")
    row = connection.execute(f"select count(cycle) from '{folder}/ours.parquet'").fetchone()
    assert row is not None
    return int(row[0])


def measure_all(tasks: int, runs: int) -> str:
    """Make the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(write_tasks, folder, tasks)
        measured: dict[str, Measure] = {
            contender: measure(
                "benchmarks.phases_speed", ["--contender", contender, str(folder)], runs
            )
            for contender in RUN
        }
        completed = assert_equal(folder)
    titles = {"ours": "our macros in DuckDB"}
    base = measured["ours"].seconds
    lines = [
        f"| {titles.get(contender, contender)} | {one.seconds:.2f} | {one.seconds / base:.2f} "
        f"| {one.megabytes:,.0f} MB |"
        for contender, one in measured.items()
    ]
    return "\n".join(
        [
            f"{tasks:,} tasks, {tasks * CHANGES:,} changes, {completed:,} tasks with a cycle time, "
            "the same in all three:",
            "",
            "| what | processor seconds | times ours | peak memory |",
            "|---|---:|---:|---:|",
            *lines,
        ]
    )


def main() -> None:
    """Measure and print; or be one contender."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=500_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--contender", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        name, folder = options.contender
        RUN[name](Path(folder))
        print(json.dumps({}))
        return
    text = "\n\n".join(
        [
            "## Phases and clocks",
            "Written by `python -m benchmarks.phases_speed --write`. "
            + __doc__.split("\n\n")[2].strip(),
            describe_machine("duckdb", "pandas", "polars"),
            measure_all(options.tasks, options.runs),
        ]
    )
    print(text)
    if options.write:
        write_section("phases_speed", text)


if __name__ == "__main__":
    main()
