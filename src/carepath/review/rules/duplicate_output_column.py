"""A model puts out two columns of one name.

What it does
    Reports a name that the final SELECT of a model gives twice: listed twice, or listed beside a
    star that already has it, or in two stars.

Why it is bad
    Warehouses refuse to create such a table, or rename the second column silently.

For example
    select orders.*, customers.* from orders join customers using (customer_id, updated_at)

Use instead
    select orders.*, customers.name from orders join customers on ...
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import outermost
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Compare the names of the final select."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in outermost(variant.resolution.scopes):
            seen: dict[str, object] = {}
            told: set[str] = set()
            for item in scope.items:
                name = item.column.name
                if name.startswith("?") or "cp_unk" in name or name in told:
                    continue
                if name not in seen:
                    seen[name] = item.node
                    continue
                told.add(name)
                explicit = item.expression is not None
                from_source = (
                    not explicit
                    and item.binding is not None
                    and (item.binding.relation.id.startswith("source:"))
                )
                yield Issue(
                    subject=name,
                    message=f"{item.column.shown} is put out twice.",
                    consequence="The table cannot be created, or the second one is renamed."
                    if context.dialect != "duckdb"
                    else "The second one is renamed silently.",
                    fix="Remove or rename one of the two.",
                    severity=Severity.WARNING
                    if from_source or context.dialect in ("duckdb", "")
                    else Severity.ERROR,
                    confidence=Confidence.LIKELY if from_source else Confidence.CERTAIN,
                    offset=start_of(item.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"the select list gives {name} more than once")],
                )


RULE = Rule("SQL009", "duplicate-output-column", Severity.ERROR, __doc__ or "", check)
