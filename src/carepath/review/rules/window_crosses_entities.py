"""LAG or LEAD takes its neighbour from another customer, order or session, or from the wrong side.

What it does
    Reports LAG, LEAD, FIRST_VALUE and LAST_VALUE without PARTITION BY where another window of the
    same SELECT has one by an identifier, or where the rows are ordered by an identifier first;
    these, running totals and row numbers that are taken off a day, without PARTITION BY where the
    rows' key holds more than what they are ordered by; a LAG or LEAD per customer where GROUP BY
    makes a row per customer, period and something else; a running total over all rows after a
    window per customer in the same order; a window whose partition the change takes
    away or exchanges; and a LAG over descending time called previous, or a LEAD over it called
    next.

Why it is bad
    The first row of each customer continues the last row of the one before.

For example
    lag(ordered_at) over (order by ordered_at) as previous_ordered_at,
    row_number() over (partition by customer_id order by ordered_at) as order_number

Use instead
    lag(ordered_at) over (partition by customer_id order by ordered_at) as previous_ordered_at,
    row_number() over (partition by customer_id order by ordered_at) as order_number
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown

NEIGHBOURS = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
ENTITY = re.compile(r"_(id|key|sk|uuid|guid)$")
MOMENT = re.compile(r"(_at|_on|_date|_time|_ts|_timestamp|_from)$|^(date|time|ts|timestamp)$")
PERIOD = re.compile(MOMENT.pattern + r"|(^|_)(hour|day|week|month|quarter|year|season|period)$")
ORDINAL = re.compile(PERIOD.pattern + r"|_(no|nr|number|seq|sequence|index|position|version)$")
FOLLOWS = re.compile(PERIOD.pattern + r"|^(is|has)_|_(name|label|title)$|(^|_)(weekday|day_of)")
BEFORE = re.compile(r"(^|_)(prev|previous|prior)(_|$)")
AFTER = re.compile(r"(^|_)(next|following)(_|$)")


def check(context: Context) -> Iterator[Issue]:
    """Look at the windows of each SELECT, and at those the change edits."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            windows = [
                (item, window)
                for item in scope.node.expressions
                for window in item.find_all(exp.Window)
                if window.args.get("order") is not None
            ]
            if windows:
                told = list(_without(variant, scope, windows))
                yield from told
                known = {issue.subject for issue in told}
                for issue in _mixed(variant, scope, windows):
                    if issue.subject not in known:
                        yield issue
                yield from _several(variant, scope, windows)
                yield from _continued(variant, scope, windows)
                yield from _wrong_side(variant, scope, windows)
    yield from _exchanged(context)


Windows = list[tuple[exp.Expr, exp.Window]]


def _without(variant: Variant, scope: Scope, windows: Windows) -> Iterator[Issue]:
    entities = {
        part.name.lower()
        for _, window in windows
        for part in window.args.get("partition_by") or []
        if isinstance(part, exp.Column) and ENTITY.search(part.name.lower())
    }
    for item, window in windows:
        if window.args.get("partition_by") or not isinstance(_inner(window), NEIGHBOURS):
            continue
        order = [part.this for part in window.args["order"].expressions]
        first = order[0].name.lower() if order and isinstance(order[0], exp.Column) else ""
        by = first if len(order) > 1 and ENTITY.search(first) and _moment(order[1]) else ""
        if not by and entities and MOMENT.search(first):
            by = min(entities)
        if not by:
            continue
        yield Issue(
            subject=item.alias_or_name.lower(),
            message=f"{item.alias_or_name} looks at its neighbour among all rows, not among those "
            f"of one {by}.",
            consequence=f"At the first or last row of each {by} the value is another one's.",
            fix=f"Add PARTITION BY {by}.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(shown(window)[:160])],
        )


RUNNING = (exp.Sum, exp.Count, exp.Avg, exp.Lag, exp.Lead)


