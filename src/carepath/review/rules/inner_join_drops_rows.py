"""The change turns a LEFT JOIN into an INNER JOIN, or adds an inner join.

What it does
    Compares the joins of each CTE that both sides have: reports a relation that was joined with
    LEFT JOIN and now is with INNER JOIN.

Why it is bad
    Rows without a match disappear; a refactor rarely means that.

For example
    -   left join payments on ...
    +   join payments on ...

Use instead
    left join payments on ...
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Analysis, Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts, not_null


def check(context: Context) -> Iterator[Issue]:
    """Compare with the joins at base."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or before.file.sha == context.model.file.sha:
        return
    old = _joins(change.base.analyse(before))
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for name, binding in scope.bindings.items():
                join = binding.join
                if join is None or (join.side or "") or (join.kind or "").upper() == "CROSS":
                    continue
                if join.args.get("on") is None and not join.args.get("using"):
                    continue
                first = next(iter(scope.bindings))
                sides = [name, first] if len(scope.bindings) == 2 else [name]
                lost = next((s for s in sides if _was_left(old, scope, s)), None)
                if lost is None:
                    continue
                yield Issue(
                    subject=lost,
                    message=f"The LEFT JOIN with {lost} became an INNER JOIN."
                    if lost == name
                    else f"The RIGHT JOIN with {name} became an INNER JOIN.",
                    consequence=f"Rows without a match in {lost} are lost.",
                    fix="Write LEFT JOIN, unless losing them is meant.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(binding.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("at base it is an outer join", Place(before.file.path, 1))],
                )


def _joins(analysis: Analysis) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for variant in analysis.variants[:1]:
        for scope in variant.resolution.scopes if variant.resolution is not None else []:
            for name, binding in scope.bindings.items():
                if isinstance(binding.join, exp.Join) and not _is_matched(variant, scope, binding):
                    found[(scope.path, name)] = (binding.join.side or "").upper()
                    if ":" in binding.relation.id:
                        found.setdefault(
                            (scope.path, binding.relation.id), found[(scope.path, name)]
                        )
    return found


def _was_left(old: dict[tuple[str, str], str], scope: Scope, name: str) -> bool:
    """True for a relation that was joined with LEFT JOIN, under this name or another."""
    relation = scope.bindings[name].relation.id
    return old.get((scope.path, name), old.get((scope.path, relation))) == "LEFT"


def _is_matched(variant: Variant, scope: Scope, binding: Binding) -> bool:
    """True where WHERE keeps the rows with a match only."""
    where = scope.node.args.get("where")
    assert variant.resolution is not None
    for part in conjuncts(where.this) if where is not None else []:
        use = variant.resolution.uses.get(id(not_null(part)))
        if use is not None and use.binding is binding:
            return True
    return False


RULE = Rule(
    "JOIN005",
    "inner-join-drops-rows",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
