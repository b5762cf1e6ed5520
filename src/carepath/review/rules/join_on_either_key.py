"""A join matches by one pair of columns or by another.

What it does
    Reports `on a.x = b.x or a.y = b.y`, where neither side uses the same column twice and the rows
    are not numbered, grouped or made distinct afterwards for a choice among the matches.

Why it is bad
    A row finds one partner by the first pair and others by the second: it comes several times.

For example
    on servers.license_id = licenses.license_id or servers.customer_id = licenses.customer_id

Use instead
    on servers.license_id = licenses.license_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at the condition of each join."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            node = scope.node
            if any(node.args.get(key) for key in ("group", "qualify")) or _numbers(scope):
                continue
            for name, binding in scope.bindings.items():
                on = binding.join.args.get("on") if binding.join is not None else None
                for part in conjuncts(on):
                    while isinstance(part, exp.Paren):
                        part = part.this
                    if isinstance(part, exp.Or) and _either(part, name):
                        yield _issue(variant, scope, part, name)


def _either(node: exp.Or, name: str) -> bool:
    """True for two equalities of different columns on both sides, one side being `name`."""
    pairs = []
    for side in (node.left, node.right):
        while isinstance(side, exp.Paren):
            side = side.this
        if not isinstance(side, exp.EQ):
            return False
        one, two = side.left, side.right
        if not isinstance(one, exp.Column) or not isinstance(two, exp.Column):
            return False
        if not one.table or not two.table:
            return False
        ours, theirs = (one, two) if one.table.lower() == name.lower() else (two, one)
        if ours.table.lower() != name.lower() or theirs.table.lower() == name.lower():
            return False
        pairs.append((ours.name.lower(), write(theirs).lower(), theirs.table.lower()))
    first, second = pairs
    return first[0] != second[0] and first[1] != second[1] and first[2] == second[2]


def _numbers(scope: Scope) -> bool:
    return any(isinstance(n, exp.RowNumber) for item in scope.node.expressions
               for n in item.find_all(exp.RowNumber))  # fmt: skip


def _issue(variant: Variant, scope: Scope, part: exp.Expr, name: str) -> Issue:
    return Issue(
        subject=write(part).lower()[:120],
        message=f"{name} is matched by one pair of columns or by another: {shown(part)[:100]}.",
        consequence="A row that finds one partner by each comes twice.",
        fix="Match by one key, or number the matches and keep the best one.",
        confidence=Confidence.POSSIBLE,
        offset=start_of(part) or 0,
        variant=variant,
        path=scope.path,
    )


RULE = Rule(
    "JOIN051", "join-on-either-key", Severity.NOTE, __doc__ or "", check, ceiling=Severity.NOTE
)
