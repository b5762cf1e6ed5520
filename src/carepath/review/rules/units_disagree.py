"""A value is in another unit than its name says, or two units are added or compared.

What it does
    Follows units (seconds to years, cents and whole money, bytes, grams, metres, watt-hours) from
    the part of a date difference and the names of columns through sums and conversions by numbers.
    Reports a column whose name tells another unit than its expression gives, additions,
    subtractions and comparisons of two different ones, a percentage added to or taken from an
    amount, basis points that are a percentage or a ratio, a share or fraction that is compared with
    a number of 10 or more, a difference in minutes that is compared with 14 * 24, and a moment in
    milliseconds that is read as seconds.

Why it is bad
    The number is off by a factor of 60, 100 or 1000, and looks like a number all the same.

For example
    datediff('hour', opened_at, closed_at) as minutes_to_close

Use instead
    datediff('minute', opened_at, closed_at) as minutes_to_close
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.shares import BASIS_POINTS, SHARES, share_named, share_of
from carepath.review.sql.units import (
    DIFFERENCES,
    NAMES,
    Unit,
    measured,
    named,
    number,
    spelled_out,
)
from carepath.review.sql.writing import shown, write

PAIRED = (exp.Add, exp.Sub, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)


def check(context: Context) -> Iterator[Issue]:
    """Compare each name with its expression, and the two sides of sums and comparisons."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                if isinstance(item, exp.Alias):
                    yield from _named(variant, scope, item)
                    yield from _basis_points(variant, scope, item)
            for node, _ in nodes_of(scope):
                if isinstance(node, BOUNDS):
                    yield from _part(variant, scope, node)
                if isinstance(node, PAIRED):
                    yield from _paired(variant, scope, node)
                    yield from _paired_shares(variant, scope, node)
                yield from _epoch(variant, scope, node)
                yield from _limit(variant, scope, node)


