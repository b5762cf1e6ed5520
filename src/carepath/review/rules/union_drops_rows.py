"""UNION without ALL throws away equal rows that are added up next.

What it does
    Reports a SUM over a CTE that puts rows of different relations together with UNION (distinct),
    where no column tells the branches apart, and where the branches name what is summed differently
    or leave out the key of what they read: a row that stands in both is not meant to be taken once.

Why it is bad
    Two rows that happen to be equal become one: a player with five matches in two modes has five.

For example
    select player_id, solo_matches as matches from solo
    union
    select player_id, duo_matches from duo      -- and then: sum(matches) ... group by player_id

Use instead
    select player_id, solo_matches as matches from solo
    union all
    select player_id, duo_matches from duo
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.parse import start_of

PART = re.compile(r"(/\d+)+")
"""What the path of a branch of a UNION adds to that of its CTE."""


def check(context: Context) -> Iterator[Issue]:
    """Look at what each SUM reads."""
    for variant in context.resolved:
        assert variant.resolution is not None
        unions = _unions(variant)
        for scope in variant.resolution.scopes if unions else []:
            if len(scope.bindings) != 1:
                continue
            binding = next(iter(scope.bindings.values()))
            union = unions.get(binding.node.name.lower()) if binding.is_cte else None
            summed = _summed(scope)
            if union is None or not summed or not _are_apart(variant, binding, summed):
                continue
            yield Issue(
                subject=f"{binding.node.name.lower()} {summed}",
                message=f"UNION makes equal rows of {binding.node.name} one before {summed} is "
                "added up.",
                consequence="The sum is too low wherever two branches have the same values.",
                fix="Use UNION ALL.",
                confidence=Confidence.LIKELY,
                offset=start_of(union.right) or 0,
                variant=variant,
                path=binding.node.name.lower(),
            )


def _are_apart(variant: Variant, binding: Binding, summed: str) -> bool:
    """True where equal rows of two branches cannot be one row that stands in both.

    The branches call what is summed differently (solo_matches, duo_matches), or they leave out the
    known key of what they read.
    """
    assert variant.resolution is not None
    name = binding.node.name.lower()
    branches = [s for s in variant.resolution.scopes if PART.fullmatch(s.path.removeprefix(name))]
    names = [column.name for column in binding.relation.columns]
    if len(branches) < 2 or summed.lower() not in names:
        return False
    place = names.index(summed.lower())
    called: set[str] = set()
    for scope in branches:
        if len(scope.items) != len(names) or len(scope.bindings) != 1:
            return False
        item = scope.items[place]
        called.add(str(item.source or item.column.name))
    if len(called) == len(branches):
        return True
    for scope in branches:
        relation = next(iter(scope.bindings.values())).relation
        read = {item.source for item in scope.items}
        if not relation.keys or any(key.columns <= read for key in relation.keys):
            return False
    return True


def _unions(variant: Variant) -> dict[str, exp.Union]:
    """CTEs that are a UNION DISTINCT of different relations, nothing of which tells the branch."""
    found: dict[str, exp.Union] = {}
    tree = variant.parsed.tree
    for cte in tree.find_all(exp.CTE) if tree is not None else []:
        node = cte.this
        if not isinstance(node, exp.Union) or not node.args.get("distinct"):
            continue
        branches = _branches(node)
        sources = [b.args["from_"].this.name for b in branches if b.args.get("from_") is not None]
        if len(sources) != len(branches) or len(set(sources)) < len(sources):
            continue
        if any(isinstance(_inner(item), exp.Literal) for b in branches for item in b.expressions):
            continue
        if any(b.args.get("joins") or b.find(exp.Star) for b in branches):
            continue
        found[cte.alias.lower()] = node
    return found


def _inner(item: exp.Expr) -> exp.Expr:
    while isinstance(item, (exp.Alias, exp.Cast)):
        item = item.this
    return item


def _branches(node: exp.Expr) -> list[exp.Select]:
    if isinstance(node, exp.Union):
        return [*_branches(node.left), *_branches(node.right)]
    while isinstance(node, (exp.Subquery, exp.Paren)):
        node = node.this
    return [node] if isinstance(node, exp.Select) else []


def _summed(scope: Scope) -> str:
    for item in scope.node.expressions:
        for total in item.find_all(exp.Sum):
            if isinstance(total.this, exp.Column) and total.find_ancestor(exp.Window) is None:
                return str(total.this.name)
    return ""


RULE = Rule(
    "GRAIN011",
    "union-drops-rows",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
