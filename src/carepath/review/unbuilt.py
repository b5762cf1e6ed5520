"""Queries that dbt does not build into anything: singular tests and analyses."""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.models import Model
from carepath.review.nodes import REF_TEXT
from carepath.review.snapshot import Snapshot

KINDS = ("test", "analysis")
DEFINING = ("{% test", "{%- test", "{% macro", "{%- macro")


def queries(snapshot: Snapshot) -> dict[str, Model]:
    """Every singular test and analysis of a tree, by id."""
    if "unbuilt" not in snapshot.local:
        found: dict[str, Model] = {}
        for space in snapshot.spaces:
            for file in space.project.of_kind(*KINDS):
                if file.path.endswith(".sql"):
                    id = f"{file.kind}:{space.project.name}.{file.name}"
                    found[id] = Model(id, file.name, file.kind, file, space.project, None, None)
        snapshot.local["unbuilt"] = found
    kept: dict[str, Model] = snapshot.local["unbuilt"]
    return kept


def touched(change: Change) -> Iterator[Model]:
    """Those at head that read a model which no longer puts out all it did."""
    lost = {model.name for model in change.affected() if _loses(change, model)}
    for query in queries(change.head).values() if lost else ():
        text = change.head.text(query.file)
        if any(word in text for word in DEFINING):
            continue
        if any((match["b"] or match["a"]) in lost for match in REF_TEXT.finditer(text)):
            yield query


def _loses(change: Change, model: Model) -> bool:
    before = change.counterpart(model)
    if before is None:
        return False
    old, new = change.base.facts(before).relation, change.head.facts(model).relation
    return new.is_closed and any(new.get(column.name) is None for column in old.columns)
