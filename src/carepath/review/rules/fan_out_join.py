"""A join multiplies rows, and something downstream of it counts on their number.

What it does
    Where the keys of the joined relation are known and its condition does not cover one, reports
    the join if a sum or count of the other side is inflated, or if the key that a test of the
    model declares no longer holds. A running number is no such key: it makes any rows unique, and
    says nothing of the columns beside it. Where nothing tells the key of a model, reviews with a
    review_id are taken to be one row for each, if a sum is inflated then. Also sums that add a
    total of an aggregated CTE once for each row joined with it, a join by one column OR by
    another where a test calls the rows unique, and a join with a snapshot that neither chooses a
    version nor shows which one a row is of.

Why it is bad
    Amounts are counted several times; a unique test fails.

For example
    select o.customer_id, sum(o.amount) from orders as o
    join order_items as i on i.order_id = o.order_id group by 1

Use instead
    -- aggregate order_items per order first, then join
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import (
    Binding,
    Known,
    Resolution,
    Scope,
    known_of,
    outermost,
)
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Key
from carepath.review.sql.rows import telling_keys, with_named_key, with_rows_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Look at each join whose other side has known keys."""
    lost, before = _lost_keys(context)
    for variant in context.resolved:
        assert variant.resolution is not None
        names = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            yield from _totals_repeated(variant, names, scope)
            for name, binding in list(scope.bindings.items()):
                join = binding.join
                if join is not None and not binding.relation.keys:
                    binding = with_rows_of(variant.resolution, binding)
                is_named = False
                if join is not None and not binding.relation.keys:
                    binding = with_named_key(variant.resolution, binding)
                    is_named = bool(binding.relation.keys)
                if is_named and _is_filtered(variant, scope, name):
                    continue
                telling = telling_keys(binding.relation)
                if join is None or binding.hidden or not telling:
                    continue
                if (join.kind or "").upper() == "CROSS" or (join.side or "").upper() == "FULL":
                    continue
                shape = keys.shape_of(names, scope, name, binding)
                if not shape.equated and not is_named and _is_either(scope, name, join):
                    broken = _broken_key(context, variant, scope, name)
                    if broken is not None:
                        yield _either(variant, scope, name, join, broken)
                    continue
                if shape.is_unique or not shape.equated or (shape.has_other and not _is_wide(join)):
                    continue
                if any(column not in binding.relation.index for column in shape.equated):
                    # Of columns nobody knows: the known key may be made of them.
                    continue
                inflated = (
                    _inflated(variant, scope, name)
                    or _pinned(scope, shape)
                    or _inflated_later(variant, scope, name)
                )
                broken = None if is_named else _broken_key(context, variant, scope, name)
                is_open = False
                if broken is None and not is_named and inflated is None:
                    broken = _declared_of_the_unknown(context, variant, scope, shape)
                    is_open = broken is not None
                is_new = before.get((scope.path, name)) != write(join)
                if broken is None and lost and not is_named and is_new:
                    broken = lost
                if inflated is None and broken is None:
                    yield from _every_version(variant, scope, name, binding, shape)
                    continue
                known = min(telling, key=lambda k: (len(k.columns), sorted(k.columns)))
                why = (
                    f"{shown(inflated)[:60]} counts rows several times"
                    if inflated is not None
                    else f"then {broken}, which a test calls unique, comes several times"
                )
                yield Issue(
                    subject=name,
                    message=f"The join with {name} by {', '.join(sorted(shape.equated))} can match "
                    f"several of its rows; {why}.",
                    consequence="Values are inflated."
                    if inflated is not None
                    else "The unique test fails.",
                    fix=_fix(scope, name, shape, known),
                    severity=Severity.NOTE if is_open else None,
                    confidence=Confidence.POSSIBLE if is_named or is_open else Confidence.LIKELY,
                    offset=start_of(join.args.get("on") or binding.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(
                            f"{name} is unique by {', '.join(sorted(known.columns))} "
                            f"({known.proof})"
                        )
                    ],
                )


def _is_wide(join: exp.Join) -> bool:
    """True where no condition beside the equated columns can choose one row of several."""
    return all(
        keys.is_wide(part)
        or (isinstance(part, exp.EQ) and all(isinstance(s, exp.Column) for s in part.args.values()))
        for part in conjuncts(join.args.get("on"))
    )


