"""The scopes of a model at head beside the same ones at base."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Place
from carepath.review.rule import Context
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.writing import write


def pairs(context: Context) -> Iterator[tuple[Variant, dict[str, Scope], dict[str, Scope]]]:
    """Yield (variant, scopes at base, scopes at head), by path, of a model that is edited."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None:
        return
    if before.file.sha == context.model.file.sha and not (
        context.snapshot.macros(context.model) & change.changed_files
    ):
        return
    theirs = {_flags(v): v for v in change.base.analyse(before).variants}
    for variant in context.resolved:
        old = theirs.get(_flags(variant))
        if old is None or old.resolution is None or variant.resolution is None:
            continue
        yield variant, by_path(old.resolution.scopes), by_path(variant.resolution.scopes)


def edited(context: Context) -> Iterator[tuple[Variant, Scope, Scope]]:
    """Yield (variant, scope at head, scope at base) of a model that the change edits.

    It edits the model's own text, or a macro that the model calls.
    """
    for variant, theirs, ours in pairs(context):
        for path, scope in ours.items():
            if path in theirs:
                yield variant, scope, theirs[path]


def _flags(variant: Variant) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(variant.rendered.flags.items(), key=str))


def by_path(scopes: list[Scope]) -> dict[str, Scope]:
    """Scopes by their path, without those that share one."""
    found: dict[str, Scope] = {}
    double: set[str] = set()
    for scope in scopes:
        if scope.path in found:
            double.add(scope.path)
        found[scope.path] = scope
    return {path: scope for path, scope in found.items() if path not in double}


def items(scope: Scope) -> dict[str, exp.Expr]:
    """The computed output columns of a scope, by alias in lower case."""
    return {
        item.alias.lower(): item.this
        for item in scope.node.expressions
        if isinstance(item, exp.Alias)
    }


def plain(node: exp.Expr) -> str:
    """An expression as comparable text."""
    return write(node).lower()


def bare(node: exp.Expr) -> str:
    """An expression as comparable text, whatever its relations are called."""

    def strip(part: exp.Expr) -> exp.Expr:
        return exp.column(part.this) if isinstance(part, exp.Column) else part

    return plain(node.copy().transform(strip))


def base_place(context: Context) -> Place | None:
    """The file of a model at base."""
    before = context.change.counterpart(context.model) if context.change is not None else None
    return Place(before.file.path, 1) if before is not None else None
