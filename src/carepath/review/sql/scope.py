"""Scopes of a query: which relation and column every name means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from carepath.review.jinja.relations import OPEN_SCHEMA, SCHEMA, RelationName, StarSpec
from carepath.review.jinja.unknown import PATTERN
from carepath.review.sql import keys, outputs
from carepath.review.sql.bindings import (
    Binding,
    Known,
    Lookup,
    Resolution,
    Scope,
    SetCheck,
    Use,
)
from carepath.review.sql.names import DATE_PARTS, PSEUDO, fold_identifier, loose
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Gap, Relation, open_relation
from carepath.review.sql.writing import write

CLAUSES = (
    "where",
    "group",
    "having",
    "qualify",
    "order",
    "windows",
    "connect",
    "prewhere",
    "cluster",
    "distribute",
    "sort",
)
STRUCT_DIALECTS = frozenset(
    {"bigquery", "duckdb", "databricks", "spark", "trino", "athena", "clickhouse", "redshift", ""}
)


class Resolver(Known):
    """Walks one query tree; unknown things stay open, nothing raises for them."""

    def __init__(
        self,
        dialect: str,
        lookup: Lookup,
        relations: Mapping[str, RelationName],
        stars: Mapping[str, StarSpec],
        is_patched: bool = False,
    ) -> None:
        super().__init__(
            dialect,
            lookup,
            {name.lower(): value for name, value in relations.items()},
            {name.lower(): value for name, value in stars.items()},
            is_patched,
        )
        self.scopes: list[Scope] = []
        self.gaps: list[Gap] = []
        self.ctes: dict[str, Relation] = {}
        self.unions: list[SetCheck] = []
        self.read: set[str] = set()
        self.scalars: set[str] = set()

    def resolve(self, tree: exp.Query) -> Resolution:
        """Resolve a whole model."""
        output = self.query(tree, {}, None, "", final=True)
        unused = tuple(name for name in self.ctes if name not in self.read)
        return Resolution(self.scopes, output, self.gaps, self.uses, self.ctes, self.unions, unused)

    def query(
        self,
        node: exp.Expr,
        env: Mapping[str, Relation],
        parent: Scope | None,
        path: str,
        final: bool = False,
    ) -> Relation:
        """The output of any query: select, set operation, parenthesis, values."""
        env = self._with(node, env, parent, path)
        if isinstance(node, exp.Subquery | exp.Paren):
            relation = self.query(node.this, env, parent, path, final)
            if node.args.get("pivots"):
                return open_relation("pivot")
            return relation
        if isinstance(node, exp.Select):
            return self._select(node, env, parent, path, final)
        if isinstance(node, exp.SetOperation):
            left = self.query(node.left, env, parent, f"{path}/1" if path else "1", final)
            right = self.query(node.right, env, parent, f"{path}/2" if path else "2", final)
            check = SetCheck(node, path, left, right)
            self.unions.append(check)
            return outputs.combine(node, left, right)
        if isinstance(node, exp.Values):
            return outputs.values(node, self.dialect)
        if isinstance(node, exp.Table):
            return self._table(node, env)[1]
        return open_relation(type(node).__name__.lower())

    def _with(
        self, node: exp.Expr, env: Mapping[str, Relation], parent: Scope | None, path: str
    ) -> Mapping[str, Relation]:
        clause = node.args.get("with_")
        if clause is None:
            return env
        inner = dict(env)
        for cte in clause.expressions:
            alias = cte.args.get("alias")
            name = fold_identifier(alias.this if alias else None, self.dialect)
            if cte.args.get("scalar"):
                # ClickHouse: WITH expression AS name, a value for the rest of the query.
                self.scalars.add(name)
                if isinstance(cte.this, exp.Subquery):
                    self.query(cte.this, inner, parent, name)
                continue
            if clause.args.get("recursive") and isinstance(cte.this, exp.Query):
                inner[name] = self._recursive(cte, inner, parent)
            relation = self.query(cte.this, inner, parent, name)
            names = alias.args.get("columns") if alias else None
            if names:
                folded = [(fold_identifier(n, self.dialect), n.name) for n in names]
                relation = outputs.rename(relation, folded)
            inner[name] = relation
            self.ctes[name] = relation
        return inner

    def _recursive(
        self, cte: exp.CTE, env: Mapping[str, Relation], parent: Scope | None
    ) -> Relation:
        return open_relation("recursive")

    def _select(
        self,
        node: exp.Select,
        env: Mapping[str, Relation],
        parent: Scope | None,
        path: str,
        final: bool,
    ) -> Relation:
        scope = Scope(node, path, parent, is_final=final)
        self.scopes.append(scope)
        if parent is not None:
            parent.children.append(scope)
        self._bind_sources(scope, env)
        for item in node.expressions:
            if isinstance(item, exp.Alias):
                scope.aliases[fold_identifier(item.args["alias"], self.dialect)] = item.this
            elif isinstance(item, exp.Aliases):
                for alias in item.args.get("expressions") or []:
                    scope.aliases[fold_identifier(alias, self.dialect)] = item.this
        for item in node.expressions:
            self._walk(scope, item, "select", env)
            self._star(scope, item)
        distinct = node.args.get("distinct")
        if isinstance(distinct, exp.Distinct):
            self._walk(scope, distinct, "distinct", env)
        for clause in CLAUSES:
            part = node.args.get(clause)
            for piece in part if isinstance(part, list) else [part]:
                if isinstance(piece, exp.Expr):
                    self._walk(scope, piece, clause, env)
        scope.items = outputs.items(self, scope)
        relation = outputs.relation(self, scope)
        found = keys.of_select(self, scope, relation)
        scope.output = Relation(
            relation.id,
            relation.columns,
            relation.is_complete,
            found,
            relation.has_unnamed,
            relation.reason,
        )
        return scope.output

    def _bind_sources(self, scope: Scope, env: Mapping[str, Relation]) -> None:
        node = scope.node
        source = node.args.get("from_")
        if source is not None:
            self._bind(scope, source.this, env, None)
        joins = node.args.get("joins") or []
        laterals = node.args.get("laterals") or []
        for join in sorted([*joins, *laterals], key=lambda n: start_of(n) or 0):
            if isinstance(join, exp.Join):
                self._bind_join(scope, join, env)
            else:
                self._bind(scope, join, env, None)
        if node.args.get("pivots"):
            for binding in scope.bindings.values():
                binding.relation = open_relation("pivot")
        for join in joins:
            condition = join.args.get("on")
            if condition is not None:
                self._walk(scope, condition, "on", env)

    def _bind_join(self, scope: Scope, join: exp.Join, env: Mapping[str, Relation]) -> None:
        side, kind = (join.side or "").upper(), (join.kind or "").upper()
        method = str(join.args.get("method") or "").upper()
        before = list(scope.bindings.values())
        added = self._bind(scope, join.this, env, join)
        if method == "NATURAL":
            scope.is_natural = True
        for name in join.args.get("using") or []:
            scope.using.add(fold_identifier(name, self.dialect))
        if side in ("RIGHT", "FULL"):
            for binding in before:
                binding.nullable = True
        for binding in added:
            if side in ("LEFT", "FULL"):
                binding.nullable = True
            if kind in ("SEMI", "ANTI") or side in ("SEMI", "ANTI"):
                binding.hidden = True

    def _bind(
        self, scope: Scope, node: exp.Expr, env: Mapping[str, Relation], join: exp.Join | None
    ) -> list[Binding]:
        """Add a FROM item to a scope; return the bindings it made."""
        name, is_cte = "", False
        if isinstance(node, exp.Table):
            self._walk_arguments(scope, node, env)
            name, relation, is_cte = self._table(node, env, scope)
        elif isinstance(node, exp.Subquery):
            name = fold_identifier(_alias(node), self.dialect)
            inner = node.this
            if isinstance(inner, exp.Table) and not name:
                made = self._bind(scope, inner, env, join)
                for nested in node.args.get("joins") or []:
                    self._bind_join(scope, nested, env)
                return made
            where = f"{scope.path}/{name or 'sub'}" if scope.path else (name or "sub")
            outer = scope if isinstance(join and join.this, exp.Lateral) else scope.parent
            relation = self.query(node, env, outer, where)
            relation = outputs.rename(relation, _alias_columns(node, self.dialect))
        elif isinstance(node, exp.Lateral | exp.Unnest):
            self._walk(scope, node, "lateral", env)
            name = fold_identifier(_alias(node), self.dialect)
            relation = outputs.lateral(node, _alias_columns(node, self.dialect))
        elif isinstance(node, exp.Values):
            name = fold_identifier(_alias(node), self.dialect)
            relation = outputs.values(node, self.dialect)
        else:
            name = fold_identifier(_alias(node), self.dialect)
            relation = open_relation(type(node).__name__.lower())
            self._walk(scope, node, "lateral", env)
        if node.args.get("pivots"):
            named = list(outputs.named_by_pivot(node.args["pivots"][0]))
            self._absent(scope, named, [relation], name)
            relation = open_relation("pivot")
            pivot_alias = _alias(node.args["pivots"][-1])
            if pivot_alias is not None:
                name = fold_identifier(pivot_alias, self.dialect)
        binding = Binding(name or f"?{len(scope.bindings)}", relation, node, join, is_cte=is_cte)
        key = binding.name if binding.name not in scope.bindings else f"?{len(scope.bindings)}"
        scope.bindings[key] = binding
        made = [binding]
        for nested in node.args.get("joins") or []:
            self._bind_join(scope, nested, env)
        for nested in node.args.get("laterals") or []:
            made += self._bind(scope, nested, env, None)
        return made

    def _walk_arguments(self, scope: Scope, node: exp.Table, env: Mapping[str, Relation]) -> None:
        if not isinstance(node.this, exp.Identifier) and isinstance(node.this, exp.Expr):
            self._walk(scope, node.this, "lateral", env)

    def _table(
        self, node: exp.Table, env: Mapping[str, Relation], scope: Scope | None = None
    ) -> tuple[str, Relation, bool]:
        alias = fold_identifier(_alias(node), self.dialect)
        if not isinstance(node.this, exp.Identifier):
            return alias, open_relation("table function"), False
        name = fold_identifier(node.this, self.dialect)
        schema = fold_identifier(node.args.get("db"), self.dialect)
        plain = name.strip('"').lower()
        if plain.startswith(SCHEMA + "."):
            schema, plain = SCHEMA, plain.removeprefix(SCHEMA + ".")
        if schema.strip('"').lower() == SCHEMA:
            known = self.relations.get(plain)
            if known is None:
                return alias or plain, open_relation("relation"), False
            relation = self.lookup(known)
            shown = alias or known.name.rsplit(".", 1)[-1 if "." not in known.name else 0].lower()
            relation = outputs.rename(relation, _alias_columns(node, self.dialect))
            return shown, relation, False
        if schema == OPEN_SCHEMA:
            return alias or name, open_relation(name), False
        if PATTERN.search(name) or PATTERN.search(schema):
            return alias or name, open_relation("an unknown macro"), False
        if schema:
            if scope is not None and schema in scope.bindings:
                return alias or name, open_relation("nested field"), False
            return alias or name, open_relation(f"table {schema}.{name}"), False
        if name in env:
            self.read.add(name)
            relation = outputs.rename(env[name], _alias_columns(node, self.dialect))
            return alias or name, relation, True
        return alias or name, open_relation(f"table {name}"), False

    def _walk(self, scope: Scope, root: exp.Expr, clause: str, env: Mapping[str, Relation]) -> None:
        """Resolve every column of one expression, and the queries inside it."""
        stack: list[tuple[exp.Expr, frozenset[str]]] = [(root, frozenset())]
        while stack:
            node, local = stack.pop()
            if isinstance(node, exp.Select | exp.SetOperation):
                where = f"{scope.path}/{clause}" if scope.path else clause
                self.query(node, env, scope, where)
                continue
            if isinstance(node, exp.Column):
                if not isinstance(node.this, exp.Star):
                    self._column(scope, node, clause, local)
                continue
            if isinstance(node, exp.Lambda):
                local = local | {fold_identifier(arg, self.dialect) for arg in node.expressions}
            if isinstance(node, exp.Star):
                for replaced in node.args.get("replace") or []:
                    stack.append((replaced, local))
                continue
            for child in node.iter_expressions(reverse=True):
                if isinstance(child, exp.TableAlias | exp.DataType):
                    continue
                stack.append((child, local))

    def _column(self, scope: Scope, node: exp.Column, clause: str, local: frozenset[str]) -> None:
        parts = node.parts
        names = [fold_identifier(part, self.dialect) for part in parts]
        if names[0] in local or any(PATTERN.search(name) for name in names):
            return
        if names[0] == SCHEMA and len(names) > 2:
            known = self.relations.get(names[1].lower())
            names = [known.name.lower() if known else names[1], *names[2:]]
        use = (
            self._qualified(scope, node, names, clause)
            if len(names) > 1
            else self._bare(scope, node, names[0], clause)
        )
        self.uses[id(node)] = use
        scope.uses.append(use)

    def _qualified(self, scope: Scope, node: exp.Column, names: list[str], clause: str) -> Use:
        current: Scope | None = scope
        table, name = names[0], names[1]
        if len(names) > 2 and not any(table in s.bindings for s in _chain(scope)):
            # schema.table.column: the table part is the one before the column.
            table, name = (
                (names[-2], names[-1])
                if any(names[-2] in s.bindings for s in _chain(scope))
                else (table, name)
            )
        while current is not None:
            binding = current.bindings.get(table)
            if binding is not None:
                column = binding.relation.get(name)
                if column is None and binding.relation.is_closed and name not in PSEUDO:
                    self._gap("column", name, node, scope, clause, binding.relation, table)
                return Use(node, clause, binding, column)
            current = current.parent
        unsure = self.dialect in STRUCT_DIALECTS
        for outer in _chain(scope):
            if unsure and (
                table in outer.aliases
                or any(
                    table in binding.relation.index or not binding.relation.is_closed
                    for binding in outer.bindings.values()
                )
            ):
                return Use(node, clause, None, None)
            if any(
                key.startswith("?") and not isinstance(binding.node, exp.Lateral)
                for key, binding in outer.bindings.items()
            ):
                return Use(node, clause, None, None)
        if table in PSEUDO or table in DATE_PARTS or not scope.bindings:
            return Use(node, clause, None, None)
        self._gap("alias", table, node, scope, clause, None, table)
        return Use(node, clause, None, None)

    def _bare(self, scope: Scope, node: exp.Column, name: str, clause: str) -> Use:
        if name in self.stars:
            return Use(node, clause, None, None)
        alias_first = clause in ("order", "group", "having", "qualify", "distinct", "windows")
        for depth, current in enumerate(_chain(scope)):
            visible = [
                b
                for b in current.bindings.values()
                if (not b.hidden or clause == "on") and name in b.relation.index
            ]
            if visible:
                if len(visible) > 1 and not self._is_clear(current, name, visible):
                    if not (alias_first and name in current.aliases):
                        self._gap(
                            "ambiguous",
                            name,
                            node,
                            scope,
                            clause,
                            None,
                            "",
                            tuple(b.relation for b in visible),
                            tuple(b.name for b in visible),
                        )
                elif len(visible) == 1:
                    return Use(node, clause, visible[0], visible[0].relation.get(name))
                return Use(node, clause, visible[0], visible[0].relation.get(name))
            if depth == 0 and name in current.aliases and not _defines(current, name, node):
                return Use(node, clause, None, None, alias=True)
            if name in current.bindings or name in current.using or name in self.scalars:
                return Use(node, clause, None, None)
            if any(not b.relation.is_closed for b in current.bindings.values()):
                return Use(node, clause, None, None)
            if name in current.aliases and not _defines(current, name, node):
                return Use(node, clause, None, None, alias=True)
        if name in PSEUDO or name.startswith(("$", "@", "metadata$")) or not scope.bindings:
            return Use(node, clause, None, None)
        if name in DATE_PARTS and isinstance(node.parent, exp.Func | exp.Anonymous):
            return Use(node, clause, None, None)
        self._gap(
            "column",
            name,
            node,
            scope,
            clause,
            None,
            "",
            tuple(b.relation for b in scope.bindings.values()),
        )
        return Use(node, clause, None, None)

    def _star(self, scope: Scope, item: exp.Expr) -> None:
        """Look up what EXCLUDE, RENAME and REPLACE name."""
        star = outputs.star_of(item)
        # ClickHouse leaves out what is there, and does not mind the rest.
        if star is not None and self.dialect != "clickhouse":
            bindings = outputs.star_bindings(item, scope, self.dialect)
            relations = [binding.relation for binding in bindings]
            table = bindings[0].name if len(bindings) == 1 else ""
            self._absent(scope, list(outputs.named_by_star(star)), relations, table)

    def _absent(
        self, scope: Scope, named: list[exp.Expr], relations: list[Relation], table: str
    ) -> None:
        """A gap for each name that none of the relations has, where all of them are closed."""
        if not relations or not all(relation.is_closed for relation in relations):
            return
        known = {loose(column.name) for relation in relations for column in relation.columns}
        for node in named:
            part = node.this if isinstance(node, exp.Column) else node
            if not isinstance(part, exp.Identifier):
                continue
            name = fold_identifier(part, self.dialect)
            if loose(name) in known or PATTERN.search(name):
                continue
            shown = "" if table.startswith("?") else table
            self._gap("column", name, node, scope, "select", None, shown, tuple(relations))

    def _is_clear(self, scope: Scope, name: str, visible: list[Binding]) -> bool:
        if name in scope.using or scope.is_natural:
            return True
        return len({id(binding) for binding in visible}) < 2

    def _gap(
        self,
        kind: str,
        name: str,
        node: exp.Expr,
        scope: Scope,
        clause: str,
        relation: Relation | None,
        table: str,
        relations: tuple[Relation, ...] = (),
        choices: tuple[str, ...] = (),
    ) -> None:
        offset = start_of(node) or 0
        self.gaps.append(
            Gap(
                kind,
                name,
                offset,
                scope.path or "final",
                clause,
                relation,
                relations or ((relation,) if relation else ()),
                table,
                choices,
                {"shown": write(node), "bindings": ", ".join(scope.bindings)},
            )
        )


def _chain(scope: Scope | None) -> Iterator[Scope]:
    while scope is not None:
        yield scope
        scope = scope.parent


def _defines(scope: Scope, name: str, node: exp.Expr) -> bool:
    """True inside the expression an alias stands for, which cannot mean itself: sum(x) as x."""
    target = scope.aliases.get(name)
    current: exp.Expr | None = node
    while current is not None and current is not scope.node:
        if current is target:
            return True
        current = current.parent
    return False


def _alias(node: exp.Expr) -> exp.Expr | None:
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias):
        return alias.this if isinstance(alias.this, exp.Expr) else None
    return alias if isinstance(alias, exp.Expr) else None


def _alias_columns(node: exp.Expr, dialect: str) -> list[tuple[str, str]]:
    alias = node.args.get("alias")
    if isinstance(alias, exp.TableAlias):
        return [(fold_identifier(c, dialect), c.name) for c in alias.args.get("columns") or []]
    return []
