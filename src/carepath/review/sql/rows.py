"""What a row of a relation is, where the query that puts it out left the key behind."""

from __future__ import annotations

import re
from dataclasses import replace

from carepath.review.sql.bindings import Binding, Resolution
from carepath.review.sql.relation import Key, Relation

NARROWING = ("where", "group", "distinct", "qualify", "limit", "having")


def telling_keys(relation: Relation) -> list[Key]:
    """The keys that say what a row is: not a number that each row is given."""
    return [
        key
        for key in relation.keys
        if len(key.columns) != 1 or not _is_running(relation, next(iter(key.columns)))
    ]


def _is_running(relation: Relation, name: str) -> bool:
    column = relation.get(name)
    return column is not None and column.numbered_by == ()


def with_rows_of(resolution: Resolution, binding: Binding) -> Binding:
    """A CTE that leaves the key of its one source out still has one row for each of it."""
    if not binding.is_cte or not binding.relation.is_complete:
        return binding
    inner = [s for s in resolution.scopes if s.path == binding.node.name.lower()]
    if len(inner) != 1 or len(inner[0].bindings) != 1 or inner[0].parent is not None:
        return binding
    scope = inner[0]
    if any(scope.node.args.get(part) is not None for part in NARROWING):
        return binding
    source = next(iter(scope.bindings.values()))
    names = {item.source: item.column.name for item in scope.items if item.source is not None}
    found = tuple(
        replace(key, columns=frozenset(names.get(c, f"{source.name}.{c}") for c in key.columns))
        for key in telling_keys(source.relation)
        if key.columns
    )
    return replace(binding, relation=replace(binding.relation, keys=found))


PREFIX = re.compile(r"^(stg|base|src|raw|staging|fct|fact|dim|int)_+")
ONE_TO_ONE = re.compile(
    r"(^|_)(profiles?|settings?|details?|preferences?|address(es)?|attributes?|extensions?|infos?|"
    r"information|metadata|configs?|summary|summaries|metrics|stats|status(es)?|scores?|latest|"
    r"current|first|last|balances?|totals?)(_|$)"
)
"""Names of what there often is exactly one of."""


def with_named_key(resolution: Resolution, binding: Binding) -> Binding:
    """`stg_reviews` with a review_id and no known key: by its names, one row for each review."""
    source, names = binding, {column.name: column.name for column in binding.relation.columns}
    for _ in range(5):
        inner = [s for s in resolution.scopes if s.path == source.node.name.lower()]
        if not source.is_cte:
            break
        if len(inner) != 1 or len(inner[0].bindings) != 1 or inner[0].parent is not None:
            return binding
        if any(inner[0].node.args.get(part) is not None for part in NARROWING):
            return binding
        items = {item.column.name: item.source for item in inner[0].items}
        names = {name: items[c] or "" for name, c in names.items() if c in items}
        source = next(iter(inner[0].bindings.values()))
    model = source.relation.id.rsplit(".", 1)[-1].lower()
    if not source.relation.id.startswith("model:") or source.relation.keys:
        return binding
    key = named_key(model, source.relation)
    if key is None:
        return binding
    shown = next((name for name, behind in names.items() if behind == key), f"{source.name}.{key}")
    found = Key(frozenset({shown}), "test", f"by the names of {model} and {key}")
    return replace(binding, relation=replace(binding.relation, keys=(found,)))


def named_key(model: str, relation: Relation) -> str | None:
    """The column that is named after the things a model is named after."""
    thing = PREFIX.sub("", model.rsplit("__", 1)[-1])
    if ONE_TO_ONE.search(thing) or not thing.endswith("s"):
        return None
    singulars = {thing.removesuffix("s"), thing.removesuffix("es")}
    if thing.endswith("ies"):
        singulars = {thing.removesuffix("ies") + "y"}
    names = [f"{one}_{end}" for one in sorted(singulars) for end in ("id", "key")]
    return next((name for name in names if relation.get(name) is not None), None)
