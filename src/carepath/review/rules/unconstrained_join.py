"""A join whose condition does not relate its two sides.

What it does
    Reports a join without ON that is not written as CROSS JOIN and that WHERE does not relate
    either, an ON condition that names only one of the two sides or none of what is joined, a CROSS
    JOIN of two relations that have an identifier in common, which nothing equates, and one with the
    rows that a condition finds, or with those of a table where something is summed, which may be
    several or none.

Why it is bad
    Every row meets every row.

For example
    from orders as o join customers as c on c.is_active

Use instead
    from orders as o join customers as c on c.customer_id = o.customer_id and c.is_active
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import tokens
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.names import fold_identifier, loose
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

LOOKUP = "is with all of its rows, which nothing proves to be exactly one"
SPINE = re.compile(
    r"date|day|week|month|quarter|hour|spine|calendar|number|series|generat|param|const|config"
    r"|setting|bounds|today|now|last_run|max|min|total|grid|scaffold|^years?$|_years?$"
)
"""What is crossed with rows on purpose."""


def check(context: Context) -> Iterator[Issue]:
    """Look at each join's condition."""
    for variant in context.resolved:
        assert variant.resolution is not None
        bare = list(tokens.without_condition(variant.parsed.tokens))
        for scope in variant.resolution.scopes:
            if scope.is_natural:
                continue
            for name, binding in scope.bindings.items():
                join = binding.join
                if join is None or join.args.get("using") or binding.hidden:
                    continue
                if not isinstance(binding.node, (exp.Table, exp.Subquery)):
                    continue
                reason = _reason(context, scope, name, binding, join)
                if reason is None and _is_bare(binding, bare):
                    reason = "has no condition"
                if reason is None:
                    continue
                is_lookup = reason == LOOKUP
                yield Issue(
                    subject=name,
                    message=f"The join with {name.replace('?', 'subquery ')} {reason}.",
                    consequence="Every row of one side meets every row of the other.",
                    fix="Equate the keys of both sides, or write CROSS JOIN if it is meant.",
                    severity=Severity.NOTE if is_lookup else None,
                    confidence=Confidence.POSSIBLE if is_lookup else Confidence.LIKELY,
                    offset=start_of(join.args.get("on") or binding.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(shown(join)[:160].replace("cp_rel.m_", ""))],
                )


def _is_bare(binding: Binding, bare: list[tuple[int, int]]) -> bool:
    """True for a relation of the project that an outer join names without ON."""
    if not binding.relation.is_known or any(not k.columns for k in binding.relation.keys):
        return False
    start = start_of(binding.node)
    return start is not None and any(first <= start <= last for first, last in bare)


def _reason(
    context: Context, scope: Scope, name: str, binding: Binding, join: exp.Join
) -> str | None:
    if any(not k.columns for k in binding.relation.keys):
        return None
    if (join.kind or "").upper() == "CROSS":
        return _product(scope, name, binding) or _lookup(context, scope, name, binding)
    condition = join.args.get("on")
    if condition is None:
        if isinstance(binding.node, exp.Table) and (
            not isinstance(binding.node.this, exp.Identifier)
            or binding.relation.reason in ("nested field", "table function")
        ):
            return None
        if isinstance(binding.node, exp.Subquery) and not binding.relation.is_known:
            return None
        if scope.node.args.get("where") is not None or not (join.side or ""):
            # A comma join related in WHERE, or one that may be meant as a product.
            return None
        return "has no condition"
    if condition.find(exp.Query) or not condition.find(exp.Column):
        return None
    named = _sides(context, scope, condition)
    loose = _loose_branch(context, scope, name, condition)
    if loose is not None:
        return f"matches whatever the keys are where {loose[:60]}"
    if None in named or (len(named) != 1 and (name in named or not _is_qualified(condition))):
        return None
    if len(named) != 1:
        return f"names only columns of {' and '.join(sorted(filter(None, named)))}, none of {name}"
    only = next(iter(named))
    if only == name and _is_one_row(binding, condition):
        return None
    if only == name:
        return f"names only columns of {name}"
    return f"names only columns of {only}, none of {name}"


def _is_qualified(condition: exp.Expr) -> bool:
    """True where each column says which relation it is of."""
    return all(column.table for column in condition.find_all(exp.Column))


