"""A sum over a join of many with many.

What it does
    Reports a sum of a joined relation's column where several rows of the other side match the same
    of its rows: neither side is unique by what is equated, and the groups do not keep the rows of
    the other side apart. Keys come from tests and from the SQL.

Why it is bad
    Each amount is counted once for each row that matches it.

For example
    select v.page_path, sum(p.revenue) from views as v     -- several views of one visitor
    left join purchases as p on p.visitor_id = v.visitor_id group by v.page_path

Use instead
    -- choose one view of each purchase first, or aggregate views to visitor_id and page_path
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Resolution, Scope, known_of
from carepath.review.sql.joins import other_side
from carepath.review.sql.parse import start_of
from carepath.review.sql.rows import telling_keys
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look at each join of a query that groups."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            yield from _matched_by_several(variant, known, scope)


def _matched_by_several(variant: Variant, known: Known, scope: Scope) -> Iterator[Issue]:
    """A sum of a joined side whose rows are each matched by several rows of the other one."""
    group = scope.node.args.get("group")
    if group is None or scope.node.args.get("distinct"):
        return
    assert variant.resolution is not None
    for name, joined in scope.bindings.items():
        join = joined.join
        if not isinstance(join, exp.Join) or (join.kind or "").upper() == "CROSS":
            continue
        shape = keys.shape_of(known, scope, name, joined)
        side = other_side(scope, shape)
        if side is None or shape.is_unique or not telling_keys(joined.relation):
            continue
        left, owner = side
        if not telling_keys(owner.relation) or (shape.has_other and not _is_one_sided(join)):
            continue
        if _is_grouped_by(variant.resolution, scope, group, joined, set()):
            continue
        equated = {column for _, column in shape.left}
        if any(
            _is_grouped_by(variant.resolution, scope, group, owner, set(key.columns) - equated)
            for key in owner.relation.keys
        ):
            continue
        for item in scope.node.expressions:
            for total in item.find_all(exp.Sum):
                uses = [variant.resolution.uses.get(id(c)) for c in total.find_all(exp.Column)]
                if isinstance(total.parent, exp.Window) or total.find(exp.Distinct):
                    continue
                if not uses or any(use is None or use.binding is not joined for use in uses):
                    continue
                finest = min(
                    telling_keys(owner.relation), key=lambda k: (len(k.columns), sorted(k.columns))
                )
                yield Issue(
                    subject=name,
                    message=f"Several rows of {left} can have one {', '.join(sorted(equated))}, "
                    f"and each matches the same rows of {name}; {shown(total)[:60]} counts these "
                    "several times.",
                    consequence="Values are inflated.",
                    fix=f"Make {left} one row per {', '.join(sorted(equated))} first, or match "
                    f"each row of {name} with one of its rows.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(total) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(
                            f"{left} is unique by {', '.join(sorted(finest.columns))} "
                            f"({finest.proof})"
                        )
                    ],
                )
                return


def _is_one_sided(join: exp.Join) -> bool:
    """True where all but one comparison (a later moment) are equalities."""
    others = [c for c in conjuncts(join.args.get("on")) if not isinstance(c, exp.EQ)]
    return len(others) == 1 and isinstance(others[0], (exp.GT, exp.GTE, exp.LT, exp.LTE))


def _is_grouped_by(
    resolution: Resolution, scope: Scope, group: exp.Group, owner: Binding, columns: set[str]
) -> bool:
    """True where the group has all of these columns of a side; any, where none are named."""
    if keys.has_subtotals(group):
        return True
    parts: list[exp.Expr] = []
    for part in group.expressions:
        place = int(part.name) - 1 if isinstance(part, exp.Literal) and part.name.isdigit() else -1
        listed = scope.node.expressions
        parts.append(listed[place] if 0 <= place < len(listed) else part)
    if group.args.get("all"):
        parts = [e for e in scope.node.expressions if not e.find(exp.AggFunc)]
    found: set[str] = set()
    for part in parts:
        for column in part.find_all(exp.Column):
            use = resolution.uses.get(id(column))
            if use is not None and use.alias:
                behind = scope.aliases.get(column.name.lower())
                for inner in behind.find_all(exp.Column) if behind is not None else ():
                    use = resolution.uses.get(id(inner))
                    if use is not None and use.binding is owner and use.column is not None:
                        found.add(use.column.name)
            elif use is not None and use.binding is owner and use.column is not None:
                found.add(use.column.name)
    return columns <= found if columns else bool(found)


RULE = Rule(
    "JOIN014",
    "many-to-many-sum",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
