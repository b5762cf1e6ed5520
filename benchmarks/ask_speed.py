"""How fast the answers are: every question, the report and the start-up, as whole processes.

    python -m benchmarks.ask_speed [--workspace DIR] [--runs 3] [--write]

Prints processor seconds (user and system, of the fastest run) and peak memory. Without a workspace
it makes the one of `carepath demo` first. Processor seconds are told because the clock of a busy
machine tells about its neighbours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.sections import describe_machine, run_process, write_section
from carepath.questions.registry import QUESTIONS

# What is promised: seconds of a whole process.
ASK_SECONDS, REPORT_SECONDS, HELP_SECONDS = 2.0, 20.0, 0.5
HEADER = """## Answers, report, start-up

Written by `python -m benchmarks.ask_speed --write`: whole processes on the warehouse of
`carepath demo`, the fastest of three runs (the report: one).

{machine}

| command | processor seconds | peak memory | at most |
|---|---:|---:|---:|"""


def main() -> None:
    """Measure and print one line per command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put it into docs/benchmarks.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        workspace = options.workspace
        if workspace is None:
            workspace = Path(scratch) / "demo"
            demo = [sys.executable, "-m", "carepath", "demo", str(workspace)]
            subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
        page = str(Path(scratch) / "report.html")
        place = ["--workspace", str(workspace)]
        commands = [(["--help"], HELP_SECONDS, options.runs)]
        commands += [(["ask", one.id, *place], ASK_SECONDS, options.runs) for one in QUESTIONS]
        commands.append((["report", "--output", page, *place], REPORT_SECONDS, 1))
        rows: list[str] = []
        for arguments, most, runs in commands:
            command = [sys.executable, "-m", "carepath", *arguments]
            best = min((run_process(command) for _ in range(runs)), key=lambda run: run.seconds)
            name = " ".join(["carepath", *arguments[:2]]).removesuffix(" --output")
            rows.append(f"| `{name}` | {best.seconds:.2f} | {best.megabytes:.0f} MB | {most:g} |")
            print(rows[-1], flush=True)
    if options.write:
        machine = describe_machine("duckdb", "scipy", "altair")
        write_section("ask_speed", "\n".join([HEADER.format(machine=machine), *rows]))


if __name__ == "__main__":
    main()
