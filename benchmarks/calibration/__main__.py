"""Measure the statistics on simulated data and write docs/calibration.md and its picture.

`python -m benchmarks.calibration [--quick] [--sets N] [--workers N] [--only WORD] [--keep DIR]
[--output FILE]`
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

# One thread per worker: these matrices are small, and threads would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks.calibration import coverage, drawing, table, verdicts

SEED = 20_260
POINTS = (0, 3, 6, 10)
LEADS = (0.0, 0.02, 0.05)

PLAN: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{f"coverage {s.__name__}": (s, ()) for s in coverage.SIMULATIONS},
    **{f"alarm {name}": (run, ()) for name, run, _ in verdicts.ALARMS},
    **{f"problem {p}": (verdicts.problem, (p,)) for p in POINTS},
    **{f"{c} {p}": (verdicts.cause, (c, p)) for c in verdicts.CAUSES for p in POINTS if p > 0},
    **{f"largest drop-off {lead}": (verdicts.largest, (lead,)) for lead in LEADS},
    "driver": (verdicts.driver, ()),
}


def run_part(job: str, start: int, stop: int) -> list[Any]:
    """Run data sets start..stop of a job; each has its own seed, whatever runs beside it."""
    simulate, arguments = PLAN[job]
    return [
        simulate(np.random.default_rng([SEED, *job.encode(), index]), *arguments)
        for index in range(start, stop)
    ]


def run_all(jobs: list[str], sets: int, workers: int, keep: Path | None) -> dict[str, list[Any]]:
    """Run every job and return its outcomes in the order of the data sets.

    With `keep`, finished jobs are stored there and not run again.
    """
    found: dict[str, list[Any]] = {}
    with ProcessPoolExecutor(workers) as pool:
        for job in jobs:
            kept = keep / f"{job.replace('/', '-')} {sets}.json" if keep else None
            if kept and kept.exists():
                found[job] = json.loads(kept.read_text())
                continue
            began = time.perf_counter()
            cuts = np.linspace(0, sets, 4 * workers + 1).astype(int)
            parts = pool.map(run_part, [job] * (4 * workers), cuts[:-1], cuts[1:])
            found[job] = [outcome for part in parts for outcome in part]
            if kept:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(found[job], default=bool))
            print(f"{time.perf_counter() - began:7.1f} s  {job}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Parse the options, run, print the table and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--sets", type=int, default=2000, help="data sets per figure")
    parser.add_argument("--quick", action="store_true", help="200 data sets, nothing written")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--only", default="", help="jobs whose name contains this word; renews their rows alone"
    )
    parser.add_argument("--keep", type=Path, help="folder of finished jobs, to go on from")
    parser.add_argument("--output", type=Path, default=Path("docs/calibration.md"))
    options = parser.parse_args()
    sets = 200 if options.quick else options.sets
    jobs = [job for job in PLAN if options.only in job]
    text = table.render(run_all(jobs, sets, options.workers, options.keep), sets)
    print(text)
    if options.quick:
        return
    if options.only:
        text = table.renew_rows(options.output.read_text(encoding="utf-8"), text)
    options.output.write_text(text, encoding="utf-8")
    picture = options.output.parent / table.PICTURE
    picture.write_text(drawing.draw_power(text), encoding="utf-8")


if __name__ == "__main__":
    main()
