"""What is known of one model after reading it: compact, serialisable, comparable."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from carepath.review.compact import Compact
from carepath.review.jinja.relations import RelationName
from carepath.review.nodes import NodeDoc
from carepath.review.sql.names import loose
from carepath.review.sql.relation import (
    Column,
    Domain,
    Key,
    Relation,
    Source,
    open_relation,
)
from carepath.review.sql.values import common_tags

SNAPSHOT_COLUMNS = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")
UNIQUE_COMBINATIONS = frozenset(
    {
        "unique_combination_of_columns",
        "expect_compound_columns_to_be_unique",
        "unique_combination",
        "primary_key",
    }
)
PII_WORDS = frozenset({"pii", "contains_pii", "is_pii", "sensitive", "personal_data"})


@dataclass(frozen=True, slots=True)
class JoinFact(Compact):
    """The equated columns of a join, left and right, and the names both sides have.

    `missing` are those names that belong to keys of both sides, or to the key of one, and are not
    equated. Where the columns of a side are not all known, `sides` holds, left and right, what it
    is called outside of the project ('' where it is of the project) and the names it has for sure.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    shared: frozenset[str]
    missing: frozenset[str] = frozenset()
    sides: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFacts(Compact):
    """The schema of a model and why it is open where it is.

    `reads` are the columns it reads of relations that are not in the project.
    """

    id: str
    relation: Relation
    digest: str
    calls: tuple[RelationName, ...]
    reason: str = ""
    literals: tuple[tuple[Source, str], ...] = ()
    trouble: str = ""
    joins: tuple[JoinFact, ...] = ()
    reads: tuple[Source, ...] = ()


