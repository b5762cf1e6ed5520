"""A join equates a text with a number.

What it does
    Reports an equality in ON whose two columns have different known types.

Why it is bad
    The warehouse refuses it, or converts one side and misses matches ('007' is not 7).

For example
    on cast(a.id as varchar) = b.id      -- b.id is cast to integer upstream

Use instead
    on a.id = b.id                       -- both cast to one type in their base models
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Compare the types of equated columns."""
    for variant in context.resolved:
        assert variant.resolution is not None
        uses = variant.resolution.uses
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                condition = binding.join.args.get("on") if binding.join is not None else None
                yield from _using(variant, scope, binding)
                for part in conjuncts(condition):
                    if not isinstance(part, exp.EQ):
                        continue
                    left, right = uses.get(id(part.left)), uses.get(id(part.right))
                    if left is None or right is None or not left.column or not right.column:
                        continue
                    kinds = {left.column.type, right.column.type}
                    if kinds != {"text", "number"}:
                        continue
                    yield Issue(
                        subject=write(part),
                        message=f"{shown(part)} equates {left.column.type} with "
                        f"{right.column.type}.",
                        consequence="It fails, or misses matches.",
                        fix="Cast both to one type, upstream.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(part) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[
                            Evidence(f"{left.column.shown} is {left.column.type}"),
                            Evidence(f"{right.column.shown} is {right.column.type}"),
                        ],
                    )


def _using(variant: Variant, scope: Scope, binding: Binding) -> Iterator[Issue]:
    """The same column on both sides of USING, of two types."""
    for name in binding.join.args.get("using") or [] if binding.join is not None else []:
        first = next(iter(scope.bindings.values())).relation
        ours = [c for c in binding.relation.columns if c.name.lower() == name.name.lower()]
        theirs = [c for c in first.columns if c.name.lower() == name.name.lower()]
        types = {c.type for c in (*ours[:1], *theirs[:1])}
        if types != {"text", "number"}:
            continue
        yield Issue(
            subject=f"using {name.name}",
            message=f"USING ({name.name}) equates {theirs[0].type} with {ours[0].type}.",
            consequence="It fails, or misses matches.",
            fix="Cast both to one type, upstream.",
            confidence=Confidence.LIKELY,
            offset=start_of(name) or 0,
            variant=variant,
            path=scope.path,
        )


RULE = Rule("JOIN004", "join-key-type-mismatch", Severity.WARNING, __doc__ or "", check)
