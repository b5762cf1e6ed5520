"""The change loses the filter that kept test, deleted or outdated rows out.

What it does
    Reports a WHERE on a flag such as is_test, is_deleted or is_internal, on deleted_at, or on the
    end of a version (valid_to is null, is_current), that the model had at base and has nowhere
    now, although the column is still there; also where the model read a relation that filters, and
    reads now what stands beneath it. Quiet where the model puts the column out or looks at it
    otherwise, and where a model that this one reads has the filter.

Why it is bad
    Rows come in that count for nothing, or several versions of one thing; often the filter was lost
    while the query was rearranged.

For example
    select conversion_id, revenue from {{ ref('conversions') }}     -- was: where not is_test

Use instead
    select conversion_id, revenue from {{ ref('conversions') }} where not is_test
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown

FLAG = re.compile(
    r"^(?:_|is_|was_)?(?:\w+_)?(test|sandbox|deleted|internal|bot|fake|demo|spam)(?:_user)?$"
)
GONE = re.compile(r"^(\w+_)?(deleted|removed|purged)_(at|on|date|ts|time|timestamp|tstamp)(_\w+)?$")
VERSION = re.compile(
    r"^(\w+_)?(valid_to|valid_until|effective_to)(_\w+)?$|^is_(current|latest)(_\w+)?$"
)


def check(context: Context) -> Iterator[Issue]:
    """Compare the flags a model filters on with those at base."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or context.model.kind != "model":
        return
    if before.file.sha == context.model.file.sha:
        return
    old = [v for v in change.base.analyse(before).variants if v.resolution is not None]
    if not context.resolved or not old:
        return
    variant = context.resolved[0]
    for source, name, condition in _filters(old[0]):
        for scope, node in _readers(variant, source):
            column = next((c.relation.get(name) for c in scope.bindings.values()), None)
            if column is None or _is_named(variant, name):
                continue
            if _is_upstream(change, context.model, name):
                continue
            yield Issue(
                subject=f"{source} {name}",
                message=f"{shown(condition)[:80]} is gone, and nothing looks at {name} any more.",
                consequence="Versions that are over come in."
                if VERSION.search(name)
                else "Rows that were left out come in.",
                fix="Put the condition back, or say why those rows count.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(condition)[:160]}", base_place(context))],
            )
            break
    yield from _beneath(context, old[0], variant)


def _beneath(context: Context, old: Variant, variant: Variant) -> Iterator[Issue]:
    """A model that read `live_tasks`, where the deleted are left out, and reads `tasks` now."""
    now, then = (_read(one) for one in (variant, old))
    for id_ in sorted(then - now):
        upstream = context.snapshot.models.get(id_)
        analysis = context.snapshot.analyse(upstream) if upstream is not None else None
        if analysis is None or not analysis.variants or analysis.variants[0].resolution is None:
            continue
        for source, name, condition in _filters(analysis.variants[0]):
            if source not in now - then:
                continue
            for scope, node in _readers(variant, source):
                if _is_named(variant, name) or not any(
                    c.relation.id == source and c.relation.get(name) is not None
                    for c in scope.bindings.values()
                ):
                    continue
                short = id_.rpartition(".")[2]
                yield Issue(
                    subject=f"{source} {name}",
                    message=f"{short} kept {shown(condition)[:80]}, and this reads "
                    f"{source.rpartition('.')[2]} itself now.",
                    consequence="Versions that are over come in."
                    if VERSION.search(name)
                    else "Rows that were left out come in.",
                    fix=f"Read {short}, or put the condition here.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{short} keeps {shown(condition)[:160]}")],
                )
                break


def _read(variant: Variant) -> set[str]:
    assert variant.resolution is not None
    return {
        binding.relation.id
        for scope in variant.resolution.scopes
        for binding in scope.bindings.values()
        if binding.relation.id and not binding.hidden
    }


def _filters(variant: Variant) -> Iterator[tuple[str, str, exp.Expr]]:
    """(relation, column, condition) of each WHERE on a flag."""
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        where = scope.node.args.get("where")
        for part in conjuncts(where.this) if where is not None else []:
            columns = list(part.find_all(exp.Column))
            use = variant.resolution.uses.get(id(columns[0])) if len(columns) == 1 else None
            if use is None or use.column is None or use.column.root is None:
                continue
            name = use.column.name.lower()
            is_version = VERSION.search(name) is not None and isinstance(
                part, (exp.Is, exp.EQ, exp.Column)
            )
            is_gone = GONE.match(name) is not None and isinstance(part, exp.Is)
            if (FLAG.match(name) or is_version or is_gone) and use.column.direct is not None:
                yield use.column.direct[0], use.column.direct[1], part


def _readers(variant: Variant, source: str) -> Iterator[tuple[Scope, exp.Expr]]:
    """The scopes that read a relation themselves."""
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        for binding in scope.bindings.values():
            if binding.relation.id == source and not binding.hidden:
                yield scope, binding.node


def _is_named(variant: Variant, name: str) -> bool:
    """True where the model looks at a column, or puts it out."""
    assert variant.resolution is not None
    outputs = {column.name.lower() for column in variant.resolution.output.columns}
    return name.lower() in outputs or any(
        use.node.name.lower() == name.lower()
        for scope in variant.resolution.scopes
        for use in scope.uses
    )


def _is_upstream(change: Change, model: Model, name: str) -> bool:
    """True where a model that this one reads filters on the column itself."""
    pattern = re.compile(rf"\bwhere\b[\s\S]*\b{re.escape(name)}\b", re.I)
    return any(
        pattern.search(change.head.text(upstream.file)) is not None
        for upstream in change.head.upstream(model)
    )


RULE = Rule(
    "LIT016",
    "filter-lost",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