def _every_version(
    variant: Variant, scope: Scope, name: str, binding: Binding, shape: keys.JoinShape
) -> Iterator[Issue]:
    """A snapshot joined by its unique_key, with nothing that chooses one of its versions."""
    assert variant.resolution is not None
    roots = {c.name: c.root for c in binding.relation.columns if c.root is not None}
    begins = {
        n for n, (model, column) in roots.items()
        if model.startswith("snapshot:") and column.lower() == "dbt_valid_from"
    }  # fmt: skip
    whole = next((k for k in binding.relation.keys if k.columns & begins), None)
    node = scope.node
    if whole is None or whole.columns - begins != shape.equated:
        return
    if all(one is not scope for one in outermost(variant.resolution.scopes)):
        return
    if any(node.args.get(part) for part in ("group", "distinct", "qualify", "having")):
        return
    if _is_filtered(variant, scope, name):
        return
    versions = {n for n, (_, column) in roots.items() if column.lower().startswith("dbt_")}
    for item in node.expressions:
        if isinstance(item, exp.Star) or item.find(exp.Star, exp.AggFunc, exp.Window):
            return
        for column in item.find_all(exp.Column):
            use = variant.resolution.uses.get(id(column))
            if use is None or use.binding is None or column.name.lower() in versions:
                return
    join = scope.bindings[name].join
    yield Issue(
        subject=f"{name} versions",
        message=f"The join with {name} by {', '.join(sorted(shape.equated))} finds every version "
        "that the snapshot keeps of a row.",
        consequence="A row comes once for each version.",
        fix=f"Take the current one ({name}.dbt_valid_to is null), or the one that was valid then.",
        confidence=Confidence.LIKELY,
        offset=start_of((join.args.get("on") if join is not None else None) or binding.node) or 0,
        variant=variant,
        path=scope.path,
        evidence=[
            Evidence(f"{name} is unique by {', '.join(sorted(whole.columns))} ({whole.proof})")
        ],
    )


def _is_either(scope: Scope, name: str, join: exp.Join) -> bool:
    """True for `a.id = b.id or a.email = b.email`: two ways to match, and perhaps two rows."""
    condition = join.args.get("on")
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if not isinstance(condition, exp.Or):
        return False
    matched = set()
    for part in condition.flatten():
        inner = part.unnest()
        if not isinstance(inner, exp.EQ):
            return False
        sides = [s for s in (inner.left, inner.right) if isinstance(s, exp.Column)]
        ours = [s.name.lower() for s in sides if s.table.lower() == name.lower()]
        if len(sides) != 2 or len(ours) != 1:
            return False
        matched.add(ours[0])
    return len(matched) > 1


def _either(variant: Variant, scope: Scope, name: str, join: exp.Join, broken: str) -> Issue:
    return Issue(
        subject=name,
        message=f"The join with {name} matches by one column or by another, perhaps different "
        f"rows; then {broken}, which a test calls unique, comes several times.",
        consequence="The unique test fails.",
        fix="Join twice and take the first that is found, or choose one row afterwards.",
        confidence=Confidence.POSSIBLE,
        offset=start_of(join.args["on"]) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(shown(join.args["on"])[:160])],
    )


def _is_filtered(variant: Variant, scope: Scope, name: str) -> bool:
    """True where WHERE looks at the joined side: one row of each may be left."""
    assert variant.resolution is not None
    where = scope.node.args.get("where")
    uses = variant.resolution.uses
    joined = scope.bindings[name]
    columns = where.find_all(exp.Column) if where is not None else ()
    found = (uses.get(id(column)) for column in columns)
    return any(use is not None and use.binding is joined for use in found)


def _fix(scope: Scope, name: str, shape: keys.JoinShape, known: Key) -> str:
    """Match the whole key where a part of it is matched or is there, else aggregate first."""
    rest = known.columns - shape.equated - shape.constants
    before = list(scope.bindings)[: list(scope.bindings).index(name)]
    by = ", ".join(sorted(shape.equated))
    have = all(any(part in scope.bindings[b].relation.index for b in before) for part in rest)
    if rest and (have or rest < known.columns):
        return f"Match {', '.join(sorted(rest))} too, or make {name} one row per {by} first."
    return f"Make {name} one row per {by} first: aggregate it, or choose one of its rows."


