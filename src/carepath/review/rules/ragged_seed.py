"""A seed file whose rows do not fit its header.

What it does
    Reports rows of a changed CSV with more or fewer fields than the header, header names given
    twice, and documented columns that the header lacks.

Why it is bad
    `dbt seed` fails, or values land in the wrong column.

For example
    country,region
    US,Americas,extra

Use instead
    country,region
    US,Americas
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Read the changed seeds, and the YAML of all."""
    for model in change.head.models.values():
        if model.kind != "seed":
            continue
        lines = change.changed_lines(model.file.path)
        yaml = model.doc.file if model.doc is not None else ""
        if not lines and yaml not in change.changed_files:
            continue
        text = change.head.text(model.file)
        config = model.config
        reader = csv.reader(io.StringIO(text), delimiter=str(config.get("delimiter") or ",")[:1])
        header: list[str] = []
        for row in reader:
            if not header:
                header = [name.strip() for name in row]
                for name in sorted({n for n in header if header.count(n) > 1}):
                    yield _issue(model.file.path, 1, f"The header names {name} twice.", name)
                continue
            if row and len(row) != len(header) and reader.line_num in lines:
                told = f"This row has {len(row)} fields, the header {len(header)}."
                yield _issue(model.file.path, reader.line_num, told, f"row {row[0]}")
        folded = {name.lower() for name in header}
        for column in model.doc.columns if model.doc is not None and header else ():
            if column.name.strip('"').lower() in folded or not column.tests:
                continue
            if column.line in change.changed_lines(yaml) or 1 in lines:
                issue = _issue(yaml, column.line, f"The seed has no column {column.name}.",
                               column.name)  # fmt: skip
                issue.evidence = [Evidence("its header", Place(model.file.path, 1))]
                yield issue


def _issue(path: str, line: int, message: str, subject: str) -> Issue:
    return Issue(
        subject=f"{path} {subject}",
        message=message,
        consequence="dbt seed fails, a test cannot run, or values land in the wrong column.",
        fix="Make the rows and the YAML fit the header.",
        place=Place(path, line),
    )


RULE = Rule("CFG005", "ragged-seed", Severity.ERROR, __doc__ or "", check_change=check_change)
