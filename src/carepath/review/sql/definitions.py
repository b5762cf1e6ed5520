"""The expression that a column of a CTE or subquery stands for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.sql.bindings import Binding, Item, Resolution, Scope, outermost

DEEPEST = 30


def definition(resolution: Resolution, node: exp.Expr) -> exp.Expr | None:
    """Follow a column through the CTEs of its query to what computes it, None where unknown."""
    found = located(resolution, node)
    return found[0] if found is not None else None


def output_definition(resolution: Resolution, name: str) -> exp.Expr | None:
    """What computes a column of the query's output, None where unknown or where it is a UNION."""
    scopes = outermost(resolution.scopes)
    item = _item(scopes[0], name) if len(scopes) == 1 else None
    if item is None or item.binding is None or item.source is None:
        return item.expression if item is not None else None
    found = _followed(resolution, item.binding, item.source)
    return found[0] if found is not None else None


def located(resolution: Resolution, node: exp.Expr) -> tuple[exp.Expr, Scope] | None:
    """The expression behind a column, and the scope it stands in."""
    if not isinstance(node, exp.Column):
        return None
    use = resolution.uses.get(id(node))
    if use is None or use.binding is None or use.column is None:
        return None
    return _followed(resolution, use.binding, use.column.name)


def steps(
    resolution: Resolution, scope: Scope, node: exp.Column
) -> Iterator[tuple[Scope, Binding, str]]:
    """A column as it is called in its scope, and in each CTE that hands it on as it is."""
    use = resolution.uses.get(id(node))
    if use is None or use.binding is None or use.column is None:
        return
    binding, name = use.binding, use.column.name
    for _ in range(DEEPEST):
        yield scope, binding, name
        inner = scope_of(resolution, binding)
        item = _item(inner, name) if inner is not None else None
        if inner is None or item is None or item.binding is None or item.source is None:
            return
        scope, binding, name = inner, item.binding, item.source


def _followed(resolution: Resolution, binding: Binding, name: str) -> tuple[exp.Expr, Scope] | None:
    for _ in range(DEEPEST):
        scope = scope_of(resolution, binding)
        item = _item(scope, name) if scope is not None else None
        if scope is None or item is None:
            return None
        if item.binding is None or item.source is None:
            return (item.expression, scope) if item.expression is not None else None
        binding, name = item.binding, item.source
    return None


def scope_of(resolution: Resolution, binding: Binding) -> Scope | None:
    """The query of the CTE or subquery that a binding reads, None where it reads a table."""
    if isinstance(binding.node, exp.Subquery):
        inner = binding.node.this
        found = [s for s in resolution.scopes if s.node is inner]
    elif binding.is_cte and isinstance(binding.node, exp.Table):
        path = binding.node.name.lower()
        found = [s for s in resolution.scopes if s.path.lower() == path]
    else:
        return None
    return found[0] if len(found) == 1 else None


def _item(scope: Scope, name: str) -> Item | None:
    found = [item for item in scope.items if item.column.name == name]
    return found[0] if len(found) == 1 else None
