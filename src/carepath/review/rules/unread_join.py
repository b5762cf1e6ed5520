"""A LEFT JOIN with a relation of which nothing is read.

What it does
    Reports a LEFT JOIN whose relation no column, condition or later join names, unless its keys
    say that it matches one row at most. A query with a star, with DISTINCT, or that counts rows
    is left alone.

Why it is bad
    All it can do is to repeat rows, once for each match.

For example
    select o.order_id, o.amount from orders as o
    left join shipments as s on s.order_id = o.order_id

Use instead
    select o.order_id, o.amount from orders as o
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Resolution, Scope, known_of
from carepath.review.sql.joins import matched
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Look at each LEFT JOIN that no variant reads."""
    variants = context.resolved
    if any(variant.parsed.is_patched for variant in variants):
        return
    found: list[dict[tuple[str, str], Issue]] = []
    for variant in variants:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        one: dict[tuple[str, str], Issue] = {}
        for scope in variant.resolution.scopes:
            for name, binding in scope.bindings.items():
                issue = _join(variant, variant.resolution, known, scope, name, binding)
                if issue is not None:
                    one[(scope.path, name)] = issue
        found.append(one)
    for place, issue in found[0].items() if found else ():
        if all(
            place in other or not _joins(v, place) for v, other in zip(variants, found, strict=True)
        ):
            yield issue


def _joins(variant: Variant, place: tuple[str, str]) -> bool:
    assert variant.resolution is not None
    return any(s.path == place[0] and place[1] in s.bindings for s in variant.resolution.scopes)


def _join(
    variant: Variant,
    resolution: Resolution,
    known: Known,
    scope: Scope,
    name: str,
    binding: Binding,
) -> Issue | None:
    join = binding.join
    if not isinstance(join, exp.Join) or (join.side or "").upper() != "LEFT" or binding.hidden:
        return None
    condition = join.args.get("on")
    if condition is None or not isinstance(binding.node, (exp.Table, exp.Subquery)):
        return None
    node = scope.node
    if node.args.get("distinct") or any(_is_star(item) for item in node.expressions):
        return None
    if any(isinstance(count.this, exp.Star) for count in node.find_all(exp.Count)):
        return None
    own = {id(column) for part in (condition, binding.node) for column in part.find_all(exp.Column)}
    for column in node.find_all(exp.Column):
        if id(column) in own:
            continue
        if column.table.lower() == name.lower():
            return None
        use = known.uses.get(id(column))
        if not column.table and (use is None or (use.binding is None and not use.alias)):
            if binding.relation.is_closed and column.name.lower() not in binding.relation.index:
                continue
            return None
        if use is not None and use.binding is binding:
            return None
    shape = keys.shape_of(known, scope, name, binding)
    if shape.is_unique or _counts_once(node):
        return None
    if (shape.has_other or not shape.equated) and not matched(resolution, join, binding):
        return None
    several = bool(binding.relation.keys)
    return Issue(
        subject=name,
        message=f"Nothing is read of {name}: the LEFT JOIN can only repeat rows.",
        consequence="Each row comes once for each of its matches.",
        fix="Remove the join, or read what it is for.",
        severity=Severity.WARNING if several else Severity.NOTE,
        confidence=Confidence.LIKELY if several else Confidence.POSSIBLE,
        offset=start_of(binding.node) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"no column of {name} is named but in its own condition")],
    )


def _counts_once(node: exp.Select) -> bool:
    """True where every aggregate gives the same for repeated rows."""
    found = [a for item in node.expressions for a in item.find_all(exp.AggFunc)]
    return bool(found) and all(
        isinstance(a, (exp.Min, exp.Max)) or a.find(exp.Distinct) is not None for a in found
    )


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star)


RULE = Rule("JOIN020", "unread-join", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING)
