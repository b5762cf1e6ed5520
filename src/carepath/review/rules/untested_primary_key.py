"""A new model without a test of its primary key.

What it does
    Lists, in one finding, the models the change adds that have no unique test, where the project
    usually tests its keys.

Why it is bad
    The day duplicates come in, nobody notices.

For example
    models: [{name: fct_orders, columns: [{name: order_id}]}]

Use instead
    models: [{name: fct_orders, columns: [{name: order_id, data_tests: [unique, not_null]}]}]
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.facts import declared_keys
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Look at the tests of added models."""
    models = [m for m in change.head.models.values() if m.kind == "model"]
    tested = [m for m in models if declared_keys(m.doc)]
    if len(tested) * 4 < len(models):
        return
    new = sorted(
        (m for m in models if change.is_new(m) and not declared_keys(m.doc) and m.is_enabled),
        key=lambda m: m.file.path,
    )
    if not new:
        return
    first = new[0]
    yield Issue(
        subject=", ".join(m.name for m in new[:5]),
        message=f"No test says what makes a row of {listing([m.name for m in new], 5)} unique.",
        consequence="Duplicates would not be noticed.",
        fix="Add unique and not_null tests to the key.",
        place=Place(first.file.path, 1),
        model=first,
        readers=[Place(m.file.path, 1) for m in new[1:8]],
        evidence=[Evidence(f"{len(tested)} of {len(models)} models test their key")],
    )


RULE = Rule(
    "TST001",
    "untested-primary-key",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
