"""A column without a qualifier is in more than one of the joined sources.

What it does
    Reports an unqualified name that at least two sources of the query have, or that the query
    itself reads of both, unless USING or an output alias makes it clear.

Why it is bad
    The model does not build: ambiguous column. It often starts when upstream gains a column.

For example
    select id, name from orders join customers on orders.customer_id = customers.id

Use instead
    select orders.id, customers.name from orders join customers on orders.customer_id = customers.id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.parse import start_of

BOTH = 2


def check(context: Context) -> Iterator[Issue]:
    """Report ambiguity where at least two of the sources are known from SQL."""
    for variant in context.resolved:
        assert variant.resolution is not None
        reported: set[tuple[str, str]] = set()
        for scope in variant.resolution.scopes:
            yield from _read_of_both(context, variant, scope)
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


def _read_of_both(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`select id from a join b on a.id = b.id`: the query itself shows that both have it."""
    if context.dialect == "clickhouse" or scope.is_natural or len(scope.bindings) < BOTH:
        return
    read: dict[str, dict[str, Binding]] = {}
    for use in scope.uses:
        binding = use.binding if use.node.table else None
        if binding is None or binding.hidden:
            continue
        if isinstance(binding.node, (exp.Table, exp.Subquery)):
            read.setdefault(use.node.name.lower(), {})[binding.name] = binding
    told: set[str] = set()
    for use in scope.uses:
        name = use.node.name.lower()
        owners = read.get(name, {})
        if use.node.table or use.alias or name in told or len(owners) < BOTH:
            continue
        if name in scope.using or PATTERN.search(name):
            continue
        if sum(name in binding.relation.index for binding in owners.values()) >= BOTH:
            # Told as what the resolver found.
            continue
        if name in {i.alias_or_name.lower() for i in scope.node.expressions} and use.clause not in (
            "select",
            "on",
            "where",
        ):
            continue
        told.add(name)
        choices = sorted(owners)
        yield Issue(
            subject=name,
            message=f"{name} is in {' and in '.join(choices[:3])}.",
            consequence="The model does not build: ambiguous column.",
            fix=f"Write {choices[0]}.{name} or {choices[1]}.{name}.",
            severity=Severity.ERROR,
            confidence=Confidence.LIKELY,
            offset=start_of(use.node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"the query reads {one}.{name}") for one in choices[:3]],
        )


RULE = Rule("SQL007", "ambiguous-column", Severity.ERROR, __doc__ or "", check)
