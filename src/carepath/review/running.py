"""From a request on the command line to a ranked review."""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from carepath.errors import CarepathError
from carepath.review import cache, rank, settings, suppression, workers
from carepath.review.cache import Memo
from carepath.review.change import Change
from carepath.review.findings import Finding, Severity
from carepath.review.git import Repository
from carepath.review.review import Review, review_all, review_change
from carepath.review.rules import RULES
from carepath.review.settings import Settings
from carepath.review.snapshot import Snapshot
from carepath.review.sql.dialects import SUPPORTED
from carepath.review.tree import Tree


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    repo: Path
    project_dir: str = ""
    base: str | None = None
    head: str | None = None
    staged: bool = False
    worktree: bool = False
    whole: bool = False
    baseline: Path | None = None
    dialect: str | None = None
    style: bool = True
    cache: bool = True
    processes: int | None = None


def run(request: Request) -> tuple[Review, Settings]:
    """Read both sides, review, suppress, rank."""
    repository = Repository.open(request.repo)
    try:
        return _run(request, repository)
    finally:
        repository.close()


def _run(request: Request, repository: Repository) -> tuple[Review, Settings]:
    of_files = request.staged or request.worktree or (request.whole and not repository.is_bare)
    is_first = of_files and request.head is None and repository.is_empty()
    commit = "" if is_first else repository.commit(request.head or "HEAD")
    if request.staged:
        head, label = repository.staged(), "the index"
    elif of_files and request.head is None:
        head, label = repository.worktree(), "the work tree"
    else:
        head, label = repository.tree(commit), commit[:12]
    chosen = _settings(request, repository, head)
    notes: list[str] = []
    memo = _memo(request, repository)
    processes = request.processes or workers.cores()
    if request.whole:
        result = review_all(_snapshot(head, chosen, memo, request), processes)
        result.head = label
    else:
        base = _base(request, repository, commit, notes)
        before = Snapshot(repository.tree(base) if base else Tree({}, None), chosen, memo)
        after = _snapshot(head, chosen, memo, request)
        result = review_change(Change.between(before, after), processes)
        result.base, result.head = base[:12], label
    result.notes += notes
    _keep(request, repository, memo)
    finish(result, head, chosen)
    if request.baseline is not None:
        known = read_baseline(request.baseline)
        kept = [f for f in result.findings if f.key not in known]
        result.baselined = len(result.findings) - len(kept)
        result.findings = kept
    return result, chosen


def finish(result: Review, head: Tree, chosen: Settings) -> None:
    """Take out what is disabled or suppressed; rank the rest."""
    kept = [
        finding
        for finding in result.findings
        if finding.code not in chosen.disable
        and finding.rule not in chosen.disable
        and (chosen.style or not finding.code.startswith("STY"))
    ]
    result.findings = suppression.apply(result, kept, head, chosen.ignore)
    ranked = rank.rank(result.findings, set(result.touched))
    shown = [_quoted(finding, head) for finding in ranked[: rank.SHOWN]]
    result.findings = shown + ranked[rank.SHOWN :]


def _quoted(finding: Finding, head: Tree) -> Finding:
    """A finding with the line it is about, where that line says something."""
    lines = (head.text(finding.place.file) or "").split("\n")
    line = lines[finding.place.line - 1].strip() if finding.place.line <= len(lines) else ""
    return dataclasses.replace(finding, excerpt=line[:160]) if len(line) > 1 else finding


def _base(request: Request, repository: Repository, head: str, notes: list[str]) -> str:
    if request.base is None:
        if not head:
            notes.append("There is no commit yet: everything is new.")
        if request.staged or request.worktree:
            return head
        return repository.default_base(head)
    named = repository.commit(request.base)
    common = repository.merge_base(named, head) if head else None
    if common is None:
        why = " (the clone is shallow: fetch its history)" if repository.is_shallow() else ""
        notes.append(
            f"{request.base} has no common ancestor with the head{why}: compared with it as is."
        )
        return named
    return common


def _snapshot(tree: Tree, chosen: Settings, memo: Memo, request: Request) -> Snapshot:
    snapshot = Snapshot(tree, chosen, memo)
    if not snapshot.models:
        where = request.project_dir or str(request.repo)
        if request.project_dir:
            raise CarepathError(
                f"{where} holds no models.",
                where=where,
                fix="Give the folder of the dbt project with --project-dir.",
            )
    return snapshot


def _settings(request: Request, repository: Repository, head: Tree) -> Settings:
    chosen = settings.load(head)
    _check_rules(chosen)
    if request.dialect:
        if request.dialect not in SUPPORTED:
            raise CarepathError(
                f"Unknown dialect {request.dialect!r}.", fix="Known: " + ", ".join(SUPPORTED)
            )
        chosen = dataclasses.replace(chosen, dialect=request.dialect)
    if request.project_dir:
        folder = request.project_dir.strip("/").removeprefix("./")
        if not any(path.startswith(folder + "/") for path in head.entries) and folder != ".":
            raise CarepathError(
                f"There is no folder {folder} in the reviewed revision.",
                where=str(repository.root),
                fix="Give a folder relative to the root of the repository.",
            )
        chosen = dataclasses.replace(chosen, project_dir=folder)
    return dataclasses.replace(chosen, style=chosen.style and request.style)


def _check_rules(chosen: Settings) -> None:
    """Refuse names of rules that do not exist."""
    known = {name for rule in RULES for name in (rule.code, rule.name)}
    named = [*chosen.disable, *(code for codes in chosen.ignore.values() for code in codes)]
    for name in named:
        if name not in known and name != "*":
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise CarepathError(
                f"The configuration names a rule {name!r} that does not exist.",
                fix=f"Did you mean {near[0]}?" if near else "`carepath rules` lists them.",
            )


def _memo(request: Request, repository: Repository) -> Memo:
    return cache.load(cache.path_for(repository.root)) if request.cache else Memo()


def _keep(request: Request, repository: Repository, memo: Memo) -> None:
    if request.cache:
        cache.save(cache.path_for(repository.root), memo)


def fails(result: Review, level: str) -> bool:
    """True where a finding is at or above a level."""
    if level == "never":
        return False
    return any(f.severity >= Severity[level.upper()] for f in result.findings)


def has_gaps(result: Review) -> bool:
    """True where a changed file (of the whole project, any file) could not be analysed."""
    touched = set(result.touched)
    return any(result.is_whole or gap.file in touched for gap in result.not_analysed)


def write_baseline(result: Review, path: Path) -> None:
    """List the keys of all findings."""
    rows = [{"key": f.key, "file": f.place.file, "message": f.message} for f in result.findings]
    write_atomically(path, json.dumps({"format": 1, "findings": rows}, indent=2) + "\n")


def read_baseline(path: Path) -> set[str]:
    """The keys of a baseline."""
    try:
        data = json.loads(path.read_text())
        return {str(row["key"]) for row in data["findings"]}
    except FileNotFoundError:
        raise CarepathError(
            f"There is no baseline {path}.", fix="Make it with --write-baseline."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CarepathError(
            f"{path} is not a baseline.", fix="Make a new one with --write-baseline."
        ) from None


def write_atomically(path: Path, text: str) -> None:
    """Write a file whole or not at all; a device or a pipe is written to, not replaced."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path, text)
    except OSError as error:
        raise CarepathError(
            f"The file cannot be written: {error.strerror}.",
            where=str(path),
            fix="Name another file.",
        ) from None


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def matches(path: str, pattern: str) -> bool:
    """True where a path lies under a prefix or matches a glob."""
    return path.startswith(pattern.rstrip("/") + "/") or fnmatch.fnmatch(path, pattern)
