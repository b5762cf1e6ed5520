"""A model is joined with itself in the direction opposite to what it puts out.

What it does
    Reports a join of a model with itself by `b.manager_id = a.worker_id` that puts b.worker_id out
    as manager_id: by that condition b is one that a is the manager of. Also a count per row of the
    one side of what the join looks up by the key of the other: it is never above 1.

Why it is bad
    The parent is called the child and the other way round, and a row with several children comes
    several times.

For example
    select w.worker_id, m.worker_id as manager_id
    from workers as w left join workers as m on m.manager_id = w.worker_id

Use instead
    select w.worker_id, m.worker_id as manager_id
    from workers as w left join workers as m on m.worker_id = w.manager_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Scope, known_of
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look at each join of a relation with itself."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                if binding.join is not None:
                    yield from _join(variant, scope, binding)
                    yield from _counted(context, variant, scope, binding)


def _join(variant: Variant, scope: Scope, binding: Binding) -> Iterator[Issue]:
    assert variant.resolution is not None and binding.join is not None
    uses = variant.resolution.uses
    for part in conjuncts(binding.join.args.get("on")):
        if not isinstance(part, exp.EQ):
            continue
        found = {id(s): uses.get(id(s)) for s in (part.left, part.right)}
        ours = [s for s in (part.left, part.right) if _of(found[id(s)], binding)]
        theirs = [s for s in (part.left, part.right) if s not in ours]
        use = found[id(theirs[0])] if len(ours) == len(theirs) == 1 else None
        other = use.binding if use is not None else None
        if other is None or other.relation.id != binding.relation.id or not other.relation.id:
            continue
        parent, child = ours[0].name.lower(), theirs[0].name.lower()
        if parent == child:
            continue
        for item in scope.node.expressions:
            inner = item.this if isinstance(item, exp.Alias) else None
            if not isinstance(inner, exp.Column) or inner.name.lower() != child:
                continue
            if item.alias.lower() != parent or not _of(uses.get(id(inner)), binding):
                continue
            yield Issue(
                subject=f"{binding.name} {parent}",
                message=f"{shown(part)} finds those whose {parent} it is, and {shown(item)} "
                f"calls them the {parent}.",
                consequence="Parent and child are exchanged, and rows may come several times.",
                fix=f"Join by {binding.name}.{child} = {other.name}.{parent}.",
                confidence=Confidence.LIKELY,
                offset=start_of(part) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"{binding.name} and {other.name} are the same model")],
            )


def _counted(context: Context, variant: Variant, scope: Scope, binding: Binding) -> Iterator[Issue]:
    """`count(referred.id)` per referrer, where the join looks up at most one row for each."""
    assert variant.resolution is not None and binding.join is not None
    first = next(iter(scope.bindings.values()))
    if len(scope.bindings) != 2 or first.join is not None or not first.relation.id:
        return
    if first.relation.id != binding.relation.id and not _is_same(variant, first, binding):
        return
    names = next(name for name, one in scope.bindings.items() if one is binding)
    shape = keys.shape_of(known_of(variant.resolution, context.dialect), scope, names, binding)
    group = scope.node.args.get("group")
    if not shape.is_unique or group is None:
        return
    grouped = {i.source for i in scope.items if i.binding is first and i.source is not None}
    if not any(key.columns and key.columns <= grouped for key in first.relation.keys):
        return
    for item in scope.node.expressions:
        total = item.unalias()
        column = total.this if isinstance(total, exp.Count) else None
        if not isinstance(column, exp.Column) or not _of(
            variant.resolution.uses.get(id(column)), binding
        ):
            continue
        yield Issue(
            subject=f"{binding.name} {item.alias_or_name}".lower(),
            message=f"{item.alias_or_name} is never above 1: the join looks up one row of "
            f"{binding.name} for each of {first.name}.",
            consequence="Nothing is counted: the join runs from the other side.",
            fix="Exchange the two sides of its condition.",
            confidence=Confidence.LIKELY,
            offset=start_of(binding.join.args.get("on") or binding.node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(shown(binding.join)[:160])],
        )
        return


def _is_same(variant: Variant, first: Binding, other: Binding) -> bool:
    """True for two readings of one CTE."""
    return first.is_cte and other.is_cte and first.node.name.lower() == other.node.name.lower()


def _of(use: object, binding: Binding) -> bool:
    return getattr(use, "binding", None) is binding


RULE = Rule(
    "JOIN018",
    "self-join-turned",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
