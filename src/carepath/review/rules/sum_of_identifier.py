"""An identifier is summed or averaged.

What it does
    Reports SUM and AVG over a bare column whose name ends in _id or _key, or is id.

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
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at the argument of each SUM and AVG."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, (exp.Sum, exp.Avg)) or not isinstance(
                    node.this, exp.Column
                ):
                    continue
                name = node.this.name.lower()
                if name == "id" or name.endswith(("_id", "_key", "_uuid")):
                    use = variant.resolution.uses.get(id(node.this))
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
                        message=f"{write(node)} adds up identifiers.",
                        consequence="The number means nothing.",
                        fix=f"Use COUNT, or COUNT(DISTINCT {write(node.this)}).",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )


RULE = Rule("AGG002", "sum-of-identifier", Severity.WARNING, __doc__ or "", check)
