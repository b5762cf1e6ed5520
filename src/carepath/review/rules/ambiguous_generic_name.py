"""The change adds a column with a name that could be anybody's.

What it does
    Reports an output column named id, name, type, status, date or value that the change adds to a
    model outside of the base layer, where at most one in ten models of the project has a column of
    that name.

Why it is bad
    After the next join nobody knows whose it is; stars make it ambiguous.

For example
    select customer_id, name from {{ ref('stg_customers') }}   -- elsewhere: customer_name

Use instead
    select customer_id, name as customer_name from {{ ref('stg_customers') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Model

NAMES = ("id", "name", "type", "status", "date", "value")
FEWEST = 8


def check_change(change: Change) -> Iterator[Issue]:
    """Compare new column names with the habit of the project."""
    for model in change.affected():
        if model.kind != "model" or model.file.path not in change.changed_files:
            continue
        if model.layer == "base":
            continue
        before = change.counterpart(model)
        old = change.base.facts(before).relation.index if before is not None else {}
        relation = change.head.facts(model).relation
        for name in NAMES:
            if name not in relation.index or name in old or not relation.is_complete:
                continue
            others = _others(change, model)
            having = [other for other in others if _has(change, other, name)]
            if len(others) < FEWEST or len(having) * 10 > len(others):
                continue
            yield Issue(
                subject=name,
                message=f"{model.name} puts out a column that is only called {name}.",
                consequence="After the next join nobody knows whose it is.",
                fix=f"Name the thing too, as in {_example(change, others, name) or 'x_' + name}.",
                place=Place(model.file.path, _line(change, model, name)),
                model=model,
                evidence=[
                    Evidence(f"{len(others) - len(having)} of {len(others)} models have no {name}")
                ],
            )
            break


def _others(change: Change, model: Model) -> list[Model]:
    found = []
    for other in change.head.sql_models():
        if other.id != model.id:
            relation = change.head.facts(other).relation
            if relation.is_complete and relation.columns:
                found.append(other)
    return found


def _has(change: Change, model: Model, name: str) -> bool:
    return name in change.head.facts(model).relation.index


def _example(change: Change, others: list[Model], name: str) -> str | None:
    for other in others:
        for column in change.head.facts(other).relation.columns:
            if column.name.endswith("_" + name):
                return column.name
    return None


def _line(change: Change, model: Model, name: str) -> int:
    path = model.file.path
    lines = (change.head.tree.text(path) or "").split("\n")
    for number in sorted(change.changed_lines(path)):
        words = lines[number - 1].lower().replace(",", " ").split() if number <= len(lines) else []
        if words and (words[-1] == name or words[-1].endswith("." + name)):
            return number
    return 1


RULE = Rule(
    "STY002",
    "ambiguous-generic-name",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
