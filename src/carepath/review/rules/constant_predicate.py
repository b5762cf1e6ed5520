"""A condition is always true or never true.

What it does
    Reports a column compared with itself or taken from itself, BETWEEN a column and itself, a
    column that must equal two different texts at once, two bounds that leave nothing between them,
    a condition on a flag that WHERE rules out, IS NULL of what WHERE needs, an equality beside IS
    NULL of one of its sides, IS NULL of what COALESCE gives a value in this model or upstream, `x
    != 'a' or x != 'b'`, `or 1 = 1`, a CASE branch repeated, and one that earlier, wider branches
    (`x >= 1` before `x >= 5`, `x in ('a', 'b')` before `x = 'a'`) leave no row.

Why it is bad
    The condition filters nothing, or everything: usually one side was copied and not adapted.

For example
    join customers as c on c.customer_id = c.customer_id

Use instead
    join customers as c on c.customer_id = o.customer_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope, Use
from carepath.review.sql.definitions import steps
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts, equality
from carepath.review.sql.writing import shown, write

DIFFERENCES = (
    exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.TsOrDsDiff, exp.Sub,
)  # fmt: skip
Fault = tuple[exp.Expr, str, str, Severity]


def check(context: Context) -> Iterator[Issue]:
    """Look at the conditions of each query."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            roots: list[exp.Expr | None] = [
                scope.node.args.get(key) for key in ("where", "having", "qualify")
            ]
            roots += [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
            roots += list(scope.node.expressions)
            yield from _never_null(variant, scope)
            yield from _filtered_out(variant, scope)
            yield from _filtered_nulls(variant, scope)
            for root in roots:
                if isinstance(root, exp.Expr):
                    for node, message, fix, severity in _faults(root, variant.resolution.uses):
                        yield _issue(variant, scope.path, node, message, fix, severity)


def _never_null(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`status is null` where status is coalesce(status, 'unknown')."""
    assert variant.resolution is not None
    for node, _ in nodes_of(scope):
        if not isinstance(node, exp.Is) or not isinstance(node.expression, exp.Null):
            continue
        use = variant.resolution.uses.get(id(node.this))
        if isinstance(node.parent, exp.Not) or use is None or use.column is None:
            continue
        is_optional = use.binding is None or use.binding.nullable or use.column.nullable is True
        if "null:never" not in use.column.tags or is_optional:
            continue
        issue = _issue(
            variant,
            scope.path,
            node,
            f"{use.column.shown} is never null: a COALESCE gives it a value.",
            "Compare with that value, or remove the condition.",
            Severity.NOTE if isinstance(node.parent, exp.Or) else Severity.WARNING,
        )
        issue.consequence = "The condition is never true."
        yield issue


def _filtered_out(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`sum(case when is_void then amount end)` beside `where not is_void`."""
    assert variant.resolution is not None
    for item in scope.node.expressions:
        for node in item.find_all(exp.If, exp.Filter, exp.CountIf):
            root = node.expression if isinstance(node, exp.Filter) else node.this
            root = root.this if isinstance(root, exp.Where) else root
            if node.find_ancestor(exp.Query) is not scope.node:
                continue
            for part in conjuncts(root) if isinstance(root, exp.Expr) else []:
                told = _truth(part)
                if told is None or not _is_ruled_out(variant.resolution, scope, *told):
                    continue
                issue = _issue(
                    variant,
                    scope.path,
                    part,
                    f"{shown(part)[:80]} is never true: WHERE keeps those rows out.",
                    "Leave the condition out of WHERE, or out of here.",
                    Severity.WARNING,
                )
                issue.consequence = "What it counts or adds up is always nothing."
                yield issue


REJECTING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
STRICT = (exp.Paren, exp.Cast, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Interval)


def _filtered_nulls(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`ended_at is null as is_open` beside `where datediff('day', began_at, ended_at) >= 0`."""
    where = scope.node.args.get("where")
    if where is None:
        return
    for item in scope.node.expressions:
        told = item.unalias()
        tests = [told] if isinstance(told, exp.Is) else []
        for total in told.find_all(exp.Count, exp.CountIf, exp.Sum):
            tests += [n for n in total.find_all(exp.Is) if not isinstance(n.parent, exp.Not)]
        for test in tests:
            column = test.this
            if not isinstance(test.expression, exp.Null) or not isinstance(column, exp.Column):
                continue
            if test.find_ancestor(exp.Or, exp.And) or test.find_ancestor(exp.Query) != scope.node:
                continue
            part = next((p for p in conjuncts(where.this) if _needs(p, column)), None)
            if part is None:
                continue
            issue = _issue(
                variant,
                scope.path,
                test,
                f"{shown(test)[:80]} is never true: a condition of WHERE needs {column.name}.",
                "Give the null a value in WHERE, or leave the condition out of here.",
                Severity.WARNING,
            )
            issue.consequence = f"The rows without {column.name} are lost."
            yield issue


def _needs(part: exp.Expr, column: exp.Column) -> bool:
    """True for a condition that no row without the column's value meets."""
    if isinstance(part, exp.Not) and isinstance(part.this, exp.Is):
        return part.this.this == column and isinstance(part.this.expression, exp.Null)
    if not isinstance(part, REJECTING):
        return False
    for one in part.find_all(exp.Column):
        node = one.parent
        while node is not part and isinstance(node, (*STRICT, *DIFFERENCES)):
            node = node.parent
        if one == column and node is part:
            return True
    return False


def _is_ruled_out(resolution: Resolution, scope: Scope, column: exp.Column, wanted: bool) -> bool:
    """True where WHERE, here or in the CTE a column comes from, keeps the other value only."""
    kept = {write(one).lower(): is_true for one, is_true in _truths(scope)}
    if (own := kept.get(write(column).lower())) is not None:
        return own is not wanted
    for within, binding, name in steps(resolution, scope, column):
        for one, is_true in _truths(within):
            use = resolution.uses.get(id(one))
            if use is None or use.binding is not binding or use.column is None:
                continue
            if use.column.name == name:
                return is_true is not wanted
    return False


def _truths(scope: Scope) -> list[tuple[exp.Column, bool]]:
    """What WHERE says of columns that are true or false."""
    where = scope.node.args.get("where")
    found = map(_truth, conjuncts(where.this) if where is not None else [])
    return [one for one in found if one is not None]


def _truth(node: exp.Expr) -> tuple[exp.Column, bool] | None:
    """A column and whether it must be true: `x`, `not x`, `x = true`, `x is false`."""
    wanted = True
    while isinstance(node, (exp.Not, exp.Paren)):
        wanted = wanted is not isinstance(node, exp.Not)
        node = node.this
    if isinstance(node, (exp.EQ, exp.Is)) and isinstance(node.expression, exp.Boolean):
        wanted = wanted is bool(node.expression.this)
        node = node.this
    return (node, wanted) if isinstance(node, exp.Column) else None


def _issue(
    variant: Variant, path: str, node: exp.Expr, message: str, fix: str, severity: Severity
) -> Issue:
    return Issue(
        subject=write(node)[:120],
        message=message,
        consequence="The value of the branch is never given."
        if isinstance(node.parent, exp.If)
        else "It filters nothing, or everything.",
        fix=fix,
        severity=severity,
        confidence=Confidence.LIKELY,
        offset=start_of(node) or 0,
        variant=variant,
        path=path,
    )


def _faults(root: exp.Expr, uses: dict[int, Use]) -> Iterator[Fault]:
    stack: list[exp.Expr] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Query):
            continue
        if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.LT | exp.GTE | exp.LTE):
            left, right = node.left, node.right
            if isinstance(left, exp.Column) and (
                _same(left, right) or _same_column(uses.get(id(left)), uses.get(id(right)))
            ):
                yield (
                    node,
                    f"{shown(node)} compares a column with itself.",
                    "Compare with the other side.",
                    Severity.ERROR
                    if isinstance(node.find_ancestor(exp.Join), exp.Join)
                    else Severity.WARNING,
                )
        elif isinstance(node, exp.Between):
            low, high = node.args["low"], node.args["high"]
            if not isinstance(node.parent, exp.And):
                yield from _crossed(node)
            if _same(low, high) and low.find(exp.Column) is not None:
                yield (
                    node,
                    f"{shown(node)[:80]}: both bounds are the same.",
                    "Use the other bound.",
                    Severity.WARNING,
                )
        elif isinstance(node, DIFFERENCES):
            ends = [node.this, node.args.get("expression"), node.args.get("unit")]
            columns = [end for end in ends if isinstance(end, exp.Column)]
            if len(columns) == 2 and _same(*columns):
                yield (
                    node,
                    f"{shown(node)[:80]} is always 0: both sides are {shown(columns[0])}.",
                    "Use the other column.",
                    Severity.WARNING,
                )
        elif isinstance(node, exp.Case):
            yield from _case(node)
        elif isinstance(node, exp.Or) and not isinstance(node.parent, exp.Or):
            yield from _or(node)
        if isinstance(node, exp.And | exp.Where) and not isinstance(node.parent, exp.And):
            yield from _and(node.this if isinstance(node, exp.Where) else node)
        if isinstance(node, exp.Where):
            inner = node.this
            stack.extend(inner.iter_expressions() if isinstance(inner, exp.And) else [inner])
        else:
            stack.extend(node.iter_expressions())


def _same(left: exp.Expr, right: exp.Expr) -> bool:
    return left == right and not PATTERN.search(write(left))


def _same_column(left: Use | None, right: Use | None) -> bool:
    """True for `p.order_id = order_id` where both are the column of p."""
    if left is None or right is None or left.column is None or left.binding is None:
        return False
    return left.binding is right.binding and left.column is right.column


def _and(root: exp.Expr) -> Iterator[Fault]:
    seen: dict[str, tuple[set[str], exp.Expr]] = {}
    parts = conjuncts(root)
    nulls = {
        write(part.this).lower()
        for part in parts
        if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null)
    }
    for part in parts:
        given = equality(part)
        if given is not None and write(given[0]).lower() in nulls:
            yield (
                part,
                f"{shown(given[0])} cannot be null and {given[1][0]!r} at once.",
                "Use OR, or another column.",
                Severity.ERROR,
            )
        if isinstance(part, exp.EQ) and isinstance(part.right, exp.Column):
            for side in (part.left, part.right):
                if isinstance(side, exp.Column) and write(side).lower() in nulls:
                    yield (
                        part,
                        f"{shown(part)} never holds where {shown(side)} is null.",
                        "Move the IS NULL into WHERE, if the rows without a match are meant.",
                        Severity.ERROR,
                    )
        if given is None:
            continue
        name = write(given[0]).lower()
        before = seen.get(name)
        values = set(given[1])
        if before is not None and not before[0] & values:
            both = sorted(before[0])[0], sorted(values)[0]
            yield (
                part,
                f"{name} cannot be {both[0]!r} and {both[1]!r} at once.",
                "Use OR, IN, or another column.",
                Severity.ERROR,
            )
        seen[name] = (values, part)
    yield from _crossed(root)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A constant that a column is compared with: a number, or a date or year as written."""

    column: str
    kind: int
    value: float
    shown: str
    is_low: bool
    is_open: bool
    part: exp.Expr


def _crossed(root: exp.Expr) -> Iterator[Fault]:
    """A lower bound above the upper one, of numbers or of dates."""
    lows: dict[tuple[str, int], _Bound] = {}
    highs: dict[tuple[str, int], _Bound] = {}
    for part in conjuncts(root):
        for bound in _bounds(part):
            kept = lows if bound.is_low else highs
            key = (bound.column, bound.kind)
            before = kept.get(key)
            sign = 1 if bound.is_low else -1
            if before is None or sign * bound.value > sign * before.value:
                kept[key] = bound
    for key, low in lows.items():
        high = highs.get(key)
        if high is None or low.value < high.value:
            continue
        # Two equal dates may come from two variables that nobody has set.
        is_strict = not low.kind and (low.is_open or high.is_open)
        if low.value == high.value and not is_strict:
            continue
        yield (
            low.part,
            f"{low.column} cannot be above {low.shown} and below {high.shown} at once.",
            "Swap the bounds, or use OR.",
            Severity.WARNING,
        )


def _bounds(part: exp.Expr) -> Iterator[_Bound]:
    if isinstance(part, exp.Between) and isinstance(part.this, exp.Column):
        sides = [(part.args["low"], True, False), (part.args["high"], False, False)]
        column = part.this
    elif isinstance(part, (exp.GT, exp.GTE, exp.LT, exp.LTE)) and isinstance(part.left, exp.Column):
        is_open = isinstance(part, (exp.GT, exp.LT))
        sides = [(part.right, isinstance(part, (exp.GT, exp.GTE)), is_open)]
        column = part.left
    else:
        return
    for node, is_low, is_open in sides:
        number, kind, shown = _number(node), 0, write(node)
        if number is None:
            while isinstance(node, (exp.Cast, exp.Paren, exp.Date, exp.TsOrDsToDate)):
                node = node.this
            if not isinstance(node, exp.Literal) or not node.is_string:
                continue
            if not WRITTEN.match(node.name):
                continue
            number, kind, shown = float(node.name.replace("-", "")), len(node.name), node.name
        yield _Bound(write(column).lower(), kind, number, shown, is_low, is_open, part)


WRITTEN = re.compile(r"^\d{4}(-\d\d){0,2}$")


def _or(root: exp.Or) -> Iterator[Fault]:
    parts: list[exp.Expr] = []
    stack: list[exp.Expr] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Or):
            stack += [node.right, node.left]
        elif isinstance(node, exp.Paren):
            stack.append(node.this)
        else:
            parts.append(node)
    unequal: dict[str, tuple[str, exp.Expr]] = {}
    for part in parts:
        if _is_true(part):
            yield (
                part,
                f"OR {shown(part)[:60]} lets every row through."
                if isinstance(part, exp.EQ)
                else f"OR {write(part)[:60]} is a text, and no condition.",
                "Remove it, or compare it with a column.",
                Severity.ERROR,
            )
        if isinstance(part, exp.NEQ) and isinstance(part.left, exp.Column):
            if not isinstance(part.right, exp.Literal):
                continue
            name = write(part.left).lower()
            before = unequal.get(name)
            if before is not None and before[0] != part.right.name:
                yield (
                    part,
                    f"{name} always differs from {before[0]!r} or from {part.right.name!r}.",
                    "Use AND, or NOT IN.",
                    Severity.ERROR,
                )
            unequal[name] = (part.right.name, part)


def _is_true(part: exp.Expr) -> bool:
    """True for `1 = 1`, and for a bare text, which is no condition at all."""
    if isinstance(part, exp.Literal):
        return part.is_string and not PATTERN.search(part.name)
    if not isinstance(part, exp.EQ) or not isinstance(part.left, exp.Literal):
        return False
    return not part.left.is_string and part.left == part.right


def _case(node: exp.Case) -> Iterator[Fault]:
    seen: dict[exp.Expr, exp.Expr] = {}
    branches = node.args.get("ifs") or []
    for branch in branches if len(branches) > 1 else []:
        text = write(branch.this).lower() if branch.this in seen else ""
        if text and not PATTERN.search(text) and "cp_fn" not in text:
            yield (
                branch.this,
                f"The branch WHEN {shown(branch.this)[:60]} stands twice; the second "
                "is never reached.",
                "Adapt or remove it.",
                Severity.WARNING,
            )
        seen.setdefault(branch.this, branch)
    if node.this is None:
        yield from _covered(branches)
        yield from _covered_values(branches)
        yield from _covered_moments(branches)


def _covered_values(branches: list[exp.Expr]) -> Iterator[Fault]:
    """Branches over texts of which earlier branches over the same column take every one."""
    taken: dict[str, dict[str, exp.Expr]] = {}
    earlier: list[exp.Expr] = []
    for branch in branches:
        parts = conjuncts(branch.this)
        for part in parts:
            match = equality(part)
            if match is None or branch.this in earlier:
                continue
            before = taken.get(write(match[0]).lower(), {})
            if all(value in before and not PATTERN.search(value) for value in match[1]):
                yield (
                    branch.this,
                    f"The branch WHEN {shown(branch.this)[:60]} is never reached: "
                    f"WHEN {shown(before[match[1][0]])[:60]} comes first and takes its rows.",
                    "Put the narrower branch first, or remove it.",
                    Severity.WARNING,
                )
                break
        only = equality(parts[0]) if len(parts) == 1 else None
        if only is not None:
            kept = taken.setdefault(write(only[0]).lower(), {})
            for value in only[1]:
                kept.setdefault(value, branch.this)
        earlier.append(branch.this)


LATER = (exp.DateAdd, exp.TsOrDsAdd, exp.TimestampAdd, exp.DatetimeAdd)


def _covered_moments(branches: list[exp.Expr]) -> Iterator[Fault]:
    """`when a > b`, and after it `when a > b + 2 days`: the first takes the rows of the second."""
    earlier: dict[tuple[str, str], exp.Expr] = {}
    for branch in branches:
        for part in conjuncts(branch.this):
            if not isinstance(part, (exp.GT, exp.GTE)) or not isinstance(part.right, LATER):
                continue
            amount = _number(part.right.expression)
            key = (write(part.left).lower(), write(part.right.this).lower())
            first = earlier.get(key)
            if first is not None and amount is not None and amount > 0:
                yield (
                    branch.this,
                    f"The branch WHEN {shown(part.left)} is later than {shown(part.right.this)} "
                    f"and more is never reached: WHEN {shown(first)[:60]} comes first and takes "
                    "its rows.",
                    "Put the narrower branch first.",
                    Severity.WARNING,
                )
        only = branch.this
        if isinstance(only, (exp.GT, exp.GTE)) and isinstance(only.left, exp.Column):
            earlier.setdefault((write(only.left).lower(), write(only.right).lower()), only)


Span = tuple[float, bool, float, bool]
"""From, included, to, included."""


def _covered(branches: list[exp.Expr]) -> Iterator[Fault]:
    """Branches over numbers that an earlier branch over the same column takes all rows of."""
    earlier: list[tuple[str, Span, exp.Expr]] = []
    for branch in branches:
        spans = _spans(branch.this)
        for name, before, first in earlier:
            span = spans.get(name)
            if span is not None and _is_within(span, before) and branch.this != first:
                yield (
                    branch.this,
                    f"The branch WHEN {shown(branch.this)[:60]} is never reached: "
                    f"WHEN {shown(first)[:60]} comes first and takes its rows.",
                    "Put the narrower branch first.",
                    Severity.WARNING,
                )
                break
        parts = conjuncts(branch.this)
        if len(spans) == 1 and all(_span(part) is not None for part in parts):
            name, span = next(iter(spans.items()))
            earlier.append((name, span, branch.this))


def _spans(condition: exp.Expr) -> dict[str, Span]:
    """What a condition leaves of each column it compares with numbers."""
    found: dict[str, Span] = {}
    for part in conjuncts(condition):
        one = _span(part)
        if one is None:
            continue
        name, (low, has_low, high, has_high) = one
        if name in found:
            before = found[name]
            if (before[0], not before[1]) > (low, not has_low):
                low, has_low = before[:2]
            if (before[2], before[3]) < (high, has_high):
                high, has_high = before[2:]
        found[name] = (low, has_low, high, has_high)
    return found


def _span(part: exp.Expr) -> tuple[str, Span] | None:
    low, high = float("-inf"), float("inf")
    if isinstance(part, exp.Between) and isinstance(part.this, exp.Column):
        first, last = _number(part.args["low"]), _number(part.args["high"])
        if first is None or last is None:
            return None
        return write(part.this).lower(), (first, True, last, True)
    if not isinstance(part, exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        return None
    column, value = part.left, _number(part.right)
    if value is None or not _is_steady(column):
        return None
    spans: dict[type[exp.Expr], Span] = {
        exp.EQ: (value, True, value, True),
        exp.GT: (value, False, high, True),
        exp.GTE: (value, True, high, True),
        exp.LT: (low, True, value, False),
        exp.LTE: (low, True, value, True),
    }
    return write(column).lower(), spans[type(part)]


def _is_steady(node: exp.Expr) -> bool:
    """True for a column, and for what is computed from columns alone: the same at each look."""
    if isinstance(node, exp.Column):
        return True
    if node.find(exp.Column) is None or node.find(exp.Query, exp.Rand, exp.Anonymous) is not None:
        return False
    return PATTERN.search(write(node)) is None


def _number(node: exp.Expr) -> float | None:
    sign = 1.0
    while isinstance(node, (exp.Paren, exp.Neg)):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    try:
        return sign * float(node.name)
    except ValueError:
        return None


def _is_within(inner: Span, outer: Span) -> bool:
    starts = inner[0] > outer[0] or (inner[0] == outer[0] and (outer[1] or not inner[1]))
    ends = inner[2] < outer[2] or (inner[2] == outer[2] and (outer[3] or not inner[3]))
    return starts and ends


RULE = Rule("LIT005", "contradictory-or-constant-predicate", Severity.WARNING, __doc__ or "", check)
