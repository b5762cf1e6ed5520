"""The change removes or weakens a test of something that stays.

What it does
    Compares the tests of each model and column that both sides have: reports unique, not_null,
    relationships, accepted_values and row-uniqueness tests that are gone, or that became
    conditional or a warning.

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
from carepath.review.nodes import NodeDoc, TestUse
from carepath.review.rule import Issue, Rule
from carepath.review.sql.names import loose

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
            elif _is_weak(now) and not _is_weak(test):
                what = "became conditional or a warning"
                yield _issue(model.doc, test, what, change, before.doc, now.line)


def _is_weak(test: TestUse) -> bool:
    config = test.arguments.get("config")
    merged = {**test.arguments, **(config if isinstance(config, dict) else {})}
    return test.is_conditional or str(merged.get("severity", "")).lower() == "warn"


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