def digest_of(relation: Relation) -> str:
    """A digest that changes with anything a reader of the relation could notice."""
    parts = [relation.id, str(relation.is_complete), str(relation.has_unnamed)]
    for column in relation.columns:
        domain = column.domain
        parts.append(
            "|".join(
                (
                    column.name,
                    column.shown,
                    str(column.root),
                    str(column.type),
                    str(column.nullable),
                    column.kind,
                    str(column.numbered_by),
                    ",".join(sorted(column.tags)),
                    ",".join(sorted(domain.values)) + domain.strength if domain else "",
                )
            )
        )
    for key in relation.keys:
        parts.append(",".join(sorted(key.columns)) + key.strength)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def doc_digest(doc: NodeDoc | None) -> str:
    """What facts depend on in a YAML entry: not its lines, which move when others are edited."""
    if doc is None:
        return ""
    parts = [doc.kind, doc.name, doc.file, doc.description, repr(doc.config), doc.source or ""]
    for column in doc.columns:
        parts += [column.name, str(column.data_type), repr(column.meta), repr(column.tags)]
        parts.append(column.text)
    for test in doc.every_test:
        arguments = {k: v for k, v in test.arguments.items() if k != "__lines__"}
        parts += [test.name, test.column or "", repr(arguments)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


UNIQUE = ("unique", "primary_key", "unique_key", "expect_column_values_to_be_unique")
"""Tests of one column that ask for it to be unique, of dbt, of projects and of packages."""


def declared_keys(doc: NodeDoc | None) -> list[tuple[frozenset[str], str, int]]:
    """Sets of columns that tests declare unique: (columns, name of the test, line)."""
    if doc is None:
        return []
    found: list[tuple[frozenset[str], str, int]] = []
    for column in doc.columns:
        for test in column.tests:
            if test.short in UNIQUE and not test.is_conditional:
                found.append((frozenset({loose(column.name)}), test.name, test.line))
    for test in doc.tests:
        if test.is_conditional:
            continue
        names = (
            test.arguments.get("combination_of_columns")
            or test.arguments.get("column_list")
            or test.arguments.get("columns")
            or test.arguments.get("column_names")
        )
        if test.short in UNIQUE_COMBINATIONS and isinstance(names, list):
            found.append((frozenset(loose(str(n)) for n in names), test.name, test.line))
        if test.short == "unique" and isinstance(test.arguments.get("column_name"), str):
            name = test.arguments["column_name"]
            if name.isidentifier():
                found.append((frozenset({name.lower()}), test.name, test.line))
    return found


def accepted_values(doc: NodeDoc | None, column: str) -> tuple[frozenset[str], int] | None:
    """The values an unconditional accepted_values test allows in a column."""
    described = doc.column(column) if doc is not None else None
    for test in described.tests if described is not None else ():
        values = test.arguments.get("values")
        if test.short == "accepted_values" and isinstance(values, list) and values:
            if test.is_conditional or any("{{" in str(v) for v in values):
                return None
            if str(test.arguments.get("quote", "true")).lower() == "false":
                return None
            if all(isinstance(value, str) for value in values):
                return frozenset(values), test.line
    return None


def decorate(relation: Relation, doc: NodeDoc | None) -> Relation:
    """Add what tests and tags say to what the SQL says; YAML never adds a column."""
    if doc is None:
        return relation
    columns: list[Column] = []
    for column in relation.columns:
        described = doc.column(loose(column.name))
        if described is None:
            columns.append(column)
            continue
        if any(test.short == "not_null" and not test.is_conditional for test in described.tests):
            column = replace(column, nullable=False)
        allowed = accepted_values(doc, loose(column.name))
        if allowed is not None and (column.domain is None or column.domain.strength == "declared"):
            proof = f"the accepted_values test of {doc.name} in {doc.file}"
            column = replace(column, domain=Domain(allowed[0], "declared", proof))
        words = {tag.lower() for tag in described.tags}
        words |= {str(k).lower() for k, v in described.meta.items() if v not in (False, "false")}
        if words & PII_WORDS:
            column = replace(column, tags=column.tags | {"pii"})
        columns.append(column)
    keys = list(relation.keys)
    known = {loose(column.name): column.name for column in columns}
    for names, test_name, _ in declared_keys(doc):
        if all(name in known for name in names):
            folded = frozenset(known[name] for name in names)
            if not any(key.columns <= folded for key in keys):
                keys.append(Key(folded, "test", f"the {test_name} test of {doc.name}"))
    return replace(relation, columns=tuple(columns), keys=tuple(keys))


def merge_variants(relations: list[Relation]) -> Relation:
    """One relation for all variants: only what holds in each of them is known."""
    first = relations[0]
    if len(relations) == 1:
        return first
    sets = [[column.name for column in relation.columns] for relation in relations]
    same = all(names == sets[0] for names in sets)
    common = set(sets[0]).intersection(*sets[1:])
    columns: list[Column] = []
    for column in first.columns:
        if column.name not in common:
            continue
        others = [relation.get(column.name) for relation in relations[1:]]
        domain = column.domain
        for other in others:
            domain = domain.union(other.domain) if domain and other and other.domain else None
        if domain != column.domain:
            column = replace(column, domain=domain)
        if any(o is None or o.nullable != column.nullable for o in others):
            column = replace(column, nullable=None)
        tags = column.tags
        for other in others:
            tags = common_tags(tags, other.tags if other is not None else frozenset())
        if tags != column.tags:
            column = replace(column, tags=tags)
        columns.append(column)
    keys = tuple(
        key
        for key in first.keys
        if all(any(k.columns <= key.columns for k in other.keys) for other in relations[1:])
    )
    return Relation(
        first.id,
        tuple(columns),
        same and all(relation.is_complete for relation in relations),
        keys,
        any(relation.has_unnamed for relation in relations),
        first.reason or ("" if same else "columns differ between variants"),
    )


def source_relation(id: str, doc: NodeDoc, dialect: str) -> Relation:
    """A source as its YAML tells it: some of its columns, never certainly all."""
    folded = str if dialect == "clickhouse" else str.lower
    columns = tuple(
        Column(folded(c.name.strip('"`')), c.name, root=(id, folded(c.name)), origins=frozenset())
        for c in doc.columns
    )
    relation = decorate(Relation(id, columns, False, reason="a source"), doc)
    return relation.with_id(id)


def seed_relation(
    id: str, header: list[str], rows: list[list[str]], doc: NodeDoc | None, is_whole: bool
) -> Relation:
    """A seed: exactly the columns of its header, the values of its rows."""
    columns: list[Column] = []
    for position, name in enumerate(header):
        values = [row[position] for row in rows if position < len(row)]
        domain = None
        texts = frozenset(value for value in values if value != "")
        if (
            texts
            and is_whole
            and len(texts) <= 200
            and not all(_is_plain(value) for value in texts)
        ):
            domain = Domain(texts, "seed", f"the rows of seed {id.rsplit('.', 1)[-1]}")
        columns.append(Column(name.strip().strip('"').lower(), name.strip(), domain=domain))
    relation = decorate(Relation(id, tuple(columns), bool(header)), doc)
    return relation.with_id(id)


def _is_plain(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return value.lower() in ("true", "false", "null")
    return True


def version_keys(relation: Relation, config: Mapping[str, object]) -> tuple[Key, ...]:
    """The key of a snapshot's rows: one for each of its unique_key and beginning of a version."""
    told = config.get("unique_key")
    names = [told] if isinstance(told, str) else told
    if not isinstance(names, list) or not names:
        return ()
    columns = frozenset(str(name).lower() for name in names)
    if any(relation.get(name) is None for name in columns):
        return ()
    return (Key(columns | {"dbt_valid_from"}, "sql", "one row for each version in a snapshot"),)


def python_relation(id: str) -> Relation:
    """A model in Python: nothing is known of it."""
    return replace(open_relation("a model in Python"), id=id)
