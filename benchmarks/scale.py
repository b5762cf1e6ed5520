"""How the warehouse grows: one, ten and a hundred million events, sample to daily build.

    python -m benchmarks.scale [--scratch DIR] [--events N ...] [--stages NAME ...] [--memory 12GB]
        [--write]

A year of sample data of each size is made and landed; all but its last day is built, then the day.
Every stage is a process of its own. A finished stage is a line of JSON in DIR/scale.jsonl and is
not run again: stop it at any time and start it again. `--write` puts table and picture into docs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.incremental_speed import hold_back_last_day, land_held
from benchmarks.sections import PAGE, describe_machine, run_process, weigh, write_section
from carepath.initialisation import init_workspace
from carepath.workspace import Workspace

SIZES = (1_000_000, 10_000_000, 100_000_000)
STAGES = ("sample", "land", "full", "day")
PICTURE = "scale.svg"
COUNTED = {
    "events": "snowplow.events",
    "members": "care_platform.members",
    "tasks": "care_platform.task",
    "history": "care_platform.historical_task",
}
PACKAGES = ("duckdb", "dbt-core", "dbt-duckdb")
HEADER = """## Growth

Written by `python -m benchmarks.scale --write`: a year of sample data of each size is made,
landed, built but for its last day, and then with it; each a process of its own, with
`memory = "{memory}"` in `[build]`. Disk is the most that lay there at any moment (looked at twice
a second): sample files, raw, prep, prod and spilled parts together.

{machine}

| events | members | tasks | changes | stage | processor s | per million | clock | memory | disk |
|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Stage:
    """One finished stage: processor and clock seconds, peak memory and peak disk in MB."""

    size: int
    stage: str
    seconds: float
    clock: float
    megabytes: float
    disk: float
    kept: float
    """MB on disk once the stage is over."""
    rows: dict[str, int]
    memory: str


class Ledger:
    """The finished stages, one line of JSON each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.stages = {(s["size"], s["stage"]): Stage(**s) for s in map(json.loads, lines)}

    def add(self, stage: Stage) -> None:
        """Keep a stage."""
        self.stages[stage.size, stage.stage] = stage
        with self.path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(stage)) + "\n")


def run_size(size: int, stages: Sequence[str], scratch: Path, memory: str, ledger: Ledger) -> None:
    """Run what is not finished of one size; what a killed stage left is removed first."""
    root = scratch / str(size)
    data, held = root / "data", root / "held.duckdb"
    space = Workspace((root / "workspace").resolve())

    def stage(name: str, command: list[str], before: Callable[[], None]) -> None:
        if (size, name) in ledger.stages or name not in stages:
            return
        before()
        print(f"{size:,} events: {name} ...", file=sys.stderr, flush=True)
        run = run_process([sys.executable, "-m", "carepath", *command], watch=root)
        rows = {} if name == "sample" else count_rows(space)
        ledger.add(
            Stage(
                size,
                name,
                run.seconds,
                run.clock,
                run.megabytes,
                run.disk,
                weigh(root),
                rows,
                memory,
            )
        )

    def start_over() -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)

    def prepare_landing() -> None:
        shutil.rmtree(space.root, ignore_errors=True)
        init_workspace(space.root)
        text = space.config.read_text(encoding="utf-8")
        bound = f'[build]\nmemory = "{memory}"\n'
        if "[build]" in text:
            text = text.replace("[build]\n", bound)
        else:
            text = text.rstrip() + "\n\n" + bound
        space.config.write_text(text, encoding="utf-8")

    def hold_back() -> None:
        shutil.rmtree(data, ignore_errors=True)
        if not held.exists():
            part = held.with_suffix(".part")
            if part.exists():
                raise SystemExit(f"Stopped while the last day was held back: remove {root}")
            hold_back_last_day(space, part)
            part.rename(held)

    def put_back() -> None:
        back = root / "put-back"
        if not back.exists():
            half = root / "putting-back"
            if half.exists():
                raise SystemExit(f"Stopped while the last day was put back: remove {root}")
            half.touch()
            land_held(space, held)
            back.touch()

    stage("sample", ["sample", str(data), "--events", str(size), "--months", "12"], start_over)
    stage("land", ["land", str(data), "-w", str(space.root)], prepare_landing)
    stage("full", ["build", "-w", str(space.root), "--full-refresh"], hold_back)
    stage("day", ["build", "-w", str(space.root)], put_back)


def count_rows(space: Workspace) -> dict[str, int]:
    """Count the raw rows of the largest tables."""
    with duckdb.connect(str(space.raw), read_only=True) as connection:
        found = {}
        for name, table in COUNTED.items():
            row = connection.execute(f"select count(*) from {table}").fetchone()
            found[name] = int(row[0]) if row else 0
        return found


def render(ledger: Ledger, memory: str) -> str:
    """Return the section of docs/benchmarks.md."""
    parts = [HEADER.format(memory=memory, machine=describe_machine(*PACKAGES))]
    for (size, name), one in sorted(
        ledger.stages.items(), key=lambda item: (item[0][0], STAGES.index(item[0][1]))
    ):
        rows = one.rows or next(
            (s.rows for (z, _), s in ledger.stages.items() if z == size and s.rows), {}
        )
        counts = " | ".join(f"{rows[key]:,}" if key in rows else "" for key in COUNTED)
        parts.append(
            f"| {counts} | {name} | {one.seconds:,.0f} | {one.seconds / size * 1e6:.1f} "
            f"| {one.clock:,.0f} s | {one.megabytes / 1e3:.1f} GB | {one.disk / 1e3:.1f} GB |"
        )
    parts += [
        "",
        f"![Processor seconds against events, both logarithmic: the table above]({PICTURE})",
    ]
    return "\n".join(parts)


def draw(ledger: Ledger) -> str:
    """Draw processor seconds against events, one line a stage, both logarithmic, as SVG."""
    import altair as alt
    import vl_convert

    from carepath.report.palette import FONT, GRID, INK, MUTED, PAPER, SERIES

    rows: list[dict[str, Any]] = [
        {"events": size, "stage": stage, "seconds": one.seconds}
        for (size, stage), one in ledger.stages.items()
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X(
                "events:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s"), title="events"
            ),
            y=alt.Y(
                "seconds:Q",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(format="~s"),
                title="processor seconds",
            ),
            color=alt.Color(
                "stage:N",
                sort=list(STAGES),
                scale=alt.Scale(domain=list(STAGES), range=list(SERIES[: len(STAGES)])),
                legend=alt.Legend(title=None),
            ),
        )
        .properties(width=420, height=280, background=PAPER)
        .configure(font=FONT)
        .configure_axis(gridColor=GRID, labelColor=MUTED, titleColor=INK, domainColor=GRID)
    )
    svg: str = vl_convert.vegalite_to_svg(chart.to_json())
    return svg


def main() -> None:
    """Parse the options, run, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "carepath-scale"
    )
    parser.add_argument("--events", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--stages", nargs="*", default=list(STAGES), choices=STAGES)
    parser.add_argument("--memory", default="12GB", help="what DuckDB may take")
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    # spilled parts must lie where disk is counted
    os.environ["TMPDIR"] = str(options.scratch)
    ledger = Ledger(options.scratch / "scale.jsonl")
    for size in options.events:
        run_size(size, options.stages, options.scratch, options.memory, ledger)
    text = render(ledger, options.memory)
    print(text)
    if options.write:
        write_section("scale", text)
        (PAGE.parent / PICTURE).write_text(draw(ledger), encoding="utf-8")


if __name__ == "__main__":
    main()
