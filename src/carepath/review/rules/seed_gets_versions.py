"""A seed holds several versions of its rows now, and a model reads it as if there were one.

What it does
    Reports a change that gives a seed both ends of a validity (valid_from and valid_to) and rows
    that differ in them and in numbers only, where a model that reads the seed names neither.

Why it is bad
    Whatever is joined with the seed meets the old price and the new one.

For example
    -- seeds/rates.csv: machine,rate,valid_from,valid_to
    select machine, rate from {{ ref('rates') }}

Use instead
    select machine, rate, valid_from, valid_to from {{ ref('rates') }}
    -- and match the moment where it is joined
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Model
from carepath.review.sql.validity import BEGIN, END

MOST = 200_000
NUMBER = re.compile(r"-?\d+([.,]\d+)?")


def check_change(change: Change) -> Iterator[Issue]:
    """Look at the seeds that the change gives a validity."""
    for seed in change.head.models.values():
        if seed.kind != "seed" or seed.file.path not in change.changed_files:
            continue
        before = change.counterpart(seed)
        old = change.base.text(before.file) if before is not None else ""
        text = change.head.text(seed.file)
        if not old or max(len(old), len(text)) > MOST:
            continue
        delimiter = str(seed.config.get("delimiter") or ",")[:1]
        was, now = _rows(old, delimiter), _rows(text, delimiter)
        ends = _ends(now)
        if ends is None or _ends(was) is not None:
            continue
        named = [name for name in was[0] if name in now[0]]
        if len(_things(was, named)) < len(was) - 1 or len(_things(now, named)) == len(now) - 1:
            continue
        for reader in change.head.sql_models():
            if any(up is seed for up in change.head.upstream(reader)):
                yield from _issue(change, seed, reader, ends)


def _issue(change: Change, seed: Model, reader: Model, ends: tuple[str, str]) -> Iterator[Issue]:
    text = change.head.text(reader.file).lower()
    if reader.kind != "model" or any(name in text for name in ends):
        return
    line = next((n for n, t in enumerate(text.split("\n"), 1) if seed.name.lower() in t), 1)
    yield Issue(
        subject=f"{seed.name} {reader.name}",
        message=f"{seed.name} holds versions now, told by {ends[0]} and {ends[1]}, and "
        f"{reader.name} names neither.",
        consequence="What it joins meets every version: rows double, with old figures beside new.",
        fix=f"Match the moment with {ends[0]} and {ends[1]}, or keep the current version only.",
        confidence=Confidence.LIKELY,
        place=Place(reader.file.path, line),
        evidence=[
            Evidence(f"rows differ in {ends[0]} and in numbers only", Place(seed.file.path, 1))
        ],
        model=reader,
    )


def _rows(text: str, delimiter: str) -> list[list[str]]:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row] or [[]]
    rows[0] = [name.strip().strip('"').lower() for name in rows[0]]
    return [row for row in rows if len(row) == len(rows[0])]


def _ends(rows: list[list[str]]) -> tuple[str, str] | None:
    begin = next((name for name in rows[0] if BEGIN.match(name)), None)
    end = next((name for name in rows[0] if END.match(name)), None)
    return (begin, end) if begin and end else None


def _things(rows: list[list[str]], names: list[str]) -> set[tuple[str, ...]]:
    """What the rows are of: their texts in the columns that were there before."""
    places = [rows[0].index(name) for name in names]
    texts = [
        p for p in places if not all(NUMBER.fullmatch(row[p].strip() or "0") for row in rows[1:])
    ]
    return {tuple(row[p] for p in texts) for row in rows[1:]}


RULE = Rule(
    "JOIN071",
    "seed-gets-versions",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
