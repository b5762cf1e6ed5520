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
from carepath.review.snapshot import Model


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
        fix=_fix(change, first),
        place=Place(first.file.path, 1),
        model=first,
        readers=[Place(m.file.path, 1) for m in new[1:8]],
        evidence=[Evidence(f"{len(tested)} of {len(models)} models test their key")],
    )


def _fix(change: Change, model: Model) -> str:
    """Name the key where the SQL or the tests upstream prove one."""
    keys = [key for key in change.head.facts(model).relation.keys if key.columns]
    if not keys:
        return "Add unique and not_null tests to the key."
    names = sorted(keys[0].columns)
    if len(names) == 1:
        return f"Add unique and not_null tests to {names[0]} ({keys[0].proof})."
    return f"Test that {', '.join(names)} are unique together ({keys[0].proof})."


RULE = Rule(
    "TST001",
    "untested-primary-key",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
