"""A spreadsheet rewrote the values of a seed.

What it does
    Compares a seed with its rows before the change: reports codes that lose their leading zeros,
    long numbers that became `1.2E+10`, and dates in another form than all others. Also a date that
    does not exist (30 February) in a column of dates, and column_types that make numbers of codes
    with leading zeros.

Why it is bad
    '120' joins with nothing that says '00120'; a date that cannot be read stops `dbt seed`.

For example
    00120,Platform  ->  120,Platform

Use instead
    00120,Platform        -- import the column as text, and edit the file as text
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date

from carepath.review import configuration
from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.rules.seed_repeats_its_key import MOST, columns_of
from carepath.review.snapshot import Model
from carepath.review.yaml import Map

NUMERIC = re.compile(r"^(big|small|tiny)?int|^(number|numeric|decimal|float|double|real)")
PADDED = re.compile(r"^0\d+$")
FLOATED = re.compile(r"^\d(\.\d+)?E\+\d+$")
ISO = re.compile(r"^\d{4}-\d\d-\d\d$")
OTHER = re.compile(r"^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}$")

Values = list[tuple[str, int]]


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the seeds that the change touches with their rows before."""
    for model in change.head.models.values():
        if model.kind != "seed":
            continue
        yield from _typed(change, model)
        if model.file.path not in change.changed_files:
            continue
        before = change.counterpart(model)
        text = change.head.text(model.file)
        old = change.base.text(before.file) if before is not None else ""
        if len(text) > MOST or len(old) > MOST:
            continue
        delimiter = str(model.config.get("delimiter") or ",")[:1]
        was = columns_of(old, delimiter) if old else {}
        for name, values in columns_of(text, delimiter).items():
            yield from _zeros(model, name, values, was.get(name, []))
            yield from _floats(model, name, values, was.get(name, []))
            yield from _dates(model, name, values)


def _typed(change: Change, model: Model) -> Iterator[Issue]:
    """`column_types: {code: int}` of a seed whose codes begin with zeros."""
    before = change.counterpart(model)
    was = column_types(before) if before is not None else {}
    types = column_types(model)
    if {name: kind for name, (kind, _) in types.items()} == {n: k for n, (k, _) in was.items()}:
        return
    delimiter = str(model.config.get("delimiter") or ",")[:1]
    for name, values in columns_of(change.head.text(model.file)[:MOST], delimiter).items():
        kind, place = types.get(name, ("", None))
        padded = next((value for value, _ in values if PADDED.match(value)), None)
        is_new = name not in was or was[name][0] != kind
        if place is None or padded is None or not is_new or not NUMERIC.match(kind):
            continue
        issue = _issue(
            model,
            1,
            f"{name} typed",
            f"{name} becomes {kind}, and has values like {padded!r}: their leading zeros are lost.",
            f"Nothing that still says {padded!r} finds it.",
            "Keep it a text.",
        )
        issue.place = place
        yield issue


def column_types(model: Model) -> dict[str, tuple[str, Place]]:
    """What a seed's YAML, or else dbt_project.yml, says of the types of its columns."""
    found: dict[str, tuple[str, Place]] = {}
    file = posixpath.join(model.project.root, "dbt_project.yml")
    for level in configuration.levels(model.project, model.file):
        found |= _types_of(level.get("column_types"), file)
    if model.doc is not None:
        found |= _types_of(model.doc.config.get("column_types"), model.doc.file)
    return found


def _types_of(given: object, file: str) -> dict[str, tuple[str, Place]]:
    if not isinstance(given, dict):
        return {}
    line = given.at if isinstance(given, Map) else lambda _: 1
    return {str(n).lower(): (str(t).lower(), Place(file, line(n))) for n, t in given.items()}


def _zeros(model: Model, name: str, values: Values, was: Values) -> Iterator[Issue]:
    padded = {value for value, _ in was if PADDED.match(value)}
    ours = {value for value, _ in values}
    for value, line in values:
        full = next((p for p in sorted(padded) if p.lstrip("0") == value), None)
        if full is not None and full not in ours and value not in {v for v, _ in was}:
            yield _issue(
                model,
                line,
                f"{name} zeros",
                f"{name} {full!r} became {value!r}: its leading zeros are gone.",
                "Nothing that still says "
                f"{full!r} finds it, and a column of such values is read as numbers.",
                f"Write {full!r}.",
            )
            return


def _floats(model: Model, name: str, values: Values, was: Values) -> Iterator[Issue]:
    if any(FLOATED.match(value) for value, _ in was):
        return
    for value, line in values:
        if FLOATED.match(value):
            yield _issue(
                model,
                line,
                f"{name} float",
                f"{name} is {value!r}, a number that a spreadsheet shortened.",
                "Its last digits are lost.",
                "Write the whole number.",
            )
            return


def _dates(model: Model, name: str, values: Values) -> Iterator[Issue]:
    dates = [(value, line) for value, line in values if ISO.match(value)]
    others = [(value, line) for value, line in values if not ISO.match(value)]
    if len(dates) < 2 or len(others) > len(dates):
        return
    for value, line in dates:
        try:
            date.fromisoformat(value)
        except ValueError:
            yield _issue(
                model,
                line,
                f"{name} {value}",
                f"{name} is {value}, a date that does not exist.",
                "`dbt seed` fails, or the column is read as text.",
                "Correct the date.",
            )
            return
    if others and all(OTHER.match(value) for value, _ in others):
        value, line = others[0]
        yield _issue(
            model,
            line,
            f"{name} form",
            f"{name} is {value!r}, and the other dates are written {dates[0][0]!r}.",
            "The column is read as text, or the date with month and day exchanged.",
            "Write all dates in one form.",
        )


def _issue(
    model: Model, line: int, subject: str, message: str, consequence: str, fix: str
) -> Issue:
    return Issue(
        subject=f"{model.name} {subject}"[:160],
        message=message,
        consequence=consequence,
        fix=fix,
        confidence=Confidence.LIKELY,
        place=Place(model.file.path, line),
        evidence=[Evidence(f"{model.name} is a file of rows", Place(model.file.path, line))],
        model=model,
    )


RULE = Rule(
    "CFG013",
    "seed-value-mangled",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
