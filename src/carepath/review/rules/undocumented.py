"""A model the change adds has no YAML.

What it does
    Lists, in one finding, added models without an entry, where most models of the project have
    one.

Why it is bad
    Readers cannot know what a row is, and the model has no tests.

For example
    models/marts/fct_orders.sql   # and nothing else

Use instead
    models/marts/fct_orders.yml with "One row per order."
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Issue, Rule


def check_change(change: Change) -> Iterator[Issue]:
    """Look at the YAML of added models."""
    models = [m for m in change.head.models.values() if m.kind == "model"]
    with_doc = [m for m in models if m.doc is not None]
    if len(with_doc) * 5 < len(models) * 4:
        return
    new = sorted(
        (m for m in models if change.is_new(m) and m.doc is None), key=lambda m: m.file.path
    )
    if new:
        yield Issue(
            subject=", ".join(m.name for m in new[:5]),
            message=f"{listing([m.name for m in new], 5)} has no YAML.",
            consequence="Nobody can know what a row is.",
            fix="Add an entry that begins with 'One row per ...'.",
            place=Place(new[0].file.path, 1),
            model=new[0],
            readers=[Place(m.file.path, 1) for m in new[1:8]],
            evidence=[Evidence(f"{len(with_doc)} of {len(models)} models have an entry")],
        )


RULE = Rule(
    "DOC003",
    "undocumented-model",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
