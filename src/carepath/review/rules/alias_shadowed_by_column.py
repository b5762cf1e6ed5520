"""WHERE or GROUP BY uses a name that is both an alias and another column.

What it does
    Reports an alias given to a computed value, equal to the name of a source column the value is
    not computed from in place, and used unqualified in WHERE: the source column is meant there.

Why it is bad
    The filter looks as if it used the new value; it uses the old one.

For example
    select coalesce(a.status, b.status) as state ... where state = 'open'   -- a has a state too

Use instead
    ... where coalesce(a.status, b.status) = 'open'
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Compare the names WHERE uses with the aliases of the same select."""
    if context.dialect == "clickhouse":
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            told: set[str] = set()
            for use in scope.uses:
                if use.clause != "where" or use.node.table or use.column is None:
                    continue
                name = fold_identifier(use.node.this, context.dialect)
                target = scope.aliases.get(name)
                if target is None or isinstance(target, exp.Column) or name in told:
                    continue
                inside = {
                    fold_identifier(c.this, context.dialect) for c in target.find_all(exp.Column)
                }
                if name in inside:
                    continue
                told.add(name)
                yield Issue(
                    subject=name,
                    message=f"{name} in WHERE is the source's column, not the {name} computed in "
                    "this SELECT.",
                    consequence="The filter uses the old value.",
                    fix="Qualify it, or filter in a later CTE.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(use.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name} is computed as {shown(target)[:100]}")],
                )


RULE = Rule("SQL008", "alias-shadowed-by-column", Severity.NOTE, __doc__ or "", check)
