"""Arrays that a FROM clause takes apart, and the relation each is a column of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from carepath.review.sql.bindings import Binding, Resolution, Scope

UNPACKS = frozenset({
    "jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text",
    "json_array_elements_text", "json_extract_array", "json_query_array", "from_json",
    "parse_json", "split",
})  # fmt: skip
PATHS = (
    exp.Column, exp.Identifier, exp.JSONExtract, exp.JSONPath, exp.JSONPathPart, exp.Kwarg,
    exp.Var, exp.Explode, exp.Posexplode, exp.Paren, exp.Cast, exp.DataType, exp.Dot, exp.Bracket,
    exp.Literal, exp.ParseJSON, exp.Split, exp.Boolean,
)  # fmt: skip
PLAIN = frozenset({"value", "index", "key", "seq", "path", "this", "offset"})
"""What Snowflake's FLATTEN gives besides the fields of an element."""


@dataclass(frozen=True, slots=True)
class Unnested:
    """An array of `owner` taken apart under the name `name`."""

    name: str
    binding: Binding
    owner: Binding
    array: exp.Column
    is_outer: bool


def unnested(resolution: Resolution, scope: Scope) -> list[Unnested]:
    """The arrays of a scope; not those that a function generates."""
    found = []
    for name, binding in scope.bindings.items():
        node = binding.node
        source = node.expressions if isinstance(node, exp.Unnest) else [node.this]
        if not isinstance(node, (exp.Unnest, exp.Lateral, exp.TableFromRows)) or len(source) != 1:
            continue
        parts = list(source[0].walk()) if isinstance(source[0], exp.Expr) else []
        columns = [part for part in parts if isinstance(part, exp.Column)]
        if len(columns) != 1 or not all(map(_is_path, parts)):
            continue
        use = resolution.uses.get(id(columns[0]))
        owner = use.binding if use is not None else None
        if owner is None or owner is binding:
            continue
        side = (binding.join.side or "").upper() if binding.join is not None else ""
        says = any(
            isinstance(part, exp.Kwarg)
            and part.this.name.lower() == "outer"
            and isinstance(part.expression, exp.Boolean)
            and part.expression.this
            for part in parts
        )
        is_outer = bool(side or says or node.args.get("outer"))
        found.append(Unnested(name, binding, owner, columns[0], is_outer))
    return found


def _is_path(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in UNPACKS
    return isinstance(node, PATHS)


def is_whole(one: Unnested, node: exp.Column) -> bool:
    """True for the element itself, its index or key, and not for a field of it."""
    if isinstance(node.parent, (exp.JSONExtract, exp.Dot, exp.Bracket)):
        return False
    alias = one.binding.node.args.get("alias")
    named = {c.name.lower() for c in alias.args.get("columns") or []} if alias else set()
    name = node.name.lower()
    if node.table:
        return node.table.lower() == one.name.lower() and (name in named or name in PLAIN)
    return name in named or name == one.name.lower()
