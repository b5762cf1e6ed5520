"""Conditions that a change moves from one part of a model to another, or loses with a CTE."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.pairs import bare, by_path
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts

Asked = tuple[str, str, Variant, int]


def moved(before: Variant, after: Variant) -> Iterator[Asked]:
    """Ask about conditions that now apply before or after a choice or a total, or are gone."""
    assert before.resolution is not None and after.resolution is not None
    old, new = by_path(before.resolution.scopes), by_path(after.resolution.scopes)
    was, now = conditions(old), conditions(new)
    for text, here in now.items():
        there = was.get(text, {})
        if len(here) != 1 or len(there) != 1 or set(here) == set(there):
            continue
        (path, node), source = next(iter(here.items())), next(iter(there))
        if source not in new or path not in old:
            continue
        passed = _between(new, source, path) or _between(new, path, source)
        for scope in passed:
            what = _chooses(scope, node)
            if what:
                yield (
                    "moved-filter",
                    f"{text[:80]} has moved from {source or 'the query'} to {path or 'the query'}, "
                    f"past {what}: is it meant to apply on the other side of that?",
                    after,
                    start_of(node) or 0,
                )
                break
    yield from _gone_with_cte(after, old, new, was, now)


def conditions(scopes: dict[str, Scope]) -> dict[str, dict[str, exp.Expr]]:
    """The conditions of WHERE, each with the scopes it stands in."""
    found: dict[str, dict[str, exp.Expr]] = {}
    for path, scope in scopes.items():
        where = scope.node.args.get("where")
        for part in conjuncts(where.this) if where is not None else []:
            if part.find(exp.Query) is None:
                found.setdefault(bare(part), {})[path] = part
    return found


def _between(scopes: dict[str, Scope], source: str, path: str) -> list[Scope]:
    """The scopes from one CTE to one that reads it, the last one left out; none if it does not."""
    reads = {
        name: {b.node.name.lower() for b in scope.bindings.values() if b.is_cte}
        for name, scope in scopes.items()
    }
    below = {path}
    waiting = [path]
    while waiting:
        for name in reads.get(waiting.pop(), set()) - below:
            below.add(name)
            waiting.append(name)
    if source not in below or source == path:
        return []
    above = {source}
    grown = True
    while grown:
        more = {name for name in reads if reads[name] & above} - above
        grown = bool(more)
        above |= more
    return [scope for name, scope in scopes.items() if name in above & below and name != path]


def _chooses(scope: Scope, condition: exp.Expr) -> str:
    """What in a SELECT gives another result where rows are left out before it, not after."""
    names = {column.name.lower() for column in condition.find_all(exp.Column)}
    group = scope.node.args.get("group")
    if scope.node.args.get("limit") is not None:
        return f"the LIMIT of {scope.path}"
    if group is not None and not names <= _names(group.expressions):
        return f"the GROUP BY of {scope.path}"
    for window in scope.node.find_all(exp.Window):
        is_own = window.find_ancestor(exp.Select) is scope.node
        if is_own and not names <= _names(window.args.get("partition_by") or []):
            return f"the window of {scope.path}"
    return ""


def _names(parts: list[exp.Expr]) -> set[str]:
    return {part.name.lower() for part in parts if isinstance(part, exp.Column)}


def _gone_with_cte(
    after: Variant,
    old: dict[str, Scope],
    new: dict[str, Scope],
    was: dict[str, dict[str, exp.Expr]],
    now: dict[str, dict[str, exp.Expr]],
) -> Iterator[Asked]:
    """A CTE is gone, its readers read what it read, and its condition stands nowhere."""
    for path, scope in old.items():
        reader = skipped(old, new, path) if path not in new else None
        if reader is None:
            continue
        where = scope.node.args.get("where")
        lost = [bare(part) for part in conjuncts(where.this)] if where is not None else []
        text = bare(reader.node)
        lost = [one for one in lost if one not in now and one not in text]
        if lost and not any(text not in was for text in now):
            yield (
                "filter",
                f"The condition {lost[0][:90]} is gone with {path}: are the rows it kept out "
                "meant to come in?",
                after,
                start_of(reader.node.args.get("from_") or reader.node) or 0,
            )


def skipped(old: dict[str, Scope], new: dict[str, Scope], path: str) -> Scope | None:
    """The SELECT at head that reads what a CTE at base read, as it is otherwise, in its place."""
    inner = list(old[path].bindings.values())
    if len(inner) != 1 or not isinstance(inner[0].node, exp.Table):
        return None
    for name, scope in old.items():
        reads = [b for b in scope.bindings.values() if b.is_cte and b.node.name.lower() == path]
        if reads and name in new and _as_if(scope, path, inner[0].node) == _plain(new[name]):
            return new[name]
    return None


def _as_if(scope: Scope, path: str, table: exp.Table) -> str:
    """The text of a SELECT, had it read a table where it read a CTE."""
    copy = scope.node.copy()
    for node in copy.find_all(exp.Table):
        if node.name.lower() == path and not node.args.get("db"):
            node.set("this", table.this.copy())
            for part in ("db", "catalog"):
                node.set(part, table.args[part].copy() if table.args.get(part) else None)
            node.set("alias", None)
    return bare(copy)


def _plain(scope: Scope) -> str:
    copy = scope.node.copy()
    for node in copy.find_all(exp.Table):
        node.set("alias", None)
    return bare(copy)
