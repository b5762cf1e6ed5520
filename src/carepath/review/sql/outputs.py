"""What a SELECT puts out: columns in order, where each comes from, what it can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from carepath.review.jinja.unknown import PATTERN
from carepath.review.sql import values as facts
from carepath.review.sql.bindings import Binding, Item, Known, Scope
from carepath.review.sql.names import fold_identifier, loose
from carepath.review.sql.relation import Column, Key, Relation, open_relation

MOST_COLUMNS = 20_000
"""Columns of one SELECT; beyond, nothing is claimed of them."""


def items(known: Known, scope: Scope) -> list[Item]:
    """List the output columns of a scope; stars expanded as far as known."""
    found: list[Item] = []
    if _width(known, scope) > MOST_COLUMNS:
        return found
    for node in scope.node.expressions:
        star = star_of(node)
        if star is not None:
            found.extend(_expand(known, scope, node, star))
            continue
        spec = _spec_of(known, node)
        if spec is not None:
            continue
        for name, shown, expression in _named(node, known.dialect):
            column = facts.describe(known, scope, expression, name, shown)
            binding, source = _direct(known, expression)
            found.append(Item(column, expression, binding, source, node))
    return found


def relation(known: Known, scope: Scope) -> Relation:
    """The output of a scope, with its openness."""
    complete, reason, has_unnamed = True, "", False
    columns: list[Column] = []
    if _width(known, scope) > MOST_COLUMNS:
        return open_relation(f"more than {MOST_COLUMNS} columns")
    by_node: dict[int, list[Item]] = {}
    for item in scope.items:
        by_node.setdefault(id(item.node), []).append(item)
    for node in scope.node.expressions:
        star = star_of(node)
        spec = _spec_of(known, node)
        if star is not None:
            for binding in star_bindings(node, scope, known.dialect):
                if not binding.relation.is_complete:
                    complete, reason = False, reason or binding.relation.reason
                has_unnamed = has_unnamed or binding.relation.has_unnamed
            if not scope.bindings:
                complete = False
            columns += [item.column for item in by_node.get(id(node), [])]
        elif spec is not None:
            more, is_whole = _from_spec(known, scope, spec)
            columns += more
            complete = complete and is_whole
        elif isinstance(node, exp.Column) and PATTERN.search(node.name):
            complete, reason = False, "an unknown macro"
        else:
            for item in by_node.get(id(node), []):
                if PATTERN.search(item.column.name):
                    complete, reason = False, "a generated name"
                elif item.column.name.startswith("?"):
                    has_unnamed = True
                columns.append(item.column)
    if known.is_patched:
        complete, reason = False, "an unknown macro"
    if scope.node.args.get("kind"):
        complete, reason = False, "select as struct"
    return Relation("query", tuple(columns), complete, (), has_unnamed, reason)


def _width(known: Known, scope: Scope) -> int:
    """How many columns a SELECT puts out: stars over stars double them at each step."""
    total = len(scope.node.expressions)
    for node in scope.node.expressions:
        if star_of(node) is not None:
            bindings = star_bindings(node, scope, known.dialect)
            total += sum(len(binding.relation.columns) for binding in bindings)
    return total


def _named(node: exp.Expr, dialect: str) -> list[tuple[str, str, exp.Expr]]:
    if isinstance(node, exp.Alias):
        identifier = node.args["alias"]
        return [(fold_identifier(identifier, dialect), node.alias, node.this)]
    if isinstance(node, exp.Aliases):
        return [
            (fold_identifier(alias, dialect), alias.name, node.this)
            for alias in node.args.get("expressions") or []
        ]
    if isinstance(node, exp.Column):
        return [(fold_identifier(node.this, dialect), node.name, node)]
    if isinstance(node, exp.Dot):
        return [(fold_identifier(node.expression, dialect), node.expression.name, node)]
    if isinstance(node, exp.PropertyEQ):
        return [(fold_identifier(node.this, dialect), node.this.name, node.expression)]
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Column):
        # Several dialects name a bare cast after its column; treat the name as soft.
        return [("?" + fold_identifier(node.this.this, dialect), node.this.name, node)]
    return [("?unnamed", "", node)]


def star_of(node: exp.Expr) -> exp.Star | None:
    """The star of `*` or `x.*`."""
    if isinstance(node, exp.Star):
        return node
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return node.this
    return None


def _spec_of(known: Known, node: exp.Expr) -> str | None:
    if isinstance(node, exp.Column) and node.name.lower() in known.stars:
        return node.name.lower()
    return None


def star_bindings(node: exp.Expr, scope: Scope, dialect: str) -> list[Binding]:
    """The relations whose columns a star stands for."""
    if isinstance(node, exp.Column):
        parts = [fold_identifier(part, dialect) for part in node.parts[:-1]]
        for name in reversed(parts):
            if name in scope.bindings:
                return [scope.bindings[name]]
            found = [b for b in scope.bindings.values() if b.relation.id.endswith(f":{name}")]
            if found:
                return found
        return [Binding("?", open_relation("star of an unknown alias"), node)]
    return [binding for binding in scope.bindings.values() if not binding.hidden]


def _expand(known: Known, scope: Scope, node: exp.Expr, star: exp.Star) -> list[Item]:
    dialect = known.dialect
    excluded = {loose(e.name) for e in star.args.get("except_") or []}
    renamed = {
        loose(e.this.name): (fold_identifier(e.args["alias"], dialect), e.alias)
        for e in star.args.get("rename") or []
        if isinstance(e, exp.Alias)
    }
    replaced = {
        loose(e.alias): e.this for e in star.args.get("replace") or [] if isinstance(e, exp.Alias)
    }
    found: list[Item] = []
    filters = scope.node.args.get("where") is not None
    merged: set[str] = set()
    for binding in star_bindings(node, scope, dialect):
        for column in binding.relation.columns:
            if loose(column.name) in excluded:
                continue
            if not isinstance(node, exp.Column) and (
                column.name in scope.using or scope.is_natural
            ):
                if column.name in merged:
                    continue
                merged.add(column.name)
            name, shown = renamed.get(loose(column.name), (column.name, column.shown))
            expression = replaced.get(loose(column.name))
            if expression is not None:
                described = facts.describe(known, scope, expression, name, shown)
                found.append(Item(described, expression, None, None, node))
                continue
            copy = column
            if (
                name != column.name
                or column.kind != "column"
                or (binding.nullable and column.nullable is not True)
            ):
                copy = replace(
                    column,
                    name=name,
                    shown=shown,
                    kind="column",
                    text="",
                    nullable=True if binding.nullable else column.nullable,
                )
            if filters:
                copy = facts.narrow(known, scope, binding, column, copy)
            found.append(Item(copy, None, binding, column.name, node))
    return found


def _direct(known: Known, expression: exp.Expr) -> tuple[Binding | None, str | None]:
    if isinstance(expression, exp.Paren):
        expression = expression.unnest()
    if isinstance(expression, exp.Column):
        use = known.uses.get(id(expression))
        if use is not None and use.column is not None and use.binding is not None:
            return use.binding, use.column.name
    return None, None


def _from_spec(known: Known, scope: Scope, token: str) -> tuple[list[Column], bool]:
    spec = known.stars[token]
    columns: list[Column] = []
    is_whole = True
    seen: set[str] = set()
    for encoded in spec.relations:
        name = known.relations.get(encoded.lower())
        relation = known.lookup(name) if name is not None else open_relation("star")
        is_whole = is_whole and relation.is_complete
        for column in relation.columns:
            if loose(column.name) in spec.excluded or column.name in seen:
                continue
            seen.add(column.name)
            shown = f"{spec.prefix}{column.shown}{spec.suffix}"
            columns.append(replace(column, name=shown.lower(), shown=shown, domain=None))
    came_from = frozenset({facts.ROWS_OF + "|".join(sorted(spec.relations))})
    columns += [
        Column(extra.lower(), extra, kind="expression", tags=came_from) for extra in spec.extra
    ]
    return columns, is_whole


def named_by_star(star: exp.Star) -> Iterator[exp.Expr]:
    """What EXCLUDE, RENAME and REPLACE of a star name, which has to be there."""
    yield from star.args.get("except_") or []
    for item in star.args.get("rename") or []:
        yield item.this
    for item in star.args.get("replace") or []:
        if isinstance(item, exp.Alias):
            yield item.args["alias"]


def named_by_pivot(pivot: exp.Pivot) -> Iterator[exp.Expr]:
    """The columns of its input that a PIVOT or UNPIVOT names."""
    fields = [field for field in pivot.args.get("fields") or [] if isinstance(field, exp.In)]
    if pivot.args.get("unpivot"):
        for field in fields:
            for item in field.expressions:
                named = item.this if isinstance(item, (exp.PivotAlias, exp.Alias)) else item
                yield from named.expressions if isinstance(named, exp.Tuple) else [named]
        return
    for field in fields:
        yield field.this
    for part in pivot.expressions:
        yield from part.find_all(exp.Column)


def rename(relation: Relation, names: list[tuple[str, str]]) -> Relation:
    """Apply the column list of an alias."""
    if not names:
        return relation
    if not relation.is_complete or len(names) != len(relation.columns):
        columns = tuple(Column(name, shown) for name, shown in names)
        return Relation(relation.id, columns, relation.is_complete, reason=relation.reason)
    columns = tuple(
        replace(column, name=name, shown=shown)
        for column, (name, shown) in zip(relation.columns, names, strict=True)
    )
    mapping = {old.name: new.name for old, new in zip(relation.columns, columns, strict=True)}
    keys = tuple(
        replace(key, columns=frozenset(mapping[c] for c in key.columns))
        for key in relation.keys
        if all(c in mapping for c in key.columns)
    )
    return replace(relation, columns=columns, keys=keys, has_unnamed=False)


def lateral(node: exp.Expr, names: list[tuple[str, str]]) -> Relation:
    """A LATERAL or UNNEST: closed only where LATERAL VIEW names all its columns."""
    if isinstance(node, exp.Lateral) and node.args.get("view") and names:
        return Relation("lateral view", tuple(Column(name, shown) for name, shown in names), True)
    return open_relation("lateral or unnest")


def values(node: exp.Values, dialect: str) -> Relation:
    """A VALUES list: closed where its columns are named."""
    alias = node.args.get("alias")
    names = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    if not names:
        return open_relation("values")
    columns = tuple(Column(fold_identifier(n, dialect), n.name, kind="constant") for n in names)
    return Relation("values", columns, True)


UNIONED = "UNION ALL of relations that"
"""Begins the proof of a key that is told by a constant of each side."""


def combine(node: exp.SetOperation, left: Relation, right: Relation) -> Relation:
    """The output of a UNION, EXCEPT or INTERSECT."""
    if isinstance(node, exp.Except):
        return left
    if node.args.get("by_name"):
        names = {column.name for column in left.columns}
        more = tuple(column for column in right.columns if column.name not in names)
        return Relation(
            "union",
            left.columns + more,
            left.is_complete and right.is_complete,
            has_unnamed=left.has_unnamed or right.has_unnamed,
            reason=left.reason or right.reason,
        )
    columns: list[Column] = []
    same_length = len(left.columns) == len(right.columns) and right.is_complete
    for position, column in enumerate(left.columns):
        other = right.columns[position] if same_length else None
        domain = (
            column.domain.union(other.domain)
            if other is not None and column.domain and other.domain
            else None
        )
        columns.append(
            replace(
                column,
                direct=column.direct if other and other.direct == column.direct else None,
                root=column.root if other and other.root == column.root else None,
                origins=column.origins | (other.origins if other else frozenset()),
                kind="constant" if other and column.kind == other.kind == "constant" else "column",
                domain=domain,
                type=column.type if other and other.type == column.type else None,
                nullable=True
                if column.nullable or (other and other.nullable)
                else (False if other and column.nullable is other.nullable is False else None),
                numbered_by=None,
                tags=facts.common_tags(column.tags, other.tags if other else frozenset()),
                text="",
            )
        )
    keys: tuple[Key, ...] = ()
    if node.args.get("distinct") and left.is_closed:
        keys = (Key(frozenset(c.name for c in left.columns), "sql", "UNION removes duplicates"),)
    elif isinstance(node, exp.Union) and same_length:
        keys = _told_apart(left, right)
    if isinstance(node, exp.Intersect):
        keys = left.keys
    return Relation(
        "union",
        tuple(columns),
        left.is_complete,
        keys,
        left.has_unnamed,
        left.reason,
    )


def _told_apart(left: Relation, right: Relation) -> tuple[Key, ...]:
    """Keys of a UNION ALL whose sides each have one, and a column that tells the sides apart."""
    places = {column.name: place for place, column in enumerate(right.columns)}
    pairs = list(zip(left.columns, right.columns, strict=True))
    telling = [one.name for one, two in pairs if _differ(one, two)]
    found: list[Key] = []
    for ours in left.keys if telling else ():
        for theirs in right.keys:
            if {ours.strength, theirs.strength} != {"sql"} or not theirs.columns <= places.keys():
                continue
            mapped = {left.columns[places[name]].name for name in theirs.columns}
            columns = ours.columns | mapped | {telling[0]}
            found.append(Key(frozenset(columns), "sql", f"{UNIONED} {telling[0]} tells apart"))
    return tuple(found[:1])


def _differ(one: Column, two: Column) -> bool:
    """True where each side puts out values of its own that the other has not."""
    domains = (one.domain, two.domain)
    if any(d is None or d.strength != "sql" or not d.values for d in domains):
        return False
    assert one.domain is not None and two.domain is not None
    return one.kind == two.kind == "constant" and not one.domain.values & two.domain.values
