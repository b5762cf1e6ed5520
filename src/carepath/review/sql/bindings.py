"""What the names of a query are bound to: relations, columns, items of its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from carepath.review.jinja.relations import RelationName, StarSpec
from carepath.review.sql.relation import Column, Gap, Relation, open_relation

Lookup = Callable[[RelationName], Relation]


@dataclass(slots=True)
class Binding:
    """A relation in a FROM clause, under the name it has there."""

    name: str
    relation: Relation
    node: exp.Expr
    join: exp.Join | None = None
    nullable: bool = False
    hidden: bool = False
    is_cte: bool = False


@dataclass(slots=True)
class Use:
    """One column reference and what it means (column None: cannot tell)."""

    node: exp.Column
    clause: str
    binding: Binding | None
    column: Column | None
    alias: bool = False


@dataclass(slots=True)
class Item:
    """One output column of a SELECT and the expression behind it (None: from a star)."""

    column: Column
    expression: exp.Expr | None
    binding: Binding | None
    source: str | None
    node: exp.Expr


@dataclass(slots=True)
class SetCheck:
    """Both sides of a UNION, for the rules that compare them."""

    node: exp.SetOperation
    path: str
    left: Relation
    right: Relation


@dataclass(slots=True)
class Scope:
    """One SELECT: its sources, its column references, its output."""

    node: exp.Select
    path: str
    parent: Scope | None
    bindings: dict[str, Binding] = field(default_factory=dict)
    uses: list[Use] = field(default_factory=list)
    output: Relation = field(default_factory=lambda: open_relation("not resolved"))
    using: set[str] = field(default_factory=set)
    is_natural: bool = False
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    children: list[Scope] = field(default_factory=list)
    is_final: bool = False
    items: list[Item] = field(default_factory=list)
    nodes: list[tuple[exp.Expr, str]] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`column <operator> 'text'`; `operator` is =, != or like."""

    scope: Scope
    node: exp.Expr
    literal: exp.Literal
    column: Column
    binding: Binding
    operator: str
    clause: str


@dataclass(slots=True)
class Resolution:
    """All scopes of a model, its output, and its gaps."""

    scopes: list[Scope]
    output: Relation
    gaps: list[Gap]
    uses: dict[int, Use]
    ctes: dict[str, Relation]
    unions: list[SetCheck]
    unused_ctes: tuple[str, ...] = ()
    comparisons: list[Comparison] | None = None


@dataclass(slots=True)
class Known:
    """What is known of the names of one query while it is resolved.

    Attributes
    ----------
    lookup : Lookup
        The relation a ref or source stands for.
    relations, stars : dict
        What the placeholders of the rendered text stand for.
    uses : dict of int to Use
        What each column node, by its `id`, means.
    is_patched : bool
        Whether an unknown macro had to be left out for the text to parse.
    """

    dialect: str
    lookup: Lookup
    relations: dict[str, RelationName]
    stars: dict[str, StarSpec]
    is_patched: bool = False
    uses: dict[int, Use] = field(default_factory=dict)


def known_of(resolution: Resolution, dialect: str) -> Known:
    """What a finished resolution knows."""
    return Known(dialect, lambda name: open_relation(name.label), {}, {}, uses=resolution.uses)


def outermost(scopes: list[Scope], *, by_name: bool = False) -> list[Scope]:
    """The scopes that decide the output: the final ones, or what a bare star hands on.

    With `by_name`, also what a list of its columns, each under its own name, hands on.
    """
    found: list[Scope] = []
    for scope in scopes:
        if not scope.is_final:
            continue
        current = scope
        while True:
            inner = _handed_on(current, scopes, by_name)
            if inner is None:
                break
            current = inner
        found.append(current)
    return found


def _handed_on(scope: Scope, scopes: list[Scope], by_name: bool) -> Scope | None:
    node = scope.node
    bindings = list(scope.bindings.values())
    if len(bindings) != 1:
        return None
    first = node.expressions[0] if len(node.expressions) == 1 else None
    is_star = isinstance(first, exp.Star) and not first.args.get("except_")
    is_list = by_name and all(
        item.binding is bindings[0] and item.source == item.column.name for item in scope.items
    )
    if not is_star and not is_list:
        return None
    if any(node.args.get(key) for key in ("where", "group", "qualify", "distinct", "limit")):
        return None
    table = bindings[0].node
    if isinstance(table, exp.Subquery):
        inner = [s for s in scopes if s.node is table.this]
    elif bindings[0].is_cte:
        inner = [s for s in scopes if s.path == table.name.lower() and s is not scope]
    else:
        return None
    return inner[0] if len(inner) == 1 else None
