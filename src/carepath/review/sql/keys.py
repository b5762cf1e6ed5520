"""Which sets of columns are unique in the output of a SELECT, each with its proof."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlglot import exp

from carepath.review.sql.bindings import Binding, Known, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.relation import Key, Relation
from carepath.review.sql.values import conjuncts, equality
from carepath.review.sql.writing import write

Part = tuple[str, str]
"""A binding's name in the scope and a column of it."""
MAX_KEYS = 8


@dataclass(frozen=True, slots=True)
class _Rows:
    """Keys of the joined rows before grouping."""

    parts: frozenset[Part]
    strength: str
    proof: str


@dataclass(frozen=True, slots=True)
class JoinShape:
    """How a join matches: the equated columns of the joined side, and whether they are a key."""

    binding: Binding
    equated: frozenset[str]
    left: frozenset[Part]
    constants: frozenset[str]
    is_unique: bool
    key: Key | None
    has_other: bool


def of_select(known: Known, scope: Scope, relation: Relation) -> tuple[Key, ...]:
    """Prove keys of one SELECT's output."""
    node = scope.node
    found: list[Key] = []
    outputs = _outputs(known, scope)
    group = node.args.get("group")
    if group is not None:
        found += _of_group(known, scope, group, relation)
    elif _is_aggregate(scope):
        found.append(Key(frozenset(), "sql", "an aggregate without GROUP BY has one row"))
    else:
        rows = of_rows(known, scope)
        found += _translate(rows, outputs)
        found += _numbered(known, scope, relation)
        found += _numbers(known, scope)
    distinct = node.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and relation.is_closed:
        on = distinct.args.get("on")
        if on is None:
            names = frozenset(column.name for column in relation.columns)
            found.append(Key(names, "sql", "SELECT DISTINCT"))
        else:
            parts = on.expressions if isinstance(on, exp.Tuple) else [on]
            named = [_output_of(known, scope, part) for part in parts]
            if all(named):
                found.append(Key(frozenset(n for n in named if n), "sql", "DISTINCT ON"))
    if node.args.get("limit") is not None:
        limit = node.args["limit"].args.get("expression")
        if isinstance(limit, exp.Literal) and limit.name == "1":
            found.append(Key(frozenset(), "sql", "LIMIT 1"))
    return _minimal(found)


def _minimal(found: list[Key]) -> tuple[Key, ...]:
    kept: list[Key] = []
    for key in sorted(
        found, key=lambda k: (len(k.columns), k.strength != "sql", sorted(k.columns))
    ):
        if not any(
            other.columns <= key.columns
            and (other.strength == key.strength or other.strength == "sql")
            for other in kept
        ):
            kept.append(key)
    return tuple(kept[:MAX_KEYS])


def _is_aggregate(scope: Scope) -> bool:
    for item in scope.node.expressions:
        stack = [item]
        while stack:
            node = stack.pop()
            if isinstance(node, exp.Window | exp.Query):
                continue
            if isinstance(node, exp.AggFunc):
                return True
            stack.extend(node.iter_expressions())
    return False


def _outputs(known: Known, scope: Scope) -> dict[Part, str]:
    names = {id(binding): key for key, binding in scope.bindings.items()}
    found: dict[Part, str] = {}
    for item in scope.items:
        if item.binding is not None and item.source is not None:
            key = names.get(id(item.binding))
            if key is not None:
                found.setdefault((key, item.source), item.column.name)
    for item in scope.items:
        expression = item.expression
        if isinstance(expression, exp.Anonymous) and expression.name.lower() == "cp_surrogate_key":
            parts = [_part(known, scope, a) for a in expression.expressions]
            if parts and all(parts):
                found[("#", item.column.name)] = item.column.name
    return found


def surrogates(known: Known, scope: Scope) -> list[tuple[str, frozenset[Part]]]:
    """Surrogate keys that a scope puts out, and the columns they are made of."""
    found: list[tuple[str, frozenset[Part]]] = []
    for item in scope.items:
        expression = item.expression
        if isinstance(expression, exp.Anonymous) and expression.name.lower() == "cp_surrogate_key":
            parts = [_part(known, scope, a) for a in expression.expressions]
            if parts and all(parts):
                found.append((item.column.name, frozenset(p for p in parts if p)))
    return found


