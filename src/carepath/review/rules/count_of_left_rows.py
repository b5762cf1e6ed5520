"""COUNT(*) after a LEFT JOIN counts a row where there is none.

What it does
    Reports COUNT(*), or COUNT of a column of the left side, in a query that groups by a key of the
    left side after a LEFT JOIN that can match several rows: such a count can only be meant of the
    rows joined.

Why it is bad
    A left row without a match still is one row: it counts 1 instead of 0.

For example
    select c.customer_id, count(*) as orders
    from customers as c
    left join orders as o on o.customer_id = c.customer_id
    group by c.customer_id

Use instead
    count(o.order_id) as orders
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Resolution, Scope, known_of
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Key
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look at each grouped query with one LEFT JOIN that multiplies."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            many = _many_side(known, scope)
            if many is None:
                continue
            name, binding, key = many
            if _is_matched(variant.resolution, scope, binding):
                continue
            first = next(iter(scope.bindings.values()))
            for item in scope.node.expressions:
                count = item.this if isinstance(item, exp.Alias) else item
                if not isinstance(count, exp.Count) or not _is_of_rows(
                    variant.resolution, count, first
                ):
                    continue
                yield Issue(
                    subject=item.alias_or_name.lower(),
                    message=f"{shown(count)[:60]} counts 1 where {name} has no row: the LEFT JOIN "
                    "keeps the row of the left side.",
                    consequence="What has none counts as one.",
                    fix=f"Count a column of {name} that is never null.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"each group is one row of the left side ({key.proof})"),
                    ],
                )


def _many_side(known: Known, scope: Scope) -> tuple[str, Binding, Key] | None:
    """The one joined relation that multiplies, where the query groups by a key of the first."""
    if scope.node.args.get("group") is None or len(scope.bindings) < 2:
        return None
    first = next(iter(scope.bindings.values()))
    grouped = {
        item.source
        for item in scope.items
        if item.binding is first and any(item.column.name in k.columns for k in scope.output.keys)
    }
    key = next((k for k in first.relation.keys if k.columns and k.columns <= grouped), None)
    if key is None:
        return None
    found: list[tuple[str, Binding]] = []
    for name, binding in list(scope.bindings.items())[1:]:
        join = binding.join
        if not isinstance(join, exp.Join) or binding.hidden:
            return None
        shape = keys.shape_of(known, scope, name, binding)
        if shape.is_unique:
            continue
        if (join.side or "").upper() != "LEFT" or not shape.equated or not binding.relation.keys:
            return None
        found.append((name, binding))
    return (*found[0], key) if len(found) == 1 else None


def _is_matched(resolution: Resolution, scope: Scope, binding: Binding) -> bool:
    """True where WHERE looks at the joined side, or the groups do."""
    for use in scope.uses:
        if use.binding is not binding:
            continue
        if use.clause in ("where", "having", "qualify", "group"):
            return True
        if use.clause == "select" and use.node.find_ancestor(exp.AggFunc) is None:
            return True
    return False


def _is_of_rows(resolution: Resolution, count: exp.Count, first: Binding) -> bool:
    inner = count.this
    if isinstance(inner, exp.Star) or (isinstance(inner, exp.Literal) and inner.name == "1"):
        return True
    use = resolution.uses.get(id(inner)) if isinstance(inner, exp.Column) else None
    return use is not None and use.binding is first


RULE = Rule(
    "AGG012",
    "count-of-left-rows",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
