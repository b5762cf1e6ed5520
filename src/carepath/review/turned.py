"""What a change turns in place: bounds, joins, signs, factors, paths, filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from carepath.review.moved import moved
from carepath.review.pairs import bare, by_path, items
from carepath.review.snapshot import Analysis, Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

Asked = tuple[str, str, Variant, int]
BOUNDS: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.GT: (">", False), exp.GTE: (">=", False), exp.LT: (">", True), exp.LTE: (">=", True),
}  # fmt: skip
"""Each comparison as the larger side first: its sign, and whether its sides change places."""
Bound = tuple[str, str, str]
"""Path of the scope, larger and smaller side."""


def turned(old: Analysis, new: Analysis) -> Iterator[Asked]:
    """Ask about each condition that stands on both sides, turned."""
    before, after = old.variants[:1], new.variants[:1]
    if not before or not after or not before[0].resolution or not after[0].resolution:
        return
    yield from _bounds(before[0], after[0])
    yield from _joins(before[0], after[0])
    yield from _edits(before[0], after[0])


def _edits(before: Variant, after: Variant) -> Iterator[Asked]:
    """Columns that keep their names and change in one detail; filters and duplicates let in."""
    assert before.resolution is not None and after.resolution is not None
    scopes = by_path(before.resolution.scopes)
    for path, scope in by_path(after.resolution.scopes).items():
        if path not in scopes:
            continue
        old = {**_columns(scopes[path]), **items(scopes[path])}
        for alias, expression in items(scope).items():
            was = old.get(alias)
            if was is None or was == expression or _text(was) == _text(expression):
                continue
            found = _detail(was, expression)
            if found is not None:
                topic, asked = found
                yield (
                    topic,
                    f"{alias} was {_text(was)[:80]} and is {_text(expression)[:80]}: {asked}",
                    after,
                    start_of(expression) or 0,
                )
        yield from _gone(after, scopes[path], scope)
    yield from moved(before, after)
    yield from _unions(before, after)


def _columns(scope: Scope) -> dict[str, exp.Expr]:
    """The output columns a SELECT takes as they are, by name."""
    return {c.name.lower(): c for c in scope.node.expressions if isinstance(c, exp.Column)}


def _detail(was: exp.Expr, now: exp.Expr) -> tuple[str, str] | None:
    """The one detail in which two expressions differ, and what to ask of it."""
    if isinstance(was, exp.Column) and isinstance(now, exp.Coalesce):
        first = now.this
        last = now.expressions[-1] if now.expressions else None
        if isinstance(first, exp.Column) and last is not None and _text(last) == _text(was):
            return "meaning", f"do its readers expect {_text(first)} wherever that is known?"
    if isinstance(was, exp.Column) and (scaled := _scaled(now)) is not None and scaled == was:
        return "meaning", "do its readers expect the other unit?"
    if _is_cast(was, "decimal") and _is_cast(now, "float", "double") and was.this == now.this:
        return "type", "are rounding errors harmless here?"
    if (pair := _exchanged(was, now)) is not None:
        return "meaning", f"is {pair[1]} meant in place of {pair[0]}?"
    if isinstance(now, exp.Coalesce) and _text(now.this) == _text(was) and now.expressions:
        default = now.expressions[-1]
        if isinstance(default, exp.Null) or _text(default).strip("'") in PLAIN:
            return None
        return "default", f"is {_text(default)[:40]} right wherever it is not known?"
    for topic, blank, asked in DETAILS:
        if _blanked(was, blank) == _blanked(now, blank):
            return topic, asked
    return None


def _is_cast(node: exp.Expr, *names: str) -> bool:
    to = node.args.get("to") if isinstance(node, exp.Cast) else None
    return isinstance(to, exp.DataType) and bool(to.is_type(*names))


def _scaled(node: exp.Expr) -> exp.Expr | None:
    """What is divided or multiplied by a power of ten or by 60, casts and rounding aside."""
    while isinstance(node, (exp.Cast, exp.Paren, exp.Round)):
        node = node.this
    if not isinstance(node, (exp.Div, exp.Mul)) or not isinstance(node.expression, exp.Literal):
        return None
    factor = node.expression.name.removesuffix(".0")
    inner = node.this
    while isinstance(inner, (exp.Cast, exp.Paren)):
        inner = inner.this
    is_unit = factor.strip("0") == "1" and len(factor) > 2
    return inner if isinstance(inner, exp.Expr) and (is_unit or factor in ("60", "3600")) else None


def _exchanged(was: exp.Expr, now: exp.Expr) -> tuple[str, str] | None:
    """The two columns in which alone two computed expressions differ."""
    if isinstance(was, exp.Column) or isinstance(now, exp.Column) or now.find(exp.AggFunc):
        return None
    old, new = list(was.find_all(exp.Column)), list(now.find_all(exp.Column))
    if len(old) != len(new) or {c.table for c in old} != {c.table for c in new}:
        return None
    pairs = {(_text(a), _text(b)) for a, b in zip(old, new, strict=True) if a != b}
    if len(pairs) != 1:
        return None
    before, after = next(iter(pairs))
    return (before, after) if _text(was).replace(before, after) == _text(now) else None


PLAIN = frozenset(
    ["0", "0.0", "", "unknown", "other", "none", "n/a", "na", "false", "-1", "{}", "[]"]
)


def _sign(node: exp.Expr) -> exp.Expr:
    if isinstance(node, (exp.Add, exp.Sub)):
        return exp.Anonymous(this="plus", expressions=[node.this, node.expression])
    if isinstance(node, (exp.Mul, exp.Div)):
        return exp.Anonymous(this="times", expressions=[node.this, node.expression])
    if isinstance(node, exp.Neg) and not isinstance(node.this, exp.Literal):
        inner = node.this
        return inner if isinstance(inner, exp.Expr) else node
    return node


def _number(node: exp.Expr) -> exp.Expr:
    if isinstance(node, (exp.Add, exp.Sub)) and isinstance(node.expression, exp.Literal):
        inner = node.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        return inner if isinstance(inner, exp.Expr) else node
    if isinstance(node, exp.Literal) and not node.is_string:
        return exp.Literal.number(0)
    return node


def _path(node: exp.Expr) -> exp.Expr:
    return exp.Literal.string("path") if isinstance(node, exp.JSONPath) else node


def _direction(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Ordered) and isinstance(node.this, exp.Expr) else node


DETAILS = (
    ("sign", _sign, "is the sign or the operator meant to change?"),
    ("number", _number, "is the other number meant?"),
    ("path", _path, "is this where the payload holds it?"),
    ("direction", _direction, "is the other direction meant?"),
)


def _blanked(tree: exp.Expr, blank: Callable[[exp.Expr], exp.Expr]) -> str:
    """The text of an expression with one kind of detail taken out, from the leaves up."""
    copy = tree.copy()
    for node in reversed(list(copy.walk())):
        other = blank(node)
        if other is node:
            continue
        if node is copy:
            copy = other
        else:
            node.replace(other)
    return _text(copy)


def _gone(after: Variant, before: Scope, scope: Scope) -> Iterator[Asked]:
    """A condition of WHERE that is gone, where nothing came in its place."""
    old, new = (_conditions(one) for one in (before, scope))
    gone = [text for text in old if text not in new]
    came = [text for text in new if text not in old]
    if len(gone) == 1 and not came and set(before.bindings) == set(scope.bindings):
        assert after.resolution is not None
        if any(text in _text(scope.node) for text in gone):
            return
        if _stands(gone[0], before, after.resolution.scopes):
            # Moved to another part of the model.
            return
        where = before.node.args["where"]
        lost = next(part for part in conjuncts(where.this) if _text(part) == gone[0])
        yield (
            "filter",
            f"The condition {shown(lost)[:90]} is gone: are the rows it kept out meant to come in?",
            after,
            start_of(scope.node.args.get("from_") or scope.node) or 0,
        )


def _stands(text: str, before: Scope, scopes: list[Scope]) -> bool:
    """True where a condition of WHERE is one of another SELECT, under whatever names."""
    where = before.node.args["where"]
    meant = {bare(part) for part in conjuncts(where.this) if _text(part) == text}
    return any(
        bare(part) in meant
        for scope in scopes
        if scope.node.args.get("where") is not None
        for part in conjuncts(scope.node.args["where"].this)
    )


def _conditions(scope: Scope) -> list[str]:
    where = scope.node.args.get("where")
    return [_text(part) for part in conjuncts(where.this)] if where is not None else []


def _unions(before: Variant, after: Variant) -> Iterator[Asked]:
    """UNION ALL that became UNION, which drops equal rows."""
    assert before.resolution is not None and after.resolution is not None
    old = {check.path: check for check in before.resolution.unions}
    for check in after.resolution.unions:
        was = old.get(check.path)
        if was is None or was.node.args.get("distinct") or not check.node.args.get("distinct"):
            continue
        yield (
            "union",
            "UNION ALL became UNION, which keeps one of several equal rows: are there none that "
            "should count?",
            after,
            start_of(check.node.expression) or 0,
        )


def _bounds(before: Variant, after: Variant) -> Iterator[Asked]:
    old = _signs(before)
    for bound, (sign, nodes) in _signs(after).items():
        was, others = old.get(bound, ("", []))
        if not was or was == sign or len(nodes) != len(others):
            continue
        node, other = nodes[0], others[0]
        yield (
            "bound",
            f"{shown(other)} became {shown(node)}: do the rows at the very bound belong or not?",
            after,
            start_of(node) or 0,
        )


def _signs(variant: Variant) -> dict[Bound, tuple[str, list[exp.Expr]]]:
    """The comparisons of a query that stand with one sign only."""
    found: dict[Bound, tuple[str, list[exp.Expr]]] = {}
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        for node, _ in nodes_of(scope):
            if type(node) not in BOUNDS or not isinstance(node, exp.Binary):
                continue
            sign, is_swapped = BOUNDS[type(node)]
            sides = [_text(node.left), _text(node.right)]
            large, small = reversed(sides) if is_swapped else sides
            key = (scope.path, large, small)
            kept = found.setdefault(key, (sign, []))
            if kept[0] != sign:
                found[key] = ("", [])
            kept[1].append(node)
    return found


def _joins(before: Variant, after: Variant) -> Iterator[Asked]:
    old = _equalities(before)
    new = _equalities(after)
    for (path, pair), (scope, node) in new.items():
        turned_pair = _turned(pair)
        if (path, pair) in old or (path, turned_pair) in new or turned_pair == pair:
            continue
        match = old.get((path, turned_pair))
        if match is not None and set(match[0].bindings) == set(scope.bindings):
            yield (
                "turned-join",
                f"{shown(match[1])} became {shown(node)}: which of the "
                "two sides is meant to point at the other?",
                after,
                start_of(node) or 0,
            )


Pair = frozenset[tuple[str, str]]


def _equalities(variant: Variant) -> dict[tuple[str, Pair], tuple[Scope, exp.Expr]]:
    """Equated columns of two relations, in the conditions of joins."""
    found: dict[tuple[str, Pair], tuple[Scope, exp.Expr]] = {}
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        for binding in scope.bindings.values():
            join = binding.join
            condition = join.args.get("on") if isinstance(join, exp.Join) else None
            for part in conjuncts(condition):
                sides = [part.left, part.right] if isinstance(part, exp.EQ) else []
                columns = [s for s in sides if isinstance(s, exp.Column) and s.table]
                pair = frozenset((c.table.lower(), c.name.lower()) for c in columns)
                if len(pair) == 2 and len({table for table, _ in pair}) == 2:
                    found[(scope.path, pair)] = (scope, part)
    return found


def _turned(pair: Pair) -> Pair:
    """The same two tables, each with the other's column."""
    (first, one), (second, other) = sorted(pair)
    return frozenset({(first, other), (second, one)})


def _text(node: exp.Expr) -> str:
    return write(node).lower()