def _part(known: Known, scope: Scope, node: exp.Expr) -> Part | None:
    while isinstance(node, exp.Paren) or _is_text(node):
        node = node.this
    if not isinstance(node, exp.Column):
        return None
    use = known.uses.get(id(node))
    if use is None or use.binding is None:
        return None
    if use.column is None and (use.binding.relation.is_complete or len(node.parts) != 2):
        return None
    name = use.column.name if use.column is not None else fold_identifier(node.this, known.dialect)
    for key, binding in scope.bindings.items():
        if binding is use.binding:
            return (key, name)
    return None


def _is_text(node: exp.Expr) -> bool:
    """True for a cast to text, which keeps different identifiers different."""
    return isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES


def _equal(
    known: Known, scope: Scope, condition: exp.Expr | None
) -> tuple[list[tuple[Part, Part]], list[Part], list[Part], bool]:
    """Equated pairs, columns fixed to a constant or by an expression over other sides, the rest."""
    pairs: list[tuple[Part, Part]] = []
    fixed: list[Part] = []
    computed: list[Part] = []
    has_other = False
    for part in conjuncts(condition):
        if isinstance(part, exp.EQ | exp.NullSafeEQ):
            left, right = _part(known, scope, part.left), _part(known, scope, part.right)
            if left and right and left[0] != right[0]:
                pairs.append((left, right))
                continue
            single = left or right
            other = part.right if left else part.left
            if single and not any(True for _ in other.find_all(exp.Column)):
                fixed.append(single)
                continue
            if single and _is_apart(known, scope, other, single[0]):
                computed.append(single)
                continue
        match = equality(part)
        if match is not None and len(match[1]) == 1:
            single = _part(known, scope, match[0])
            if single:
                fixed.append(single)
                continue
        begins = _version(known, scope, part)
        if begins is not None:
            fixed.append(begins)
            continue
        has_other = True
    return pairs, fixed, computed, has_other


CHOOSING = re.compile(
    r"rank|rn|row|number|seq|version|position|order|index|current|latest|first|last"
)
"""Names of columns a condition on which may leave one row of each."""


def is_wide(part: exp.Expr) -> bool:
    """True for `quantity > 0`: it leaves any number of rows."""
    if not isinstance(part, (exp.GT, exp.GTE)) or not isinstance(part.left, exp.Column):
        return False
    bound = part.right
    is_number = isinstance(bound, exp.Literal) and not bound.is_string
    return is_number and CHOOSING.search(part.left.name.lower()) is None


def _version(known: Known, scope: Scope, condition: exp.Expr) -> Part | None:
    """The beginning of the one version of a snapshot's row that is not over yet."""
    if not isinstance(condition, exp.Is) or not isinstance(condition.expression, exp.Null):
        return None
    ends = _part(known, scope, condition.this)
    if ends is None:
        return None
    roots = {c.name: c.root for c in scope.bindings[ends[0]].relation.columns if c.root}
    over = roots.get(ends[1])
    if over is None or over[1] != "dbt_valid_to":
        return None
    begins = next((n for n, root in roots.items() if root == (over[0], "dbt_valid_from")), None)
    return (ends[0], begins) if begins is not None else None


def _is_apart(known: Known, scope: Scope, node: exp.Expr, name: str) -> bool:
    """True where every column of an expression belongs to another relation of the scope."""
    if node.find(exp.Query):
        return False
    parts = [_part(known, scope, column) for column in node.find_all(exp.Column)]
    return bool(parts) and all(part is not None and part[0] != name for part in parts)


def shape_of(known: Known, scope: Scope, name: str, binding: Binding) -> JoinShape:
    """How the rows of a binding are matched by its join."""
    join = binding.join
    condition = join.args.get("on") if join is not None else None
    pairs, fixed, computed, has_other = _equal(known, scope, condition)
    has_other = has_other or any(table != name for table, _ in computed)
    equated = {a[1] for a, _ in pairs if a[0] == name} | {b[1] for _, b in pairs if b[0] == name}
    equated |= {column for table, column in computed if table == name}
    left = {b for a, b in pairs if a[0] == name} | {a for a, b in pairs if b[0] == name}
    constants = {column for table, column in fixed if table == name}
    where = scope.node.args.get("where")
    if where is not None:
        _, more, _, _ = _equal(known, scope, where.this)
        constants |= {column for table, column in more if table == name}
    for using in join.args.get("using") or [] if join is not None else []:
        column = fold_identifier(using, known.dialect)
        equated.add(column)
        for other, candidate in scope.bindings.items():
            if other != name and column in candidate.relation.index:
                left.add((other, column))
                break
    covered = equated | constants
    key = next((k for k in binding.relation.keys if k.columns <= covered), None)
    if key is None and where is not None and _is_anti(known, scope, name, binding, equated):
        key = Key(frozenset(), "sql", "only rows without a match are kept")
    return JoinShape(
        binding,
        frozenset(equated),
        frozenset(left),
        frozenset(constants),
        key is not None,
        key,
        has_other,
    )


