"""The change removes or weakens a test of something that stays.

What it does
    Compares the tests of each model and column that both sides have: reports unique, not_null,
    relationships, accepted_values and row-uniqueness tests that are gone, switched off, narrowed
    to some rows or to a warning, or that take more columns together to be unique.

Why it is bad
    The guard goes in the same change that may need it.

For example
    -   data_tests: [unique, not_null]
    +   data_tests: [not_null]

Use instead
    # keep the test, or say in the pull request why it no longer holds
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.nodes import NodeDoc, TestUse
from carepath.review.rule import Issue, Rule
from carepath.review.sql.names import loose
from carepath.review.yaml import Map

GUARDS = frozenset(
    {"unique", "not_null", "relationships", "accepted_values", "unique_combination_of_columns"}
)

INSTEAD = {
    "unique": ("primary_key", "unique_key", "expect_column_values_to_be_unique"),
    "not_null": ("primary_key", "expect_column_values_to_not_be_null"),
    "relationships": ("foreign_key",),
    "accepted_values": ("expect_column_values_to_be_in_set",),
}
"""Tests of packages and projects that ask as much."""


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the tests of both sides."""
    for model in change.head.models.values():
        before = change.counterpart(model)
        if before is None or before.doc is None or model.doc is None:
            continue
        if model.doc.file not in change.changed_files:
            continue
        ours = {_identity(test): test for test in model.doc.every_test}
        for _, first, second in change.head.space_of(model).docs.doubles:
            # Described in two places, which is told as such: the test is in the other one.
            if model.doc in (first, second):
                ours |= {_identity(t): t for doc in (first, second) for t in doc.every_test}
        names = {column.name.lower() for column in model.doc.columns}
        shorts = {test.short for test in model.doc.every_test}
        for test in before.doc.every_test:
            if test.short not in GUARDS or test.is_conditional:
                continue
            if test.column is not None and test.column.lower() not in names:
                relation = change.head.facts(model).relation
                if loose(test.column) not in {loose(column.name) for column in relation.columns}:
                    continue
            now = ours.get(_identity(test)) or next(
                (
                    ours[other, (test.column or "").lower()]
                    for other in INSTEAD.get(test.short, ())
                    if (other, (test.column or "").lower()) in ours
                ),
                None,
            )
            if (
                now is None
                and (test.column is None or test.short == "unique")
                and ("unique_combination_of_columns" in shorts or "unique" in shorts)
            ):
                continue
            if now is None:
                yield _issue(model.doc, test, "is gone", change, before.doc)
                continue
            what, line = _weakness(now)
            if what and not _weakness(test)[0]:
                yield _issue(model.doc, test, what, change, before.doc, line)
            elif added := _more_columns(test, now):
                what = f"asks less: {listing(added)} may tell rows apart now"
                yield _issue(model.doc, test, what, change, before.doc, now.line)


def _weakness(test: TestUse) -> tuple[str, int]:
    """What makes a test weaker than its name, and the line that says so."""
    for level in (test.arguments.get("config"), test.arguments):
        for key, value in level.items() if isinstance(level, dict) else ():
            what = ""
            if key == "enabled" and value is False:
                what = "is switched off (enabled: false)"
            elif key in ("where", "row_condition"):
                what = f"looks at some rows only ({key}: {value})"
            elif key == "error_if":
                what = f"fails only where its rows are {value} (error_if)"
            elif key == "severity" and str(value).lower() == "warn":
                what = "only warns now (severity: warn)"
            if what:
                return what, level.at(key) if isinstance(level, Map) else test.line
    return "", test.line


def _more_columns(before: TestUse, after: TestUse) -> list[str]:
    """What a test of several columns together takes in that it did not."""
    sides = []
    for test in (before, after):
        inner = test.arguments.get("arguments")
        given = {**test.arguments, **(inner if isinstance(inner, dict) else {})}
        listed = given.get("combination_of_columns")
        sides.append({str(c).lower() for c in listed} if isinstance(listed, list) else set())
    return sorted(sides[1] - sides[0]) if sides[0] and sides[0] < sides[1] else []


def _identity(test: TestUse) -> tuple[str, str]:
    return (test.short, (test.column or "").lower())


def _issue(
    doc: NodeDoc, test: TestUse, what: str, change: Change, old: NodeDoc, line: int | None = None
) -> Issue:
    column = doc.column(test.column) if test.column else None
    place = line or (column.line if column is not None else doc.line)
    of = f"{doc.name}.{test.column}" if test.column else doc.name
    return Issue(
        subject=f"{of} {test.short}",
        message=f"The test {test.name} of {of} {what}.",
        consequence="What it guarded is no longer checked.",
        fix="Keep the test, or say why it no longer holds.",
        confidence=Confidence.CERTAIN,
        place=Place(doc.file, place),
        evidence=[Evidence("at base", Place(old.file, test.line))],
    )


RULE = Rule(
    "TST002",
    "weakened-test",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
