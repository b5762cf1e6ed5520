"""New rows are looked for by a time that never changes.

What it does
    Reports a snapshot whose updated_at is a time of creation, or whose check_cols the change
    shortens by a column that it still selects, and an incremental model with a
    unique_key whose condition compares such a time with the newest one loaded, where the rows have
    a time of change (updated_at, modified_on) beside it. Also a condition on the time of loading
    that the change makes one on another time, without reaching back.

Why it is bad
    A row that changes later keeps its time of creation: the change is never taken in.

For example
    {{ config(strategy='timestamp', unique_key='account_id', updated_at='created_at') }}
    select account_id, status, created_at, updated_at from ...

Use instead
    {{ config(strategy='timestamp', unique_key='account_id', updated_at='updated_at') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write

CREATED = re.compile(
    r"^(\w+_)?(created|opened|inserted|registered|signed_up)(_(at|on|date|ts|time))?$"
)
CHANGED = re.compile(
    r"^(\w+_)?(updated|modified|changed)(_(at|on|date|ts|time))?$|^last_(update|change)(_\w+)?$"
)
THIS = "cp_rel.t_"


def check(context: Context) -> Iterator[Issue]:
    """Look at what decides which rows are new."""
    if not context.resolved or context.resolved[0].resolution is None:
        return
    yield from _late(context)
    config = context.config
    changed = [
        column.shown
        for column in context.resolved[0].resolution.output.columns
        if CHANGED.search(column.name.lower())
    ]
    if context.model.kind == "snapshot":
        yield from _unchecked(context, config)
    if not changed:
        return
    if context.model.kind == "snapshot":
        name = config.get("updated_at")
        if isinstance(name, str) and CREATED.search(name.lower()) and name not in changed:
            yield Issue(
                subject=name.lower(),
                message=f"The snapshot looks for changes by {name}, although there is "
                f"{changed[0]}: a changed row keeps its {name}.",
                consequence="No change is ever recorded.",
                fix=f"Set updated_at to {changed[0]}.",
                confidence=Confidence.LIKELY,
                word=name,
            )
    elif config.get("materialized") == "incremental" and config.get("unique_key"):
        yield from _incremental(context, changed[0])


def _unchecked(context: Context, config: Mapping[str, object]) -> Iterator[Issue]:
    """Columns that the snapshot still selects and no longer compares."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    variants = change.base.analyse(before).variants if change is not None and before else []
    old, new = (
        before.configured(variants).get("check_cols") if before is not None else None,
        config.get("check_cols"),
    )
    assert context.resolved[0].resolution is not None
    output = context.resolved[0].resolution.output
    if isinstance(old, str):
        old = [column.name for column in output.columns] if old == "all" else None
    if not isinstance(old, list) or not isinstance(new, list):
        return
    kept = {str(name).lower() for name in new}
    key = str(config.get("unique_key") or "").lower()
    gone = [str(n) for n in old if str(n).lower() not in kept and str(n).lower() != key]
    gone = [name for name in gone if output.get(name.lower()) is not None]
    if gone and len(gone) < 4:
        yield Issue(
            subject=f"check_cols {', '.join(gone).lower()}",
            message=f"The snapshot no longer compares {', '.join(gone)}, which it selects.",
            consequence="A change of it alone is not recorded any more.",
            fix="Keep it in check_cols, or say why its history is not wanted.",
            severity=Severity.NOTE,
            confidence=Confidence.LIKELY,
            word="check_cols",
        )


def _incremental(context: Context, changed: str) -> Iterator[Issue]:
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental"):
            continue
        if changed.lower() in _conditions(variant.rendered.text):
            continue
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if clause != "where" or not isinstance(node, (exp.GT, exp.GTE)):
                    continue
                column, bound = node.left, node.right
                if not isinstance(column, exp.Column) or not CREATED.search(column.name.lower()):
                    continue
                if bound.find(exp.Max) is None or THIS not in write(bound).lower():
                    continue
                if isinstance(node.parent, exp.Or) or bound.find(exp.Interval):
                    continue
                yield Issue(
                    subject=column.name.lower(),
                    message=f"New rows are looked for by {column.name}, although there is "
                    f"{changed}: a row that changes later is not read again.",
                    consequence="Changes are never taken in.",
                    fix=f"Compare {changed}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )
                return


LOADED = re.compile(
    r"(^|_)(loaded|received|ingested|synced|extracted|inserted|collected|landed)(_|$)"
)


def _late(context: Context) -> Iterator[Issue]:
    """`loaded_at > max(loaded_at)` made `sent_at > max(sent_at)`: what comes late is left out."""
    for variant, scope, before in edited(context):
        if not variant.rendered.flags.get("is_incremental"):
            continue
        old = [node.left.name for node in _newer(before) if LOADED.search(node.left.name.lower())]
        there = {c.name.lower() for b in scope.bindings.values() for c in b.relation.columns}
        if not old or old[0].lower() not in there:
            continue
        if old[0].lower() in {node.left.name.lower() for node in _newer(scope)}:
            continue
        for node in _newer(scope):
            if LOADED.search(node.left.name.lower()) or CHANGED.search(node.left.name.lower()):
                continue
            if node.right.find(exp.Interval, exp.Sub, exp.Anonymous, *MOVED):
                continue
            yield Issue(
                subject=f"late {node.left.name.lower()}",
                message=f"New rows were looked for by {old[0]}, and are now by {node.left.name}: a "
                "row that arrives late is older than the newest one loaded.",
                consequence="Late rows are never taken in.",
                fix=f"Compare {old[0]}, or reach back some days.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {old[0]}", base_place(context))],
            )
            return


MOVED = (
    exp.DateSub, exp.DateAdd, exp.TimestampSub, exp.TimestampAdd, exp.DatetimeSub, exp.DatetimeAdd,
    exp.TsOrDsAdd,
)  # fmt: skip


def _newer(scope: Scope) -> list[exp.Binary]:
    """The conditions that compare a column with the newest of {{ this }}."""
    return [
        node
        for node, clause in nodes_of(scope)
        if clause == "where"
        and isinstance(node, (exp.GT, exp.GTE))
        and isinstance(node.left, exp.Column)
        and node.right.find(exp.Max) is not None
        and THIS in write(node.right).lower()
    ]


def _conditions(text: str) -> str:
    """What stands behind the first WHERE."""
    return text.lower().partition("where")[2]


RULE = Rule(
    "CFG012",
    "updates-not-seen",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
