"""The change takes a condition out of a join.

What it does
    Compares each join with the same join at base: reports a condition that is gone, where nothing
    in the join or in WHERE took its place; of a period with two ends, also the one end where only
    the other is still compared.

Why it is bad
    The join matches more rows than before: values are counted several times.

For example
    on lines.order_id = orders.order_id     -- removed: and lines.shop_id = orders.shop_id

Use instead
    on lines.order_id = orders.order_id and lines.shop_id = orders.shop_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.pairs import base_place, edited, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Compare the joins of each scope with those at base."""
    for variant, scope, before in edited(context):
        where = scope.node.args.get("where")
        elsewhere = _columns([where] if where is not None else [])
        for binding in scope.bindings.values():
            if binding.join is not None and binding.join.args.get("on") is not None:
                elsewhere |= _columns(
                    [p for p in conjuncts(binding.join.args["on"]) if _is_new(p, before)]
                )
        for name, binding in scope.bindings.items():
            old = before.bindings.get(name)
            if old is None or old.join is None or binding.join is None:
                continue
            if plain(old.node) != plain(binding.node):
                continue
            yield from _compare(context, variant, scope, name, binding, old, elsewhere)


def _compare(
    context: Context,
    variant: Variant,
    scope: Scope,
    name: str,
    binding: Binding,
    old: Binding,
    elsewhere: set[str],
) -> Iterator[Issue]:
    assert binding.join is not None and old.join is not None
    if binding.join.args.get("using") or old.join.args.get("using"):
        return
    theirs = old.join.args.get("on")
    if not isinstance(theirs, exp.Expr):
        return
    if not {fold_identifier(c.args.get("table"), "") for c in theirs.find_all(exp.Column)} & {
        "",
        name,
    }:
        # It said nothing of what is joined: another join's condition stood there by mistake.
        return
    ours = {plain(part) for part in conjuncts(binding.join.args.get("on"))}
    gone = [part for part in conjuncts(theirs) if plain(part) not in ours]
    kept = {plain(part) for part in conjuncts(theirs)}
    came = [p for p in conjuncts(binding.join.args.get("on")) if plain(p) not in kept]
    exchanged = [sides for part in came if len(sides := _related(part)) == 2]
    for part in gone:
        columns = _columns([part])
        text = write(part)
        if not columns or PATTERN.search(text) or part.find(exp.Query):
            continue
        if columns & elsewhere and not _is_one_end(part, theirs, binding):
            continue
        if _is_gone(context, scope, part):
            continue
        if _related(part) in exchanged:
            # Another equality of the same two took its place.
            exchanged.remove(_related(part))
            continue
        sides = {fold_identifier(c.args.get("table"), "") for c in part.find_all(exp.Column)}
        relates = isinstance(part, (exp.EQ, exp.Between, exp.GTE, exp.LTE, exp.GT, exp.LT)) and (
            len(sides - {""}) == 2
        )
        yield Issue(
            subject=f"{name} {plain(part)[:80]}",
            message=f"The join with {name} has lost its condition {text[:90]}.",
            consequence="It matches more rows than before.",
            fix="Put it back, unless matching more rows is meant.",
            severity=Severity.WARNING if relates else Severity.NOTE,
            confidence=Confidence.LIKELY if relates else Confidence.POSSIBLE,
            offset=start_of(binding.join.args.get("on") or binding.node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base: {shown(theirs)[:200]}", base_place(context))],
        )


def _related(part: exp.Expr) -> set[str]:
    """The relations that an equality of two columns relates."""
    if not isinstance(part, exp.EQ):
        return set()
    return {
        side.table.lower()
        for side in (part.left, part.right)
        if isinstance(side, exp.Column) and side.table
    }


def _is_one_end(part: exp.Expr, theirs: exp.Expr, binding: Binding) -> bool:
    """True for one of the two ends of a period, of which only the other is still compared."""
    end = _end(part)
    others = {_end(other) for other in conjuncts(theirs)} - {None, end}
    if end is None or not any(end[0] == other[0] for other in others if other is not None):
        return False
    assert binding.join is not None
    now = [found for p in conjuncts(binding.join.args.get("on")) if (found := _end(p)) is not None]
    return bool(now) and all(found == (end[0], not end[1]) for found in now)


def _end(part: exp.Expr) -> tuple[str, bool] | None:
    """(column, whether it is to be the greater) of a comparison of two moments."""
    if not isinstance(part, (exp.GT, exp.GTE, exp.LT, exp.LTE)):
        return None
    is_greater = isinstance(part, (exp.GT, exp.GTE))
    left, right = part.left, part.right
    if isinstance(left, exp.Column) and right.find(exp.Column):
        return plain(left), is_greater
    if isinstance(right, exp.Column) and left.find(exp.Column):
        return plain(right), not is_greater
    return None


def _columns(nodes: list[exp.Expr]) -> set[str]:
    return {plain(c) for node in nodes for c in node.find_all(exp.Column)}


def _is_new(part: exp.Expr, before: Scope) -> bool:
    text = plain(part)
    for binding in before.bindings.values():
        condition = binding.join.args.get("on") if binding.join is not None else None
        if any(plain(other) == text for other in conjuncts(condition)):
            return False
    return True


def _is_gone(context: Context, scope: Scope, part: exp.Expr) -> bool:
    """True where a column of the condition no longer exists: it had to go."""
    for column in part.find_all(exp.Column):
        binding = scope.bindings.get(fold_identifier(column.args.get("table"), context.dialect))
        name = fold_identifier(column.this, context.dialect)
        if binding is not None and binding.relation.is_closed and not binding.relation.get(name):
            return True
    return False


RULE = Rule(
    "JOIN007",
    "join-condition-removed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
