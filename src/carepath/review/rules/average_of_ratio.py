"""An average of ratios.

What it does
    Reports AVG over a column that is named as a rate, ratio, percentage or average, or that an
    earlier CTE, or the model it is read from, computes by dividing one aggregate by another; also
    of a ratio of rows that keeps its name beside the sums of both of its parts.

Why it is bad
    Groups of one row weigh as much as groups of a million; the ratio of the sums is meant.

For example
    avg(conversion_rate)

Use instead
    sum(conversions) / nullif(sum(visitors), 0)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.definitions import definition, output_definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import bare
from carepath.review.sql.writing import shown, write

RATIO = re.compile(r"(_|^)(rate|ratio|pct|percent|percentage)$|^(avg|average)_")


def check(context: Context) -> Iterator[Issue]:
    """Look at the argument of each AVG."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                column = bare(node.this) if isinstance(node, exp.Avg) else None
                if not isinstance(node, exp.Avg) or not isinstance(column, exp.Column):
                    continue
                is_computed = _is_computed(context, variant, column)
                is_summed = not is_computed and _is_summed(context, variant, scope, node, column)
                if not RATIO.search(column.name.lower()) and not is_computed and not is_summed:
                    continue
                is_sure = is_summed or (
                    is_computed
                    and (
                        _has_sums(scope, node) or _is_weighed(context, variant, scope, node, column)
                    )
                )
                yield Issue(
                    subject=write(node),
                    message=f"{shown(node)} averages ratios of groups of different size.",
                    consequence="Small groups weigh as much as large ones.",
                    fix="Divide the sums.",
                    severity=Severity.WARNING if is_sure else Severity.NOTE,
                    confidence=Confidence.LIKELY if is_sure else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _has_sums(scope: Scope, node: exp.Avg) -> bool:
    """True where a grouped query adds up a count beside the average."""
    if scope.node.args.get("group") is None or isinstance(node.parent, exp.Window):
        return False
    sums = (total for item in scope.node.expressions for total in item.find_all(exp.Sum))
    return any(isinstance(total.this, exp.Column) for total in sums)


def _summed(scope: Scope) -> set[str]:
    """The columns that the query adds up."""
    return {
        total.this.name.lower()
        for item in scope.node.expressions
        for total in item.find_all(exp.Sum)
        if isinstance(total.this, exp.Column)
    }


def _is_summed(
    context: Context, variant: Variant, scope: Scope, node: exp.Avg, column: exp.Column
) -> bool:
    """True for `avg(cost_per_km) as cost_per_km` beside the sums of the cost and of the km."""
    item = node.find_ancestor(exp.Alias)
    if item is None or item.alias.lower() != column.name.lower():
        return False
    sums = _summed(scope)
    for _, made in _made(context, variant, column) if len(sums) > 1 else ():
        sides = [made.this, made.args["expression"]] if isinstance(made, RATIOS) else []
        parts = [list(side.find_all(exp.Column)) for side in sides]
        if parts and all(len(p) == 1 and p[0].name.lower() in sums for p in parts):
            return True
    return False


def _is_weighed(
    context: Context, variant: Variant, scope: Scope, node: exp.Avg, column: exp.Column
) -> bool:
    """True for the average of `closed / todos` beside the sum of the todos."""
    if isinstance(node.parent, exp.Window):
        return False
    sums = _summed(scope)
    ratios = [bare(made) for _, made in _made(context, variant, column)] if sums else []
    return any(
        part.name.lower() in sums
        for ratio in ratios
        if isinstance(ratio, RATIOS)
        for part in ratio.expression.find_all(exp.Column)
    )


RATIOS = (exp.Div, exp.SafeDivide)


def _is_computed(context: Context, variant: Variant, column: exp.Column) -> bool:
    """True where the column is a division of sums, here or in the model it is read from."""
    is_per = "_per_" in column.name.lower()
    return any(
        _is_ratio(context, found, made, is_per) for found, made in _made(context, variant, column)
    )


def _made(
    context: Context, variant: Variant, column: exp.Column
) -> Iterator[tuple[Resolution, exp.Expr | None]]:
    """What computes a column, here or in the model it is read from."""
    assert variant.resolution is not None
    made = definition(variant.resolution, column)
    if made is not None:
        yield variant.resolution, made
        return
    use = variant.resolution.uses.get(id(column))
    source = use.column.direct if use is not None and use.column is not None else None
    model = context.snapshot.models.get(source[0]) if source is not None else None
    if source is None or model is None:
        return
    for one in context.snapshot.analyse(model).variants[:1]:
        if one.resolution is not None:
            yield one.resolution, output_definition(one.resolution, source[1])


def _is_ratio(
    context: Context, resolution: Resolution, node: exp.Expr | None, is_per: bool
) -> bool:
    """True for a division of one aggregate by another, here or in the CTEs they come from.

    Of kg_per_ha also for one by a column: the hectares of a field are what it is grouped by.
    """
    node = bare(node)
    if isinstance(node, exp.If) and node.sql_name() and isinstance(node.args.get("false"), exp.Div):
        # DIV0, as the parser keeps it.
        node = node.args["false"]
    if not isinstance(node, (exp.Div, exp.SafeDivide)):
        return False
    right = node.args.get("expression")
    if not isinstance(right, exp.Expr) or not _is_aggregate(context, resolution, node.this):
        return False
    return _is_aggregate(context, resolution, right) or (
        is_per and right.find(exp.Column) is not None
    )


def _is_aggregate(context: Context, resolution: Resolution, node: exp.Expr) -> bool:
    """True for an aggregate, also one of a CTE or of the model that the column is read from."""
    if node.find(exp.AggFunc) is not None:
        return True
    columns = list(node.find_all(exp.Column))
    return bool(columns) and all(_is_total(context, resolution, column) for column in columns)


def _is_total(context: Context, resolution: Resolution, column: exp.Column) -> bool:
    made = definition(resolution, column)
    if made is not None:
        return made.find(exp.AggFunc) is not None
    use = resolution.uses.get(id(column))
    source = use.column.direct if use is not None and use.column is not None else None
    model = context.snapshot.models.get(source[0]) if source is not None else None
    if source is None or model is None:
        return False
    there = context.snapshot.facts(model).relation.get(source[1])
    return there is not None and there.kind == "aggregate"


RULE = Rule(
    "AGG003", "average-of-ratio", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
