"""A duration is computed from the end to the start.

What it does
    Reports a date difference, or a subtraction, whose first moment is named as an end (ended,
    closed, delivered, valid_to) and whose second as a beginning (started, created, valid_from);
    one whose name (days_from_referral_to_visit) tells the other way; one that runs from the
    next row's moment (LEAD) to this row's, or from this row's to the previous one's (LAG); one
    that runs from the MAX of a moment to its MIN; and one from now to what is past by its name.
    Also a growth that takes the value from the one before it, and a difference whose sides the
    change exchanges.

Why it is bad
    Every duration is negative.

For example
    datediff('day', completed_at, created_at) as days_to_complete

Use instead
    datediff('day', created_at, completed_at) as days_to_complete
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff)
BEGIN = re.compile(
    r"(^|_)(start|starts|started|begin|begins|began|created|opened|open|first|signed_up|entered"
    r"|placed|ordered|issued|requested|submitted|received|booked|registered|hired|hire|installed"
    r"|activated|enrolled|admitted|invoiced|purchased|ordered|reported|raised|listed|launched"
    r"|rented|borrowed|check(ed)?_?in)(_|$)"
    r"|(^|_)(valid|effective|active|service|period)_from$"
)
FINISH = re.compile(
    r"(^|_)(end|ends|ended|closed|close|completed|finished|cancelled|canceled|last|left|resolved"
    r"|delivered|paid|solved|settled|terminated|termination|deactivated|discharged|restored|removed"
    r"|dropped_off|adjudicated|expired|cleared|sold|retired|decommissioned|archived"
    r"|check(ed)?_?out)(_|$)"
    r"|(^|_)(valid|effective|active|service|period)_(to|until)$"
)

SENT = re.compile(r"(^|_)(shipped|dispatched|departed|sent|picked_up)(_|$)")
ARRIVED = re.compile(r"(^|_)(delivered|arrived|received)(_|$)")
BESIDE = re.compile(r"(^|_)(prev|previous|prior|next|following|lag|lead)(_|$)")
MOMENT = re.compile(r"(_at|_on|_date|_time|_ts|_timestamp|_from)$|^(date|time|ts|timestamp)$")


def check(context: Context) -> Iterator[Issue]:
    """Look at the two moments of each difference; the parser puts the later one first."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, DIFFERENCES) and not _is_subtraction(node):
                    continue
                ends = _ends(node)
                later, earlier = _name(ends[0]), _name(ends[1])
                if _is_falling(ends):
                    both = [write(e).lower() for e in map(_bare, ends) if isinstance(e, exp.Expr)]
                    yield _issue(variant, scope, node, *both)
                    continue
                is_from_now = isinstance(_bare(ends[1]), CLOCKS) and PAST.search(later)
                if is_from_now and not _is_meant(node):
                    yield _issue(variant, scope, node, later, "now")
                    continue
                if _told_the_other_way(node, later, earlier):
                    yield _issue(variant, scope, node, later, earlier)
                    continue
                if SENT.search(later) and ARRIVED.search(earlier) and not _is_meant(node):
                    yield _issue(variant, scope, node, later, earlier)
                    continue
                beside = _neighbours(variant.resolution, ends)
                if not beside and (not BEGIN.search(later) or FINISH.search(later)):
                    continue
                if not beside and (BESIDE.search(later) or BESIDE.search(earlier)):
                    # The moments of two rows: from the end of one to the start of the next.
                    continue
                if not beside and (not FINISH.search(earlier) or BEGIN.search(earlier)):
                    continue
                if isinstance(node.parent, (exp.Neg, exp.Abs, exp.Mul)):
                    continue
                alias = node.find_ancestor(exp.Alias)
                if alias is not None and "since" in alias.alias.lower():
                    continue
                yield _issue(variant, scope, node, later, earlier)
            for item in scope.node.expressions:
                if isinstance(item, exp.Alias):
                    yield from _fall(variant, scope, item)
    yield from _turned(context)


