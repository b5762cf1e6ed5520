"""The change adds columns to a model that documents all its others.

What it does
    Reports, once a model, the columns a change adds without documenting them, where the model
    documented every column at base.

Why it is bad
    The one model that could be trusted to say what its columns mean no longer does.

For example
    select order_id, amount, discount   -- discount is new, the YAML lists order_id and amount

Use instead
    - name: discount
      description: What was taken off, in dollars.
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.naming import listing
from carepath.review.rule import Issue, Rule

FEWEST = 3


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the columns of changed models with their YAML."""
    for model in change.affected():
        before = change.counterpart(model)
        if before is None or before.doc is None or model.doc is None or model.kind != "model":
            continue
        if model.file.path not in change.changed_files:
            continue
        old, new = change.base.facts(before).relation, change.head.facts(model).relation
        if not old.is_complete or not new.is_complete or len(old.columns) < FEWEST:
            continue
        if any(before.doc.column(column.shown) is None for column in old.columns):
            continue
        added = [
            c.shown
            for c in new.columns
            if c.name not in old.index and model.doc.column(c.shown) is None
        ]
        if added:
            yield Issue(
                subject=", ".join(added[:6]).lower(),
                message=f"{listing(added, 6)} of {model.name} is not documented; all its other "
                "columns are.",
                consequence="Readers do not know what it means.",
                fix="Describe it in the YAML.",
                place=Place(model.file.path, _line(change, model.file.path, added[0])),
                model=model,
                evidence=[
                    Evidence(
                        f"at base all {len(old.columns)} columns are documented",
                        Place(model.doc.file, model.doc.line),
                    )
                ],
            )


def _line(change: Change, path: str, name: str) -> int:
    lines = (change.head.tree.text(path) or "").split("\n")
    changed = sorted(change.changed_lines(path))
    near = [n for n in changed if n <= len(lines) and name.lower() in lines[n - 1].lower()]
    return near[0] if near else changed[0] if changed else 1


RULE = Rule(
    "DOC002",
    "produced-column-undocumented",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
