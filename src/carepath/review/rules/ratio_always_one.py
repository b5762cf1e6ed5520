"""A share whose two sides are always equal.

What it does
    Reports a division of an expression by itself (NULLIF and casts aside); two counts of distinct
    values of two columns that an inner join equates, so that both count the same; a share of the
    rows that meet a condition, where WHERE keeps no others; and a share of the rows that have a
    match, where an INNER JOIN keeps no others.

Why it is bad
    The denominator was taken from the set the numerator is filtered to: the share is always 1, and
    looks like a very good result.

For example
    select c.cohort_week, a.week_number,
        count(distinct c.user_id) as cohort_size, count(distinct a.user_id) as active_users
    from cohort as c inner join activity as a on a.user_id = c.user_id group by 1, 2

Use instead
    -- count the cohort in a CTE of its own, and join it by cohort_week
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.pairs import bare
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

DIVISIONS = (exp.Div, exp.SafeDivide)
WRAPS = (exp.Paren, exp.Cast, exp.TryCast, exp.Round, exp.Nullif, exp.Coalesce)


def check(context: Context) -> Iterator[Issue]:
    """Look at the divisions of each SELECT, and at its counts beside its joins and its WHERE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _itself(variant, scope)
            yield from _equated(variant, scope)
            yield from _kept(variant, scope)
            yield from _matched(variant, scope)


def _itself(variant: Variant, scope: Scope) -> Iterator[Issue]:
    for node, clause in nodes_of(scope):
        if not isinstance(node, DIVISIONS) or clause != "select":
            continue
        above, below = _bare(node.this), _bare(node.expression)
        text = write(above).lower()
        if text != write(below).lower() or above.find(exp.Column) is None or PATTERN.search(text):
            continue
        yield Issue(
            subject=f"{text[:100]} itself",
            message=f"{shown(above)[:80]} is divided by itself.",
            consequence="The result is always 1.",
            fix="Divide by what the share is of.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
        )


