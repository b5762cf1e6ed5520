"""The configuration of a model names a column it does not put out.

What it does
    Looks up unique_key, partition_by, cluster_by, dist, sort and merge_update_columns, of a
    snapshot (in SQL or in YAML) unique_key, updated_at and check_cols, among the output columns;
    and the column_types of a seed in its header, where the change touches either. What
    merge_exclude_columns names without need is passed over by dbt, and is told as a warning where
    a column is called nearly so.

Why it is bad
    The build fails, on an incremental model only at its second run. A type for no column is passed
    over, and dbt guesses the type of the column that was meant.

For example
    {{ config(materialized='incremental', unique_key='order_key') }}   -- puts out order_id

Use instead
    {{ config(materialized='incremental', unique_key='order_id') }}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.naming import listing, nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.rules.seed_value_mangled import column_types
from carepath.review.sql.names import loose
from carepath.review.yaml import Map

KEYS = ("unique_key", "partition_by", "cluster_by", "dist", "sort", "merge_update_columns",
        "merge_exclude_columns", "event_time", "updated_at", "dist_key", "sort_key",
        "check_cols")  # fmt: skip
WORDS = frozenset({"all", "even", "auto", "key", "rand", "none", "check", "timestamp"})


def check(context: Context) -> Iterator[Issue]:
    """Look up each configured column."""
    relation = context.analysis.relation
    if context.model.kind == "snapshot" and len(context.resolved) == 1:
        # What it selects; dbt adds four columns of its own.
        resolution = context.resolved[0].resolution
        relation = resolution.output if resolution is not None else relation
    if not relation.is_closed or not context.analysis.variants:
        return
    produced = {loose(column.name) for column in relation.columns}
    own = context.analysis.variants[0].rendered.config
    for key in KEYS:
        for name in _names(context.config.get(key)):
            if loose(name) in produced or loose(name) in WORDS or "cp_unk" in name:
                continue
            near = nearest(loose(name), produced, 0.7)
            is_ignored = key == "merge_exclude_columns"
            if is_ignored and not near:
                continue
            yield Issue(
                subject=f"{key} {name}",
                message=f"{key} names {name}, which the model does not put out."
                + (f" Did you mean {near}?" if near else ""),
                consequence=f"dbt passes over it: each merge overwrites {near}."
                if is_ignored
                else "The build fails, or fails at the second run.",
                severity=Severity.WARNING if is_ignored else None,
                fix=f"Use {near}." if near else f"Put {name} out, or correct {key}.",
                confidence=Confidence.LIKELY if is_ignored else Confidence.CERTAIN,
                word=name,
                place=None if key in own else _in_yaml(context, key),
                evidence=[Evidence(f"the model puts out {listing(sorted(produced), 14)}")],
            )


def check_change(change: Change) -> Iterator[Issue]:
    """Look up the columns that the types of a seed name."""
    for model in change.head.models.values():
        before = change.counterpart(model) if model.kind == "seed" else None
        types = column_types(model) if model.kind == "seed" else {}
        if not types:
            continue
        columns = {column.name.lower() for column in change.head.facts(model).relation.columns}
        old = change.base.facts(before).relation.columns if before is not None else ()
        known = {column.name.lower() for column in old}
        was = column_types(before) if before is not None else {}
        for name, (kind, place) in types.items() if columns else ():
            if name in columns or (name in was and name not in known):
                continue
            near = nearest(name, columns - set(types), 0.6)
            yield Issue(
                subject=f"column_types {name}",
                message=f"column_types gives {name} the type {kind}, and {model.name} has no such "
                "column." + (f" Did you mean {near}?" if near else ""),
                consequence="The type is passed over, and dbt guesses it from the values.",
                fix=f"Use {near}." if near else f"Name one of: {listing(sorted(columns), 14)}.",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                place=place,
                model=model,
                evidence=[Evidence(f"its header: {listing(sorted(columns), 14)}")],
            )


def _in_yaml(context: Context, key: str) -> Place:
    doc = context.model.doc
    if doc is None or key not in doc.config:
        # dbt_project.yml says so; the model is what does not follow.
        return Place(context.model.file.path, 1)
    return Place(doc.file, doc.config.at(key) if isinstance(doc.config, Map) else doc.line)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = value.get("field")
    for item in value if isinstance(value, list | tuple) else [value]:
        if isinstance(item, str):
            for part in item.split(",") if "(" not in item else []:
                if part.strip().isidentifier():
                    yield part.strip()


RULE = Rule(
    "CFG001", "config-names-missing-column", Severity.ERROR, __doc__ or "", check, check_change
)
