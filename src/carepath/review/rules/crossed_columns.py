"""A difference takes one of its two columns from the wrong pair.

What it does
    Reports a difference or a ratio of two columns that differ in two words (scheduled_departure,
    actual_arrival) where the relation also has the two that differ in one (scheduled_arrival,
    actual_departure) and the name of the result has a word of one of them only.

Why it is bad
    The arrival is measured against the departure: the line was copied and half adapted.

For example
    datediff('minute', scheduled_departure, actual_arrival) as arrival_delay

Use instead
    datediff('minute', scheduled_arrival, actual_arrival) as arrival_delay
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
from carepath.review.sql.writing import shown

PAIRED = (
    exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff, exp.Sub, exp.Div,
    exp.SafeDivide,
)  # fmt: skip
BETWEEN = re.compile(r"(^|_)(since|until|after|before|from|to|vs|versus|against|between)(_|$)")
"""In a name that speaks of both ends."""


def check(context: Context) -> Iterator[Issue]:
    """Look at the two columns of each difference and ratio."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if clause == "select" and isinstance(node, PAIRED):
                    yield from _crossed(variant, scope, node)


def _crossed(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    alias = node.find_ancestor(exp.Alias)
    sides = [list(side.find_all(exp.Column)) for side in _sides(node)]
    if alias is None or [len(side) for side in sides] != [1, 1]:
        return
    assert variant.resolution is not None
    uses = [variant.resolution.uses.get(id(side[0])) for side in sides]
    first, second = uses
    if first is None or second is None or first.binding is not second.binding:
        return
    relation = first.binding.relation if first.binding is not None else None
    words = [side[0].name.lower().split("_") for side in sides]
    places = _differing(*words)
    if relation is None or len(places) != 2 or BETWEEN.search(alias.alias.lower()):
        return
    known = {name.strip('"').lower() for name in relation.index}
    told = alias.alias.lower().split("_")
    for at in places:
        for mine, other in (words, words[::-1]):
            # The name speaks of `other`: then `mine` should have its word as well.
            meant = [*mine[:at], other[at], *mine[at + 1 :]]
            turned = [*other[:at], mine[at], *other[at + 1 :]]
            names = ["_".join(meant), "_".join(turned)]
            if other[at] not in told or mine[at] in told or other[at] in mine:
                continue
            if any(word in told for i in places if i != at for word in (mine[i], other[i])):
                continue
            if not known.issuperset(names):
                continue
            yield Issue(
                subject=f"{alias.alias.lower()} {'_'.join(mine)}",
                message=f"{alias.alias} compares {'_'.join(other)} with {'_'.join(mine)}, and there"
                f" is {names[0]}.",
                consequence=f"The {other[at]} is measured against the {mine[at]}.",
                fix=f"Use {names[0]}.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(shown(node)[:160])],
            )
            return


def _sides(node: exp.Expr) -> list[exp.Expr]:
    both = [node.this, node.args.get("expression")]
    if isinstance(node.this, exp.Literal) or not isinstance(both[1], exp.Expr):
        both = [both[1], node.args.get("unit")]
    return [side for side in both if isinstance(side, exp.Expr)]


def _differing(first: list[str], second: list[str]) -> list[int]:
    """The places where two names of equally many words differ."""
    if len(first) != len(second):
        return []
    return [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]


RULE = Rule(
    "AGG023",
    "crossed-columns",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
