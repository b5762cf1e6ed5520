"""Two figures of opposite names are taken under one condition.

What it does
    Reports conditional sums and counts of one SELECT whose names hold opposite words (open and
    closed, paid and unpaid, active and inactive) although their condition is the same, where
    another figure shows which word the condition belongs to.

Why it is bad
    The names are exchanged, and every figure made of them.

For example
    select sum(case when resolved_at is not null then 1 else 0 end) as closed_issues,
        sum(case when resolved_at is not null then seconds end) as open_seconds,
        sum(case when resolved_at is null then seconds end) as close_seconds
    from issues

Use instead
    select sum(case when resolved_at is not null then 1 else 0 end) as closed_issues,
        sum(case when resolved_at is not null then seconds end) as close_seconds,
        sum(case when resolved_at is null then seconds end) as open_seconds
    from issues
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import write

OPPOSITES = (
    ({"open", "opened"}, {"close", "closed", "resolved"}),
    ({"active"}, {"inactive"}),
    ({"paid"}, {"unpaid"}),
    ({"won"}, {"lost"}),
    ({"new"}, {"returning", "repeat", "existing"}),
    ({"success", "succeeded", "successful"}, {"failure", "failed"}),
    ({"internal"}, {"external"}),
    ({"inbound", "incoming"}, {"outbound", "outgoing"}),
    ({"debit", "debits"}, {"credit", "credits"}),
    ({"male"}, {"female"}),
    ({"enabled"}, {"disabled"}),
    ({"billable"}, {"nonbillable"}),
)
Figure = tuple[exp.Expr, str, int]
"""The item, its name, and 1 or -1: whether its word is the one or the other of the two."""


def check(context: Context) -> Iterator[Issue]:
    """Look at the conditional aggregates of each SELECT."""
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for pair in OPPOSITES:
                for by_sign in _figures(scope, pair).values():
                    found = _crossed(by_sign)
                    if found is None:
                        continue
                    item, name, other, condition = found
                    yield Issue(
                        subject=name,
                        message=f"{name} and {other} have opposite names and one condition: "
                        f"{condition[:90]}.",
                        consequence="One of the two shows the figures of the other.",
                        fix=f"Exchange the names, or turn the condition of {name}.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(item) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence("the opposite condition has the opposite names")],
                    )


def _figures(scope: Scope, pair: tuple[set[str], set[str]]) -> dict[str, dict[bool, list[Figure]]]:
    """Test -> whether it is meant to hold -> the figures taken then."""
    found: dict[str, dict[bool, list[Figure]]] = {}
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias):
            continue
        words = set(re.split(r"[^a-z]+", item.alias.lower()))
        sides = [1 if words & pair[0] else 0, -1 if words & pair[1] else 0]
        if not any(sides) or item.find(exp.AggFunc) is None:
            continue
        cases = list(item.find_all(exp.Case, exp.If))
        branches = [c for c in cases if not (isinstance(c, exp.If) and c.parent in cases)]
        if all(sides) or len(branches) != 1:
            continue
        ifs = branches[0].args.get("ifs") or [branches[0]]
        if len(ifs) != 1:
            continue
        test, holds = _test(ifs[0].this)
        found.setdefault(test, {}).setdefault(holds, []).append((item, item.alias, sum(sides)))
    return found


def _test(node: exp.Expr) -> tuple[str, bool]:
    """A condition without its NOT, and whether it had none."""
    holds = True
    node = node.unnest()
    while isinstance(node, exp.Not):
        holds, node = not holds, node.this.unnest()
    if isinstance(node, exp.NEQ):
        return write(exp.EQ(this=node.this.copy(), expression=node.expression.copy())), not holds
    return write(node), holds


def _crossed(by_sign: dict[bool, list[Figure]]) -> tuple[exp.Expr, str, str, str] | None:
    """The later of two figures of one condition and opposite words, where both conditions are."""
    if len(by_sign) != 2 or sum(len(figures) for figures in by_sign.values()) < 3:
        return None
    for figures in by_sign.values():
        for item, name, word in figures[1:]:
            if word != figures[0][2]:
                branch = item.find(exp.Case, exp.If)
                ifs = branch.args.get("ifs") if branch is not None else None
                condition = (ifs[0] if ifs else branch).this if branch is not None else item
                return item, name, figures[0][1], write(condition)
    return None


RULE = Rule(
    "AGG027", "names-crossed", Severity.WARNING, __doc__ or "", check, ceiling=Severity.WARNING
)
