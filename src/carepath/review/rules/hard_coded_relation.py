"""A table is named directly instead of through ref or source.

What it does
    Reports `from schema.table`, and names that are neither a CTE nor a ref. A name close to that
    of a CTE of the model is an error: the CTE was meant.

Why it is bad
    dbt does not know the dependency: the order of builds, environments and lineage are wrong.

For example
    select * from analytics.stg_orders

Use instead
    select * from {{ ref('stg_orders') }}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.relations import OPEN_SCHEMA, SCHEMA
from carepath.review.jinja.unknown import PATTERN
from carepath.review.naming import nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of

SYSTEM = frozenset(
    [
        "information_schema",
        "pg_catalog",
        "dual",
        "account_usage",
        "unnest",
        "generate_series",
        "range",
        "generate_date_array",
        "table",
        "system",
        "sys",
        "svv_tables",
    ]
)


def check(context: Context) -> Iterator[Issue]:
    """Look at each table that is no ref, no source and no CTE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                node = binding.node
                if binding.is_cte or not isinstance(node, exp.Table):
                    continue
                if isinstance(node.this, exp.Identifier):
                    yield from _table(context, variant, scope, node)


def _table(context: Context, variant: Variant, scope: Scope, node: exp.Table) -> Iterator[Issue]:
    assert variant.resolution is not None
    schema, name = node.db.lower(), node.name.lower()
    shown = ".".join(part.name for part in node.parts)
    if schema in (SCHEMA, OPEN_SCHEMA) or name.startswith(SCHEMA) or PATTERN.search(shown):
        return
    if {schema, name, node.catalog.lower()} & SYSTEM or "/" in shown or "cp_" in name:
        return
    if "information_schema" in shown.lower() or "@" in shown or "$" in shown:
        return
    offset = start_of(node) or 0
    if not schema:
        if variant.parsed.is_patched:
            return
        if any(name in b.relation.index for b in scope.bindings.values()) or "." in name:
            return
        ctes = list(variant.resolution.ctes)
        unread = set(variant.resolution.unused_ctes)
        near = nearest(name, ctes, 0.8)
        if near is not None and near in unread | {n for n in ctes if nearest(name, [n], 0.87)}:
            yield Issue(
                subject=name,
                message=f"There is no CTE {name}. Did you mean {near}?",
                consequence="The model does not build: no such table.",
                fix=f"Use {near}.",
                severity=Severity.ERROR,
                confidence=Confidence.LIKELY,
                offset=offset,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"the CTEs are {', '.join(ctes[:10])}")],
            )
            return
    model = context.space.models.get(node.name) or context.space.models.get(name)
    source = next((s for s, t in context.space.docs.sources if t.lower() == name), None)
    if model is not None and model.id != context.model.id and not schema:
        fix, severity = f"Use {{{{ ref('{model.name}') }}}}.", Severity.WARNING
    elif model is not None and model.id != context.model.id and source is None:
        fix, severity = f"Use {{{{ ref('{model.name}') }}}}, if that model is meant.", Severity.NOTE
    elif schema and source is not None and schema in (source.lower(), ""):
        fix, severity = f"Use {{{{ source('{source}', '{name}') }}}}.", Severity.NOTE
    elif not schema:
        fix, severity = "Use ref or source, or define the CTE.", Severity.WARNING
    else:
        fix, severity = "Declare it as a source and use source().", Severity.NOTE
    yield Issue(
        subject=shown.lower(),
        message=f"{shown} is named directly, not through ref or source.",
        consequence="dbt does not know the dependency; environments are mixed.",
        fix=fix,
        severity=severity,
        confidence=Confidence.LIKELY,
        offset=offset,
        variant=variant,
        path=scope.path,
    )


RULE = Rule("REF003", "hard-coded-relation", Severity.NOTE, __doc__ or "", check)