RISES = re.compile(r"(^|_)(growth|increase|change|delta|gain|raise|uplift)(_|$)")


def _fall(variant: Variant, scope: Scope, item: exp.Alias) -> Iterator[Issue]:
    """`(previous - amount) / previous as growth`, where previous is the LAG of amount."""
    if not RISES.search(item.alias.lower()) or item.this.find(exp.Neg, exp.Abs) is not None:
        return
    assert variant.resolution is not None
    for node in item.this.find_all(exp.Sub):
        before = node.left.unnest()
        made = definition(variant.resolution, before) if isinstance(before, exp.Column) else before
        inner = made.this if isinstance(made, exp.Window) else None
        if not isinstance(inner, exp.Lag) or not isinstance(inner.this, exp.Column):
            continue
        now = node.right.unnest()
        if not isinstance(now, exp.Column) or now.name.lower() != inner.this.name.lower():
            continue
        order = made.args.get("order") if made is not None else None
        if order is None or any(part.args.get("desc") for part in order.expressions):
            continue
        yield Issue(
            subject=f"{item.alias.lower()} fall",
            message=f"{item.alias} takes {shown(now)} from the {shown(now)} before it.",
            consequence="A rise is negative.",
            fix="Swap the two.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{shown(before)} is {shown(made or before)[:120]}")],
        )
        return


def _turned(context: Context) -> Iterator[Issue]:
    """A difference of which the change exchanges the sides, under a name that stays."""
    for variant, scope, before in edited(context):
        theirs = items(before)
        for alias, now in items(scope).items():
            old = theirs.get(alias)
            if old is None or bare(old) == bare(now):
                continue
            for node in now.find_all(exp.Sub):
                if bare(_exchanged(now, node)) != bare(old):
                    continue
                yield Issue(
                    subject=f"{alias} turned",
                    message=f"{alias} was {bare(old)[:70]}, and the two sides are exchanged now.",
                    consequence="Its sign is the other one.",
                    fix="Exchange them back, or change the name.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"at base: {bare(old)[:160]}", base_place(context))],
                )
                break


def _exchanged(tree: exp.Expr, node: exp.Expr) -> exp.Expr:
    """A copy of a tree in which one difference has its sides exchanged."""
    text = plain(node)
    made = False

    def swap(part: exp.Expr) -> exp.Expr:
        nonlocal made
        if made or not isinstance(part, exp.Sub) or plain(part) != text:
            return part
        made = True
        return exp.Sub(this=part.right.copy(), expression=part.left.copy())

    return tree.copy().transform(swap)


CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime)
PAST = re.compile(
    r"(^|_)(created|opened|ordered|placed|signed_up|registered|received|submitted|updated|hired|"
    r"joined|modified|logged|viewed|seen|purchased|paid)_(at|on|date|time)$"
)
MEANT = re.compile(r"until|remaining|ahead|left|offset|relative")


def _is_meant(node: exp.Expr) -> bool:
    """True for a difference that is named after what is still to come, or turned."""
    alias = node.find_ancestor(exp.Alias)
    is_turned = isinstance(node.parent, (exp.Neg, exp.Abs, exp.Mul))
    is_compared = node.find_ancestor(exp.Predicate) is not None
    named = alias is not None and MEANT.search(alias.alias.lower()) is not None
    return is_turned or is_compared or named


def _is_falling(ends: tuple[object, object]) -> bool:
    """True from the MAX of a moment to its MIN."""
    later, earlier = _bare(ends[0]), _bare(ends[1])
    return (
        isinstance(later, exp.Min) and isinstance(earlier, exp.Max) and later.this == earlier.this
    )