CLOCKS = (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentDatetime)


def _is_one_row(binding: Binding, condition: exp.Expr) -> bool:
    """True where the condition picks a row: today's of a calendar, or one by its whole key."""
    pinned: set[str] = set()
    for part in conjuncts(condition):
        sides = (part.left, part.right) if isinstance(part, exp.EQ) else ()
        for one, other in (sides, sides[::-1]) if sides else ():
            if isinstance(one, exp.Column) and not other.find(exp.Column):
                pinned.add(loose(one.name))
                if isinstance(other, CLOCKS) or other.find(*CLOCKS):
                    return True
    return any(
        key.columns and {loose(column) for column in key.columns} <= pinned
        for key in binding.relation.keys
    )


IDENTIFIER = re.compile(r"^\w+_(id|key|uuid)$")


def _product(scope: Scope, name: str, binding: Binding) -> str | None:
    """Why a CROSS JOIN does not look meant: both sides know the same thing."""
    order = list(scope.bindings)
    if not isinstance(binding.node, exp.Table) or not binding.relation.is_closed:
        return None
    keyed = {column for key in binding.relation.keys for column in key.columns}
    for other in order[: order.index(name)]:
        first = scope.bindings[other]
        if first.relation.id == binding.relation.id or not first.relation.is_closed:
            continue
        if not isinstance(first.node, exp.Table) or not first.relation.keys:
            continue
        both = sorted(c for c in keyed & set(first.relation.index) if IDENTIFIER.match(c))
        used = {
            (id(use.binding), use.column.name)
            for use in scope.uses
            if use.column is not None and use.clause != "select"
        }
        if both and (id(binding), both[0]) not in used and scope.node.args.get("group") is None:
            return f"is a product, although {other} has {both[0]} too"
    return None


def _lookup(context: Context, scope: Scope, name: str, binding: Binding) -> str | None:
    """Why a CROSS JOIN with a looked-up row may repeat rows: nothing proves that it is one."""
    if not binding.is_cte or SPINE.search(name) or not isinstance(binding.node, exp.Table):
        return None
    inner = [
        s
        for variant in context.resolved
        if variant.resolution is not None and any(s is scope for s in variant.resolution.scopes)
        for s in variant.resolution.scopes
        if s.path == binding.node.name.lower()
    ]
    if len(inner) != 1 or len(inner[0].bindings) != 1 or inner[0].node.args.get("limit"):
        return None
    if inner[0].node.args.get("where") is not None:
        return LOOKUP
    source = next(iter(inner[0].bindings.values()))
    if SPINE.search(source.name) or not any(
        total.find(exp.Column)
        for item in scope.node.expressions
        for total in item.find_all(exp.Sum)
    ):
        return None
    return LOOKUP


def _loose_branch(context: Context, scope: Scope, name: str, condition: exp.Expr) -> str | None:
    """A branch of an OR that compares one side with constants only."""
    branches: list[exp.Expr] = []
    stack: list[exp.Expr] = [condition]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Paren):
            stack.append(node.this)
        elif isinstance(node, exp.Or):
            stack += [node.right, node.left]
        else:
            branches.append(node)
    if len(branches) < 2 or not isinstance(_unwrapped(condition), exp.Or):
        return None
    sides = [_sides(context, scope, branch) for branch in branches]
    if any(None in side or not side for side in sides) or all(len(side) < 2 for side in sides):
        return None
    for branch, side in zip(branches, sides, strict=True):
        if len(side) == 1 and isinstance(branch, (exp.EQ, exp.In, exp.Is)):
            return write(branch)
    return None


def _unwrapped(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _sides(context: Context, scope: Scope, condition: exp.Expr) -> set[str | None]:
    keys = {id(binding): key for key, binding in scope.bindings.items()}
    uses = {id(use.node): use for use in scope.uses}
    found: set[str | None] = set()
    for column in condition.find_all(exp.Column):
        table = fold_identifier(column.args.get("table"), context.dialect)
        if table in scope.bindings:
            found.add(table)
            continue
        use = uses.get(id(column))
        if use is not None and use.binding is not None and id(use.binding) in keys:
            found.add(keys[id(use.binding)])
        else:
            found.add(None)
    return found


RULE = Rule("JOIN002", "unconstrained-join", Severity.WARNING, __doc__ or "", check)