def _mixed(variant: Variant, scope: Scope, windows: Windows) -> Iterator[Issue]:
    """`sum(amount) over (order by day)` where there is a row per shop and day."""
    found = [key.columns for key in scope.output.keys if key.columns]
    proof = scope.output.keys[0].proof if found else ""
    if not found and len(scope.bindings) == 1 and scope.node.args.get("group") is None:
        # A part of the key is not put out.
        relation = next(iter(scope.bindings.values())).relation
        found = [key.columns for key in relation.keys if key.columns]
        proof = relation.keys[0].proof if found else ""
    for item, window in windows:
        is_island = isinstance(_inner(window), exp.RowNumber) and _is_taken_off(window)
        if window.args.get("partition_by"):
            continue
        if not isinstance(_inner(window), RUNNING) and not is_island:
            continue
        order = [part.this for part in window.args["order"].expressions]
        names = {part.name.lower() for part in order if isinstance(part, exp.Column)}
        if not found or len(names) != len(order) or not all(ORDINAL.search(n) for n in names):
            continue
        rest = [key - names for key in found if names <= key]
        if len(rest) != len(found) or not all(rest) or any(FOLLOWS.search(c) for c in rest[0]):
            continue
        if any(_same_source(scope, column, names) for column in rest[0]):
            continue
        by = ", ".join(sorted(rest[0]))
        yield Issue(
            subject=item.alias_or_name.lower(),
            message=f"{item.alias_or_name} runs over all rows, although there is one per {by} and "
            f"{', '.join(sorted(names))}.",
            consequence=f"The rows of each {by} are mixed with the others'.",
            fix=f"Add PARTITION BY {by}, unless all are meant.",
            confidence=Confidence.POSSIBLE,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(proof)],
        )


def _continued(variant: Variant, scope: Scope, windows: Windows) -> Iterator[Issue]:
    """SUM over all rows of a mark that a LAG per person, in the same order, has set before."""
    assert variant.resolution is not None
    if len(scope.bindings) != 1:
        return
    binding = next(iter(scope.bindings.values()))
    inner = [s for s in variant.resolution.scopes if s.path == binding.node.name.lower()]
    before = [
        (item.alias_or_name.lower(), window)
        for other in (inner if binding.is_cte and len(inner) == 1 else [])
        for item in other.node.expressions
        for window in item.find_all(exp.Window)
        if window.args.get("partition_by") and window.args.get("order") is not None
    ]
    for item, window in windows if before else []:
        if window.args.get("partition_by") or not isinstance(_inner(window), (exp.Sum, exp.Count)):
            continue
        ours = [plain(part).split(".")[-1] for part in window.args["order"].expressions]
        read = {column.name.lower() for column in window.this.find_all(exp.Column)}
        for alias, other in before:
            if alias not in read:
                continue
            theirs = [plain(part).split(".")[-1] for part in other.args["order"].expressions]
            by = _partition(other)
            if ours != theirs or not by or not ENTITY.search(by[0]):
                continue
            yield Issue(
                subject=item.alias_or_name.lower(),
                message=f"{item.alias_or_name} runs over all rows, and the window before it looks "
                f"at those of one {by[0]}.",
                consequence=f"The rows of each {by[0]} are mixed with the others'.",
                fix=f"Add PARTITION BY {by[0]}, unless all are meant.",
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(shown(other)[:160])],
            )
            return


def _several(variant: Variant, scope: Scope, windows: Windows) -> Iterator[Issue]:
    """LAG per customer where GROUP BY makes a row per customer, month and subscription."""
    if len(scope.bindings) != 1:
        return
    binding = next(iter(scope.bindings.values()))
    found = [k for k in binding.relation.keys if k.strength == "sql" and len(k.columns) > 2]
    for item, window in windows if len(found) == 1 and len(binding.relation.keys) == 1 else []:
        if not isinstance(_inner(window), (exp.Lag, exp.Lead)):
            continue
        by = [part.name.lower() for part in window.args.get("partition_by") or []]
        order = [part.this.name.lower() for part in window.args["order"].expressions]
        rest = found[0].columns - set(by) - set(order)
        if not by or not order or not set(by) | set(order) < found[0].columns:
            continue
        if len(rest) != 1 or not ENTITY.search(min(rest)) or not PERIOD.search(order[0]):
            continue
        yield Issue(
            subject=item.alias_or_name.lower(),
            message=f"{item.alias_or_name} looks at its neighbour per {', '.join(by)}, although "
            f"there is a row per {', '.join(sorted(found[0].columns))}.",
            consequence=f"The value before may be the one of another {min(rest)}.",
            fix=f"Add {min(rest)} to PARTITION BY, or aggregate it away first.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(found[0].proof)],
        )


