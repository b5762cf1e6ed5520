"""One form for what is written in several, so that each rule has to know one; positions stay."""

from __future__ import annotations

from sqlglot import exp

MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
    exp.GT: exp.LT,
    exp.LT: exp.GT,
    exp.GTE: exp.LTE,
    exp.LTE: exp.GTE,
}
CONSTANTS = (exp.Literal, exp.Null, exp.Boolean)
WRITTEN_RIGHT = "written_right"
"""Marks a LEFT JOIN that was written as a RIGHT JOIN."""


def normalise(query: exp.Query) -> None:
    """Put a parsed query into the form that the rules know."""
    _negate_outside(query)
    _constants_last(query)
    for select in query.find_all(exp.Select):
        _windows_in_place(select)
        _left_for_right(select)
        _related_in_on(select)


def _negate_outside(query: exp.Query) -> None:
    """Write `x IS NOT NULL` and `x NOT LIKE y` as NOT (...), as most dialects' parsers do."""
    for node in list(query.find_all(exp.Is, exp.Like, exp.ILike)):
        if node.args.get("negate"):
            node.set("negate", None)
            outside = exp.Not()
            node.replace(outside)
            outside.set("this", node)


def _constants_last(query: exp.Query) -> None:
    """Write `1 = x` as `x = 1`."""
    for node in list(query.find_all(*MIRRORED)):
        left, right = node.this, node.args.get("expression")
        if not isinstance(left, CONSTANTS) or isinstance(right, (*CONSTANTS, exp.Subquery)):
            continue
        turned = MIRRORED[type(node)]()
        node.replace(turned)
        turned.set("this", right)
        turned.set("expression", left)


def _windows_in_place(select: exp.Select) -> None:
    """Write `over w` as what WINDOW says w is; a window may build on another one."""
    named = {w.name.lower(): w for w in select.args.get("windows") or []}
    if not named:
        return
    for window in list(select.find_all(exp.Window)):
        if window.find_ancestor(exp.Select) is not select:
            continue
        seen: set[str] = set()
        while (alias := window.args.get("alias")) is not None:
            told = named.get(alias.name.lower())
            if told is None or alias.name.lower() in seen:
                break
            seen.add(alias.name.lower())
            window.set("alias", None)
            for part in ("partition_by", "order", "spec", "alias"):
                value = told.args.get(part)
                if value and not window.args.get(part):
                    copied = [v.copy() for v in value] if isinstance(value, list) else value.copy()
                    window.set(part, copied)


def _left_for_right(select: exp.Select) -> None:
    """Write `a RIGHT JOIN b` as `b LEFT JOIN a`, unless a star shows their order."""
    source, joins = select.args.get("from_"), select.args.get("joins") or []
    if source is None or len(joins) != 1 or select.args.get("laterals"):
        return
    join = joins[0]
    if (join.side or "").upper() != "RIGHT" or (join.kind or "").upper() not in ("", "OUTER"):
        return
    if join.args.get("method") or any(isinstance(item, exp.Star) for item in select.expressions):
        return
    first, second = source.this, join.this
    if not all(isinstance(side, (exp.Table, exp.Subquery)) for side in (first, second)):
        return
    if first.args.get("joins") or first.args.get("laterals"):
        return
    source.set("this", second)
    join.set("this", first)
    join.set("side", "LEFT")
    join.meta[WRITTEN_RIGHT] = True


def _related_in_on(select: exp.Select) -> None:
    """Write `from a, b where a.x = b.x`, CROSS JOIN too, as `from a join b on a.x = b.x`."""
    source, where = select.args.get("from_"), select.args.get("where")
    if source is None or where is None:
        return
    seen = {_called(source.this)}
    for join in select.args.get("joins") or []:
        name = _called(join.this)
        is_plain = not any(join.args.get(part) for part in ("on", "using", "side", "method"))
        if name and is_plain and (join.kind or "").upper() in ("", "CROSS"):
            for part in [p for p in _parts(where.this) if _relates(p, name, seen)]:
                _drop(part)
                join.set("kind", None)
                before = join.args.get("on")
                if before is None:
                    join.set("on", part)
                else:
                    both = exp.And()
                    join.set("on", both)
                    both.set("this", before)
                    both.set("expression", part)
                if where.args.get("this") is None:
                    select.set("where", None)
                    return
        seen.add(name)


def _called(node: exp.Expr) -> str:
    """The name of a table or subquery in its query, as it may be written before a column."""
    is_relation = isinstance(node, (exp.Table, exp.Subquery))
    return node.alias_or_name.lower() if is_relation else ""


def _parts(condition: exp.Expr) -> list[exp.Expr]:
    if isinstance(condition, exp.And):
        return [*_parts(condition.this), *_parts(condition.expression)]
    return [condition]


def _relates(part: exp.Expr, name: str, seen: set[str]) -> bool:
    """True for an equality of a column of one relation with a column of one before it."""
    sides = (part.this, part.expression) if isinstance(part, exp.EQ) else ()
    tables = {
        side.table.lower()
        for side in sides
        if isinstance(side, exp.Column) and not side.args.get("join_mark")
    }
    return len(tables) == 2 and name in tables and bool((tables - {name}) & (seen - {""}))


def _drop(part: exp.Expr) -> None:
    """Take a part out of the conjunction or the WHERE that it stands in."""
    parent = part.parent
    if isinstance(parent, exp.And):
        parent.replace(parent.expression if parent.this is part else parent.this)
        part.parent = None
    elif parent is not None:
        parent.set("this", None)
        part.parent = None
