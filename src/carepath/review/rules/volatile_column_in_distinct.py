"""SELECT DISTINCT over a value that differs in every row.

What it does
    Reports SELECT DISTINCT, and UNION without ALL, with ROW_NUMBER or a generated id among the
    columns.

Why it is bad
    No two rows are equal, so nothing is removed.

For example
    select distinct user_id, row_number() over (order by user_id) as n from events

Use instead
    select user_id, row_number() over (order by user_id) as n from (select distinct user_id ...)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts

GENERATED = frozenset({"uuid_string", "generate_uuid", "gen_random_uuid", "random", "rand"})


def check(context: Context) -> Iterator[Issue]:
    """Look at the columns of each DISTINCT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        chosen = _chosen(variant)
        for scope in variant.resolution.scopes:
            distinct = scope.node.args.get("distinct")
            if not isinstance(distinct, exp.Distinct) or distinct.args.get("on"):
                continue
            for item in scope.node.expressions:
                inner = item.this if isinstance(item, exp.Alias) else item
                volatile = isinstance(inner, exp.Window) and isinstance(inner.this, exp.RowNumber)
                volatile = volatile and item.alias_or_name.lower() not in chosen
                volatile = volatile or isinstance(inner, (exp.Uuid, exp.Rand))
                if isinstance(inner, exp.Anonymous) and inner.name.lower() in GENERATED:
                    volatile = True
                if volatile:
                    yield Issue(
                        subject=item.alias_or_name,
                        message=f"{item.alias_or_name} differs in every row, so DISTINCT removes "
                        "nothing.",
                        consequence="Duplicates stay.",
                        fix="Compute it after removing the duplicates.",
                        confidence=Confidence.CERTAIN,
                        offset=start_of(item) or 0,
                        variant=variant,
                        path=scope.path,
                    )


def _chosen(variant: Variant) -> set[str]:
    """The names of which another query of the model asks for the first: `where rn = 1`."""
    assert variant.resolution is not None
    return {
        part.left.name.lower()
        for scope in variant.resolution.scopes
        if (where := scope.node.args.get("where")) is not None
        for part in conjuncts(where.this)
        if isinstance(part, exp.EQ) and part.right.name == "1"
    }


RULE = Rule("GRAIN005", "volatile-column-in-distinct", Severity.WARNING, __doc__ or "", check)
