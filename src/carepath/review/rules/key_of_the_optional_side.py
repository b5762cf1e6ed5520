"""The key of the rows is taken from the optional side of a LEFT JOIN.

What it does
    Where the kept side is unique by one column, reports that its partner in the joined relation is
    put out in its stead, under the name of the kept column.

Why it is bad
    Rows without a match lose the one thing that tells what they are.

For example
    select s.installation_id from installations as i
    left join subscriptions as s on s.installation_id = i.installation_id

Use instead
    select i.installation_id from installations as i
    left join subscriptions as s on s.installation_id = i.installation_id
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import known_of
from carepath.review.sql.keys import shape_of
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Look at each LEFT JOIN to a relation that is unique by one column."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            if scope.node.args.get("where") is not None or len(scope.bindings) < 2:
                continue
            first, kept = next(iter(scope.bindings.items()))
            keys = {next(iter(k.columns)) for k in kept.relation.keys if len(k.columns) == 1}
            if len(keys) != 1 or any(i.binding is kept and i.source in keys for i in scope.items):
                continue
            if len(scope.items) == 1:
                # A list of the keys that have a match.
                continue
            key = next(iter(keys))
            if any(item.expression is None and item.binding is None for item in scope.items):
                continue
            for name, binding in scope.bindings.items():
                join = binding.join
                if join is None or (join.side or "").upper() != "LEFT":
                    continue
                shape = shape_of(known, scope, name, binding)
                if (first, key) not in shape.left or len(shape.equated) != 1:
                    continue
                theirs = next(iter(shape.equated))
                for item in scope.items:
                    is_it = item.binding is binding and item.source == theirs
                    if not is_it or item.column.name != key:
                        continue
                    yield Issue(
                        subject=f"{key} of {name}",
                        message=f"{key} comes from {name}, which need not have the row: where it "
                        f"has none, {key} is null.",
                        consequence=f"Rows of {first} without a match lose their {key}.",
                        fix=f"Take {first}.{key}.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(item.node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"{first} is unique by {key}")],
                    )


RULE = Rule(
    "JOIN052",
    "key-of-the-optional-side",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
