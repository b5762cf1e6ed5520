"""Counts of distinct things are added up.

What it does
    Reports SUM over a column that an earlier CTE, or the model it is read from, computes as
    COUNT(DISTINCT ...) in finer groups. It warns where people or devices are added up over days,
    weeks or months; elsewhere it is a note. It is silent where the counted column is the key of
    the rows counted: then each thing is in one group.

Why it is bad
    Who comes on five days is counted five times.

For example
    select month, sum(daily_customers) from (
        select day, month, count(distinct customer_id) as daily_customers from orders group by 1, 2
    ) group by month

Use instead
    select month, count(distinct customer_id) from orders group by month
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, Scope, outermost
from carepath.review.sql.definitions import located
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

LASTING = re.compile(
    r"(^|_)(customer|user|visitor|member|patient|person|people|account|client|device|employee|"
    r"subscriber|buyer|seller|merchant|driver|rider|player|student|provider|household|contact)s?"
    r"(_|$)|^(user_pseudo_id|anonymous_id|cookie_id|email)$"
)
PERIOD = re.compile(r"(^|_)(date|day|week|month|quarter|year|hour|period|on|at)(_|$)")
MANY = re.compile(r"distinct", re.IGNORECASE)


def check(context: Context) -> Iterator[Issue]:
    """Look at what each SUM adds up."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if not isinstance(node, exp.Sum) or not isinstance(node.this, exp.Column):
                    continue
                if clause != "select" or isinstance(node.parent, exp.Window):
                    continue
                found = _counted(context, variant.resolution, node.this)
                if found is None:
                    continue
                thing, inner = found
                lost = _lost(inner, scope)
                if not lost:
                    continue
                periods = sorted(name for name in lost if PERIOD.search(name))
                counts = bool(periods) and LASTING.search(thing) is not None
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:80]} adds up counts of distinct {thing}: one that is "
                    f"in several groups of {', '.join(periods or sorted(lost))} counts as often.",
                    consequence="The total is too high.",
                    fix=f"Count distinct {thing} again at this level.",
                    severity=Severity.WARNING if counts else Severity.NOTE,
                    confidence=Confidence.LIKELY if counts else Confidence.POSSIBLE,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{node.this.name} is COUNT(DISTINCT {thing})")],
                )


def _counted(
    context: Context, resolution: Resolution, column: exp.Column
) -> tuple[str, Scope] | None:
    """(what is counted, the scope that counts it) of a column that is a COUNT(DISTINCT)."""
    here = located(resolution, column)
    if here is not None:
        return _distinct(here[0], here[1], resolution)
    use = resolution.uses.get(id(column))
    if use is None or use.column is None or use.column.direct is None:
        return None
    id_, name = use.column.direct
    model = context.snapshot.models.get(id_)
    if model is None or model.kind != "model":
        return None
    if not MANY.search(context.snapshot.text(model.file)):
        return None
    for variant in context.snapshot.analyse(model).variants[:1]:
        scopes = outermost(variant.resolution.scopes) if variant.resolution is not None else []
        if len(scopes) != 1 or variant.resolution is None:
            return None
        for item in scopes[0].items:
            if item.column.name == name and item.expression is not None:
                return _distinct(item.expression, scopes[0], variant.resolution)
    return None


def _distinct(node: exp.Expr, scope: Scope, resolution: Resolution) -> tuple[str, Scope] | None:
    while isinstance(node, (exp.Paren, exp.Coalesce)):
        node = node.this
    if not isinstance(node, exp.Count) or not isinstance(node.this, exp.Distinct):
        return None
    parts = node.this.expressions
    columns = list(node.this.find_all(exp.Column))
    if len(parts) != 1 or not columns:
        return None
    counted = parts[0] if isinstance(parts[0], exp.Column) else columns[-1]
    use = resolution.uses.get(id(counted))
    if use is not None and use.binding is not None and use.column is not None:
        keys = use.binding.relation.keys
        if any(key.columns <= {use.column.name} for key in keys):
            # Each one is in one row of its table; a join may repeat it, but in one group mostly.
            return None
    return counted.name.lower(), scope


def _lost(inner: Scope, outer: Scope) -> set[str]:
    """Groups of the inner scope that the outer one does not keep apart."""
    if inner.node.args.get("group") is None or inner is outer:
        return set()
    groups = {
        item.column.name
        for item in inner.items
        if item.column.kind not in ("aggregate", "window", "constant")
    }
    group = outer.node.args.get("group")
    if group is None:
        return groups
    kept: set[str] = set()
    for item in outer.items:
        if item.column.kind in ("aggregate", "window"):
            continue
        if item.source is not None:
            kept.add(item.source)
    return groups - kept


RULE = Rule(
    "AGG009",
    "sum-of-distinct-counts",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
