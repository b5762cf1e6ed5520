"""Something is compared with NULL by = or !=.

What it does
    Reports `x = null`, `x != null`, `x in (..., null)` and `case x when null`.

Why it is bad
    The result is always null, so the condition is never true.

For example
    where cancelled_at = null

Use instead
    where cancelled_at is null
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import bare
from carepath.review.sql.writing import write

COMPARE = (exp.EQ, exp.NEQ, exp.GT, exp.LT, exp.GTE, exp.LTE)


def check(context: Context) -> Iterator[Issue]:
    """Look for NULL as an operand."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                bad = isinstance(node, COMPARE) and (_is_null(node.left) or _is_null(node.right))
                if isinstance(node, exp.In) and node.expressions:
                    bad = any(_is_null(item) for item in node.expressions)
                if isinstance(node, exp.Case) and node.this is not None:
                    ifs = node.args.get("ifs") or []
                    bad = any(isinstance(branch.this, exp.Null) for branch in ifs)
                if bad and isinstance(node.parent, (exp.PropertyEQ, exp.Kwarg)):
                    continue
                if bad:
                    yield Issue(
                        subject=write(node)[:100],
                        message="A comparison with NULL is never true.",
                        consequence="The condition never holds, or the branch is never taken.",
                        fix="Use IS NULL or IS NOT NULL.",
                        confidence=Confidence.CERTAIN,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _is_null(node: exp.Expr) -> bool:
    """True for NULL, also of a type."""
    return isinstance(bare(node), exp.Null) and not isinstance(node, exp.Coalesce)


RULE = Rule("NULL002", "null-unsafe-comparison", Severity.ERROR, __doc__ or "", check)