def _named(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    told = named(item.alias)
    assert variant.resolution is not None
    real = measured(variant.resolution, item.this) if told is not None else None
    if told is None or real is None or real.kind != told.kind or real.equals(told):
        return
    yield Issue(
        subject=item.alias.lower(),
        message=f"{item.alias} is named after {_word(told)}, and its expression gives "
        f"{_word(real)}.",
        consequence=_factor(real, told),
        fix="Convert the value, or name it after its unit.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
    )


def _limit(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`datediff('minute', a, b) <= 14 * 24`: a limit that is spelled out in another unit."""
    if isinstance(node, exp.Between):
        value, limits = node.this, [node.args["low"], node.args["high"]]
    elif isinstance(node, BOUNDS):
        value, limits = node.left, [node.right]
    else:
        return
    if not isinstance(value, DIFFERENCES):
        return
    assert variant.resolution is not None
    real = measured(variant.resolution, value)
    for limit in limits:
        told = spelled_out(limit)
        if real is None or told is None or real.equals(told) or real.size >= NAMES["days"].size:
            continue
        yield Issue(
            subject=f"{write(node).lower()[:100]} limit",
            message=f"The difference is in {_word(real)}, and {shown(limit)} is a number of "
            f"{_word(told)}.",
            consequence=_factor(real, told),
            fix="Count both in one unit.",
            confidence=Confidence.LIKELY,
            offset=start_of(limit) or start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


EPOCHS = (exp.UnixToTime, exp.UnixToStr)
SCALES = {"ms": 3, "millis": 3, "milliseconds": 3, "us": 6, "micros": 6, "microseconds": 6}
SCALE = re.compile(r"_(ms|millis|milliseconds|us|micros|microseconds)$")


def _epoch(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`to_timestamp(sent_ms)`: a moment counted in milliseconds is read as seconds."""
    if not isinstance(node, EPOCHS) or not isinstance(node.this, exp.Column):
        return
    word = SCALE.search(node.this.name.lower())
    told = number(node.args.get("scale")) if node.args.get("scale") is not None else 0
    if word is None or told is None or told == SCALES[word[1]]:
        return
    as_what = {0: "seconds", 3: "milliseconds", 6: "microseconds"}.get(int(told), "another unit")
    yield Issue(
        subject=f"{node.this.name.lower()} epoch",
        message=f"{node.this.name} is named after {word[1]}, and is read as {as_what}.",
        consequence="The moments are thousands of years away, or all in 1970.",
        fix="Divide first, or use the function for that unit.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


BOUNDS = (exp.GT, exp.GTE, exp.LT, exp.LTE)
PART = re.compile(r"(^|_)(share|fraction|proportion)$")


def _part(variant: Variant, scope: Scope, node: exp.Binary) -> Iterator[Issue]:
    """`score_share >= 50`: a part of one is compared as if it were a percentage."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        value = number(other)
        if not isinstance(one, exp.Column) or value is None or not 10 <= value <= 100:
            continue
        if not PART.search(one.name.lower()):
            continue
        yield Issue(
            subject=write(node).lower()[:100],
            message=f"{one.name} is named after a part of one, and is compared with {value:g}.",
            consequence="If it is no percentage, no row is ever above.",
            fix=f"Compare with {value / 100:g}, or name it after a percentage.",
            severity=Severity.NOTE,
            confidence=Confidence.POSSIBLE,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


PERCENT = re.compile(r"(^|_)(pct|percent|percentage)$")
SHARE = re.compile(r"(^|_)(pct|percent|percentage|rate|ratio|share|points?)(_|$)")
MONEY = re.compile(r"(^|_)(amount|price|total|revenue|cost|fee|salary|subtotal|gross|net|cents)$")


def _percent(variant: Variant, scope: Scope, node: exp.Binary) -> Iterator[Issue]:
    """`price - fee_pct`: a percentage is taken from an amount."""
    left, right = node.left, node.right
    if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
        return
    name, other = left.name.lower(), right.name.lower()
    if SHARE.search(name) or not MONEY.search(name) or not PERCENT.search(other):
        return
    yield Issue(
        subject=write(node).lower()[:100],
        message=f"{shown(node)[:90]} takes a percentage and an amount together.",
        consequence="8.5 % becomes 8.5 of the currency.",
        fix=f"Multiply {shown(left)} by the percentage first.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


def _paired(variant: Variant, scope: Scope, node: exp.Binary) -> Iterator[Issue]:
    assert variant.resolution is not None
    if isinstance(node, (exp.Add, exp.Sub)):
        yield from _percent(variant, scope, node)
    ours = measured(variant.resolution, node.left)
    theirs = measured(variant.resolution, node.right) if ours is not None else None
    if ours is None or theirs is None or ours.kind != theirs.kind or ours.equals(theirs):
        return
    yield Issue(
        subject=write(node).lower()[:100],
        message=f"{shown(node)[:90]} takes {_word(ours)} and {_word(theirs)} together.",
        consequence=_factor(theirs, ours),
        fix="Convert one of the two.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


def _basis_points(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`100 * fee / amount as fee_bps`: a percentage that is called basis points, and the like."""
    told, real = share_named(item.alias), share_of(item.this)
    read = {share_named(column.name) for column in item.this.find_all(exp.Column)}
    if told is None or real is None or BASIS_POINTS not in (told, *read) or told == real:
        return
    yield Issue(
        subject=f"{item.alias.lower()} share",
        message=f"{item.alias} is named after {SHARES[told]}, and its expression gives "
        f"{SHARES.get(real, f'parts of {1 / real:g}')}.",
        consequence=f"The values are off by a factor of {max(real / told, told / real):,.6g}.",
        fix="Convert the value (10,000 basis points are 100 %, a ratio of 1), or change the name.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
    )


def _paired_shares(variant: Variant, scope: Scope, node: exp.Binary) -> Iterator[Issue]:
    """`margin_pct - fee_bps`."""
    ours, theirs = share_of(node.left), share_of(node.right)
    if ours is None or theirs is None or ours == theirs or BASIS_POINTS not in (ours, theirs):
        return
    yield Issue(
        subject=write(node).lower()[:100],
        message=f"{shown(node)[:90]} takes {SHARES.get(ours, 'a share')} and "
        f"{SHARES.get(theirs, 'a share')} together.",
        consequence=f"One of the two is off by a factor of {max(ours, theirs) * 1e4:,.6g}.",
        fix="Convert one of the two.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


def _word(unit: Unit) -> str:
    if unit.kind == "money" and unit.equals(NAMES["usd"]):
        return "whole money"
    found = [
        name for name, known in NAMES.items() if known.kind == unit.kind and known.equals(unit)
    ]
    if found:
        return max(found, key=len)
    whole = [
        (known.size, len(name), name)
        for name, known in NAMES.items()
        if known.kind == unit.kind and unit.size % known.size == 0
    ]
    size, _, name = max(whole, default=(0.0, 0, ""))
    return f"units of {unit.size / size:g} {name}" if size else f"units of {unit.size:g}"


def _factor(real: Unit, told: Unit) -> str:
    factor = max(real.size / told.size, told.size / real.size)
    return f"The values are off by a factor of {factor:,.6g}."


RULE = Rule(
    "AGG010",
    "units-disagree",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
