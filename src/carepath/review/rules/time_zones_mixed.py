"""One moment is cut to days in two time zones.

What it does
    Reports a SELECT that truncates or casts a column to a date (or week, month) after converting it
    to another time zone, and the same column without the conversion; a comparison of two such days
    of one moment, also where two models cut them; a conversion from one time zone of a moment
    that an earlier conversion, in this model or upstream, put into another; one of a date; and a
    difference or comparison of a moment of local time with one in UTC.

Why it is bad
    An event late in the evening belongs to one day by one column and to the next by the other:
    the two never add up.

For example
    convert_timezone('UTC', 'America/New_York', sent_at)::date as sent_on,
    date_trunc('week', sent_at) as sent_week

Use instead
    convert_timezone('UTC', 'America/New_York', sent_at)::date as sent_on,
    date_trunc('week', convert_timezone('UTC', 'America/New_York', sent_at)) as sent_week
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
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import converted_to
from carepath.review.sql.writing import shown, write

ZONES = (exp.ConvertTimezone, exp.AtTimeZone, exp.FromTimeZone)
CUTS = (exp.DateTrunc, exp.TimestampTrunc, exp.Date, exp.TsOrDsToDate)


def check(context: Context) -> Iterator[Issue]:
    """Compare how each SELECT cuts its moments."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            cut: dict[str, dict[bool, exp.Expr]] = {}
            for item in scope.node.expressions:
                inner = item.this if isinstance(item, exp.Alias) else item
                while isinstance(inner, exp.Cast) and inner.find(*CUTS) is not inner.this:
                    if isinstance(inner.this, (*ZONES, exp.Column)):
                        break
                    inner = inner.this
                is_cut = isinstance(inner, CUTS) or (
                    isinstance(inner, exp.Cast)
                    and isinstance(inner.args.get("to"), exp.DataType)
                    and inner.args["to"].this == exp.DataType.Type.DATE
                )
                columns = list(inner.find_all(exp.Column)) if is_cut else []
                if len(columns) == 1:
                    has_zone = inner.find(*ZONES) is not None
                    cut.setdefault(write(columns[0]).lower(), {}).setdefault(has_zone, item)
            yield from _converted_twice(variant, scope)
            yield from _of_a_day(variant, scope)
            yield from _days(variant, scope)
            yield from _spans(variant, scope)
            for name, ways in cut.items():
                if len(ways) != 2:
                    continue
                plain, zoned = ways[False], ways[True]
                yield Issue(
                    subject=f"{name} zones",
                    message=f"{plain.alias_or_name} cuts {name} as it is, {zoned.alias_or_name} in "
                    "another time zone.",
                    consequence="Near midnight the two disagree about the day.",
                    fix="Convert first in both.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(plain) or 0,
                    variant=variant,
                    path=scope.path,
                    also=[start_of(zoned) or 0],
                )


