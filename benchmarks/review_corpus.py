"""What the review finds in the scenario corpus: recall and false alarms per rule.

    python -m benchmarks.review_corpus [--write]

Each folder of tests/review/corpus/scenarios is a pull request on one of the base projects: `bug/`
and its fine twin `fine/` (files laid over the base), `story.md`, and `expected.yml` (which finding,
on which file and line). They become commits of small git repositories, and the review runs on them
as a user would run it. A bug is found when its rule is among the first ten findings, on the right
file and within three lines. A false alarm is an error or a warning on a fine twin, and any finding
of the twin's own rule there. --write puts the table into docs/review-corpus.md.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from carepath.review import running
from carepath.review.findings import Finding, Severity
from carepath.review.rank import SHOWN
from carepath.review.review import Review
from carepath.review.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "review" / "corpus"
NEAR = 3


@dataclass(frozen=True)
class Expected:
    """The finding a scenario is about; no line means anywhere in the file."""

    code: str
    file: str
    line: int | None


@dataclass(frozen=True)
class Scenario:
    """A bug and its fine twin."""

    name: str
    base: str
    folder: Path
    expected: Expected
    removed: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What the review said of both sides."""

    scenario: Scenario
    is_found: bool
    bug: Review
    fine: Review

    @property
    def false_alarms(self) -> list[Finding]:
        """Errors and warnings on the fine twin, and notes of the scenario's own rule."""
        return [
            f
            for f in self.fine.findings
            if f.severity > Severity.NOTE or f.code == self.scenario.expected.code
        ]


@cache
def scenarios() -> list[Scenario]:
    """All scenarios, in order of name."""
    found = []
    for folder in sorted((CORPUS / "scenarios").iterdir()):
        data = yaml.safe_load((folder / "expected.yml").read_text())
        first = data["finds"][0]
        found.append(
            Scenario(
                folder.name,
                data["base"],
                folder,
                Expected(first["code"], first["file"], first.get("line")),
                data.get("removed", {}),
            )
        )
    return found


def build(base: str, members: list[Scenario], where: Path) -> Path:
    """Make a repository: the base project on main, a branch for each side of each scenario."""
    where.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(where)], check=True)
    subprocess.run(
        ["git", "-C", str(where), "fast-import", "--quiet"],
        input=b"".join(_stream(base, members)),
        check=True,
    )
    return where


def _stream(base: str, members: list[Scenario]) -> Iterator[bytes]:
    yield from _commit("main", "The project", CORPUS / "bases" / base, None, [])
    for scenario in members:
        for side in ("bug", "fine"):
            yield from _commit(
                f"{side}/{scenario.name}", "A change", scenario.folder / side, "main",
                scenario.removed.get(side, []),
            )  # fmt: skip


def _commit(
    branch: str, message: str, folder: Path, parent: str | None, removed: list[str]
) -> Iterator[bytes]:
    yield f"commit refs/heads/{branch}\n".encode()
    yield b"committer Author <author@example.org> 1760000000 +0000\n"
    yield f"data {len(message)}\n{message}\n".encode()
    if parent is not None:
        yield f"from refs/heads/{parent}\n".encode()
    for path in removed:
        yield f"D {path}\n".encode()
    for file in sorted(folder.rglob("*")) if folder.exists() else []:
        if file.is_file():
            data = file.read_bytes()
            yield f"M 100644 inline {file.relative_to(folder).as_posix()}\n".encode()
            yield f"data {len(data)}\n".encode() + data + b"\n"
    yield b"\n"


def examine(folder: Path) -> list[Outcome]:
    """Review both sides of every scenario."""
    outcomes = []
    groups: dict[str, list[Scenario]] = {}
    for scenario in scenarios():
        groups.setdefault(scenario.base, []).append(scenario)
    for base, members in groups.items():
        repository = build(base, members, folder / base)
        dialect = {
            "shop": "snowflake",
            "intake": "snowflake",
            "saas": "bigquery",
            "pg": "postgres",
            "clinic": "redshift",
            "parcels": "redshift",
        }[base]
        for scenario in members:
            sides = {}
            for side in ("bug", "fine"):
                request = running.Request(
                    repo=repository, base="main", head=f"{side}/{scenario.name}",
                    dialect=dialect, cache=False,
                )  # fmt: skip
                sides[side] = running.run(request)[0]
            found = is_found(scenario, sides["bug"])
            outcomes.append(Outcome(scenario, found, sides["bug"], sides["fine"]))
    return outcomes


def is_found(scenario: Scenario, review: Review) -> bool:
    """True where the expected finding is shown, at its place."""
    want = scenario.expected
    return any(
        f.code == want.code
        and f.place.file == want.file
        and (want.line is None or abs(f.place.line - want.line) <= NEAR)
        for f in review.findings[:SHOWN]
    )


def table(outcomes: list[Outcome]) -> str:
    """Recall and false alarms per rule, as markdown."""
    lines = ["| code | rule | bugs | found | false alarms on fine twins |",
             "|---|---|---:|---:|---:|"]  # fmt: skip
    names = {rule.code: rule.name for rule in RULES}
    total = found = 0
    alarms: dict[str, int] = {}
    for outcome in outcomes:
        for alarm in outcome.false_alarms:
            alarms[alarm.code] = alarms.get(alarm.code, 0) + 1
    for rule in RULES:
        members = [o for o in outcomes if o.scenario.expected.code == rule.code]
        hits = sum(o.is_found for o in members)
        total, found = total + len(members), found + hits
        if members or alarms.get(rule.code):
            lines.append(
                f"| {rule.code} | {names[rule.code]} | {len(members)} | {hits} | "
                f"{alarms.get(rule.code, 0)} |"
            )
    lines.append(f"| | **all** | {total} | {found} | {sum(alarms.values())} |")
    return "\n".join(lines)


def main() -> None:
    """Print the table; name what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/review-corpus.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = examine(Path(folder))
    text = table(outcomes)
    print(text)
    for outcome in outcomes:
        if not outcome.is_found:
            want = outcome.scenario.expected
            print(f"missed: {outcome.scenario.name} ({want.code} {want.file}:{want.line})")
            for finding in outcome.bug.findings[:4]:
                print(
                    f"    {finding.code} {finding.place.file}:{finding.place.line}",
                    finding.message,
                )
        for alarm in outcome.false_alarms:
            print(
                f"false alarm: {outcome.scenario.name}: {alarm.severity.word} {alarm.code} "
                f"{alarm.place.file}:{alarm.place.line} {alarm.message}"
            )
    if options.write:
        path = ROOT / "docs" / "review-corpus.md"
        head = (
            "# What the review finds in its corpus\n\n"
            "Written by `python -m benchmarks.review_corpus --write`. Each bug is a pull request "
            "on a small project, with a fine twin that looks the same. The corpus was made by the "
            "people who made the rules: it shows that the rules do what they say, not how often "
            "real bugs are found.\n\n"
        )
        path.write_text(head + text + "\n")


if __name__ == "__main__":
    main()
