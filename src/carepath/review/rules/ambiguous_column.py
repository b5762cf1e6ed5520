"""A column without a qualifier is in more than one of the joined sources.

What it does
    Reports an unqualified name that at least two sources of the query have, unless USING or an
    output alias makes it clear.

Why it is bad
    The model does not build: ambiguous column. It often starts when upstream gains a column.

For example
    select id, name from orders join customers on orders.customer_id = customers.id

Use instead
    select orders.id, customers.name from orders join customers on orders.customer_id = customers.id
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule


def check(context: Context) -> Iterator[Issue]:
    """Report ambiguity where at least two of the sources are known from SQL."""
    for variant in context.resolved:
        assert variant.resolution is not None
        reported: set[tuple[str, str]] = set()
        for gap in variant.resolution.gaps:
            if gap.kind != "ambiguous" or (gap.name, gap.path) in reported:
                continue
            proven = sum(not relation.id.startswith("source:") for relation in gap.relations)
            reported.add((gap.name, gap.path))
            yield Issue(
                subject=gap.name,
                message=f"{gap.name} is in {' and in '.join(gap.choices[:3])}.",
                consequence="The model does not build: ambiguous column.",
                fix=f"Write {gap.choices[0]}.{gap.name} or {gap.choices[1]}.{gap.name}.",
                severity=Severity.ERROR if proven >= 2 else Severity.WARNING,
                confidence=Confidence.CERTAIN
                if proven >= 2 and context.dialect
                else Confidence.LIKELY,
                offset=gap.offset,
                variant=variant,
                path=gap.path,
                evidence=[Evidence(f"{name} has a column {gap.name}") for name in gap.choices[:3]],
            )


RULE = Rule("SQL007", "ambiguous-column", Severity.ERROR, __doc__ or "", check)