def _lost_keys(context: Context) -> tuple[str | None, dict[tuple[str, str], str]]:
    """A declared key that the SQL upheld at base and does not now; the joins at base."""
    change = context.change
    old = change.counterpart(context.model) if change is not None else None
    if change is None or old is None or context.model.file.path not in change.changed_files:
        return None, {}
    theirs = [v.resolution for v in change.base.analyse(old).variants[:1]]
    ours = [variant.resolution for variant in context.resolved[:1]]
    if not theirs or theirs[0] is None or not ours or ours[0] is None:
        return None, {}
    joins = {
        (scope.path, name): write(binding.join)
        for scope in theirs[0].scopes
        for name, binding in scope.bindings.items()
        if binding.join is not None
    }
    for columns, _, _ in declared_keys(context.model.doc):
        held = any(key.columns <= columns for key in theirs[0].output.keys)
        holds = any(key.columns <= columns for key in ours[0].output.keys)
        if held and not holds and ours[0].output.is_complete:
            return ", ".join(sorted(columns)), joins
    return None, joins


def _inflated(variant: Variant, scope: Scope, name: str) -> exp.Expr | None:
    """A sum whose columns all come from another side than the joined one."""
    assert variant.resolution is not None
    joined = scope.bindings[name]
    for item in scope.node.expressions:
        for node in _sums(item):
            if isinstance(node.parent, exp.Window) or node.find(exp.Distinct):
                continue
            columns = list(node.find_all(exp.Column))
            uses = [variant.resolution.uses.get(id(column)) for column in columns]
            if columns and all(
                use is not None and use.binding is not None and use.binding is not joined
                for use in uses
            ):
                first = uses[0]
                owner = first.binding if first is not None else None
                if owner is None or not owner.relation.keys:
                    continue
                if owner.join is None or _is_before(variant, scope, owner, name):
                    return node
    return None


def _grouped(scope: Scope) -> set[str]:
    """The names of the columns that a query groups by."""
    group = scope.node.args["group"]
    parts = list(scope.node.expressions) if group.args.get("all") else []
    for part in group.expressions:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            parts += scope.node.expressions[int(part.name) - 1 : int(part.name)]
        else:
            parts.append(part)
    return {
        column.name.lower()
        for part in parts
        if part.find(exp.AggFunc) is None
        for column in part.find_all(exp.Column)
    }


def _totals_repeated(variant: Variant, known: Known, scope: Scope) -> Iterator[Issue]:
    """A total that a CTE has computed per key, added up once for each row joined with it."""
    if scope.node.args.get("group") is None or len(scope.bindings) < 2:
        return
    first_name, first = next(iter(scope.bindings.items()))
    assert variant.resolution is not None
    if not first.relation.keys:
        first = with_rows_of(variant.resolution, first)
    grouped = _grouped(scope)
    if any(key.columns <= grouped for key in first.relation.keys):
        # One of its rows in each group.
        return
    for name, binding in scope.bindings.items():
        if not isinstance(binding.join, exp.Join) or not binding.is_cte or not first.relation.keys:
            continue
        if not any(key.strength == "sql" for key in binding.relation.keys):
            continue
        shape = keys.shape_of(known, scope, name, binding)
        equated = {column for table, column in shape.left if table == first_name}
        if not shape.is_unique or len(equated) != len(shape.left) or not equated:
            continue
        if any(key.columns <= equated for key in first.relation.keys):
            continue
        if all(not key.columns - equated for key in first.relation.keys):
            continue
        if _names_its_rows(first_name, first, equated):
            continue
        for item in scope.node.expressions:
            for total in _sums(item):
                column = total.this
                if not isinstance(column, exp.Column) or isinstance(total.parent, exp.Window):
                    continue
                use = variant.resolution.uses.get(id(column))
                behind = definition(variant.resolution, column)
                if use is None or use.binding is not binding or behind is None:
                    continue
                if not isinstance(behind, (exp.Sum, exp.Count, exp.CountIf)):
                    continue
                finest = min(first.relation.keys, key=lambda k: (len(k.columns), sorted(k.columns)))
                yield Issue(
                    subject=f"{name} {column.name.lower()}",
                    message=f"{shown(total)[:60]} adds a total of {name} once for each row of "
                    f"{first_name}; it is a total per {', '.join(sorted(equated))} already.",
                    consequence="Values are inflated.",
                    fix=f"Aggregate {first_name} to {', '.join(sorted(equated))} first, or take "
                    "MAX of the total.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(total) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(
                            f"{first_name} has a row per {', '.join(sorted(finest.columns))} "
                            f"({finest.proof})"
                        )
                    ],
                )


