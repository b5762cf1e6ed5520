"""A window function that needs an order has none.

What it does
    Reports ROW_NUMBER, LAG, LEAD, FIRST_VALUE and LAST_VALUE without ORDER BY, or ordered by
    constants and by the partition only, and a SUM, COUNT or AVG called running or cumulative whose
    window has none; and an identifier that the change takes from the end of an ORDER BY, where
    nothing else tells the rows apart.

Why it is bad
    Another row is the first at each run; a running total is the whole total in each row.

For example
    row_number() over (partition by user_id)

Use instead
    row_number() over (partition by user_id order by created_at, event_id)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

RUNNING = re.compile(r"(^|_)(running|cumulative|cum|cumul|rolling)(_|$)")
TOTALS = (exp.Sum, exp.Count, exp.Avg)
ORDERED = (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)


def check(context: Context) -> Iterator[Issue]:
    """Look at each window, and at the order that the change takes away."""
    yield from _no_longer_total(context)
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Window) or _is_ordered(node):
                    continue
                inner = node.this
                while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
                    inner = inner.this
                if isinstance(inner, TOTALS) and node.args.get("alias") is None:
                    yield from _running(variant, scope, node)
                if not isinstance(inner, ORDERED) or node.args.get("alias") is not None:
                    continue
                partition = node.args.get("partition_by") or []
                if isinstance(inner, exp.RowNumber) and not partition:
                    continue
                keys = [k.columns for b in scope.bindings.values() for k in b.relation.keys]
                keys = keys if len(scope.bindings) == 1 else []
                names = {p.name.lower() for p in partition}
                if any(key <= names for key in keys) or _is_one_row(scope, node):
                    continue
                name = type(inner).__name__.upper()
                yield Issue(
                    subject=write(node)[:100],
                    message=f"{inner.sql_name() if isinstance(inner, exp.Func) else name} has no "
                    "ORDER BY that tells rows apart.",
                    consequence="Which row is taken differs from run to run.",
                    fix="Order by columns that make every row distinct.",
                    severity=Severity.WARNING,
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _no_longer_total(context: Context) -> Iterator[Issue]:
    """`order by occurred_at, event_id` of which only `order by occurred_at` is left."""
    for variant, scope, before in edited(context):
        was = _windows(before)
        for name, window in _windows(scope).items():
            old = was.get(name)
            if old is None or plain(old.this) != plain(window.this):
                continue
            ours, theirs = _order(window), _order(old)
            lost = theirs[len(ours) :]
            if not ours or not lost or theirs[: len(ours)] != ours:
                continue
            if not any(IDENTIFIER.search(one.split(" ")[0]) for one in lost):
                continue
            if _partition(window) != _partition(old) or not _has_ties(scope, window):
                continue
            yield Issue(
                subject=f"{name} order",
                message=f"{name} is no longer ordered by {', '.join(lost)}: rows with the same "
                f"{', '.join(ours)} come in any order.",
                consequence="Which row is taken differs from run to run.",
                fix=f"Order by {', '.join(lost)} too.",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                offset=start_of(window) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(old)[:160]}", base_place(context))],
            )


IDENTIFIER = re.compile(r"(^|[._])(id|key|uuid|sk|number|seq|sequence|index)$")


def _windows(scope: Scope) -> dict[str, exp.Window]:
    """The windows that take one row, by the column they are in."""
    found: dict[str, exp.Window] = {}
    for name, node in items(scope).items():
        windows = [w for w in node.find_all(exp.Window) if isinstance(w.this, ORDERED)]
        if len(windows) == 1:
            found[name] = windows[0]
    clause = scope.node.args.get("qualify")
    chosen = list(clause.find_all(exp.Window)) if clause is not None else []
    if len(chosen) == 1 and isinstance(chosen[0].this, ORDERED):
        found["QUALIFY"] = chosen[0]
    return found


def _order(window: exp.Window) -> list[str]:
    order = window.args.get("order")
    parts = order.expressions if order is not None else []
    return [bare(part.this) + (" desc" if part.args.get("desc") else "") for part in parts]


def _partition(window: exp.Window) -> set[str]:
    return {bare(part).lower() for part in window.args.get("partition_by") or []}


def _has_ties(scope: Scope, window: exp.Window) -> bool:
    """True where no known key of the rows is in the order and partition that are left."""
    left = {part.split(" ")[0] for part in _order(window)} | _partition(window)
    keys = [k.columns for b in scope.bindings.values() for k in b.relation.keys]
    return not any(key <= left for key in keys)


def _is_one_row(scope: Scope, window: exp.Window) -> bool:
    """True where a QUALIFY picks one of rows that are all the same in what is put out."""
    if window.find_ancestor(exp.Qualify) is None:
        return False
    whole = {write(part).lower() for part in window.args.get("partition_by") or []}
    for item in scope.node.expressions:
        item = item.this if isinstance(item, exp.Alias) else item
        if write(item).lower() in whole:
            continue
        parts = item.args.get("partition_by") or [] if isinstance(item, exp.Window) else []
        if not parts or {write(part).lower() for part in parts} != whole:
            return False
        spec = item.args.get("spec")
        is_whole = item.args.get("order") is None or isinstance(item.this, exp.FirstValue)
        if spec is not None:
            is_whole = spec.args.get("start") == spec.args.get("end") == "UNBOUNDED"
        if not is_whole or isinstance(item.this, exp.RowNumber):
            return False
    return True


def _is_ordered(window: exp.Window) -> bool:
    """True for an ORDER BY of anything but constants and what the window is partitioned by."""
    order = window.args.get("order")
    parts = [part.this for part in order.expressions] if order is not None else []
    same = {write(part).lower() for part in window.args.get("partition_by") or []}
    return any(
        part.find(exp.Column, exp.Func) and write(part).lower() not in same for part in parts
    )


def _running(variant: Variant, scope: Scope, node: exp.Window) -> Iterator[Issue]:
    """A total that is called running and is not."""
    alias = node.find_ancestor(exp.Alias)
    if alias is None or not RUNNING.search(alias.alias.lower()):
        return
    if isinstance(node.this.this, exp.Window) or node.this.find(exp.AggFunc) is not node.this:
        return
    yield Issue(
        subject=alias.alias.lower(),
        message=f"The window of {alias.alias} has no ORDER BY: each row has the whole total.",
        consequence="Nothing accumulates.",
        fix="Order the window by what it runs along.",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


RULE = Rule("DET003", "window-without-total-order", Severity.WARNING, __doc__ or "", check)
