"""A join compares a column with a variant of it, although both sides have the variant.

What it does
    Reports `a.name = b.name_slug` where a has a name_slug of its own. What names another role
    (previous, parent, original) is quiet, and so is a relation joined with itself.

Why it is bad
    The two spellings agree by chance only: rows find no partner.

For example
    from orders
    join subscriptions on orders.subscription_name = subscriptions.subscription_name_slug

Use instead
    from orders
    join subscriptions on orders.subscription_name_slug = subscriptions.subscription_name_slug
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown, write

ROLES = re.compile(
    r"^(prev|previous|orig|original|parent|next|old|new|first|last|from|to|start|end|min|max"
    r"|current|before|after|root|source|target|level|lead|lag|\d)"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at each equality of the joins."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                on = binding.join.args.get("on") if binding.join is not None else None
                for part in on.find_all(exp.EQ) if isinstance(on, exp.Expr) else []:
                    found = _variant(part, variant.resolution)
                    if found is None:
                        continue
                    plain, other = found
                    yield Issue(
                        subject=write(part).lower()[:120],
                        message=f"{shown(part)[:100]} compares {plain} with a variant of it, which "
                        "both sides have.",
                        consequence="Rows match by chance only.",
                        fix=f"Compare {other} on both sides.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(part) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"both sides have a column {other}")],
                    )


def _variant(part: exp.EQ, resolution: Resolution) -> tuple[str, str] | None:
    """The plain column and its variant that are equated."""
    uses = [resolution.uses.get(id(side)) for side in (part.left, part.right)]
    for one, two in (uses, uses[::-1]):
        if one is None or two is None or not one.column or not two.column:
            continue
        if one.binding is None or two.binding is None or one.binding is two.binding:
            continue
        name, other = one.column.name, two.column.name
        if not other.startswith(name + "_") or ROLES.match(other[len(name) + 1 :]):
            continue
        ours, theirs = one.binding.relation, two.binding.relation
        if ours.get(other) is None or (ours.id == theirs.id and ours.id != "query"):
            continue
        if one.column.root is not None and one.column.root[1] == other:
            continue
        return name, other
    return None


RULE = Rule(
    "JOIN053",
    "joined-with-a-variant",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
