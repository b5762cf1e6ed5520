"""The change turns a condition into its opposite.

What it does
    Compares the WHERE of each query with the one before: reports a condition that was negated
    (`not is_test` to `is_test`, `in` to `not in`, `=` to `!=`) while the other conditions stay and
    the model keeps its name.

Why it is bad
    The model has just the rows it left out before, and every reader goes on as if it had not.

For example
    -   where status in ('solved', 'closed')
    +   where status not in ('solved', 'closed')

Use instead
    where status in ('solved', 'closed')    -- or a second model, named after the other rows
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Compare the conditions of each WHERE with those at base."""
    for variant, scope, before in edited(context):
        ours, theirs = scope.node.args.get("where"), before.node.args.get("where")
        if ours is None or theirs is None or plain(ours) == plain(theirs):
            continue
        now = {bare(part): part for part in conjuncts(ours.this)}
        was = {bare(part): part for part in conjuncts(theirs.this)}
        new = [part for text, part in now.items() if text not in was]
        gone = [part for text, part in was.items() if text not in now]
        if len(new) != 1 or len(gone) != 1:
            continue
        (one, is_one), (other, is_other) = _sign(new[0]), _sign(gone[0])
        if one != other or is_one == is_other:
            continue
        yield Issue(
            subject=f"turned {one}"[:100],
            message=f"{shown(gone[0])[:80]} became {shown(new[0])[:80]}.",
            consequence="The rows are those that were left out before.",
            fix="Keep the condition, or give the other rows a model of their own.",
            confidence=Confidence.POSSIBLE,
            offset=start_of(new[0]) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base: {shown(theirs.this)[:160]}", base_place(context))],
        )


def _sign(node: exp.Expr) -> tuple[str, bool]:
    """A condition without its negations, and whether they leave it positive."""
    is_positive = True
    while isinstance(node, (exp.Not, exp.Paren)):
        is_positive = is_positive != isinstance(node, exp.Not)
        node = node.this
    if isinstance(node, (exp.EQ, exp.Is)) and isinstance(node.expression, exp.Boolean):
        inner = bare(node.this)
        return inner, is_positive == bool(node.expression.this)
    if isinstance(node, exp.NEQ):
        same = exp.EQ(this=node.left.copy(), expression=node.right.copy())
        return bare(same), not is_positive
    return bare(node), is_positive


RULE = Rule(
    "LIT015",
    "condition-turned-over",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
