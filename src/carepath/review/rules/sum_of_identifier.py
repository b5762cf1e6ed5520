"""An identifier is summed or averaged.

What it does
    Reports SUM and AVG over a column whose name ends in _id or _key, or is id, also on a condition.

Why it is bad
    The number means nothing; COUNT was meant.

For example
    sum(order_id) as orders

Use instead
    count(order_id) as orders
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import bare, outcomes
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at the argument of each SUM and AVG."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                column = _added(node.this) if isinstance(node, (exp.Sum, exp.Avg)) else None
                if not isinstance(column, exp.Column):
                    continue
                name = column.name.lower()
                if name == "id" or name.endswith(("_id", "_key", "_uuid")):
                    use = variant.resolution.uses.get(id(column))
                    # A flag named after an id (`has_id`) is computed, not carried.
                    if (
                        use is not None
                        and use.column is not None
                        and (
                            use.column.kind != "column"
                            or name.startswith(("has_", "is_", "n_", "num"))
                        )
                    ):
                        continue
                    yield Issue(
                        subject=write(node),
                        message=f"{shown(node)} adds up identifiers.",
                        consequence="The number means nothing.",
                        fix=f"Use COUNT, or COUNT(DISTINCT {shown(column)}).",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _added(node: exp.Expr) -> exp.Expr | None:
    """The column that is added up, also where only on a condition."""
    inner = bare(node)
    if isinstance(inner, (exp.Case, exp.If)):
        given = [one for one in outcomes(inner) if not isinstance(one, (exp.Null, exp.Literal))]
        return bare(given[0]) if len(given) == 1 else None
    return inner


RULE = Rule("AGG002", "sum-of-identifier", Severity.WARNING, __doc__ or "", check)
