"""Rows are numbered from the other end than the name says.

What it does
    Reports a CTE or column named after the latest, last or newest whose row number begins at the
    oldest, and the reverse for first, earliest and oldest; `is_first = (number = 1)` where the
    number begins at the end; the same for highest, best and lowest over amounts; and
    `min_by(x, moment)` (arg_min, first_value) that is called last, or the reverse; and a moment
    called first in the rows that are number one in falling order of it.

Why it is bad
    The row that is kept is the one from the other end, and looks like any other.

For example
    row_number() over (partition by listing_id order by amount) as rank       -- in best_offer

Use instead
    row_number() over (partition by listing_id order by amount desc) as rank
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown

NEWEST = re.compile(r"(^|_)(latest|last|newest|most_recent)(_|$)")
OLDEST = re.compile(r"(^|_)(first|earliest|oldest|initial)(_|$)")
LARGEST = re.compile(r"(^|_)(highest|largest|biggest|best|top)(_|$)")
SMALLEST = re.compile(r"(^|_)(lowest|smallest|cheapest)(_|$)")
MOMENT = re.compile(r"(_at|_on|_date|_time|_ts|_timestamp)$|^(date|day|week|month|time|ts)$")
AMOUNT = re.compile(
    r"(^|_)(amount|revenue|sales|score|total|value|count|points|spend|volume|orders|quantity)(_|$)"
)
OTHERWISE = re.compile(r"rank|position|priority|ago|age|days|rate|fail|name|sort|index")
MEANT = re.compile(
    r"last_(\d|days?|weeks?|months?|quarters?|years?|name|mile|night)|first_(party|class|name|row|rows|"
    r"record|records|rank|rn|half)|top_(level|line)|best_effort|\d"
)
"""Names in which these words mean something else: last_30_days, first_party."""
NUMBERS = (exp.RowNumber, exp.Rank, exp.DenseRank)
WAYS = (
    (NEWEST, OLDEST, MOMENT, True),
    (OLDEST, NEWEST, MOMENT, False),
    (LARGEST, SMALLEST, AMOUNT, True),
    (SMALLEST, LARGEST, AMOUNT, False),
)
"""(name says, name does not say, the order is by, the wanted rows come first in falling order)"""


def check(context: Context) -> Iterator[Issue]:
    """Compare the order of each row number with what is named after its first row."""
    for variant in context.resolved:
        resolution = variant.resolution
        assert resolution is not None
        told: set[int] = set()
        for scope in resolution.scopes:
            for name, window, place in [
                *_flags(resolution, scope),
                *_ctes(resolution, scope),
                *_values(scope),
                *_chosen(resolution, scope),
            ]:
                if id(window) in told or not _is_wrong(name, window):
                    continue
                told.add(id(window))
                yield _issue(variant, scope, name, window, place)
        for scope in resolution.scopes:
            yield from _extremes(variant, scope)


def _is_wrong(name: str, window: exp.Window) -> bool:
    order = window.args.get("order")
    first = order.expressions[0] if order is not None and order.expressions else None
    if not isinstance(first, exp.Ordered) or not isinstance(first.this, exp.Column):
        return False
    column, is_falling = first.this.name.lower(), bool(first.args.get("desc"))
    if MEANT.search(name):
        return False
    if isinstance(_inner(window), exp.LastValue):
        is_falling = not is_falling
    return any(
        says.search(name)
        and not other.search(name)
        and by.search(column)
        and not OTHERWISE.search(column)
        and is_falling != wanted
        for says, other, by, wanted in WAYS
    )


Named = tuple[str, exp.Window, exp.Expr]


def _flags(resolution: Resolution, scope: Scope) -> Iterator[Named]:
    """`number = 1 as is_first_month`."""
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else None
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if not isinstance(inner, exp.EQ) or inner.right.name != "1":
            continue
        left = inner.left
        found = left if isinstance(left, exp.Window) else definition(resolution, left)
        if isinstance(found, exp.Window) and isinstance(found.this, NUMBERS):
            yield item.alias.lower(), found, item


def _ctes(resolution: Resolution, scope: Scope) -> Iterator[Named]:
    """The one row number of a CTE that is named after its first row, and read as such."""
    path = scope.path.lower()
    windows = [
        node
        for node, _ in nodes_of(scope)
        if isinstance(node, exp.Window) and isinstance(node.this, NUMBERS)
    ]
    if path not in resolution.ctes or len(windows) != 1:
        return
    window = windows[0]
    if isinstance(window.parent, exp.EQ) and window.parent.right.name == "1":
        yield path, window, window
        return
    alias = window.parent.alias.lower() if isinstance(window.parent, exp.Alias) else ""
    for other in resolution.scopes if alias else []:
        for node, clause in nodes_of(other):
            if clause not in ("where", "on", "qualify") or not isinstance(node, exp.EQ):
                continue
            is_number = isinstance(node.left, exp.Column) and node.left.name.lower() == alias
            is_this = definition(resolution, node.left) is window or other is scope
            if is_number and node.right.name == "1" and is_this:
                yield path, window, window
                return


def _values(scope: Scope) -> Iterator[Named]:
    """`first_value(x) over (... order by seen_at desc) as first_x`."""
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else None
        if isinstance(inner, exp.Window) and isinstance(
            _inner(inner), (exp.FirstValue, exp.LastValue)
        ):
            yield item.alias.lower(), inner, item


def _chosen(resolution: Resolution, scope: Scope) -> Iterator[Named]:
    """`changed_at as first_change_at` of the rows that are number one in falling order of it."""
    conditions = [
        part
        for key in ("where", "qualify")
        if (clause := scope.node.args.get(key)) is not None
        for part in conjuncts(clause.this)
    ]
    for part in conditions if len(scope.bindings) == 1 else []:
        if not isinstance(part, exp.EQ) or part.right.name != "1":
            continue
        left = part.left
        window = left if isinstance(left, exp.Window) else definition(resolution, left)
        if not isinstance(window, exp.Window) or not isinstance(window.this, NUMBERS):
            continue
        order = window.args.get("order")
        by = order.expressions[0].this if order is not None and order.expressions else None
        for item in scope.items:
            if isinstance(by, exp.Column) and item.source == by.name.lower() != item.column.name:
                yield item.column.name, window, window


def _inner(window: exp.Window) -> exp.Expr:
    inner: exp.Expr = window.this
    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    return inner


def _extremes(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`min_by(platform, started_at) as last_platform`."""
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else None
        if not isinstance(inner, (exp.ArgMax, exp.ArgMin)):
            continue
        by, name = inner.expression, item.alias.lower()
        if not isinstance(by, exp.Column) or not isinstance(inner.this, exp.Column):
            continue
        is_newest = isinstance(inner, exp.ArgMax)
        for says, other, what, wanted in WAYS:
            if not says.search(name) or other.search(name) or not what.search(by.name.lower()):
                continue
            if is_newest == wanted or says.search(inner.this.name.lower()):
                continue
            yield Issue(
                subject=f"{name} end",
                message=f"{item.alias} is the {inner.this.name} with the "
                f"{'largest' if is_newest else 'smallest'} {by.name}.",
                consequence="The value is the one from the other end.",
                fix="Use the opposite function, or change the name.",
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
            )


def _issue(variant: Variant, scope: Scope, name: str, window: exp.Window, place: exp.Expr) -> Issue:
    first = window.args["order"].expressions[0]
    way = "falling" if first.args.get("desc") else "rising"
    return Issue(
        subject=f"{name} order",
        message=f"{name} takes its row in {way} order of {first.this.name}.",
        consequence="The row is the one from the other end.",
        fix="Turn the order, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(first.this) or start_of(place) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(shown(window)[:160])],
    )


RULE = Rule(
    "AGG017",
    "order-contradicts-name",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