def _is_anti(known: Known, scope: Scope, name: str, binding: Binding, equated: set[str]) -> bool:
    """True for a LEFT JOIN of which WHERE keeps the rows without a match only."""
    join = binding.join
    if join is None or (join.side or "").upper() != "LEFT":
        return False
    keyed = {column for key in binding.relation.keys for column in key.columns}
    for part in conjuncts(scope.node.args["where"].this):
        if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null):
            one = _part(known, scope, part.this)
            if one is not None and one[0] == name and one[1] in equated | keyed:
                return True
    return False


def of_rows(known: Known, scope: Scope) -> list[_Rows]:
    """Keys of the rows a FROM clause makes."""
    rows: list[_Rows] | None = None
    synonyms: list[tuple[Part, Part]] = []
    for name, binding in scope.bindings.items():
        own = [
            _Rows(frozenset((name, c) for c in key.columns), key.strength, key.proof)
            for key in binding.relation.keys
        ]
        if rows is None:
            rows = own
            continue
        if binding.hidden:
            continue
        join = binding.join
        side = (join.side or "").upper() if join is not None else ""
        shape = shape_of(known, scope, name, binding)
        if side == "FULL" or isinstance(binding.node, exp.Lateral | exp.Unnest):
            rows = []
            continue
        synonyms += _synonyms(known, scope, join)
        kept: list[_Rows] = []
        if shape.is_unique and side != "RIGHT" and shape.key is not None:
            weakest = "test" if shape.key.strength == "test" else "sql"
            for row in rows:
                strength = "test" if "test" in (row.strength, weakest) else "sql"
                kept.append(replace(row, strength=strength))
        else:
            for row in rows:
                for other in own:
                    kept.append(
                        _Rows(
                            row.parts | other.parts,
                            "test" if "test" in (row.strength, other.strength) else "sql",
                            f"{row.proof}; joined with {name}",
                        )
                    )
        left_unique = any(row.parts <= shape.left for row in rows)
        if left_unique and side in ("", "INNER", "RIGHT"):
            kept += own
        rows = kept[:MAX_KEYS]
    rows = rows or []
    where = scope.node.args.get("where")
    if where is not None:
        _, fixed, _, _ = _equal(known, scope, where.this)
        if fixed:
            rows = [replace(row, parts=row.parts - frozenset(fixed)) for row in rows]
    for right, left in synonyms:
        more = [
            replace(row, parts=(row.parts - {right}) | {left}) for row in rows if right in row.parts
        ]
        rows = rows + more[:MAX_KEYS]
    for output, parts in surrogates(known, scope):
        if any(row.parts <= parts for row in rows):
            rows = [*rows, _Rows(frozenset({("#", output)}), "sql", "a surrogate key of the key")]
    return rows


def _synonyms(known: Known, scope: Scope, join: exp.Join | None) -> list[tuple[Part, Part]]:
    if join is None:
        return []
    pairs, _, _, _ = _equal(known, scope, join.args.get("on"))
    inner = (join.side or "").upper() == ""
    found: list[tuple[Part, Part]] = []
    names = list(scope.bindings)
    for a, b in pairs:
        first, second = (a, b) if names.index(a[0]) > names.index(b[0]) else (b, a)
        found.append((first, second))
        if inner:
            found.append((second, first))
    return found


def _translate(rows: list[_Rows], outputs: dict[Part, str]) -> list[Key]:
    return [
        Key(frozenset(outputs[part] for part in row.parts), row.strength, row.proof)
        for row in rows
        if all(part in outputs for part in row.parts)
    ]


