"""A moment is compared for equality with the beginning of its day, week or month.

What it does
    Reports `a = b` where one side is named as a finer time than the other (created_at and
    stat_date, order_date and order_month) and neither is truncated or cast; and a join from which
    the change takes such a cast away. A name that was given to a finer time upstream, unchanged,
    tells nothing. Also two sides that are truncated to different units, today being a day, and a
    moment that must equal one of the clock (`created_at = now() - interval '7 days'`).

Why it is bad
    A moment equals its day only at midnight, a day its month only on the first: nearly nothing
    matches.

For example
    on t.booked_at = r.rate_date

Use instead
    on cast(t.booked_at as date) = r.rate_date
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
from carepath.review.sql.relation import Column, Source
from carepath.review.sql.writing import shown, write

GRAINS = (
    re.compile(r"_(at|ts|timestamp|datetime|time)$|^(timestamp|datetime)$"),
    re.compile(r"_(date|on|day)$|^(date|day)$|^date_day$"),
    re.compile(
        r"(^|_)(week|month|quarter|year)(_start|_begin|_date)?$|^(date|start_of)_(week|month)$"
    ),
)
"""From fine to coarse."""
NAMES = ("a moment", "a day", "a week, month or year")
TYPES = {"timestamp": 0}


def check(context: Context) -> Iterator[Issue]:
    """Look at each equality of two columns."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if isinstance(node, exp.EQ):
                    yield from _truncated(variant, scope, node)
                    yield from _of_the_clock(variant, scope, node)
                if not isinstance(node, exp.EQ) or not isinstance(node.left, exp.Column):
                    continue
                if not isinstance(node.right, exp.Column):
                    continue
                sides = (node.left, node.right)
                grains = [_grain(context, variant.resolution, side) for side in sides]
                if None in grains or grains[0] == grains[1]:
                    continue
                fine = sides[0] if str(grains[0]) < str(grains[1]) else sides[1]
                coarse = sides[1] if fine is sides[0] else sides[0]
                words = [NAMES[g] for g in sorted(g for g in grains if g is not None)]
                yield Issue(
                    subject=write(node).lower()[:120],
                    message=f"{shown(fine)} is {words[0]}, {shown(coarse)} {words[1]}: they are "
                    "equal only at its very beginning.",
                    consequence="Nearly no row matches.",
                    fix=f"Truncate {shown(fine)} first.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("as their names say")],
                )


UNITS = ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
TRUNCATIONS = (exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)


def _truncated(variant: Variant, scope: Scope, node: exp.EQ) -> Iterator[Issue]:
    """`date_trunc('month', x) = current_date`: true on the first of a month only."""
    units = [_unit(side) for side in (node.left, node.right)]
    if None in units or units[0] == units[1]:
        return
    coarse, fine = sorted(units, key=lambda unit: -UNITS.index(str(unit)))
    yield Issue(
        subject=write(node).lower()[:120],
        message=f"{shown(node)[:110]} equates the beginning of a {str(coarse).lower()} with a "
        f"{str(fine).lower()}: it holds on one {str(fine).lower()} of each only.",
        consequence="Most of the time no row is kept.",
        fix=f"Truncate both to the {str(coarse).lower()}.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


MOMENT = re.compile(r"(_at|_ts|timestamp|datetime|_time)$|^(time|minute|hour)$|_(minute|hour)$")
CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime)


def _of_the_clock(variant: Variant, scope: Scope, node: exp.EQ) -> Iterator[Issue]:
    """`block_time = date_trunc('day', now() - interval '7 days')`, >= with a sign too few."""
    for column, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(column, exp.Column) or not MOMENT.search(column.name.lower()):
            continue
        if other.find(exp.Column, exp.Query) or not other.find(*CLOCKS):
            continue
        yield Issue(
            subject=write(node).lower()[:120],
            message=f"{shown(node)[:110]} holds for one moment only.",
            consequence="Nearly no row matches.",
            fix=f"Write {shown(column)} >= ..., or truncate {shown(column)} too.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


def _unit(node: exp.Expr) -> str | None:
    """The unit a side is truncated to; None where it is not."""
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.CurrentDate):
        return "DAY"
    unit = node.args.get("unit") if isinstance(node, TRUNCATIONS) else None
    name = unit.name.upper() if isinstance(unit, exp.Expr) else ""
    return name if name in UNITS else None


def _grain(context: Context, resolution: Resolution, column: exp.Column) -> int | None:
    """0 for a moment, 1 for a day, 2 for a longer period; None where unknown or computed."""
    found = _named(column.name)
    if not found:
        return None
    use = resolution.uses.get(id(column))
    known = use.column.type if use is not None and use.column is not None else None
    if known is not None and known != ("timestamp", "date", "date")[max(found)]:
        return None
    if found[-1] < 2 and known is None:
        behind = definition(resolution, column)
        if behind is not None and not isinstance(behind, exp.Column):
            # Computed: its name may be older than what it holds.
            return None
    if known is None and use is not None and use.column is not None:
        # Given the name of a day or month, a moment stays one.
        for name in _names_upstream(context, use.column):
            if any(grain < found[-1] for grain in _named(name)[-1:]):
                return None
    return found[-1]


EDGE = re.compile(r"(^|_)(first|last)_day$")
"""The first day of a month equals the month."""


def _named(name: str) -> list[int]:
    if EDGE.search(name.lower()):
        return []
    return [grain for grain, pattern in enumerate(GRAINS) if pattern.search(name.lower())]


def _names_upstream(context: Context, column: Column) -> Iterator[str]:
    """The names a column had in the models that pass it on unchanged, all sides of a UNION."""
    waiting, seen = [column], set[Source]()
    while waiting:
        one = waiting.pop()
        sources = {one.direct} if one.direct else one.origins if one.kind == "column" else ()
        for source in {s for s in sources if s is not None} - seen:
            seen.add(source)
            yield source[1]
            model = context.snapshot.models.get(source[0])
            behind = context.snapshot.facts(model).relation.get(source[1]) if model else None
            if behind is not None:
                waiting.append(behind)


RULE = Rule(
    "LIT010",
    "moment-equals-period",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