def _of_a_day(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`read_day at time zone 'Europe/Oslo'`: a day has no time to convert."""
    assert variant.resolution is not None
    for node, clause in nodes_of(scope):
        inner = _moment(node)
        if inner is None or isinstance(node.parent, ZONES) or clause == "order":
            continue
        while isinstance(inner, ZONES):
            inner = _moment(inner)
        use = variant.resolution.uses.get(id(inner)) if isinstance(inner, exp.Column) else None
        if use is None or use.column is None or use.column.type != "date":
            continue
        yield Issue(
            subject=f"{use.column.name} day converted",
            message=f"{use.column.shown} is a day, and is converted to another time zone.",
            consequence="Its midnight is moved, and with it the day.",
            fix="Convert the moment before it is cut to a day.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(shown(node)[:160])],
        )


def _moment(node: object) -> exp.Expr | None:
    """What a conversion between time zones is of."""
    if isinstance(node, exp.ConvertTimezone):
        found = node.args.get("timestamp")
    elif isinstance(node, (exp.AtTimeZone, exp.FromTimeZone)):
        found = node.this
    else:
        return None
    return found if isinstance(found, exp.Expr) else None


def _days(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """A day of local time compared with the day of the same moment as it is."""
    assert variant.resolution is not None
    for node, clause in nodes_of(scope):
        if clause not in ("on", "where") or not isinstance(node, exp.EQ):
            continue
        days: list[dict[str, str]] = []
        for side in (node.left, node.right):
            use = variant.resolution.uses.get(id(side))
            tags = use.column.tags if use is not None and use.column is not None else frozenset()
            days.append(dict(t[4:].split(":", 1)[::-1] for t in tags if t.startswith("day:")))
        shared = sorted(root for root in days[0] if root in days[1])
        if len(days[0]) != 1 or len(days[1]) != 1 or not shared:
            continue
        kinds = (days[0][shared[0]], days[1][shared[0]])
        if kinds[0] == kinds[1]:
            continue
        local, plain = (node.left, node.right) if kinds[0] == "local" else (node.right, node.left)
        yield Issue(
            subject=f"{write(node).lower()[:90]} days",
            message=f"{shown(local)} is a day of local time, {shown(plain)} the day of the same "
            "moment as it is.",
            consequence="What happens near midnight finds the other day, or none.",
            fix="Cut both in one time zone.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"both are cut from {shared[0].split('.')[-1]}")],
        )


def _spans(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`datediff('minute', opened_local, replied_utc)`: hours too many or too few."""
    for node, _ in nodes_of(scope):
        if not isinstance(node, SPANS):
            continue
        sides = [node.this, node.expression]
        zones = [_zone(variant, side) for side in sides]
        if "" in zones or zones[0] == zones[1]:
            continue
        first, second = (write(side) for side in sides)
        item = node.find_ancestor(exp.Alias)
        if item is not None and "offset" in item.alias.lower():
            continue
        yield Issue(
            subject=f"{first.lower()[:60]} {second.lower()[:60]} zones",
            message=f"{first[:60]} is in the time zone {zones[0]}, {second[:60]} in {zones[1]}.",
            consequence="What lies between the two is wrong by the offset of the time zone.",
            fix="Take both in one time zone.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


SPANS = (
    exp.DateDiff, exp.TsOrDsDiff, exp.TimestampDiff, exp.DatetimeDiff,
    exp.GT, exp.GTE, exp.LT, exp.LTE,
)  # fmt: skip
IN_UTC = re.compile(r"(^|_)utc($|_)")


def _zone(variant: Variant, node: object) -> str:
    """The time zone a column is in, by its conversion or else its name; '' where unknown."""
    assert variant.resolution is not None
    while isinstance(node, (exp.Cast, exp.Paren, exp.TsOrDsToDate)):
        node = node.this
    if not isinstance(node, exp.Column):
        return ""
    use = variant.resolution.uses.get(id(node))
    tags = use.column.tags if use is not None and use.column is not None else frozenset()
    zones = [tag.removeprefix("zone:") for tag in tags if tag.startswith("zone:")]
    if len(zones) == 1:
        return "utc" if zones[0] in UTC else zones[0]
    return "utc" if not zones and IN_UTC.search(node.name.lower()) else ""


UTC = frozenset({"utc", "etc/utc", "gmt", "z", "zulu"})


def _converted_twice(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`convert_timezone('UTC', 'Europe/Berlin', x)` where x is in Berlin's time already."""
    assert variant.resolution is not None
    for node, _ in nodes_of(scope):
        source = node.args.get("source_tz") if isinstance(node, exp.ConvertTimezone) else None
        if not isinstance(source, exp.Literal):
            continue
        inner = node.args.get("timestamp")
        while isinstance(inner, (exp.Cast, exp.Paren)):
            inner = inner.this
        is_in = converted_to(inner) if isinstance(inner, exp.Expr) else None
        if isinstance(inner, exp.Column):
            use = variant.resolution.uses.get(id(inner))
            tags = use.column.tags if use is not None and use.column is not None else frozenset()
            zones = [tag.removeprefix("zone:") for tag in tags if tag.startswith("zone:")]
            is_in = zones[0] if len(zones) == 1 else None
        name = source.name.lower()
        if is_in is None or is_in == name or (is_in in UTC and name in UTC):
            continue
        assert isinstance(inner, exp.Expr)
        yield Issue(
            subject=f"{write(inner).lower()[:80]} twice",
            message=f"{shown(inner)[:60]} is in the time zone {is_in} already, and is converted "
            f"from {source.name} here.",
            consequence="The moment is moved twice.",
            fix="Convert once, or name the time zone it is in.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


RULE = Rule(
    "DET005",
    "time-zones-mixed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
