"""A seed that models are joined with has one of its keys twice.

What it does
    Reports a row that a change adds to a seed whose value of a column was in one row only for every
    value before, where a model that reads the seed joins by that column alone and no test calls
    it unique (a test that does is spoken of by seed-breaks-its-test, versions with a validity by
    seed-gets-versions).

Why it is bad
    Every row that is joined with it comes twice.

For example
    GLS,GLS Europe
    GLS,GLS Europe North      -- joined by the code

Use instead
    GLN,GLS Europe North
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Model, Snapshot
from carepath.review.sql.validity import BEGIN

MOST = 200_000


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the seeds that the change touches with their rows before."""
    for model in change.head.models.values():
        if model.kind != "seed" or model.file.path not in change.changed_files:
            continue
        before = change.counterpart(model)
        text = change.head.text(model.file)
        old = change.base.text(before.file) if before is not None else ""
        if not old or len(text) > MOST or len(old) > MOST:
            continue
        delimiter = str(model.config.get("delimiter") or ",")[:1]
        was = columns_of(old, delimiter)
        if any(BEGIN.match(name) for name in columns_of(text, delimiter)):
            # Versions of one thing, which seed-gets-versions speaks of.
            continue
        tested = {next(iter(c)) for c, _, _ in declared_keys(model.doc) if len(c) == 1}
        for name, values in columns_of(text, delimiter).items():
            earlier = [value for value, _ in was.get(name, [])]
            if len(earlier) < 2 or len(set(earlier)) < len(earlier) or name in tested:
                continue
            reader = _joined_by(change.head, model, name)
            first: dict[str, int] = {}
            for value, line in values:
                if value in first and reader is not None:
                    yield _issue(model, name, value, line, first[value], reader)
                    break
                first.setdefault(value, line)


def columns_of(text: str, delimiter: str) -> dict[str, list[tuple[str, int]]]:
    """The values of each column that are not empty, with their lines."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header: list[str] = []
    found: dict[str, list[tuple[str, int]]] = {}
    for row in reader:
        if not header:
            header = [name.strip().strip('"').lower() for name in row]
            found = {name: [] for name in header}
        elif len(row) == len(header):
            for name, value in zip(header, row, strict=True):
                if value != "":
                    found[name].append((value, reader.line_num))
    return found


def _joined_by(snapshot: Snapshot, seed: Model, name: str) -> Model | None:
    """A model that reads the seed and joins something by this column alone."""
    for model in snapshot.sql_models():
        if all(up is not seed for up in snapshot.upstream(model)):
            continue
        for join in snapshot.facts(model).joins:
            if join.right == (name,) or join.left == (name,):
                return model
    return None


def _issue(model: Model, name: str, value: str, line: int, first: int, reader: Model) -> Issue:
    return Issue(
        subject=f"{name} {value}"[:160],
        message=f"{name} {value} is in line {first} already, and {reader.name} joins by {name}.",
        consequence="What is joined with it comes twice.",
        fix="Correct one of the two rows, or join by more than it.",
        confidence=Confidence.LIKELY,
        place=Place(model.file.path, line),
        evidence=[Evidence(f"no {name} was there twice before", Place(reader.file.path, 1))],
        model=model,
    )


RULE = Rule(
    "JOIN015",
    "seed-repeats-its-key",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