def _is_taken_off(window: exp.Window) -> bool:
    """True for `day - row_number()`: days without a gap get one value."""
    node: exp.Expr = window
    parent = node.parent
    while isinstance(parent, (exp.Paren, exp.Cast, exp.Mul, exp.Interval)):
        node, parent = parent, parent.parent
    return isinstance(parent, (exp.Sub, exp.DateSub)) and parent.this is not node


def _same_source(scope: Scope, column: str, order: set[str]) -> bool:
    """True for a column computed from what the rows are ordered by: the weekday of a day."""
    behind: dict[str, set[str]] = {}
    for item in scope.items:
        if item.expression is not None:
            behind[item.column.name] = {
                c.name.lower() for c in item.expression.find_all(exp.Column)
            }
    ours = behind.get(column, set())
    theirs = order.union(*(behind.get(name, set()) for name in order))
    return bool(ours) and column not in ours and ours <= theirs


def _wrong_side(variant: Variant, scope: Scope, windows: Windows) -> Iterator[Issue]:
    for item, window in windows:
        inner, first = _inner(window), window.args["order"].expressions[0]
        if not isinstance(inner, (exp.Lag, exp.Lead)) or not isinstance(first, exp.Ordered):
            continue
        if not isinstance(first.this, exp.Column) or not PERIOD.search(first.this.name.lower()):
            continue
        is_before = isinstance(inner, exp.Lag) != bool(first.args.get("desc"))
        name = item.alias_or_name.lower()
        says_before, says_after = bool(BEFORE.search(name)), bool(AFTER.search(name))
        if says_before in (says_after, is_before) or window.parent is not item:
            continue
        way = "descending" if first.args.get("desc") else "rising"
        yield Issue(
            subject=f"{name} side",
            message=f"{item.alias_or_name} is {type(inner).__name__.upper()} in {way} order of "
            f"{first.this.name}: the {'previous' if is_before else 'next'} row.",
            consequence="The value is the one from the other side.",
            fix="Turn the order, or use the other function.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
        )


def _exchanged(context: Context) -> Iterator[Issue]:
    """Windows that lose or change what they are partitioned by, and nothing else."""
    for variant, scope, before in edited(context):
        theirs = items(before)
        for alias, expression in items(scope).items():
            old = theirs.get(alias)
            ours = list(expression.find_all(exp.Window))
            others = list(old.find_all(exp.Window)) if old is not None and ours else []
            if old is None or len(ours) != len(others) or len(ours) != 1:
                continue
            new, was = _partition(ours[0]), _partition(others[0])
            if new == was or set(new) > set(was) or not was:
                continue
            if plain(ours[0].this) != plain(others[0].this):
                continue
            if not _has(scope, set(was) - set(new)) or not _has(before, set(new) - set(was)):
                # Renamed, or computed elsewhere since.
                continue
            if isinstance(ours[0].this, exp.RowNumber) and set(new) < set(was):
                # Told by partition-column-removed.
                continue
            yield Issue(
                subject=f"{alias} partition",
                message=f"{alias} was computed per {', '.join(was)} and is now computed "
                + (f"per {', '.join(new)}." if new else "over all rows."),
                consequence="It keeps its name and changes its meaning for every reader.",
                fix=f"Partition by {', '.join(was)}, or give the column another name.",
                confidence=Confidence.POSSIBLE,
                offset=start_of(ours[0]) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(others[0])[:160]}", base_place(context))],
            )


def _has(scope: Scope, names: set[str]) -> bool:
    """True where the relations a SELECT reads have all these columns."""
    there = {name for binding in scope.bindings.values() for name in binding.relation.index}
    return names <= there


def _inner(window: exp.Window) -> exp.Expr:
    inner: exp.Expr = window.this
    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    return inner


def _moment(node: object) -> bool:
    return isinstance(node, exp.Column) and PERIOD.search(node.name.lower()) is not None


def _partition(window: exp.Window) -> list[str]:
    return sorted(plain(part).split(".")[-1] for part in window.args.get("partition_by") or [])


RULE = Rule(
    "GRAIN009",
    "window-crosses-entities",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
