"""What a join equates, and which names both of its sides have."""

from __future__ import annotations

import re

from sqlglot import exp

from carepath.review.facts import JoinFact
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Resolution, Scope
from carepath.review.sql.relation import Source
from carepath.review.sql.rows import named_key
from carepath.review.sql.values import conjuncts

COMMON = re.compile(
    r"^_|^(id|name|type|status|state|value|date|day|month|year|description|title|url|index|position)$"
    r"|(_at|_on|_date|_name|_timestamp|_ts|_time|_by|_synced|_count|_amount|_type|_status)$"
    r"|^(is|has|was)_|^(created|updated|modified|deleted|loaded|synced|inserted)"
)
MOST = 12
MOST_OF_SIDE = 40
NAME = re.compile(r"^\w+$")


def other_side(scope: Scope, shape: keys.JoinShape) -> tuple[str, Binding] | None:
    """The one relation the columns of a join are equated with."""
    names = {name for name, _ in shape.left}
    if len(names) != 1:
        return None
    name = next(iter(names))
    return name, scope.bindings[name]


def matched(resolution: Resolution, join: exp.Join, binding: Binding) -> set[str] | None:
    """What of a relation is equated with others, which need not be known; None for more."""
    found = {column.name.lower() for column in join.args.get("using") or []}
    for part in conjuncts(join.args.get("on")):
        if not isinstance(part, exp.EQ):
            return None
        ours = []
        for side in (part.left, part.right):
            uses = [resolution.uses.get(id(column)) for column in side.find_all(exp.Column)]
            ours.append(any(use is not None and use.binding is binding for use in uses))
        if ours.count(True) != 1:
            continue
        column, other = (part.left, part.right) if ours[0] else (part.right, part.left)
        if isinstance(column, exp.Column) and other.find(exp.Column):
            found.add(column.name.lower())
    return found


def shared_names(left: Binding, right: Binding) -> frozenset[str]:
    """The names both sides have, without those that every table has."""
    both = [n for n in right.relation.index if n in left.relation.index and not COMMON.search(n)]
    return frozenset(sorted(both)[:MOST])


def _key_names(binding: Binding) -> set[str]:
    return {name for key in binding.relation.keys for name in key.columns}


def referred(one: Binding, two: Binding) -> list[str]:
    """The tested key of sessions, session_id, where the other relation has it and another key."""
    theirs = _key_names(two)
    names = {one.name, one.node.name, one.relation.id.rsplit(".", 1)[-1]}
    if not theirs:
        return []
    return sorted(
        name
        for key in one.relation.keys
        if len(key.columns) == 1
        for name in key.columns
        if key.strength == "test"
        and any(named_key(table.lower(), one.relation) == name for table in names)
        and name in two.relation.index
        and name not in theirs
        and not theirs & {n for n in one.relation.index if n.endswith(("_id", "_key"))} - {name}
    )


def join_fact(known: Known, scope: Scope, name: str, binding: Binding) -> JoinFact | None:
    """The fact of one join, or None where it is not a plain one of two known sides."""
    if binding.join is None or binding.hidden or not isinstance(binding.join, exp.Join):
        return None
    shape = keys.shape_of(known, scope, name, binding)
    if not shape.equated or not shape.left:
        return None
    side = other_side(scope, shape)
    if side is None:
        name = min(shape.left)[0]
        side = (name, scope.bindings[name])
    outside = (outside_name(side[1]), outside_name(binding))
    return JoinFact(
        tuple(sorted(column for _, column in shape.left)),
        tuple(sorted(shape.equated)),
        shared_names(side[1], binding),
        frozenset(
            _key_names(side[1]) & _key_names(binding)
            | {*referred(side[1], binding), *referred(binding, side[1])}
        )
        - shape.equated
        - {column for _, column in shape.left},
        tuple(
            (label, known_names(scope, of))
            for label, of in zip(outside, (side[1], binding), strict=True)
        )
        if any(outside)
        else (),
    )


def outside_name(binding: Binding) -> str:
    """What a relation of no model of the project is called, behind CTEs that hand it on."""
    relation = binding.relation
    if relation.is_complete or not NAME.match(relation.reason):
        return ""
    return relation.reason


def known_names(scope: Scope, binding: Binding) -> frozenset[str]:
    """The names a side has for sure: it puts them out, or the query reads them."""
    names = {*binding.relation.index}
    names |= {use.node.name.lower() for use in scope.uses if use.binding is binding}
    return frozenset(sorted(n for n in names if not COMMON.search(n))[:MOST_OF_SIDE])


def outside_reads(resolution: Resolution) -> tuple[Source, ...]:
    """The columns a query reads of relations that are not in the project."""
    found: dict[Source, None] = {}
    for scope in resolution.scopes:
        only = next(iter(scope.bindings.values())) if len(scope.bindings) == 1 else None
        for use in scope.uses:
            binding = use.binding or (only if not use.alias and not use.node.table else None)
            if binding is None or use.column is not None:
                continue
            label, name = outside_name(binding), use.node.name.lower()
            if label and not COMMON.search(name):
                found[(label, name)] = None
    return tuple(found)
