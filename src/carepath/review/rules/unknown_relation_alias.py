"""A column is qualified with a name that is no table, CTE or alias here.

What it does
    Reports `x.column` where no source of the query, or of a query around it, is called x.

Why it is bad
    The model does not build. Often an alias was renamed, or a join was removed, and one
    reference was left behind.

For example
    select o.id, customers.name from orders as o join customers as c on c.id = o.customer_id

Use instead
    select o.id, c.name from orders as o join customers as c on c.id = o.customer_id
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import nearest
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report the unknown qualifiers the resolver met."""
    for variant in context.resolved:
        assert variant.resolution is not None
        reported: set[tuple[str, str]] = set()
        for gap in variant.resolution.gaps:
            if gap.kind != "alias" or (gap.name, gap.path) in reported:
                continue
            reported.add((gap.name, gap.path))
            names = [name for name in gap.extra.get("bindings", "").split(", ") if name]
            near = nearest(gap.name, names, 0.6)
            yield Issue(
                subject=gap.name,
                message=f"Nothing here is called {gap.name}."
                + (f" Did you mean {near}?" if near else ""),
                consequence="The model does not build: unknown table or alias.",
                fix=f"Qualify with {near or 'one of ' + ', '.join(names)}.",
                confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
                offset=gap.offset,
                variant=variant,
                path=gap.path,
                evidence=[Evidence(f"the sources here are {', '.join(names)}")],
            )


RULE = Rule("SQL006", "unknown-relation-alias", Severity.ERROR, __doc__ or "", check)
