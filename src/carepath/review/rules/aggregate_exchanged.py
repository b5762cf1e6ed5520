"""The change exchanges the aggregate of a column that keeps its name.

What it does
    Compares each output column with the same one at base: reports MIN made MAX, MAX made SUM,
    COUNT(DISTINCT x) made COUNT(x) and the like, where nothing else in it changes.

Why it is bad
    Readers go on as before: the name is the same, the number is another.

For example
    count(customer_id) as customers     -- was: count(distinct customer_id)

Use instead
    count(distinct customer_id) as customers
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of

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
            change = exchanged(old, expression)
            if change is None or (_suits(alias, change[1]) and not _suits(alias, change[0])):
                continue
            yield Issue(
                subject=f"{alias} {change[0]} {change[1]}",
                message=f"{alias} was {plain(old)[:70]} and is {plain(expression)[:70]}.",
                consequence="It keeps its name and changes its meaning for every reader.",
                fix=f"Keep {change[0]}, or give the new number a name of its own.",
                severity=Severity.WARNING if change[0] == "count(distinct)" else Severity.NOTE,
                confidence=Confidence.POSSIBLE,
                offset=start_of(expression) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {plain(old)[:160]}", base_place(context))],
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
