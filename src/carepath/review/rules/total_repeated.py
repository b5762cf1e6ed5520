"""A total of the one side of a join is added up once for each row of the many.

What it does
    Reports SUM of a column that a CTE has totalled already (a sum or a count per key), joined by
    that key to rows of which several have the same key.

Why it is bad
    A day's total is added once for each of the day's rows.

For example
    select r.day, count(*) as readings, sum(d.deliveries) as deliveries
    from readings as r left join deliveries_per_day as d on d.day = r.day group by r.day

Use instead
    -- max(d.deliveries), or aggregate the readings first and join then
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import keys
from carepath.review.sql.bindings import Scope, known_of
from carepath.review.sql.definitions import located
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at the sums of each query that joins two relations and groups."""
    for variant in context.resolved:
        resolution = variant.resolution
        assert resolution is not None
        known = known_of(resolution, context.dialect)
        for scope in resolution.scopes:
            bindings = list(scope.bindings.items())
            if len(bindings) != 2 or scope.node.args.get("group") is None:
                continue
            (left, first), (name, second) = bindings
            if second.join is None or not second.is_cte:
                continue
            shape = keys.shape_of(known, scope, name, second)
            equated = {column for table, column in shape.left if table == left}
            if not shape.is_unique or shape.has_other or not equated:
                continue
            if any(key.columns <= equated for key in first.relation.keys):
                continue
            if any(key.columns <= _grouped(scope) for key in first.relation.keys):
                # One row of the left side in each group.
                continue
            if not _counts_rows(scope.node) and not first.relation.keys:
                # Nothing says that the left side has several rows.
                continue
            for item in scope.node.expressions:
                total = item.this if isinstance(item, exp.Alias) else item
                while isinstance(total, (exp.Coalesce, exp.Paren, exp.Cast, exp.Round)):
                    total = total.this
                if not isinstance(total, exp.Sum) or not isinstance(total.this, exp.Column):
                    continue
                use = resolution.uses.get(id(total.this))
                found = located(resolution, total.this)
                if use is None or use.binding is not second or found is None:
                    continue
                made, inner = found
                if not isinstance(made, (exp.Sum, exp.Count)):
                    continue
                if inner.node.args.get("group") is None:
                    continue
                yield Issue(
                    subject=f"{item.alias_or_name} {name}".lower(),
                    message=f"{item.alias_or_name} adds {name}.{total.this.name} once for each "
                    f"row of {left}: it is a total per {', '.join(sorted(shape.equated))} already.",
                    consequence="The total is multiplied by the number of rows.",
                    fix=f"Use MAX, or aggregate {left} before the join.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name}.{total.this.name} is {write(made)[:120]}")],
                )


def _grouped(scope: Scope) -> set[str]:
    """The names of the columns a query groups by."""
    found: set[str] = set()
    group = scope.node.args["group"]
    for part in group.expressions:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            place = int(part.name)
            if not 0 < place <= len(scope.node.expressions):
                continue
            part = scope.node.expressions[place - 1]
        found |= {column.name.lower() for column in part.find_all(exp.Column)}
    if group.args.get("all"):
        for item in scope.node.expressions:
            found |= {c.name.lower() for c in item.find_all(exp.Column)}
    return found


def _counts_rows(select: exp.Select) -> bool:
    """True where the query itself counts the rows of a group: there are several."""
    return any(
        isinstance(node, exp.Count) and isinstance(node.this, exp.Star)
        for item in select.expressions
        for node in item.find_all(exp.Count)
    )


RULE = Rule(
    "JOIN016",
    "total-repeated",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
