"""Two columns are equated that have no value in common.

What it does
    Reports `a = b` where the query gives each side texts of its own, by constants or filters, and
    none of them is on both; and where both sides name the relation that a row came from, in unions
    of different relations (`_dbt_source_relation` of dbt_utils.union_relations).

Why it is bad
    Nothing matches: an INNER JOIN is empty, a LEFT JOIN brings nulls, and nothing fails.

For example
    -- contacts is a union of schools' contacts tables, phones of their phones tables
    from contacts as c left join phones as p
        on p._dbt_source_relation = c._dbt_source_relation and p.person_id = c.person_id

Use instead
    -- school is taken out of the name of the relation, on both sides
    from contacts as c left join phones as p
        on p.school = c.school and p.person_id = c.person_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.relation import Column
from carepath.review.sql.values import ROWS_OF
from carepath.review.sql.writing import shown, write

SHOWN = 4


def check(context: Context) -> Iterator[Issue]:
    """Look at each equality of two columns."""
    for variant in context.resolved:
        assert variant.resolution is not None
        uses = variant.resolution.uses
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.EQ):
                    continue
                left, right = uses.get(id(node.left)), uses.get(id(node.right))
                if left is None or right is None or not left.column or not right.column:
                    continue
                values = (_values(left.column), _values(right.column))
                if not values[0] or not values[1] or values[0] & values[1]:
                    continue
                yield Issue(
                    subject=write(node).lower()[:120],
                    message=f"{shown(node)[:110]} never holds: the two sides have no value in "
                    "common.",
                    consequence="Nothing matches.",
                    fix="Equate what both sides share.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"{shown(side)} is one of {_list(found)}")
                        for side, found in zip((node.left, node.right), values, strict=True)
                    ],
                )


def _values(column: Column) -> frozenset[str]:
    """All that a column can hold, as far as the query itself says so."""
    for tag in column.tags:
        if tag.startswith(ROWS_OF):
            return frozenset(tag.removeprefix(ROWS_OF).split("|"))
    domain = column.domain
    return domain.values if domain is not None and domain.strength == "sql" else frozenset()


def _list(values: frozenset[str]) -> str:
    first = sorted(values)[:SHOWN]
    return ", ".join(first) + (f" and {len(values) - SHOWN} more" if len(values) > SHOWN else "")


RULE = Rule("LIT031", "never-equal-columns", Severity.ERROR, __doc__ or "", check)
