"""How many single bugs, seeded into a real dbt project, the review shows at their place.

    python -m benchmarks.review_mutations [FOLDER] [--dialect D] [--each N] [--kind K ...]
        [--missed] [--write]

Each bug is one commit on a copy of the project: a comma dropped, a column misspelled, a left join
made inner, ... (`benchmarks/mutations`). It is shown when a finding among the first ten, or one of
the further places of such a finding, lies in the changed file within three lines; a renamed or
removed thing also when the finding at one of its readers names it. Some bugs cannot be seen
without data (`<` made `<=`), some are none (a `coalesce` nobody needed): the share says how much a
reader of the report may rely on, not how much there is to find. --write puts the table of the
project's own warehouse into docs/review-mutations.md.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutations import documents, meaning, names, syntax
from benchmarks.mutations.source import Edit
from carepath.review import running
from carepath.review.cache import Memo
from carepath.review.change import Change
from carepath.review.findings import Finding
from carepath.review.git import Repository
from carepath.review.rank import SHOWN
from carepath.review.review import Review, review_change
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot

ROOT = Path(__file__).resolve().parent.parent
NEAR = 3
LEFT_OUT = {"target", "dbt_packages", "logs", ".git", ".venv"}
READ = {".sql", ".yml", ".yaml", ".csv", ".md", ".py"}
Make = Callable[[str], Iterator[Edit]]


@dataclass(frozen=True)
class Kind:
    """One kind of bug: its name, what makes it, and the files it is made in."""

    name: str
    make: Make
    suffixes: tuple[str, ...] = (".sql",)
    folders: tuple[str, ...] = ("models",)


def _kinds() -> tuple[Kind, ...]:
    found = []
    for module in (syntax, names, meaning):
        for name, make in vars(module).items():
            if getattr(make, "__module__", "") == module.__name__ and not name.startswith("_"):
                folders = ("macros",) if name == "removed_macro" else ("models",)
                found.append(Kind(name.replace("_", "-"), make, (".sql",), folders))
    for name, make in vars(documents).items():
        if getattr(make, "__module__", "") == documents.__name__:
            found.append(Kind(name.replace("_", "-"), make, (".yml", ".yaml")))
    return tuple(found)


KINDS = _kinds()


@dataclass(frozen=True)
class Bug:
    """One seeded bug."""

    kind: str
    file: str
    edit: Edit
    branch: str


@dataclass(frozen=True)
class Outcome:
    """What the review said of it."""

    bug: Bug
    hit: Finding | None
    review: Review


def read(folder: Path) -> dict[str, bytes]:
    """The files of a project that matter to a review."""
    found = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or LEFT_OUT & set(inside.parts) or path.suffix not in READ:
            continue
        if path.stat().st_size < 500_000:
            found[inside.as_posix()] = path.read_bytes().replace(b"\r\n", b"\n")
    return found


def seed(files: dict[str, bytes], each: int, kinds: tuple[Kind, ...]) -> list[Bug]:
    """Choose at most `each` bugs of every kind, spread over the files; the same ones every time."""
    bugs: list[Bug] = []
    for kind in kinds:
        candidates = []
        for file, data in files.items():
            parts = Path(file).parts
            if not file.endswith(kind.suffixes) or not set(kind.folders) & set(parts):
                continue
            text = data.decode("utf-8", "replace")
            own = [edit for edit in kind.make(text) if edit.text != text]
            random.Random(file).shuffle(own)
            candidates += [(number, file, edit) for number, edit in enumerate(own[:each])]
        random.Random(kind.name).shuffle(candidates)
        candidates.sort(key=lambda one: one[0])
        for _, file, edit in candidates[:each]:
            bugs.append(Bug(kind.name, file, edit, f"bug-{len(bugs)}"))
    return bugs


def commit(files: dict[str, bytes], bugs: list[Bug], where: Path) -> None:
    """Make a repository: the project on main, a branch of one commit for each bug."""

    def stream() -> Iterator[bytes]:
        yield from _commit("main", files, None)
        for bug in bugs:
            yield from _commit(bug.branch, {bug.file: bug.edit.text.encode()}, "main")

    subprocess.run(["git", "init", "-q", "-b", "main", str(where)], check=True)
    subprocess.run(
        ["git", "-C", str(where), "fast-import", "--quiet"], input=b"".join(stream()), check=True
    )


def _commit(branch: str, files: dict[str, bytes], parent: str | None) -> Iterator[bytes]:
    yield f"commit refs/heads/{branch}\n".encode()
    yield b"committer Author <author@example.org> 1760000000 +0000\ndata 6\nchange\n"
    if parent is not None:
        yield f"from refs/heads/{parent}\n".encode()
    for path, data in files.items():
        yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"
    yield b"\n"


def examine(folder: Path, dialect: str, each: int, kinds: tuple[Kind, ...]) -> list[Outcome]:
    """Seed the bugs and review each."""
    files = read(folder)
    bugs = seed(files, each, kinds)
    with tempfile.TemporaryDirectory() as scratch:
        commit(files, bugs, Path(scratch))
        repository = Repository.open(Path(scratch))
        try:
            chosen = Settings(dialect=dialect)
            memo = Memo()
            base = Snapshot(repository.tree(repository.commit("main")), chosen, memo)
            return [_review(repository, base, bug, chosen, memo) for bug in bugs]
        finally:
            repository.close()


def _review(
    repository: Repository, base: Snapshot, bug: Bug, chosen: Settings, memo: Memo
) -> Outcome:
    tree = repository.tree(repository.commit(bug.branch))
    review = review_change(Change.between(base, Snapshot(tree, chosen, memo)))
    running.finish(review, tree, chosen)
    hit = next((f for f in review.findings[:SHOWN] if _shows(f, bug)), None)
    return Outcome(bug, hit, review)


def _shows(finding: Finding, bug: Bug) -> bool:
    places = [finding.place, *finding.readers]
    places += [fact.place for fact in finding.evidence if fact.place is not None]
    near = any(p.file == bug.file and abs(p.line - bug.edit.line) <= NEAR for p in places)
    named = bug.edit.subject and bug.edit.subject in finding.subject.lower()
    return bool(near or named)


def table(outcomes: list[Outcome]) -> str:
    """Recall per kind, as markdown."""
    lines = ["| bug | seeded | shown | as an error | as a warning |", "|---|---:|---:|---:|---:|"]
    for kind in KINDS:
        members = [o for o in outcomes if o.bug.kind == kind.name]
        if members:
            lines.append(_row(kind.name.replace("-", " "), members))
    lines.append(_row("**all**", outcomes))
    return "\n".join(lines)


def _row(name: str, members: list[Outcome]) -> str:
    words = [o.hit.severity.word for o in members if o.hit is not None]
    return (
        f"| {name} | {len(members)} | {len(words)} | {words.count('error')} | "
        f"{words.count('warning')} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "warehouse")
    parser.add_argument("--dialect", default="duckdb")
    parser.add_argument("--each", type=int, default=12, help="bugs of each kind")
    parser.add_argument("--kind", action="append", help="only these kinds")
    parser.add_argument("--missed", action="store_true", help="name what was not shown")
    parser.add_argument("--write", action="store_true", help="write docs/review-mutations.md")
    options = parser.parse_args()
    kinds = tuple(kind for kind in KINDS if not options.kind or kind.name in options.kind)
    outcomes = examine(options.folder, options.dialect, options.each, kinds)
    print(table(outcomes))
    for outcome in outcomes:
        if options.missed and outcome.hit is None:
            bug = outcome.bug
            print(f"missed: {bug.kind} {bug.file}:{bug.edit.line} {bug.edit.what}")
            for f in outcome.review.findings[:3]:
                print(f"    {f.code} {f.place.file}:{f.place.line} {f.message}")
    if options.write:
        head = (
            "# Bugs seeded into the project's own warehouse\n\n"
            f"Written by `python -m benchmarks.review_mutations --each {options.each} --write`. "
            "Each bug is one commit on "
            "a copy of `warehouse/`; it is shown when a finding among the first ten is in its file "
            "within three lines. Some bugs cannot be seen without data, and some of the changes "
            "are none: the rows say what a silent review is worth, kind by kind.\n\n"
        )
        (ROOT / "docs" / "review-mutations.md").write_text(head + table(outcomes) + "\n")


if __name__ == "__main__":
    main()