def _issue(variant: Variant, scope: Scope, node: exp.Expr, later: str, earlier: str) -> Issue:
    return Issue(
        subject=f"{earlier} {later}",
        message=f"The difference runs from {earlier} to {later}.",
        consequence="Every duration is negative.",
        fix="Swap the two.",
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


def _is_subtraction(node: exp.Expr) -> bool:
    """True for `starts_on - ends_on`, both of them moments by their names."""
    if not isinstance(node, exp.Sub):
        return False
    sides = (_bare(node.left), _bare(node.right))
    return all(isinstance(s, exp.Column) and MOMENT.search(s.name.lower()) for s in sides)


UNITS = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "time"})
TOLD = re.compile(r"(?:^|_)(?:from_)?([a-z]+)_to_(?:first_|last_|next_|the_)?([a-z]+)$")
ENDING = re.compile(r"(ing|ed|ion|ance|ence|ment|al|y|e|s)$")


def _told_the_other_way(node: exp.Expr, later: str, earlier: str) -> bool:
    """True where the column is called x_to_y, and the difference runs from y to x."""
    alias = node.find_ancestor(exp.Alias)
    told = TOLD.search(alias.alias.lower()) if alias is not None else None
    if told is None or not later or not earlier:
        return False
    if told[1] in UNITS:
        # seconds_to_register: what it is the time to comes last.
        end = told[2]
        return _has(earlier, end) and not _has(later, end) and "_" in later
    begin, end = told[1], told[2]
    return (
        _has(later, begin)
        and _has(earlier, end)
        and not _has(earlier, begin)
        and not _has(later, end)
    )


def _has(name: str, word: str) -> bool:
    """True where a name has a word, or another form of it: viewed for viewing."""
    return any(part == word or _stem(part) == _stem(word) for part in name.split("_"))


def _stem(word: str) -> str:
    stem = ENDING.sub("", word)
    if stem != word and stem[-2:-1] == stem[-1:]:
        # scanned, shipped
        stem = stem[:-1]
    return stem if len(stem) > 3 else word


def _ends(node: exp.Expr) -> tuple[object, object]:
    """The later and the earlier moment, as the dialect reads its arguments."""
    if isinstance(node.this, exp.Literal):
        # No dialect known: datediff('day', earlier, later).
        return node.args.get("unit"), node.args.get("expression")
    return node.this, node.args.get("expression")


def _bare(node: object) -> object:
    while isinstance(node, (exp.Cast, exp.Paren, exp.TsOrDsToDate, exp.Date)):
        node = node.this
    return node


def _name(node: object) -> str:
    found = _bare(node)
    return found.name.lower() if isinstance(found, exp.Column | exp.Var) else ""


def _neighbours(resolution: Resolution, ends: tuple[object, object]) -> bool:
    """True where the later one is certainly the earlier: a LAG, or the other a LEAD."""
    later, earlier = (_shift(resolution, end) for end in ends)
    return (later == -1 and earlier == 0) or (earlier == 1 and later == 0)


def _shift(resolution: Resolution, node: object) -> int | None:
    """1 for the LEAD of a moment in rising order, -1 for its LAG, 0 for a column of the row."""
    found = _bare(node)
    traced = definition(resolution, found) if isinstance(found, exp.Expr) else None
    if not isinstance(traced, exp.Window):
        is_own = isinstance(found, exp.Column | exp.Var) and not BESIDE.search(found.name.lower())
        return 0 if is_own else None
    order = traced.args.get("order")
    inner = traced.this
    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    if order is None or not order.expressions or not isinstance(inner, (exp.Lag, exp.Lead)):
        return None
    first = order.expressions[0]
    # The moment itself must be what the rows are ordered by, or the row's own pair to it.
    if not isinstance(first, exp.Ordered) or not isinstance(first.this, exp.Column):
        return None
    if not MOMENT.search(first.this.name.lower()) or not isinstance(inner.this, exp.Column):
        return None
    step = 1 if isinstance(inner, exp.Lead) else -1
    return -step if first.args.get("desc") else step


RULE = Rule("AGG006", "reversed-difference", Severity.WARNING, __doc__ or "", check)
