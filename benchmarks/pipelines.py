"""Whole pipelines: sample -> land -> build -> every answer -> truth check, fifty times.

    python -m benchmarks.pipelines [--scratch DIR] [--members N] [--count N] [--again] [--output F]

Each finished pipeline is a line of JSON in DIR/pipelines.jsonl: stop it at any time and start it
again, it goes on where it was. The published databases stay in DIR, so `--again` asks them anew
(after a change of the questions) without making them anew. Writes docs/pipelines.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from carepath import ask
from carepath.building import build
from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.questions.registry import QUESTIONS
from carepath.sample import SamplePlan, make_sample
from carepath.sample.scenarios import SCENARIOS
from carepath.stats.proportions import clopper_pearson
from carepath.truth_check import check_truth

SEEDS = 4
MORE_NULLS = 6
"""False alarms matter most: so many more pipelines in which nothing changes."""
MEMBERS = 20_000

HEADER = """# Whole pipelines

Written by `python -m benchmarks.pipelines`: {finished} of {planned} pipelines of {members:,}
members, each sample -> land -> build with all data tests -> every answer -> truth check.
Truth is the planted parameter of the ledger, never what chance made of it. k of n with exact
(Clopper-Pearson) 95 % limits. These are few data sets and small ones; the statistics themselves
are calibrated on 2,000 data sets per figure in [calibration.md](calibration.md).
"""


def plan_pipelines() -> list[tuple[str, int]]:
    """List scenario and seed of all pipelines, so that any first part covers all scenarios."""
    names = [scenario.name for scenario in SCENARIOS]
    rounds = [(name, seed) for seed in range(1, SEEDS + 1) for name in names]
    return rounds + [("none", SEEDS + extra) for extra in range(1, MORE_NULLS + 1)]


def make_pipeline(scenario: str, seed: int, members: int, bench: Path, kept: Path) -> None:
    """Build one warehouse in the workspace `bench`, and keep what the answers need.

    The same workspace serves all pipelines: dbt then parses the project only once.
    """
    workspace = init_workspace(bench) if not bench.exists() else _emptied(bench)
    data = bench / "sample-data"
    make_sample(data, SamplePlan(scenario=scenario, members=members, seed=seed))
    land(data, workspace)
    build(workspace)
    kept.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(workspace.config, kept / workspace.config.name)
    shutil.copyfile(data / "truth.json", kept / "truth.json")
    # last and at once: a folder with a prod is complete
    shutil.copyfile(workspace.prod, kept / "unfinished")
    (kept / "unfinished").replace(kept / workspace.prod.name)


def _emptied(bench: Path) -> Any:
    from carepath.workspace import Workspace

    workspace = Workspace(bench.resolve())
    for file in (workspace.raw, workspace.prep, workspace.prod):
        file.unlink(missing_ok=True)
    shutil.rmtree(bench / "sample-data", ignore_errors=True)
    return workspace


def ask_pipeline(kept: Path) -> dict[str, Any]:
    """Ask every question of a kept warehouse and compare with what was planted."""
    verdicts = {question.id: ask(question.id, workspace=kept).verdict for question in QUESTIONS}
    check = check_truth(kept / "truth.json", kept)
    return {
        "answers": verdicts,
        "intervals": [asdict(one) | {"holds": one.contains} for one in check.intervals],
        "verdicts": [asdict(one) | {"outcome": one.outcome} for one in check.verdicts],
    }


def run_all(scratch: Path, members: int, count: int, again: bool) -> list[dict[str, Any]]:
    """Run what is not finished yet, up to `count` pipelines in all, and return all records."""
    ledger = scratch / "pipelines.jsonl"
    scratch.mkdir(parents=True, exist_ok=True)
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
    records = {
        (record["scenario"], record["seed"]): record
        for record in map(json.loads, lines)
        if record["members"] == members
    }
    if again and ledger.exists():
        ledger.rename(ledger.with_suffix(".before.jsonl"))
    planned = plan_pipelines()[:count]
    for scenario, seed in planned:
        kept = scratch / f"{scenario}-{seed}-{members}"
        done = records.get((scenario, seed))
        if done is not None and not again:
            continue
        if done is None and again:
            continue
        began = time.process_time()
        if not (kept / "prod.duckdb").exists():
            make_pipeline(scenario, seed, members, scratch / "bench", kept)
        record = {"scenario": scenario, "seed": seed, "members": members, **ask_pipeline(kept)}
        records[scenario, seed] = record
        with ledger.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record) + "\n")
        print(f"{time.process_time() - began:6.1f} s  {scenario} {seed}", file=sys.stderr)
    return [records[key] for key in planned if key in records]


def render(records: list[dict[str, Any]], planned: int, members: int) -> str:
    """Return the document."""
    parts = [HEADER.format(finished=len(records), planned=planned, members=members)]
    parts += ["## Intervals", "", "| kind | hold the planted value | limits |", "|---|---:|---|"]
    held: dict[str, list[bool]] = defaultdict(list)
    for record in records:
        for one in record["intervals"]:
            held[one["kind"]].append(one["holds"])
            held["all"].append(one["holds"])
    everything = held.pop("all", [])
    parts += [_interval_row(kind, found) for kind, found in [*held.items(), ("all", everything)]]
    parts += [
        "",
        "Intervals of one pipeline share its people, and the scenarios of one seed mostly do too, "
        "so the limits of the last row are too narrow.",
        "",
        "## Verdicts",
        "",
        "Not identified = the answer declines to say. Verdicts planted as they were answered are "
        "right.",
        "",
        "| scenario | verdict | planted | right | limits | wrong | not identified |",
        "|---|---|---|---:|---|---:|---:|",
    ]
    cells: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for record in records:
        for one in record["verdicts"]:
            cells[record["scenario"], one["label"], one["planted"]].append(one["outcome"])
    order = [scenario.name for scenario in SCENARIOS]
    for (scenario, label, planted), outcomes in sorted(
        cells.items(), key=lambda cell: order.index(cell[0][0])
    ):
        parts.append(f"| {scenario} | {label} | {planted} | {_verdict_cells(outcomes)} |")
    total = [outcome for outcomes in cells.values() for outcome in outcomes]
    parts.append(f"| all | all | | {_verdict_cells(total)} |")
    wrong = [
        f"- {record['scenario']}, seed {record['seed']}: {one['label']} planted "
        f"{one['planted']}, answered {one['answered']}"
        for record in records
        for one in record["verdicts"]
        if one["outcome"] == "wrong"
    ]
    parts += ["", "Wrong:", "", *(wrong or ["- none"])]
    return "\n".join(parts) + "\n"


def _interval_row(kind: str, found: list[bool]) -> str:
    return f"| {kind} | {sum(found):,} of {len(found):,} | {_limits(sum(found), len(found))} |"


def _verdict_cells(outcomes: Iterable[str]) -> str:
    found = list(outcomes)
    right, n = found.count("right"), len(found)
    return f"{right} of {n} | {_limits(right, n)} | {found.count('wrong')} | {found.count('open')}"


def _limits(k: int, n: int) -> str:
    found = clopper_pearson(k, n)
    if found.low is None or found.high is None:
        return "-"
    return f"{100 * found.low:.0f} to {100 * found.high:.0f} %"


def main() -> None:
    """Parse the options, run, print the document and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipelines", description=__doc__)
    parser.add_argument(
        "--scratch", type=Path, default=Path(tempfile.gettempdir()) / "carepath-pipelines"
    )
    parser.add_argument("--members", type=int, default=MEMBERS)
    parser.add_argument("--count", type=int, default=len(plan_pipelines()))
    parser.add_argument("--again", action="store_true", help="ask the kept warehouses anew")
    parser.add_argument("--output", type=Path, default=Path("docs/pipelines.md"))
    options = parser.parse_args()
    records = run_all(options.scratch, options.members, options.count, options.again)
    text = render(records, len(plan_pipelines()), options.members)
    print(text)
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