def _names_its_rows(name: str, binding: Binding, equated: set[str]) -> bool:
    """True where order_line is matched by order_line_id and has only ids of others beside it."""
    node = binding.node.name if isinstance(binding.node, exp.Table) else ""
    things = {_thing(name), _thing(node)}
    if not any(c.endswith("_id") and _thing(c.removesuffix("_id")) in things for c in equated):
        return False
    return all(
        all(column.endswith("_id") for column in key.columns - equated)
        for key in binding.relation.keys
    )


def _thing(name: str) -> str:
    return name.lower().rsplit("__", 1)[-1].removeprefix("stg_").removesuffix("s")


def _is_before(variant: Variant, scope: Scope, owner: Binding, name: str) -> bool:
    """True where the joined relation multiplies what another join brings in."""
    assert variant.resolution is not None
    order = list(scope.bindings)
    joined = scope.bindings[name]
    owners = [key for key, binding in scope.bindings.items() if binding is owner]
    if not owners:
        return False
    if order.index(owners[0]) > order.index(name) and not _is_beside(variant, owner, joined):
        return False
    side = (owner.join.side or "").upper() if isinstance(owner.join, exp.Join) else ""
    if scope.node.args.get("group") is None or side == "FULL":
        return False
    # Grouped by the joined side, each of its rows may be meant to have the sum.
    return not any(
        use.binding is joined and use.clause in ("group", "select") and _is_grouped(scope, use.node)
        for use in scope.uses
    )


def _is_beside(variant: Variant, owner: Binding, joined: Binding) -> bool:
    """True where a later join does not look at the joined relation: both hang on a third one."""
    assert variant.resolution is not None
    condition = owner.join.args.get("on") if isinstance(owner.join, exp.Join) else None
    if condition is None:
        return False
    uses = [variant.resolution.uses.get(id(column)) for column in condition.find_all(exp.Column)]
    return all(use is not None and use.binding is not None for use in uses) and not any(
        use is not None and use.binding is joined for use in uses
    )


def _is_grouped(scope: Scope, column: exp.Column) -> bool:
    """True for a column outside of aggregates, which is a part of the group then."""
    return column.find_ancestor(exp.AggFunc) is None


def _inflated_later(variant: Variant, scope: Scope, name: str) -> exp.Expr | None:
    """A sum, in a CTE that reads this one, of columns that the joined side multiplies."""
    node = scope.node
    if (
        not scope.path
        or "/" in scope.path
        or any(node.args.get(key) for key in ("group", "distinct", "qualify", "limit"))
    ):
        return None
    first = next(iter(scope.bindings.values()))
    joined = scope.bindings[name]
    known = [key for key in first.relation.keys if key.columns]
    if not known or first.join is not None:
        return None
    assert variant.resolution is not None
    multiplied = {
        i.column.name
        for i in scope.items
        if i.binding is first or _is_only_of(variant.resolution, i.expression, first)
    }
    for reader in variant.resolution.scopes:
        bindings = list(reader.bindings.values())
        if len(bindings) != 1 or not bindings[0].is_cte or reader.node.args.get("qualify"):
            continue
        if bindings[0].node.name.lower() != scope.path or reader.node.args.get("group") is None:
            continue
        if _grouped_by_joined(reader, scope, joined):
            continue
        for item in reader.node.expressions:
            for total in _sums(item):
                columns = [c.name.lower() for c in total.find_all(exp.Column)]
                if isinstance(total.parent, exp.Window) or total.find(exp.Distinct):
                    continue
                if columns and all(column in multiplied for column in columns):
                    return total
    return None


def _is_only_of(resolution: Resolution, node: exp.Expr | None, binding: Binding) -> bool:
    """True for an expression all of whose columns come from one side of the join."""
    if node is None or node.find(exp.Query, exp.Window):
        return False
    uses = [resolution.uses.get(id(column)) for column in node.find_all(exp.Column)]
    return bool(uses) and all(use is not None and use.binding is binding for use in uses)


def _grouped_by_joined(reader: Scope, scope: Scope, joined: Binding) -> bool:
    """True where the reader groups by a column of the joined side: one group per match."""
    theirs = {i.column.name for i in scope.items if i.binding is joined}
    group = reader.node.args.get("group")
    names = {c.name.lower() for c in group.find_all(exp.Column)} if group is not None else set()
    return bool(names & theirs)


