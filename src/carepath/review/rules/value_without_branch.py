"""A column gains a value that a CASE has no branch for.

What it does
    Reports a CASE without ELSE that has a branch for each value its column could hold at base,
    where the change lets the column hold another one: by accepted_values, a seed or its SQL.

Why it is bad
    The CASE gives null for the new value, and what is computed from it is null or lost.

For example
    values: [month, year]  ->  values: [month, year, quarter]
    case billing_interval when 'month' then price when 'year' then price / 12 end

Use instead
    case billing_interval when 'month' then price when 'quarter' then price / 3
        when 'year' then price / 12 end
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.relation import Column, Domain, Source
from carepath.review.sql.values import equality


def check(context: Context) -> Iterator[Issue]:
    """Look at each CASE over one column whose values the change adds to."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Case) or not _has_no_rest(node):
                    continue
                found = _branches(node)
                use = variant.resolution.uses.get(id(found[0])) if found is not None else None
                if found is None or use is None or use.column is None:
                    continue
                handled, now = found[1], use.column.domain
                was = _domain_at(change.base, use.column)
                if now is None or was is None or len(handled) < 2:
                    continue
                added = sorted(now.values - was.values)
                missing = [value for value in added if value not in handled]
                if not missing or not was.values <= handled:
                    continue
                yield Issue(
                    subject=f"{use.column.name} {' '.join(missing)}"[:120],
                    message=f"{use.column.shown} can now be {listing(list(map(repr, missing)), 5)},"
                    " which this CASE has no branch for.",
                    consequence="It gives null for those rows.",
                    fix="Add a branch, or an ELSE.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or start_of(found[0]) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{use.column.shown}: {now.proof}")],
                )


def _has_no_rest(node: exp.Case) -> bool:
    default = node.args.get("default")
    return default is None or isinstance(default, exp.Null)


def _branches(node: exp.Case) -> tuple[exp.Column, frozenset[str]] | None:
    """The one column a CASE compares with texts, and those texts."""
    column: exp.Column | None = node.this if isinstance(node.this, exp.Column) else None
    values: set[str] = set()
    for branch in node.args.get("ifs") or []:
        if isinstance(node.this, exp.Column):
            if not isinstance(branch.this, exp.Literal) or not branch.this.is_string:
                return None
            values.add(branch.this.name)
            continue
        found = equality(branch.this)
        if node.this is not None or found is None or (column is not None and found[0] != column):
            return None
        column = column or found[0]
        values.update(found[1])
    return (column, frozenset(values)) if column is not None else None


def _domain_at(base: Snapshot, column: Column) -> Domain | None:
    """What a column could hold at base."""
    return _of(base, column.direct) or _of(base, column.root)


def _of(base: Snapshot, source: Source | None) -> Domain | None:
    model = base.models.get(source[0]) if source is not None else None
    if source is None or model is None:
        return None
    found = base.facts(model).relation.get(source[1])
    return found.domain if found is not None else None


RULE = Rule(
    "LIT012",
    "value-without-branch",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
