"""How fast the answers are: every question, the report and the start-up, as whole processes.

    python -m benchmarks.ask_speed [--workspace DIR] [--runs 3]

Prints processor seconds (user and system, of the fastest run) and peak memory. Without a workspace
it makes the one of `carepath demo` first. Processor seconds are told because the clock of a busy
machine tells about its neighbours.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from carepath.questions.registry import QUESTIONS

# What is promised: seconds of a whole process.
ASK_SECONDS, REPORT_SECONDS, HELP_SECONDS = 2.0, 20.0, 0.5


def measure(arguments: list[str], runs: int) -> tuple[float, float]:
    """Give processor seconds of the fastest of some runs, and its peak memory in MB."""
    best = (float("inf"), 0.0)
    for _ in range(runs):
        process = subprocess.Popen(
            [sys.executable, "-m", "carepath", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"carepath {' '.join(arguments)} failed ({process.returncode})")
        best = min(best, (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024))
    return best


def main() -> None:
    """Measure and print one line per command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--runs", type=int, default=3)
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
        print("| command | processor seconds | peak memory | at most |")
        print("|---|---|---|---|")
        for arguments, most, runs in commands:
            seconds, memory = measure(arguments, runs)
            name = " ".join(["carepath", *arguments[:2]]).removesuffix(" --output")
            print(f"| `{name}` | {seconds:.2f} | {memory:.0f} MB | {most:g} |", flush=True)


if __name__ == "__main__":
    main()
