"""One name is given twice.

What it does
    Reports a column documented twice under one model, a model documented in two places, and two
    models of one name.

Why it is bad
    dbt stops, or one of the two is silently ignored with its tests.

For example
    columns: [{name: order_id, data_tests: [unique]}, {name: order_id, data_tests: [not_null]}]

Use instead
    columns: [{name: order_id, data_tests: [unique, not_null]}]
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Look for columns documented twice."""
    doc = context.model.doc
    seen: dict[str, int] = {}
    for column in doc.columns if doc is not None else ():
        name = column.name.lower()
        if name in seen and doc is not None and seen[name] != column.line:
            yield Issue(
                subject=name,
                message=f"{column.name} is documented twice.",
                consequence="Only one of the two descriptions and sets of tests is kept.",
                fix="Merge the two entries.",
                severity=Severity.WARNING,
                place=Place(doc.file, column.line),
                evidence=[Evidence("the first entry", Place(doc.file, seen[name]))],
            )
        seen.setdefault(name, column.line)


def check_change(change: Change) -> Iterator[Issue]:
    """Look for models with two entries or two files."""
    for space in change.head.spaces:
        for name, first, second in space.docs.doubles:
            if second.file in change.changed_files or first.file in change.changed_files:
                ours = change.changed_lines(second.file)
                late, early = (second, first) if second.line in ours else (first, second)
                if late.line not in change.changed_lines(late.file):
                    continue
                yield Issue(
                    subject=name,
                    message=f"{name} is documented in two places.",
                    consequence="dbt stops: two entries for one resource.",
                    fix="Merge the two entries.",
                    place=Place(late.file, late.line),
                    evidence=[Evidence("the other entry", Place(early.file, early.line))],
                )
        for name, kept, other in space.doubles:
            for path, rival in ((kept, other), (other, kept)):
                if path in change.changed_files and path not in change.base.tree.entries:
                    yield Issue(
                        subject=f"file {name}",
                        message=f"There are two models {name}.",
                        consequence="dbt stops: model names must be unique.",
                        fix="Rename or remove one of the two.",
                        place=Place(path, 1),
                        evidence=[Evidence("the other file", Place(rival, 1))],
                    )
                    break


RULE = Rule("CFG003", "duplicate-name", Severity.ERROR, __doc__ or "", check, check_change)
