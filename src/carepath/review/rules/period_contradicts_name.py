"""A column named after 7 days looks back 14.

What it does
    Reports a column with a number of days, weeks or months in its name (`clicks_7d`,
    `orders_last_30_days`) whose expression has exactly one period of that unit, of another length.
    One more or less is left alone. Also an hour_start that is cut to a day, and a share_of_day
    whose whole is a total over all days.

Why it is bad
    The line was copied from its neighbour and half of it adapted.

For example
    sum(case when day >= current_date - interval '14 days' then clicks end) as clicks_7d

Use instead
    sum(case when day >= current_date - interval '7 days' then clicks end) as clicks_7d
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown

TOLD = re.compile(r"(?:^|_)(\d{1,3})_?(d|days?|w|weeks?|m|months?)(?:_|$)")
SHORT = {"d": "DAY", "w": "WEEK", "m": "MONTH"}
SHIFTS = (
    exp.DateSub, exp.DateAdd, exp.TimestampSub, exp.TimestampAdd, exp.DatetimeSub,
    exp.DatetimeAdd, exp.TsOrDsAdd,
)  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Compare the number in each name with the one in its expression."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                yield from _cut(variant, scope, item)
                yield from _share(variant, scope, item)
                found = TOLD.findall(item.alias.lower()) if isinstance(item, exp.Alias) else []
                if len(found) != 1 or item.this.find(exp.Query, exp.Window) is not None:
                    continue
                told, unit = int(found[0][0]), SHORT[found[0][1][0]]
                periods = _periods(item.this)
                if len(periods) != 1:
                    continue
                length, real = periods.pop()
                if real != unit or abs(length - told) <= 1:
                    continue
                yield Issue(
                    subject=item.alias.lower(),
                    message=f"{item.alias} is named after {told} {unit.lower()}s, and its "
                    f"expression has {length}.",
                    consequence="The values are those of another period.",
                    fix=f"Write {told}, or change the name.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(shown(item.this)[:160])],
                )


SHARE = re.compile(
    r"(?:^|_)(?:share|pct|percent|percentage|fraction|portion|part)_of_(?:the_)?"
    r"(hour|day|week|month|quarter|year)(?:_|$)"
)
TIMELY = re.compile(
    r"(^|_)(hour|day|week|month|quarter|year|date|time|period|ts|at|on|dt)(_|$)|^(hour|day)"
)


def _share(variant: Variant, scope: Scope, item: exp.Expr) -> Iterator[Issue]:
    """`kwh / sum(kwh) over (partition by meter_id) as share_of_day`."""
    told = SHARE.search(item.alias.lower()) if isinstance(item, exp.Alias) else None
    division = item.find(exp.Div, exp.SafeDivide) if told is not None else None
    whole = division.args.get("expression") if division is not None else None
    window = whole.find(exp.Window) if isinstance(whole, exp.Expr) else None
    if told is None or window is None or not isinstance(window.this, (exp.Sum, exp.Count)):
        return
    if window.args.get("order") is not None or not window.args.get("partition_by"):
        return
    for part in window.args["partition_by"]:
        names = [column.name.lower() for column in part.find_all(exp.Column)]
        if isinstance(part, exp.Literal) or any(TIMELY.search(name) for name in names):
            return
    yield Issue(
        subject=f"{item.alias.lower()} whole",
        message=f"{item.alias} is named after a share of the {told[1]}, and is divided by a total "
        f"of every {told[1]}.",
        consequence="The shares of one period do not add up to 1.",
        fix=f"Partition by the {told[1]} too, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(shown(window)[:160])],
    )


WORDS = frozenset({"hour", "day", "week", "month", "quarter", "year"})


def _cut(variant: Variant, scope: Scope, item: exp.Expr) -> Iterator[Issue]:
    """`date_trunc('day', read_at) as hour_start`."""
    inner = item.this if isinstance(item, exp.Alias) else None
    while isinstance(inner, (exp.Cast, exp.Paren)):
        inner = inner.this
    if not isinstance(inner, (exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)):
        return
    unit = inner.args.get("unit")
    real = unit.name.lower() if isinstance(unit, exp.Expr) else ""
    words = item.alias.lower().split("_")
    told = [word for word in words if word in WORDS]
    if len(told) != 1 or real not in WORDS or told[0] == real or set(words) & {"of", "in", "per"}:
        return
    yield Issue(
        subject=f"{item.alias.lower()} cut",
        message=f"{item.alias} is named after a {told[0]}, and is cut to a {real}.",
        consequence="The values are those of another period.",
        fix=f"Cut to a {told[0]}, or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(shown(item)[:160])],
    )


def _periods(node: exp.Expr) -> set[tuple[int, str]]:
    """(length, unit) of each period an expression names."""
    found: set[tuple[int, str]] = set()
    for part in node.find_all(exp.Interval, *SHIFTS):
        if isinstance(part, exp.Interval):
            amount, unit = part.this, part.args.get("unit")
        else:
            amount, unit = part.expression, part.args.get("unit")
        while isinstance(amount, (exp.Neg, exp.Paren, exp.Cast)):
            amount = amount.this
        if isinstance(amount, exp.Interval):
            continue
        if not isinstance(amount, exp.Literal) or not isinstance(unit, exp.Expr):
            return set()
        name = unit.name.upper().rstrip("S")
        if not amount.name.isdigit():
            return set()
        found.add((int(amount.name), name))
    return found


RULE = Rule(
    "AGG019",
    "period-contradicts-name",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
