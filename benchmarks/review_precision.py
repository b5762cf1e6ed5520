"""How often `carepath review` speaks on commits that are fine.

    python -m benchmarks.review_precision FOLDER [FOLDER ...] [--commits 200] [--dialect D]

Takes any folder that holds a dbt project (or a part of one), makes clean commits of it one by one -
an alias renamed, a file moved, a CTE extracted (benchmarks/clean_edits.py) - and reviews each
against the project as it is. Whatever is said at warning or above is a false alarm. Prints false
alarms per 100 commits, by severity and by rule.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.clean_edits import EDITS, Edit, Files
from carepath.review.change import Change
from carepath.review.findings import Finding, Severity
from carepath.review.review import review_change
from carepath.review.running import finish
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot
from carepath.review.tree import memory_tree

KINDS = (".sql", ".yml", ".yaml", ".csv", ".md", ".py")
LARGEST = 2_000_000


@dataclass(frozen=True)
class Outcome:
    """One clean commit and what was said of it."""

    edit: str
    path: str
    findings: tuple[Finding, ...]
    gaps: tuple[str, ...]


def read_project(folder: Path) -> Files:
    """The text files of a folder."""
    files: Files = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.suffix.lower() not in KINDS or not path.is_file() or ".git" in inner.parts:
            continue
        if path.stat().st_size <= LARGEST:
            files[inner.as_posix()] = path.read_bytes().decode("utf-8", "replace")
    return files


def is_model(path: str, text: str) -> bool:
    """True for a file that looks like a model."""
    parts = path.split("/")[:-1]
    skipped = {"macros", "tests", "analyses", "analysis", "dbt_packages", "target", "snapshots"}
    return path.endswith(".sql") and not skipped.intersection(parts) and "{% macro" not in text


def clean_commits(
    files: Files, count: int, rng: random.Random, edits: tuple[Edit, ...] = EDITS
) -> Iterator[tuple[Edit, str, dict[str, str | None]]]:
    """Clean commits, each edit about as often as every other where it applies."""
    models = sorted(path for path, text in files.items() if is_model(path, text))
    made, tries = 0, 0
    while models and made < count and tries < 40 * count:
        tries += 1
        edit, path = edits[made % len(edits)], rng.choice(models)
        if tries % 40 == 0:
            edit = rng.choice(edits)
        changed = edit(rng, files, path)
        if changed:
            made += 1
            yield edit, path, changed


def examine(files: Files, count: int, seed: int = 1, dialect: str = "") -> list[Outcome]:
    """Review clean commits of a project."""
    chosen = Settings(dialect=dialect)
    memo: dict[str, Any] = {}
    before = Snapshot(memory_tree(files), chosen, memo)
    known = {(gap.file, gap.reason) for gap in before.ledger.entries}
    outcomes = []
    for edit, path, changed in clean_commits(files, count, random.Random(seed)):
        head = {p: t for p, t in {**files, **changed}.items() if t is not None}
        after = Snapshot(memory_tree(head), chosen, memo)
        result = review_change(Change.between(before, after))
        finish(result, after.tree, chosen)
        gaps = [
            f"{gap.stage} {gap.file}: {gap.reason}"
            for gap in result.not_analysed
            if gap.stage in ("rule", "summary", "facts") and (gap.file, gap.reason) not in known
        ]
        outcomes.append(Outcome(edit.__name__, path, tuple(result.findings), tuple(gaps)))
    return outcomes


def table(outcomes: list[Outcome]) -> str:
    """False alarms per 100 clean commits, in all and by rule."""
    counts: Counter[tuple[Severity, str]] = Counter()
    for outcome in outcomes:
        counts.update((f.severity, f"{f.code} {f.rule}") for f in outcome.findings)
    scale = 100 / max(len(outcomes), 1)
    lines = [f"{len(outcomes)} clean commits; per 100 of them:"]
    for severity in sorted(Severity, reverse=True):
        total = sum(n for (level, _), n in counts.items() if level == severity)
        lines.append(f"  {severity.word}s {total * scale:.1f}")
        for (level, rule), n in sorted(counts.items(), key=lambda item: (-item[1], item[0][1])):
            if level == severity:
                lines.append(f"      {n * scale:6.1f}  {rule}")
    return "\n".join(lines)


def main() -> None:
    """Print what was said of clean commits of each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=200, help="clean commits of each folder")
    parser.add_argument("--dialect", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--show", action="count", default=0, help="each error and warning; twice: notes"
    )
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    for folder in options.folders:
        found = examine(read_project(folder), options.commits, options.seed, options.dialect)
        outcomes += found
        for one in found if options.show else ():
            for said in one.findings:
                if said.severity > Severity.NOTE or options.show > 1:
                    print(f"{folder.name} {one.edit} {one.path}: {said.severity.word} {said.code} "
                          f"{said.place.file}:{said.place.line} {said.message}")  # fmt: skip
            for gap in one.gaps:
                print(f"{folder.name} {one.edit} {one.path}: {gap}")
    print(table(outcomes))


if __name__ == "__main__":
    main()
