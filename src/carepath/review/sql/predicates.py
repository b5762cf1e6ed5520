"""Comparisons of columns with texts, wherever they stand in a scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from carepath.review.jinja.unknown import PATTERN
from carepath.review.sql.bindings import Comparison, Resolution, Scope, Use, known_of
from carepath.review.sql.values import domain_of

STOPS = (exp.Select, exp.SetOperation)


def nodes_of(scope: Scope) -> list[tuple[exp.Expr, str]]:
    """Every node of a scope's own clauses, with the clause; nested queries left out."""
    if scope.nodes is None:
        scope.nodes = list(_walk(scope))
    return scope.nodes


def _walk(scope: Scope) -> Iterator[tuple[exp.Expr, str]]:
    node = scope.node
    roots: list[tuple[exp.Expr, str]] = [(item, "select") for item in node.expressions]
    for key in ("where", "group", "having", "qualify", "order"):
        part = node.args.get(key)
        if isinstance(part, exp.Expr):
            roots.append((part, key))
    for binding in scope.bindings.values():
        if binding.join is not None and isinstance(binding.join.args.get("on"), exp.Expr):
            roots.append((binding.join.args["on"], "on"))
    for root, clause in roots:
        stack: list[exp.Expr] = [root]
        while stack:
            current = stack.pop()
            if isinstance(current, STOPS):
                continue
            yield current, clause
            stack.extend(current.iter_expressions())


def comparisons(resolution: Resolution) -> list[Comparison]:
    """Every comparison of a resolved column, or of a text made of it alone, with a text."""
    if resolution.comparisons is None:
        resolution.comparisons = list(_comparisons(resolution))
    return resolution.comparisons


def _comparisons(resolution: Resolution) -> Iterator[Comparison]:
    known = known_of(resolution, "")
    for scope in resolution.scopes:
        for node, clause in nodes_of(scope):
            for whole, literal, operator in _compared(node):
                if PATTERN.search(literal.name):
                    continue
                columns = [whole] if isinstance(whole, exp.Column) else _wrapped(whole)
                use = resolution.uses.get(id(columns[0])) if len(columns) == 1 else None
                if use is None or use.column is None or use.binding is None:
                    continue
                column = use.column
                if not isinstance(whole, exp.Column):
                    domain = domain_of(known, scope, whole)
                    if domain is None:
                        continue
                    column = replace(column, domain=domain, direct=None, root=None)
                yield Comparison(scope, node, literal, column, use.binding, operator, clause)


def unresolved(resolution: Resolution) -> Iterator[tuple[Scope, exp.Column, exp.Literal, str]]:
    """(scope, column, literal, clause) of equalities with a column whose origin is not known."""
    for scope in resolution.scopes:
        for node, clause in nodes_of(scope):
            for column, literal, operator in _pairs(node):
                use = resolution.uses.get(id(column))
                known = use is not None and (use.column is not None or use.alias)
                if operator == "=" and not known and not PATTERN.search(literal.name):
                    yield scope, column, literal, clause


WRAPPERS = (exp.Coalesce, exp.Trim, exp.Cast, exp.Paren)
"""What a column may stand in and still be compared as the text it is."""


def _wrapped(whole: exp.Expr) -> list[exp.Column]:
    """The columns of `coalesce(column, '')` and other texts that wrap one."""
    return list(whole.find_all(exp.Column)) if isinstance(whole, WRAPPERS) else []


def _pairs(node: exp.Expr) -> Iterator[tuple[exp.Column, exp.Literal, str]]:
    for column, literal, operator in _compared(node):
        if isinstance(column, exp.Column):
            yield column, literal, operator


COMPARING = (exp.EQ, exp.NEQ, exp.In, exp.Case, exp.DecodeCase)


def _compared(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Literal, str]]:
    """What is compared with texts: by =, IN, CASE ... WHEN or DECODE."""
    if not isinstance(node, COMPARING):
        return
    if isinstance(node, (exp.EQ, exp.NEQ)):
        operator = "=" if isinstance(node, exp.EQ) else "!="
        for left, right in ((node.left, node.right), (node.right, node.left)):
            if isinstance(right, exp.Literal) and right.is_string:
                yield left, right, operator
    elif isinstance(node, exp.In) and isinstance(node.this, exp.Expr):
        operator = "!=" if isinstance(node.parent, exp.Not) else "="
        for item in node.expressions:
            if isinstance(item, exp.Literal) and item.is_string:
                yield node.this, item, operator
    elif isinstance(node, exp.Case) and isinstance(node.this, exp.Expr):
        for branch in node.args.get("ifs") or []:
            if isinstance(branch.this, exp.Literal) and branch.this.is_string:
                yield node.this, branch.this, "="
    elif isinstance(node, exp.DecodeCase):
        whole, *rest = node.expressions
        for item in rest[: len(rest) // 2 * 2 : 2]:
            if isinstance(item, exp.Literal) and item.is_string:
                yield whole, item, "="


def use_of(resolution: Resolution, node: exp.Expr) -> Use | None:
    """What a column node means."""
    return resolution.uses.get(id(node))


def literal_comparisons(scope: Scope) -> Iterator[exp.Literal]:
    """Every text a column of any origin is compared with for equality."""
    for node, _ in nodes_of(scope):
        for _, literal, _ in _pairs(node):
            if not PATTERN.search(literal.name):
                yield literal
