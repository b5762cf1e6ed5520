"""A value of a row is added up once for each element of an array of that row.

What it does
    Reports SUM over columns of a relation with a known key beside UNNEST, FLATTEN or EXPLODE of an
    array of the same row, unless the query groups by the element itself (a tag, a code).

Why it is bad
    An order of three items counts three times.

For example
    select i.category, sum(o.order_total)
    from orders as o cross join unnest(o.items) as i
    group by i.category

Use instead
    select i.category, sum(i.price * i.quantity)
    from orders as o cross join unnest(o.items) as i
    group by i.category
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.unnested import Unnested, is_whole, unnested
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at the sums beside each array that is taken apart."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for one in unnested(variant.resolution, scope):
                if one.owner.relation.keys and not _is_counted_once(variant, scope, one):
                    yield from _sums(variant, scope, one)


def _sums(variant: Variant, scope: Scope, one: Unnested) -> Iterator[Issue]:
    assert variant.resolution is not None
    uses = variant.resolution.uses
    for item in scope.node.expressions:
        for total in item.find_all(exp.Sum):
            columns = list(total.find_all(exp.Column))
            if not columns or total.find(exp.Distinct) or isinstance(total.parent, exp.Window):
                continue
            found = [uses.get(id(column)) for column in columns]
            if not all(use is not None and use.binding is one.owner for use in found):
                continue
            if any(column.name.lower() == one.array.name.lower() for column in columns):
                # Divided by the number of elements.
                continue
            key = min(one.owner.relation.keys, key=lambda k: (len(k.columns), sorted(k.columns)))
            yield Issue(
                subject=f"{write(total).lower()[:80]} {one.name}",
                message=f"{shown(total)[:60]} adds a value of {one.owner.name} once for each "
                f"element of {shown(one.array)}.",
                consequence="Values are inflated.",
                fix="Add up a value of the element, or sum before the array is taken apart.",
                confidence=Confidence.LIKELY,
                offset=start_of(total) or 0,
                variant=variant,
                path=scope.path,
                evidence=[
                    Evidence(
                        f"{one.owner.name} has a row per {', '.join(sorted(key.columns))} "
                        f"({key.proof})"
                    )
                ],
            )
            return


def _is_counted_once(variant: Variant, scope: Scope, one: Unnested) -> bool:
    """True where an element, or its row and a part of it, make the group."""
    grouped = _grouped(scope)
    if any(is_whole(one, column) for column in grouped):
        return True
    assert variant.resolution is not None
    uses = [variant.resolution.uses.get(id(column)) for column in grouped]
    ours = {u.column.name for u in uses if u and u.column and u.binding is one.owner}
    has_part = any(u is None or u.binding is not one.owner for u in uses)
    return has_part and any(key.columns <= ours for key in one.owner.relation.keys)


def _grouped(scope: Scope) -> list[exp.Column]:
    """The columns that a query groups by, positions and aliases followed."""
    group = scope.node.args.get("group")
    parts = list(group.expressions) if group is not None else []
    items = scope.node.expressions
    if group is not None and group.args.get("all"):
        parts += [item for item in items if item.find(exp.AggFunc) is None]
    aliases = {item.alias.lower(): item for item in items if isinstance(item, exp.Alias)}
    found: list[exp.Column] = []
    for part in parts:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            chosen = items[int(part.name) - 1 : int(part.name)]
        elif isinstance(part, exp.Column) and not part.table and part.name.lower() in aliases:
            chosen = [aliases[part.name.lower()]]
        else:
            chosen = [part]
        found += [column for one in chosen for column in one.find_all(exp.Column)]
    return found


RULE = Rule(
    "JOIN017",
    "sum-over-unnested",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
