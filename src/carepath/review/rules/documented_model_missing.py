"""YAML describes a model, seed or snapshot that does not exist.

What it does
    Reports entries under `models:`, `seeds:` and `snapshots:` whose name no file has.

Why it is bad
    dbt only warns: the descriptions are lost and the tests never run.

For example
    models: [{name: stg_custmers, columns: [...]}]   # the file is stg_customers.sql

Use instead
    models: [{name: stg_customers, columns: [...]}]
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Place, Severity
from carepath.review.naming import nearest
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Snapshot, Space


def check_change(change: Change) -> Iterator[Issue]:
    """Report entries that lost, or never had, their model."""
    before = {
        (space.project.name, name) for space in change.base.spaces for name in _orphans(space)
    }
    for space in change.head.spaces:
        for name in _orphans(space):
            doc = space.docs.models[name]
            if (space.project.name, name) in before:
                continue
            undocumented = [m for m, model in space.models.items() if model.doc is None]
            near = nearest(name, undocumented, 0.75)
            tests = len(doc.every_test)
            yield Issue(
                subject=name,
                message=f"There is no {doc.kind.rstrip('s')} {name}."
                + (f" Did you mean {near}?" if near else ""),
                consequence=f"Its {tests} tests never run."
                if tests
                else "Its descriptions are lost.",
                fix=f"Rename the entry to {near}." if near else "Remove the entry.",
                severity=Severity.WARNING if near or tests else Severity.NOTE,
                confidence=Confidence.LIKELY,
                place=Place(doc.file, doc.line),
            )


def _orphans(space: Space) -> list[str]:
    if not space.models:
        return []
    return [
        name
        for name, doc in space.docs.models.items()
        if name not in space.models
        and not doc.versions
        and not (doc.kind == "snapshots" and doc.config)
        and (doc.kind != "seeds" or any(m.kind == "seed" for m in space.models.values()))
    ]


def orphans(snapshot: Snapshot) -> list[str]:
    """Names with YAML and without a file."""
    return [name for space in snapshot.spaces for name in _orphans(space)]


RULE = Rule(
    "DOC005",
    "documented-model-missing",
    Severity.WARNING,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.WARNING,
)
