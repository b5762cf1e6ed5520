"""The change lets a period include its end, where it was half-open.

What it does
    Compares the conditions of joins and of WHERE with those at base: reports `x < end` made
    `x <= end`, or `x >= start and x < end` made BETWEEN. Also BETWEEN the begin of a period and an
    end that is LEAD of the begins, BETWEEN two columns of a seed in which one row begins where
    another ends, and BETWEEN both ends of a validity cut to days.

Why it is bad
    Where one period ends as the next begins, a moment on the boundary meets both: rows double.

For example
    visited_on between rates.valid_from and rates.valid_to

Use instead
    visited_on >= rates.valid_from and visited_on < rates.valid_to
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.pairs import bare, base_place, edited
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.validity import BEGIN, END
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown

MOST = 200_000


def check(context: Context) -> Iterator[Issue]:
    """Compare the upper bounds of each scope with those at base, and with how they are made."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _next_ones(variant, scope)
            yield from _rows_that_touch(context, variant, scope)
            yield from _cut_to_days(variant, scope)
    for variant, scope, before in edited(context):
        theirs = {bound: kind for bound, kind, _ in _bounds(before)}
        for bound, kind, node in _bounds(scope):
            if kind != "closed" or theirs.get(bound) != "open":
                continue
            yield Issue(
                subject=" ".join(bound),
                message=f"{bound[0]} may now equal the end of the period, {bound[1]}.",
                consequence="A moment on the boundary meets two periods: rows double.",
                fix="Leave the end out again (<), unless the periods have gaps between them.",
                confidence=Confidence.POSSIBLE,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {bound[0]} < {bound[1]}", base_place(context))],
            )


