"""The rows of a seed fail a test that its YAML declares.

What it does
    Holds the rows of a changed seed against its unique, not_null and accepted_values tests and
    unique combinations of columns.

Why it is bad
    The file is all there is: the test fails at the next run, surely.

For example
    code,name
    DE,Germany
    DE,Denmark          -- code is tested as unique

Use instead
    DK,Denmark
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.facts import accepted_values, declared_keys
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import nearest
from carepath.review.nodes import NodeDoc
from carepath.review.rule import Issue, Rule

MOST = 200_000
Row = tuple[int, dict[str, str]]


def check_change(change: Change) -> Iterator[Issue]:
    """Read the seeds that the change touches, or whose YAML it touches."""
    for model in change.head.models.values():
        doc = model.doc
        if model.kind != "seed" or doc is None:
            continue
        if model.file.path not in change.changed_files and doc.file not in change.changed_files:
            continue
        text = change.head.text(model.file)
        if len(text) > MOST:
            continue
        rows = _rows(text, str(model.config.get("delimiter") or ",")[:1])
        lines = change.changed_lines(model.file.path)
        for issue, line, test_line in _faults(model.file.path, doc, rows):
            if line in lines or test_line in change.changed_lines(doc.file):
                issue.evidence = [Evidence("the test", Place(doc.file, test_line))]
                issue.model = model
                yield issue


def _rows(text: str, delimiter: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header: list[str] = []
    found: list[Row] = []
    for row in reader:
        if not header:
            header = [name.strip().strip('"').lower() for name in row]
        elif len(row) == len(header):
            found.append((reader.line_num, dict(zip(header, row, strict=True))))
    return found


def _faults(path: str, doc: NodeDoc, rows: list[Row]) -> Iterator[tuple[Issue, int, int]]:
    header = set(rows[0][1]) if rows else set()
    for columns, _, test_line in declared_keys(doc):
        if not columns <= header:
            continue
        seen: dict[tuple[str, ...], int] = {}
        names = sorted(columns)
        for line, row in rows:
            values = tuple(row[name] for name in names)
            if any(value == "" for value in values):
                continue
            if values in seen:
                told = ", ".join(f"{n} {v}" for n, v in zip(names, values, strict=True))
                yield (
                    _issue(
                        path,
                        line,
                        f"unique {told}",
                        f"{told} is in line {seen[values]} already, and a test calls it unique.",
                        "Correct one of the two rows, or remove it.",
                    ),
                    line,
                    test_line,
                )
            seen.setdefault(values, line)
    for column in doc.columns:
        name = column.name.strip('"').lower()
        if name not in header:
            continue
        for test in column.tests:
            if test.short == "not_null" and not test.is_conditional:
                for line, row in rows:
                    if row[name] == "":
                        told = f"{name} is empty, and a test calls it not null."
                        yield (
                            _issue(path, line, f"null {name} {line}", told, "Fill it in."),
                            line,
                            test.line,
                        )
        allowed = accepted_values(doc, name)
        for line, row in rows if allowed is not None else []:
            if allowed is not None and row[name] != "" and row[name] not in allowed[0]:
                near = nearest(row[name], allowed[0], 0.7)
                yield (
                    _issue(
                        path,
                        line,
                        f"value {name} {row[name]}",
                        f"{name} is {row[name]!r}, which its accepted_values test does not allow.",
                        f"Write {near!r}, or allow it in the test."
                        if near
                        else "Correct it, or allow it in the test.",
                    ),
                    line,
                    allowed[1],
                )


def _issue(path: str, line: int, subject: str, message: str, fix: str) -> Issue:
    return Issue(
        subject=f"{path} {subject}"[:160],
        message=message,
        consequence="The test fails.",
        fix=fix,
        confidence=Confidence.CERTAIN,
        place=Place(path, line),
    )


RULE = Rule(
    "TST005", "seed-breaks-its-test", Severity.ERROR, __doc__ or "", check_change=check_change
)