def _pinned(scope: Scope, shape: keys.JoinShape) -> exp.Expr | None:
    """A sum over a side of which constants fix some parts of the key and nothing the rest."""
    covered = shape.equated | shape.constants
    for key in shape.binding.relation.keys:
        if not shape.constants & key.columns or not shape.equated & key.columns:
            continue
        rest = key.columns - covered
        if any(u.binding is shape.binding and u.node.name.lower() in rest for u in scope.uses):
            continue
        for item in scope.node.expressions:
            for node in _sums(item):
                if not isinstance(node.parent, exp.Window) and node.find(exp.Column):
                    return node
    return None


def _sums(item: exp.Expr) -> Iterator[exp.Expr]:
    for node in item.find_all(exp.Sum):
        if isinstance(node, exp.Expr):
            yield node


def _broken_key(context: Context, variant: Variant, scope: Scope, name: str) -> str | None:
    """A declared key that the rows had before this join and have not after it."""
    assert variant.resolution is not None
    if (
        not any(scope is one for one in outermost(variant.resolution.scopes, by_name=True))
        or scope.node.args.get("group")
        or scope.node.args.get("qualify")
    ):
        return None
    if scope.node.args.get("distinct"):
        return None
    declared = declared_keys(context.model.doc)
    if any(key.strength == "sql" for key in scope.output.keys):
        return None
    sources = {item.column.name: item.binding for item in scope.items}
    joined = scope.bindings[name]
    first = next(iter(scope.bindings.values()))
    for columns, _, _ in declared:
        owners = [sources.get(column) for column in columns]
        if _are_of_all(context, variant, scope, name, columns):
            return ", ".join(sorted(columns))
        if any(owner is joined for owner in owners) or not all(o is first for o in owners):
            continue
        behind = {
            item.source for item in scope.items if item.column.name in columns and item.source
        }
        if any(key.columns <= behind for key in (*first.relation.keys, *_numbered(scope, first))):
            return ", ".join(sorted(columns))
    return None


def _numbered(scope: Scope, first: Binding) -> Iterator[Key]:
    """The first row of each, chosen by the WHERE of the query that joins."""
    where = scope.node.args.get("where")
    for part in conjuncts(where.this) if where is not None else []:
        if not isinstance(part, exp.EQ) or part.right.name != "1":
            continue
        column = first.relation.get(part.left.name.lower())
        if column is not None and column.numbered_by:
            yield Key(frozenset(column.numbered_by), "sql", "the first row of each")


def _declared_of_the_unknown(
    context: Context, variant: Variant, scope: Scope, shape: keys.JoinShape
) -> str | None:
    """A declared key of rows nobody knows, joined with a part of what a query is grouped by."""
    assert variant.resolution is not None
    first = next(iter(scope.bindings.values()))
    if first.relation.is_complete or first.relation.keys or first.join is not None:
        return None
    if not any(scope is one for one in outermost(variant.resolution.scopes)):
        return None
    if any(scope.node.args.get(part) for part in ("group", "qualify", "distinct")):
        return None
    if not any(
        key.strength == "sql" and key.proof.startswith(("GROUP BY", "SELECT DISTINCT"))
        for key in shape.binding.relation.keys
    ):
        return None
    ours = {item.column.name for item in scope.items if item.binding is shape.binding}
    for columns, _, _ in declared_keys(context.model.doc):
        if not columns & ours:
            return ", ".join(sorted(columns))
    return None


def _are_of_all(
    context: Context, variant: Variant, scope: Scope, name: str, columns: frozenset[str]
) -> bool:
    """True where the columns hold a key of each of the several relations before the join."""
    assert variant.resolution is not None
    known = known_of(variant.resolution, context.dialect)
    several = 0
    for other, binding in list(scope.bindings.items())[: list(scope.bindings).index(name)]:
        behind = {
            item.source
            for item in scope.items
            if item.binding is binding and item.column.name in columns and item.source
        }
        if any(key.columns and key.columns <= behind for key in binding.relation.keys):
            several += 1
        elif binding.join is None or not keys.shape_of(known, scope, other, binding).is_unique:
            return False
    return several > 1


RULE = Rule(
    "JOIN001", "fan-out-join", Severity.WARNING, __doc__ or "", check, ceiling=Severity.WARNING
)
