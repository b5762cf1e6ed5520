"""A CASE compares a share, and what has nothing to share falls to ELSE.

What it does
    Reports a CASE of texts or flags whose conditions compare a quotient guarded against zero
    (`a / nullif(b, 0)`, SAFE_DIVIDE) and whose ELSE gives a value, where no branch asks for the
    divisor or for null.

Why it is bad
    Where there is nothing to divide by, the quotient is null, no condition holds, and the row is
    told to have failed.

For example
    case when on_time / nullif(trips, 0) >= 0.9 then 'PASS' else 'FAIL' end

Use instead
    case when trips = 0 then 'N/A' when on_time / trips >= 0.9 then 'PASS' else 'FAIL' end
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def check(context: Context) -> Iterator[Issue]:
    """Look at each CASE with an ELSE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Case) or clause != "select" or node.this is not None:
                    continue
                quotient = _quotient(node)
                divisor = _divisor(quotient)
                if (
                    quotient is None
                    or divisor is None
                    or not isinstance(node.args.get("default"), exp.Literal)
                ):
                    continue
                yield Issue(
                    subject=write(quotient).lower()[:100],
                    message=f"Where {shown(divisor)[:60]} is zero, no condition holds, "
                    f"and the row is told {shown(node.args['default'])}.",
                    consequence="What has nothing to count is counted as failed.",
                    fix="Give it a branch of its own, before the others.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(quotient) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _quotient(case: exp.Case) -> exp.Expr | None:
    """The guarded quotient that the branches compare; None where one asks for its divisor."""
    branches = case.args.get("ifs") or []
    found: exp.Expr | None = None
    for branch in branches:
        for node in branch.this.find_all(*COMPARISONS):
            for side in (node.left, node.right):
                inner = next((n for n in side.walk() if _divisor(n) is not None), None)
                if inner is not None and side.find(exp.Coalesce) is None:
                    found = found or inner
    divisor = _divisor(found) if found is not None else None
    if divisor is None or not all(_is_text(b.args.get("true")) for b in branches):
        return None
    for branch in branches:
        outside = branch.this.copy()
        if outside.find(exp.Is) or any(
            side == divisor
            for node in outside.find_all(*COMPARISONS, exp.NEQ)
            for side in (node.left, node.right)
        ):
            return None
    return found


def _is_text(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _divisor(node: exp.Expr | None) -> exp.Expr | None:
    """What a quotient that is null for zero is divided by."""
    found: exp.Expr | None = None
    if isinstance(node, exp.SafeDivide):
        found = node.expression
    if isinstance(node, exp.Div):
        right = node.right
        while isinstance(right, exp.Paren):
            right = right.this
        if isinstance(right, exp.Nullif):
            found = right.this
    return found


RULE = Rule(
    "NULL032", "zero-falls-to-else", Severity.NOTE, __doc__ or "", check, ceiling=Severity.NOTE
)
