"""AND and OR are mixed without parentheses, over one column.

What it does
    Reports `a and x = 1 or x = 2`: OR over a column that the last part of the AND compares too;
    and a WHERE whose conditions stay while the change, there or in a macro, turns an AND between
    them into OR or takes the parentheses away that kept an OR together.

Why it is bad
    AND binds first: the second value is let through without the other conditions.

For example
    where is_active and status = 'new' or status = 'open'

Use instead
    where is_active and (status = 'new' or status = 'open')
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

CLAUSES = ("where", "on", "having", "select")
COMPARE = (exp.EQ, exp.NEQ, exp.In, exp.Like, exp.Is, exp.GT, exp.LT, exp.GTE, exp.LTE)


def check(context: Context) -> Iterator[Issue]:
    """Look at each OR with an AND, without parentheses, on its left."""
    told: set[int] = set()
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Or) or clause not in CLAUSES:
                    continue
                pair = _beside(node)
                if pair is None:
                    continue
                last, other = pair
                kinds = {type(last), type(other)}
                if not kinds <= set(COMPARE) or (len(kinds) > 1 and exp.Is not in kinds):
                    continue
                column = last.this
                if not isinstance(column, exp.Column) or column != other.this:
                    continue
                told.add(id(scope))
                yield Issue(
                    subject=write(other)[:100],
                    message=f"AND binds before OR: {shown(other)[:60]} holds without "
                    "the other conditions.",
                    consequence="Rows come in that the other conditions should keep out.",
                    fix="Put the OR in parentheses.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(other) or 0,
                    variant=variant,
                    path=scope.path,
                )

    for scope, issue in _edits(context):
        if id(scope) not in told:
            yield issue


def _beside(node: exp.Or) -> tuple[exp.Expr, exp.Expr] | None:
    """(condition next to the OR on the side of its AND, condition on the other side)."""
    if isinstance(node.left, exp.And) and not isinstance(node.right, exp.And):
        return node.left.right, node.right
    if isinstance(node.right, exp.And) and not isinstance(node.left, (exp.And, exp.Or)):
        first: exp.Expr = node.right
        while isinstance(first, exp.And):
            first = first.left
        return first, node.left
    return None


def _edits(context: Context) -> Iterator[tuple[Scope, Issue]]:
    """Conditions that stood together at base and are alternatives now."""
    for variant, scope, before in edited(context):
        ours, theirs = scope.node.args.get("where"), before.node.args.get("where")
        if ours is None or theirs is None or plain(ours) == plain(theirs):
            continue
        if _leaves(ours.this) != _leaves(theirs.this):
            continue
        new = list(ours.find_all(exp.Or))
        is_bare = isinstance(ours.this, exp.Or) and isinstance(theirs.this, exp.And)
        is_more = len(new) > len(list(theirs.find_all(exp.Or)))
        if not is_more and not is_bare:
            continue
        issue = Issue(
            subject=f"or {plain(ours.this)[:90]}",
            message=f"AND became OR: {shown(new[-1])[:90]}."
            if is_more
            else f"OR has lost its parentheses: {shown(new[0].right)[:60]} holds without the "
            "other conditions.",
            consequence="Rows that meet one of the conditions come in, where all had to hold.",
            fix="Write AND, unless either is meant." if is_more else "Put the OR in parentheses.",
            confidence=Confidence.POSSIBLE,
            offset=start_of(new[0].right) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base: {shown(theirs.this)[:160]}", base_place(context))],
        )
        yield scope, issue


def _leaves(node: exp.Expr) -> list[str]:
    if isinstance(node, exp.Paren):
        return _leaves(node.this)
    if isinstance(node, (exp.And, exp.Or)):
        return sorted(_leaves(node.left) + _leaves(node.right))
    return [plain(node)]


RULE = Rule("LIT007", "and-or-precedence", Severity.WARNING, __doc__ or "", check)
