"""From which raw columns each column of a model is made, followed through its compiled SQL.

Independent of the review: sqlglot qualifies the columns, this follows them. What only tells yes or
no, or counts, carries nothing on; everything else an expression reads, it carries.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

Origins = frozenset[str]
Lineage = dict[str, dict[str, Origins]]
"""Relation (``prep.base.members``) -> column -> raw columns (``care_platform.members.email``)."""

WHOLE_ROW = 5
_TELLS_NO_VALUE = (exp.Predicate, exp.Connector, exp.Not, exp.Count, exp.RowNumber)


def trace(sql: str, known: Lineage, dialect: str = "duckdb") -> dict[str, Origins]:
    """Give the origins of each output column of a query.

    Parameters
    ----------
    sql : str
        One select, with full names of relations.
    known : dict
        Columns of the relations it reads, with their origins.
    dialect : str
        sqlglot's name of it.
    """
    schema: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for relation, columns in known.items():
        database, place, table = relation.split(".")
        tables = schema.setdefault(database, {}).setdefault(place, {})
        tables[table] = dict.fromkeys(columns, "text")
    tree = qualify(
        sqlglot.parse_one(sql, dialect=dialect),
        schema=schema,
        dialect=dialect,
        validate_qualify_columns=False,
        quote_identifiers=False,
    )
    scope = build_scope(tree)
    assert scope is not None
    return _trace_scope(scope, known, {})


def _trace_scope(
    scope: Scope, known: Lineage, done: dict[int, dict[str, Origins]]
) -> dict[str, Origins]:
    """Follow a query; a CTE that is read twice is followed once."""
    if id(scope) not in done:
        done[id(scope)] = _follow(scope, known, done)
    return done[id(scope)]


def _follow(
    scope: Scope, known: Lineage, done: dict[int, dict[str, Origins]]
) -> dict[str, Origins]:
    if scope.set_operation_scopes:
        branches = [_trace_scope(branch, known, done) for branch in scope.set_operation_scopes]
        names = list(branches[0])
        positions = [list(branch.values()) for branch in branches]
        return {
            name: frozenset().union(*(origins[place] for origins in positions))
            for place, name in enumerate(names)
        }
    sources: dict[str, Mapping[str, Origins]] = {}
    for alias, (_, source) in scope.selected_sources.items():
        if isinstance(source, Scope):
            sources[alias] = _trace_scope(source, known, done)
        else:
            name = ".".join(part.name for part in source.parts).lower()
            sources[alias] = known.get(name, {})
    inner = [_trace_scope(one, known, done) for one in scope.subquery_scopes]
    everything = frozenset().union(*(o for one in inner for o in one.values())) if inner else None
    found: dict[str, Origins] = {}
    for item in scope.expression.selects:
        origins = _origins(item, sources)
        if everything and item.find(exp.Subquery):
            origins |= everything
        found[item.alias_or_name.lower()] = origins
    return found


def _origins(node: exp.Expression, sources: Mapping[str, Mapping[str, Origins]]) -> Origins:
    """Collect what an expression carries on, from the leaves that give it its value."""
    if isinstance(node, _TELLS_NO_VALUE):
        return frozenset()
    # A hash of a whole row names nobody; that of an e-mail alone can be looked up.
    if isinstance(node, exp.MD5) and len(list(node.find_all(exp.Column))) >= WHOLE_ROW:
        return frozenset()
    if isinstance(node, exp.Column):
        columns = sources.get(node.table)
        if columns is None:
            # Unknown where it comes from: whatever has that name counts.
            columns = {k: v for one in sources.values() for k, v in one.items()}
        return columns.get(node.name.lower(), frozenset())
    if isinstance(node, exp.Window):
        return _origins(node.this, sources)
    children = node.iter_expressions()
    return frozenset().union(*(_origins(child, sources) for child in children))