def _equated(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """Counts of distinct `c.user_id` and `a.user_id`, where the join says they are one."""
    joins = [b.join for b in scope.bindings.values() if b.join is not None]
    if not joins or any((join.side or "") or join.args.get("using") for join in joins):
        return
    pairs = {
        frozenset((write(part.left).lower(), write(part.right).lower()))
        for join in joins
        for part in conjuncts(join.args.get("on"))
        if isinstance(part, exp.EQ)
        and isinstance(part.left, exp.Column)
        and isinstance(part.right, exp.Column)
    }
    seen: list[tuple[str, exp.Expr]] = []
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        column = _counted(inner)
        if column is None:
            continue
        for other, before in seen:
            if frozenset((column, other)) not in pairs:
                continue
            yield Issue(
                subject=f"{before.alias_or_name} {item.alias_or_name}".lower(),
                message=f"{before.alias_or_name} and {item.alias_or_name} are always equal: the "
                f"inner join equates {other} with {column}.",
                consequence="A share of one in the other is always 1.",
                fix=f"Count {before.alias_or_name} before the join.",
                confidence=Confidence.LIKELY,
                offset=start_of(before) or 0,
                variant=variant,
                path=scope.path,
                also=[start_of(item) or 0],
            )
        seen.append((column, item))


def _counted(node: exp.Expr) -> str | None:
    """The column of a COUNT(DISTINCT column)."""
    distinct = node.this if isinstance(node, exp.Count) else None
    if not isinstance(distinct, exp.Distinct) or len(distinct.expressions) != 1:
        return None
    inner = distinct.expressions[0]
    return write(inner).lower() if isinstance(inner, exp.Column) else None


def _kept(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`avg(case when is_paid then 1 else 0 end)` where WHERE keeps only what is paid."""
    where = scope.node.args.get("where")
    if where is None and len(scope.bindings) == 1:
        where = _before(variant, next(iter(scope.bindings.values())))
    kept = {bare(part) for part in conjuncts(where.this)} if where is not None else set()
    for item in scope.node.expressions if kept else []:
        for node in item.find_all(exp.Avg, *DIVISIONS):
            condition = _share_of(node)
            text = bare(condition) if condition is not None else ""
            if condition is None or text not in kept or PATTERN.search(text):
                continue
            yield Issue(
                subject=f"{item.alias_or_name} {text[:100]}".lower(),
                message=f"{item.alias_or_name} is the share of the rows with {text[:80]}, and "
                "WHERE keeps no others.",
                consequence="The share is always 1.",
                fix="Take the condition out of WHERE, or count the whole before it.",
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"WHERE {shown(where.this)[:140]}")] if where else [],
            )


def _matched(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`count(r.responded_at) / count(*)` over an INNER JOIN of r, which has one in each row."""
    joins = [b.join for b in scope.bindings.values() if b.join is not None]
    if not joins or any(join.side or join.kind not in (None, "", "INNER") for join in joins):
        return
    assert variant.resolution is not None
    for item in scope.node.expressions:
        for node in item.find_all(*DIVISIONS):
            above, below = _bare(node.this), _bare(node.expression)
            while isinstance(above, exp.Mul):
                above = _bare(above.left if isinstance(above.right, exp.Literal) else above.right)
            if not isinstance(below, exp.Count) or not isinstance(below.this, exp.Star):
                continue
            column = above.this if isinstance(above, exp.Count) else None
            use = variant.resolution.uses.get(id(column))
            binding = use.binding if use is not None else None
            if not isinstance(column, exp.Column) or binding is None or binding.join is None:
                continue
            made = definition(variant.resolution, column)
            is_equated = any(
                isinstance(part, exp.EQ) and column in (part.left, part.right)
                for part in conjuncts(binding.join.args.get("on"))
            )
            if not is_equated and not isinstance(made, (exp.Min, exp.Max)):
                continue
            yield Issue(
                subject=f"{item.alias_or_name} matched".lower(),
                message=f"{item.alias_or_name} is the share of the rows with {shown(column)}, and "
                f"the INNER JOIN with {binding.name} keeps no others.",
                consequence="The share is always 1, or nearly so.",
                fix=f"Join {binding.name} with LEFT JOIN.",
                confidence=Confidence.LIKELY,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
            )


def _before(variant: Variant, binding: Binding) -> exp.Expr | None:
    """The WHERE of a CTE that hands on the rows of one relation."""
    assert variant.resolution is not None
    name = binding.node.name.lower()
    inner = [s for s in variant.resolution.scopes if s.path == name] if binding.is_cte else []
    if len(inner) != 1 or len(inner[0].bindings) != 1:
        return None
    if any(inner[0].node.args.get(part) is not None for part in ("group", "distinct", "qualify")):
        return None
    if any(not i.is_star and isinstance(i, exp.Alias) for i in inner[0].node.expressions):
        # A name may mean something else outside.
        return None
    found = inner[0].node.args.get("where")
    return found if isinstance(found, exp.Expr) else None


def _share_of(node: exp.Expr) -> exp.Expr | None:
    """The condition whose share of all rows an expression is."""
    if isinstance(node, exp.Avg):
        return _condition(node.this)
    below = _bare(node.expression)
    if not isinstance(below, exp.Count) or not isinstance(below.this, exp.Star):
        return None
    above = _bare(node.this)
    while isinstance(above, exp.Mul):
        above = _bare(above.left if isinstance(above.right, exp.Literal) else above.right)
    found: object = None
    if isinstance(above, exp.CountIf):
        found = above.this
    elif isinstance(above, exp.Filter) and isinstance(above.this, exp.Count):
        found = above.expression.this
    if isinstance(found, exp.Expr):
        return found
    if isinstance(above, exp.Count) and isinstance(above.this, exp.Column):
        return exp.Not(this=exp.Is(this=above.this.copy(), expression=exp.Null()))
    if isinstance(above, (exp.Sum, exp.Count)):
        return _condition(above.this)
    return None


def _condition(node: object) -> exp.Expr | None:
    """The condition of a CASE that is one for it, and nothing or zero without it."""
    inner = _bare(node)
    if isinstance(inner, exp.If):
        one, default, condition = inner.args.get("true"), inner.args.get("false"), inner.this
    elif isinstance(inner, exp.Case) and len(inner.args["ifs"]) == 1 and inner.this is None:
        branch = inner.args["ifs"][0]
        one, default, condition = branch.args.get("true"), inner.args.get("default"), branch.this
    else:
        return None
    is_one = isinstance(one, exp.Literal) and one.name in ("1", "1.0", "100", "100.0")
    is_rest = default is None or default.name in ("0", "0.0") or isinstance(default, exp.Null)
    return condition if is_one and is_rest and isinstance(condition, exp.Expr) else None


def _bare(node: object) -> exp.Expr:
    while isinstance(node, WRAPS):
        node = node.this
    assert isinstance(node, exp.Expr)
    return node


RULE = Rule(
    "AGG015",
    "ratio-always-one",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
