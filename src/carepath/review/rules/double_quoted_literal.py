"""A text in double quotes is read as a column.

What it does
    Reports `column = "text"` in dialects where double quotes enclose names, and no source has
    such a column.

Why it is bad
    The model does not build, or compares with a column nobody meant.

For example
    where status = "active"

Use instead
    where status = 'active'
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of

STRINGS = frozenset({"bigquery", "databricks", "spark", "clickhouse", "", "duckdb"})


def check(context: Context) -> Iterator[Issue]:
    """Look at quoted names that are compared with a column."""
    if context.dialect in STRINGS:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for use in scope.uses:
                node = use.node
                if not node.this.args.get("quoted") or node.table or use.column is not None:
                    continue
                parent = node.parent
                if not isinstance(parent, exp.EQ | exp.NEQ | exp.In) or use.alias:
                    continue
                if isinstance(parent, exp.In) and parent.this is node:
                    continue
                other = (
                    parent.this
                    if isinstance(parent, exp.In)
                    else (parent.right if parent.left is node else parent.left)
                )
                if not isinstance(other, exp.Column) or other.this.args.get("quoted"):
                    continue
                closed = all(b.relation.is_closed for b in scope.bindings.values())
                yield Issue(
                    subject=node.name,
                    message=f'"{node.name}" in double quotes is a column name, not a text.',
                    consequence="The model does not build: there is no such column.",
                    fix=f"Write '{node.name}'.",
                    severity=Severity.ERROR if closed else Severity.WARNING,
                    confidence=Confidence.CERTAIN if closed else Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"no source is known to have a column {node.name}")],
                )


RULE = Rule("SQL012", "double-quoted-literal", Severity.ERROR, __doc__ or "", check)