def _output_of(known: Known, scope: Scope, node: exp.Expr) -> str | None:
    """The output column an expression of GROUP BY or PARTITION BY stands for."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string:
        position = int(node.name) - 1 if node.name.isdigit() else -1
        expressions = scope.node.expressions
        if 0 <= position < len(expressions):
            for item in scope.items:
                if item.node is expressions[position]:
                    return item.column.name
        return None
    part = _part(known, scope, node)
    if part is not None:
        for item in scope.items:
            if item.binding is scope.bindings[part[0]] and item.source == part[1]:
                return item.column.name
    if isinstance(node, exp.Column) and not node.table:
        name = fold_identifier(node.this, known.dialect)
        if name in scope.aliases:
            return name
    text = write(node).lower()
    for item in scope.items:
        if item.expression is not None and write(item.expression).lower() == text:
            return item.column.name
    return None


def has_subtotals(group: exp.Group) -> bool:
    """True for ROLLUP, CUBE and GROUPING SETS, whichever way the parser keeps them."""
    return any(group.args.get(key) for key in ("rollup", "cube", "grouping_sets")) or any(
        isinstance(part, (exp.Rollup, exp.Cube, exp.GroupingSets)) for part in group.expressions
    )


def _of_group(known: Known, scope: Scope, group: exp.Group, relation: Relation) -> list[Key]:
    if has_subtotals(group):
        return []
    if group.args.get("all"):
        if not relation.is_closed:
            return []
        names = [i.column.name for i in scope.items if i.column.kind not in ("aggregate", "window")]
        return [Key(frozenset(names), "sql", "GROUP BY ALL")]
    found: set[str] = set()
    for part in group.expressions:
        name = _output_of(known, scope, part)
        if name is None:
            return []
        found.add(name)
    if not found:
        return []
    needed = found - _following(scope, found)
    whole = Key(frozenset(needed), "sql", "GROUP BY " + ", ".join(sorted(found)))
    return [whole, *_determining(known, scope, whole)]


def _determining(known: Known, scope: Scope, whole: Key) -> list[Key]:
    """The grouped columns without those that follow from a grouped key of their own relation."""
    owned = {
        item.column.name: (id(item.binding), item.source)
        for item in scope.items
        if item.column.name in whole.columns and item.binding is not None
    }
    settled: dict[int, Key] = {}
    for name, binding in scope.bindings.items():
        theirs = {column for owner, column in owned.values() if owner == id(binding)}
        key = next((k for k in binding.relation.keys if k.columns and k.columns <= theirs), None)
        if key is None and isinstance(binding.join, exp.Join):
            shape = shape_of(known, scope, name, binding)
            tables = {id(scope.bindings[table]) for table, _ in shape.left}
            if shape.is_unique and shape.left and not shape.has_other and tables <= set(settled):
                strengths = [settled[table].strength for table in tables]
                strengths += [shape.key.strength] if shape.key is not None else []
                is_tested = "test" in strengths
                key = Key(frozenset(), "test" if is_tested else "sql", "looked up")
        if key is not None:
            settled[id(binding)] = key
    follow = {
        name
        for name, (owner, column) in owned.items()
        if owner in settled and column not in settled[owner].columns
    }
    if not follow:
        return []
    is_tested = any(key.strength == "test" for key in settled.values())
    proof = f"{whole.proof}, of which {', '.join(sorted(follow))} follow from a key"
    return [Key(whole.columns - follow, "test" if is_tested else "sql", proof)]


UNITS = ("second", "minute", "hour", "day", "month", "quarter", "year")


def _following(scope: Scope, grouped: set[str]) -> set[str]:
    """Grouped columns that follow from the others: the day of an hour that is grouped as well."""
    cuts: dict[str, tuple[str, int]] = {}
    for item in scope.items:
        if item.column.name in grouped and item.expression is not None:
            moment = cut(item.expression)
            if moment is not None:
                cuts[item.column.name] = moment
    found: set[str] = set()
    for name, (column, unit) in cuts.items():
        if any(c == column and u < unit for other, (c, u) in cuts.items() if other != name):
            found.add(name)
    return found


def cut(node: exp.Expr) -> tuple[str, int] | None:
    """(column, unit) of a moment cut down to an hour, a day or a longer unit; weeks left out."""
    while isinstance(node, (exp.Paren, exp.Alias)):
        node = node.this
    if isinstance(node, exp.Column):
        return write(node).lower(), -1
    if isinstance(node, (exp.Cast, exp.TsOrDsToDate, exp.Date)):
        to = node.args.get("to")
        is_date = not isinstance(node, exp.Cast) or (
            isinstance(to, exp.DataType) and to.is_type("date")
        )
        inner = cut(node.this) if isinstance(node.this, exp.Expr) else None
        if not is_date or inner is None:
            return None
        return inner[0], max(inner[1], UNITS.index("day"))
    if isinstance(node, (exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)):
        unit = node.args.get("unit")
        inner = cut(node.this) if isinstance(node.this, exp.Expr) else None
        name = unit.name.lower() if isinstance(unit, exp.Expr) else ""
        if inner is None or name not in UNITS:
            return None
        return inner[0], max(inner[1], UNITS.index(name))
    return None


def _numbers(known: Known, scope: Scope) -> list[Key]:
    """A ROW_NUMBER and what it is partitioned by, for those who join the first of each."""
    found: list[Key] = []
    for item in scope.items:
        if item.column.numbered_by is None or not isinstance(item.expression, exp.Window):
            continue
        parts = item.expression.args.get("partition_by") or []
        named = [_output_of(known, scope, part) for part in parts]
        if all(named):
            columns = {item.column.name, *(name for name in named if name)}
            found.append(Key(frozenset(columns), "sql", f"{item.column.shown} is a ROW_NUMBER()"))
    return found


RANKS = (exp.Rank, exp.DenseRank)


def is_total(known: Known, scope: Scope, window: exp.Window) -> bool:
    """True where partition and order hold a key of the rows: no two of them tie."""
    order = window.args.get("order")
    ordered = [part.this for part in order.expressions] if order is not None else []
    names = [name for name, binding in scope.bindings.items() if not binding.hidden]
    if len(names) != 1:
        return False
    parts = [_part(known, scope, n) for n in (*(window.args.get("partition_by") or []), *ordered)]
    held = {part[1] for part in parts if part is not None and part[0] == names[0]}
    return any(key.columns <= held for key in scope.bindings[names[0]].relation.keys)


def _numbered(known: Known, scope: Scope, relation: Relation) -> list[Key]:
    """ROW_NUMBER() = 1 in QUALIFY, or in WHERE over a numbered column."""
    found: list[Key] = []
    qualify = scope.node.args.get("qualify")
    for condition in conjuncts(qualify.this) if qualify is not None else []:
        window = equals_one(condition)
        if isinstance(window, exp.Column):
            window = scope.aliases.get(fold_identifier(window.this, known.dialect))
        if isinstance(window, exp.Window) and (
            isinstance(window.this, exp.RowNumber)
            or (isinstance(window.this, RANKS) and is_total(known, scope, window))
        ):
            parts = window.args.get("partition_by") or []
            named = [_output_of(known, scope, part) for part in parts]
            if all(named):
                found.append(
                    Key(frozenset(n for n in named if n), "sql", "QUALIFY ROW_NUMBER() = 1")
                )
    where = scope.node.args.get("where")
    for condition in conjuncts(where.this) if where is not None else []:
        column = equals_one(condition)
        part = _part(known, scope, column) if column is not None else None
        if part is None or len([b for b in scope.bindings.values() if not b.hidden]) != 1:
            continue
        source = scope.bindings[part[0]].relation
        numbered = source.get(part[1])
        if numbered is None or numbered.numbered_by is None:
            continue
        outputs = _outputs(known, scope)
        names = [text.rsplit(".", 1)[-1].strip('"`') for text in numbered.numbered_by]
        if all((part[0], name) in outputs for name in names):
            found.append(
                Key(
                    frozenset(outputs[(part[0], name)] for name in names),
                    "sql",
                    f"{numbered.shown} = 1, a ROW_NUMBER()",
                )
            )
    return found


def equals_one(condition: exp.Expr) -> exp.Expr | None:
    """What is 1, or at most 1, which is the same for a number of a row."""
    if isinstance(condition, exp.LTE) and condition.right.name == "1":
        return condition.left
    if isinstance(condition, exp.LT) and condition.right.name == "2":
        return condition.left
    if isinstance(condition, exp.EQ):
        for left, right in ((condition.left, condition.right), (condition.right, condition.left)):
            if isinstance(right, exp.Literal) and not right.is_string and right.name == "1":
                return left
    return None
