"""The change exchanges the aggregate of a column that keeps its name.

What it does
    Compares each output column with the same one at base: reports MIN made MAX, MAX made SUM,
    COUNT(DISTINCT x) made COUNT(x) and the like, where nothing else in it changes; a ratio of sums
    made an average of ratios; AVG(x) made AVG(COALESCE(x, 0)); and an aggregate of the column it
    is named after made one of another column.

Why it is bad
    Readers go on as before: the name is the same, the number is another.

For example
    count(customer_id) as customers     -- was: count(distinct customer_id)

Use instead
    count(distinct customer_id) as customers
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown

SINGLE = (exp.Min, exp.Max, exp.Sum, exp.Avg, exp.Count, exp.AnyValue)
WORDS = {
    "min": ("min", "first", "earliest", "lowest"), "max": ("max", "last", "latest", "highest"),
    "sum": ("sum", "total"), "avg": ("avg", "average", "mean"),
    "count": ("count", "number", "n"), "anyvalue": ("any",),
}  # fmt: skip


def check(context: Context) -> Iterator[Issue]:
    """Compare the aggregates of each output column."""
    for variant, scope, before in edited(context):
        theirs = items(before)
        for alias, expression in items(scope).items():
            old = theirs.get(alias)
            if old is None or plain(old) == plain(expression):
                continue
            change = exchanged(old, expression) or _recast(alias, old, expression)
            if change is None or (_suits(alias, change[1]) and not _suits(alias, change[0])):
                continue
            yield Issue(
                subject=f"{alias} {change[0]} {change[1]}",
                message=f"{alias} was {shown(old)[:70]} and is {shown(expression)[:70]}.",
                consequence="It keeps its name and changes its meaning for every reader.",
                fix=f"Keep {change[0]}, or give the new number a name of its own.",
                severity=Severity.WARNING if change[0] in GRAVE else Severity.NOTE,
                confidence=Confidence.POSSIBLE,
                offset=start_of(expression) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(old)[:160]}", base_place(context))],
            )


def exchanged(old: exp.Expr, new: exp.Expr) -> tuple[str, str] | None:
    """The two aggregates in which alone the expressions differ."""
    ours, theirs = list(new.find_all(*SINGLE)), list(old.find_all(*SINGLE))
    if len(ours) != len(theirs) or not ours:
        return None
    pairs = [
        (_name(a), _name(b)) for a, b in zip(theirs, ours, strict=True) if _name(a) != _name(b)
    ]
    if len(set(pairs)) != 1 or _neutral(old) != _neutral(new):
        return None
    return pairs[0]


def _recast(alias: str, old: exp.Expr, new: exp.Expr) -> tuple[str, str] | None:
    """Another kind of number under the same name: (what it was, what it is)."""
    old, new = _core(old), _core(new)
    if isinstance(old, (exp.Div, exp.SafeDivide)) and isinstance(new, exp.Avg):
        upper, lower, ratio = _core(old.this), _core(old.expression), _core(new.this)
        if (
            isinstance(upper, exp.Sum)
            and isinstance(lower, exp.Sum)
            and isinstance(ratio, (exp.Div, exp.SafeDivide))
            and plain(_core(ratio.this)) == plain(_core(upper.this))
            and plain(_core(ratio.expression)) == plain(_core(lower.this))
        ):
            return "the ratio of the sums", "an average of ratios"
    if isinstance(old, exp.Avg) and isinstance(new, exp.Avg) and isinstance(new.this, exp.Coalesce):
        others = new.this.expressions
        is_zero = len(others) == 1 and isinstance(others[0], exp.Literal) and others[0].name == "0"
        if is_zero and plain(new.this.this) == plain(old.this):
            return "the average of what is known", "one that counts what is unknown as 0"
    theirs, ours = list(old.find_all(exp.Column)), list(new.find_all(exp.Column))
    swapped = {(a.name.lower(), b.name.lower()) for a, b in zip(theirs, ours, strict=False)}
    swapped = {(a, b) for a, b in swapped if a != b}
    if len(theirs) != len(ours) or len(swapped) != 1 or not old.find(*SINGLE):
        return None
    before, after = next(iter(swapped))
    if re.sub(rf"\b{re.escape(before)}\b", after, plain(old)) != plain(new):
        return None
    words = {_stem(word) for word in alias.split("_")}
    told = {_stem(word) for word in before.split("_")} - COMMON
    if not told & words or {_stem(word) for word in after.split("_")} & words:
        return None
    return f"of {before}", f"of {after}"


COMMON = frozenset({"id", "key", "total", "date", "at", "amount", "number", "no", "code"})
GRAVE = frozenset({"count(distinct)", "the ratio of the sums"})


def _stem(word: str) -> str:
    return word[:-3] + "y" if word.endswith("ies") else word.removesuffix("s")


def _core(node: exp.Expr) -> exp.Expr:
    """An expression without its casts, rounding and guards."""
    while isinstance(node, (exp.Paren, exp.Cast, exp.Round, exp.Nullif)):
        node = node.this
    return node


def _name(node: exp.Expr) -> str:
    name = type(node).__name__.lower()
    return name + "(distinct)" if isinstance(node.this, exp.Distinct) else name


def _neutral(tree: exp.Expr) -> str:
    """The text of an expression with every aggregate under one name."""

    def blank(node: exp.Expr) -> exp.Expr:
        if isinstance(node, SINGLE):
            inner = node.this
            if isinstance(inner, exp.Distinct) and len(inner.expressions) == 1:
                inner = inner.expressions[0]
            return exp.Anonymous(this="aggregate", expressions=[inner])
        return node

    return plain(tree.copy().transform(blank))


def _suits(alias: str, aggregate: str) -> bool:
    words = alias.split("_")
    return any(word in words for word in WORDS.get(aggregate.removesuffix("(distinct)"), ()))


RULE = Rule(
    "AGG008", "aggregate-exchanged", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
