"""How fast ad-hoc funnels are, beside ClickHouse's windowFunnel and a self-join in DuckDB.

    python -m benchmarks.funnel_speed [--events 1000000 10000000] [--runs 3] [--write]

All read the same Parquet file: ten events a person, of which one is the sign-up, at times that
differ; or (the smallest) people who do every step twenty times. There the three mean the same
(ordered, first entry, exact ties), and the answers are asserted equal. ClickHouse's function starts
at every first-step event and knows no tolerance, so elsewhere they may differ. Processor seconds
are told because the clock of a busy machine tells about its neighbours.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.funnel_growth import measure_growth, write_repeats
from benchmarks.sections import Measure, apart, describe_machine, measure, write_section

NAMES = ("sign up", "verify", "invite", "plan", "pay")
WINDOW = 14 * 86_400
REPEATED = 200 * 20 * len(NAMES)
CONTENDERS = ("carepath", "windowFunnel", "self-join")


def write_events(path: Path, count: int) -> None:
    """Write events: person, event, timestamp; the sign-up of each person and nine others."""
    import duckdb

    others = "['verify', 'verify', 'verify', 'invite', 'invite', 'plan', 'pay', 'page view']"
    duckdb.connect().execute(f"""
copy (
    select
        'person-' || lpad(cast(i // 10 as varchar), 8, '0') as person,
        case
            when i % 10 = 0 then 'sign up' else {others}[1 + cast(hash(i) % 8 as bigint)]
        end as event,
        make_timestamp(
            1767225600000000
            + cast(hash(i // 10 + 77) % 5000000 as bigint) * 1000000
            + case when i % 10 = 0 then 0
                else (cast(hash(i + 5) % 2000000 as bigint) - 200000) * 1000000 end
            + i % 1000000
        ) as timestamp
    from range({count}) as numbers (i)
    order by hash(i + 3)
) to '{path}' (format parquet)""")


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run_carepath(path: str) -> dict[str, Any]:
    """Run the funnel; the matching alone is the SQL of the macros, from typed events on."""
    from carepath.funnels import execution, funnel, matching

    spent = 0.0
    matched = matching.match_people

    def match(connection: Any, definition: Any, complete: int, **names: str) -> Any:
        nonlocal spent
        # All events of the steps, in whatever window: near ones alone would be half the work.
        flags = [f"is_step_{k}" for k in definition.step_numbers]
        connection.execute(
            "create temp table typed_events as select person_id, event_microseconds, "
            f"event_microseconds as event_number, {', '.join(flags)} from counted_events "
            f"where {' or '.join(flags)}"
        )
        # Reading the macros is part of start-up, as loading ClickHouse is: once a process.
        matching._write_people(definition, complete, "typed_events", "timed_")
        before = _spent()
        connection.execute(matching._write_step_events(definition, "typed_events", "timed_"))
        connection.execute(matching._write_people(definition, complete, "typed_events", "timed_"))
        counts = ", ".join(f"count(reached_microseconds_{k})" for k in definition.step_numbers)
        connection.execute(f"select {counts} from timed_people").fetchone()
        spent = _spent() - before
        connection.execute("drop table timed_people")
        connection.execute("drop table typed_events cascade")
        return matched(connection, definition, complete, **names)

    steps = [{"event": name} for name in NAMES]
    document = {"steps": steps, "window_seconds": WINDOW, "tie_seconds": 0}
    if path.endswith("?matching"):
        execution.match_people = match
    result = funnel(document, events=path.removesuffix("?matching"))
    return {"levels": [step.closed for step in result.steps], "matching": spent}


def run_window_funnel(path: str) -> dict[str, Any]:
    """Count people by the step they came to, with windowFunnel in chdb."""
    from chdb.session import Session

    session = Session()
    source = f"file('{path.removesuffix('?matching')}')"
    if path.endswith("?matching"):
        session.query("create database b engine = Atomic")
        session.query(
            "create table b.e engine = Memory as select toUInt32(right(person, 8)) as person, "
            f"toLowCardinality(event) as event, timestamp from {source}"
        )
        source = "b.e"
    events = ", ".join(f"event = '{name}'" for name in NAMES)
    listed = ", ".join(f"'{name}'" for name in NAMES)
    sql = f"""
select level, count() as people
from (
    select
        person,
        windowFunnel({WINDOW * 1_000_000})(toUInt64(toUnixTimestamp64Micro(timestamp)), {events})
            as level
    from {source}
    where event in ({listed})
    group by person
)
group by level"""
    before = _spent()
    rows = [json.loads(line) for line in str(session.query(sql, "JSONEachRow")).splitlines()]
    spent = _spent() - before
    return {
        "levels": _at_least({int(r["level"]): int(r["people"]) for r in rows}),
        "matching": spent,
    }


def run_self_join(path: str) -> dict[str, Any]:
    """Count people by the step they came to, by joining the events to themselves."""
    import duckdb

    connection = duckdb.connect()
    source = f"'{path.removesuffix('?matching')}'"
    if path.endswith("?matching"):
        connection.execute(
            "create table e as select cast(right(person, 8) as bigint) as person, event, timestamp "
            f"from {source}"
        )
        source = "e"
    joins = "".join(
        f"""
left join {source} as e{k}
    on
        e{k}.person = e1.person
        and e{k}.event = '{name}'
        and e{k}.timestamp between e{k - 1}.timestamp and e1.timestamp + interval {WINDOW} second"""
        for k, name in enumerate(NAMES[1:], start=2)
    )
    counts = ", ".join(f"count(distinct e{k}.person)" for k in range(1, len(NAMES) + 1))
    before = _spent()
    row = connection.execute(f"""
with e1 as (
    select person, min(timestamp) as timestamp from {source}
    where event = '{NAMES[0]}' group by person
)

select {counts} from e1 {joins}""").fetchone()
    assert row is not None
    return {"levels": list(row), "matching": _spent() - before}


def _at_least(by_level: dict[int, int]) -> list[int]:
    return [
        sum(people for level, people in by_level.items() if level >= step)
        for step in range(1, len(NAMES) + 1)
    ]


RUN = dict(zip(CONTENDERS, (run_carepath, run_window_funnel, run_self_join), strict=True))
TITLES = {
    "carepath": "`carepath funnel`, everything it tells",
    "windowFunnel": "ClickHouse `windowFunnel`, counts only",
    "self-join": "self-join in DuckDB, counts only",
}


def compare(path: Path, runs: int, suffix: str) -> dict[str, Measure]:
    """Run all contenders and assert that they agree."""
    measured = {
        name: measure("benchmarks.funnel_speed", ["--contender", name, f"{path}{suffix}"], runs)
        for name in CONTENDERS
    }
    answers = {name: one.said["levels"] for name, one in measured.items()}
    if len({tuple(levels) for levels in answers.values()}) != 1:
        raise SystemExit(f"The answers differ: {answers}")
    return measured


def measure_all(sizes: list[int], runs: int) -> str:
    """Make both tables."""
    whole, matching = [], []
    levels = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (REPEATED, *sizes):
            path = Path(folder) / f"events-{count}.parquet"
            if count == REPEATED:
                apart(write_repeats, path, 20, 200, NAMES)
            else:
                apart(write_events, path, count)
            processes = compare(path, runs, "")
            base = processes["carepath"].seconds
            for name, one in processes.items():
                whole.append(
                    f"| {count:,} | {TITLES[name]} | {one.seconds:.2f} | {one.seconds / base:.2f} "
                    f"| {one.megabytes:,.0f} MB |"
                )
            inner = compare(path, runs, "?matching")
            base = inner["carepath"].said["matching"]
            for name, one in inner.items():
                spent = one.said["matching"]
                what = TITLES[name].replace("`carepath funnel`, everything it tells", "our macros")
                matching.append(f"| {count:,} | {what} | {spent:.2f} | {spent / base:.2f} |")
            levels.append(f"{count:,} events: {inner['carepath'].said['levels']}")
            print(f"measured {count:,} events", flush=True)
            path.unlink()
    return "\n".join(
        [
            "From a Parquet file to the answer, as whole processes:",
            "",
            "| events | what | processor seconds | times ours | peak memory |",
            "|---:|---|---:|---:|---:|",
            *whole,
            "",
            "The matching alone, from events that the engine holds already, persons numbered, to "
            "how far each person came (our macros read before, as a database is loaded before):",
            "",
            "| events | what | processor seconds | times ours |",
            "|---:|---|---:|---:|",
            *matching,
            "",
            "People who came to each of the five steps, the same in all three; "
            f"{'; '.join(levels)}.",
        ]
    )


def main() -> None:
    """Measure and print; or be one contender."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--contender", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        name, path = options.contender
        print(json.dumps(RUN[name](path)))
        return
    text = "\n\n".join(
        [
            "## Ad-hoc funnels",
            "Written by `python -m benchmarks.funnel_speed --write`. " + __doc__.split("\n\n")[2],
            describe_machine("duckdb", "chdb"),
            measure_all(options.events, options.runs),
            measure_growth(),
        ]
    )
    print(text)
    if options.write:
        write_section("funnel_speed", text)


if __name__ == "__main__":
    main()