def _next_ones(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`day between valid_from and valid_to`, where valid_to is the next valid_from."""
    assert variant.resolution is not None
    for bound, kind, node in _bounds(scope):
        high = node.args["high"] if isinstance(node, exp.Between) else None
        low = node.args["low"] if isinstance(node, exp.Between) else None
        while isinstance(high, exp.Coalesce):
            high = high.this
        made = definition(variant.resolution, high) if isinstance(high, exp.Column) else None
        while isinstance(made, (exp.Coalesce, exp.Paren)):
            made = made.this
        following = made.this if isinstance(made, exp.Window) else None
        if kind != "closed" or not isinstance(following, exp.Lead) or low is None:
            continue
        begin = definition(variant.resolution, low) or low
        if bare(following.this) not in (bare(begin), bare(low)):
            continue
        yield Issue(
            subject=f"{bound[0]} next",
            message=f"{bound[1]} is where the next period begins, and BETWEEN lets {bound[0]} "
            "equal it.",
            consequence="A moment on the boundary meets two periods: rows double.",
            fix=f"Write {bound[0]} >= {bare(low)} and {bound[0]} < {bare(node.args['high'])}.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{bound[1]} is {bare(following)[:80]} over ...")],
        )


def _rows_that_touch(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    """BETWEEN two columns of a seed in which a row begins where another ends."""
    assert variant.resolution is not None
    for bound, kind, node in _bounds(scope):
        if kind != "closed" or not isinstance(node, exp.Between):
            continue
        uses = [variant.resolution.uses.get(id(node.args[key])) for key in ("low", "high")]
        low, high = [use.column.root if use and use.column else None for use in uses]
        seed = context.snapshot.models.get(low[0]) if low is not None else None
        if low is None or high is None or seed is None or seed.kind != "seed":
            continue
        if high[0] != low[0] or uses[0] is None or uses[0].binding is None:
            continue
        rows = list(csv.DictReader(io.StringIO(context.snapshot.text(seed.file)[:MOST])))
        fixed = _matched(scope, uses[0].binding.name)
        shared = _shared_end(rows, low[1], high[1], fixed)
        if shared is None:
            continue
        yield Issue(
            subject=f"{bound[0]} rows",
            message=f"{bound[0]} may equal {bound[1]}, and in {seed.name} a row begins at "
            f"{shared}, where another ends.",
            consequence="A value on the boundary meets two rows: rows double.",
            fix=f"Write {bound[0]} >= {bare(node.args['low'])} and {bound[0]} < "
            f"{bare(node.args['high'])}.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{seed.name} is a file of rows", Place(seed.file.path, 1))],
        )


def _matched(scope: Scope, name: str) -> set[str]:
    """The columns of a relation that its join equates."""
    join = scope.bindings[name].join if name in scope.bindings else None
    found = set()
    for part in conjuncts(join.args.get("on")) if join is not None else []:
        for side in (part.left, part.right) if isinstance(part, exp.EQ) else ():
            if isinstance(side, exp.Column) and side.table.lower() == name.lower():
                found.add(side.name.lower())
    return found


def _shared_end(rows: list[dict[str, str]], low: str, high: str, fixed: set[str]) -> str | None:
    """A value where one row ends and another with the same `fixed` columns begins."""
    ends: dict[tuple[str, ...], set[str]] = {}
    begins: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        folded = {(k or "").strip().lower(): (v or "") for k, v in row.items() if k is not None}
        key = tuple(folded.get(name, "") for name in sorted(fixed))
        if folded.get(low.lower()) == folded.get(high.lower()):
            continue
        ends.setdefault(key, set()).add(folded.get(high.lower(), ""))
        begins.setdefault(key, set()).add(folded.get(low.lower(), ""))
    shared = sorted(v for key, found in ends.items() for v in found & begins[key] if v != "")
    return shared[0] if shared else None


def _cut_to_days(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`day between date(valid_from) and date(valid_to)`: one version ends as the next begins."""
    for bound, kind, node in _bounds(scope):
        if kind != "closed" or not isinstance(node, exp.Between):
            continue
        begin, end = _day_of(node.args["low"]), _day_of(node.args["high"])
        if begin is None or end is None or begin.table != end.table:
            continue
        if not BEGIN.match(begin.name.lower()) or not END.match(end.name.lower()):
            continue
        yield Issue(
            subject=f"{bound[0]} days",
            message=f"{shown(begin)} and {shown(end)} are cut to days, and BETWEEN lets "
            f"{bound[0]} equal both: on the day of a change two versions hold.",
            consequence="Rows of that day come twice.",
            fix=f"Compare the moment with {shown(begin)} and {shown(end)} as they are, or write "
            f"{bound[0]} < {bare(node.args['high'])}.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


def _day_of(node: exp.Expr) -> exp.Column | None:
    """The moment that is cut to its day, None where it is not cut."""
    while isinstance(node, (exp.Coalesce, exp.Paren)):
        node = node.this
    to = node.args.get("to") if isinstance(node, (exp.Cast, exp.TryCast)) else None
    unit = node.args.get("unit")
    is_cut = (
        (isinstance(to, exp.DataType) and to.this == exp.DataType.Type.DATE)
        or isinstance(node, (exp.Date, exp.TsOrDsToDate))
        or (isinstance(node, exp.Extract) and node.name.upper() == "DATE")
        or (isinstance(unit, exp.Expr) and unit.name.upper() == "DAY")
    )
    inner = node.expression if isinstance(node, exp.Extract) else node.this
    while isinstance(inner, (exp.Coalesce, exp.Paren)):
        inner = inner.this
    return inner if is_cut and isinstance(inner, exp.Column) else None


def _bounds(scope: Scope) -> Iterator[tuple[tuple[str, str], str, exp.Expr]]:
    """((what, its upper bound), open or closed, condition) of periods with a lower bound too."""
    roots = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    where = scope.node.args.get("where")
    parts = [p for root in [*roots, where.this if where is not None else None]
             for p in conjuncts(root)]  # fmt: skip
    lower = {bare(p.left) for p in parts if isinstance(p, (exp.GTE, exp.GT))}
    lower |= {bare(p.right) for p in parts if isinstance(p, (exp.LTE, exp.LT))}
    for whole in parts:
        part = _or_open(whole)
        if isinstance(part, exp.Between) and part.args["high"].find(exp.Column):
            yield (bare(part.this), bare(_end(part.args["high"]))), "closed", part
        elif isinstance(part, (exp.LT, exp.LTE, exp.GT, exp.GTE)):
            low, high = part.left, part.right
            if isinstance(part, (exp.GT, exp.GTE)):
                low, high = high, low
            if bare(low) in lower and high.find(exp.Column):
                kind = "open" if isinstance(part, (exp.LT, exp.GT)) else "closed"
                yield (bare(low), bare(_end(high))), kind, part


def _end(node: exp.Expr) -> exp.Expr:
    """The end of a period, without what stands for one that has none yet."""
    while isinstance(node, (exp.Coalesce, exp.Paren)) and isinstance(node.this, exp.Expr):
        node = node.this
    return node


def _or_open(part: exp.Expr) -> exp.Expr:
    """`x < ended_at` of `(x < ended_at or ended_at is null)`."""
    inner = part
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Or):
        for one, other in ((inner.left, inner.right), (inner.right, inner.left)):
            is_null = isinstance(other, exp.Is) and isinstance(other.expression, exp.Null)
            if is_null and other.this in (one.args.get("this"), one.args.get("expression")):
                return one
    return part


RULE = Rule(
    "JOIN010",
    "overlapping-intervals",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
