"""The only key that is put out is that of the side a LEFT JOIN may not find.

What it does
    Reports `b.id` in the output of `from a left join b on b.id = a.id` where columns of a are put
    out or a is unique by its id, but neither a.id nor another key of a is, and rows without a
    match stay.

Why it is bad
    Rows without a match in b lose their key.

For example
    select codes.owner_id, users.country from users
    left join codes on codes.owner_id = users.user_id

Use instead
    select users.user_id as owner_id, users.country from users
    left join codes on codes.owner_id = users.user_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.rows import named_key
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look at each LEFT JOIN by one key."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if scope.node.args.get("group"):
                continue
            for name, binding in scope.bindings.items():
                pair = _pair(context, variant, scope, name, binding)
                if pair is not None and not _drops_unmatched(scope, binding):
                    yield from _outputs(context, variant, scope, binding, *pair)


def _pair(
    context: Context, variant: Variant, scope: Scope, name: str, binding: Binding
) -> tuple[str, exp.Column] | None:
    """The key of the relation that is joined, and what it is equated with."""
    join = binding.join
    if not isinstance(join, exp.Join) or (join.side or "").upper() != "LEFT":
        return None
    parts = conjuncts(join.args.get("on"))
    if len(parts) != 1 or not isinstance(parts[0], exp.EQ):
        return None
    sides = (parts[0].left, parts[0].right)
    for ours, theirs in (sides, sides[::-1]):
        if not isinstance(ours, exp.Column) or not isinstance(theirs, exp.Column):
            return None
        other = _binding(context, scope, theirs)
        if _binding(context, scope, ours) is binding and other is not None and not other.nullable:
            return fold_identifier(ours.this, context.dialect), theirs
    return None


def _binding(context: Context, scope: Scope, column: exp.Column) -> Binding | None:
    """The relation a column is of, also where only one can have it."""
    table = fold_identifier(column.args.get("table"), context.dialect)
    if table:
        return scope.bindings.get(table)
    name = fold_identifier(column.this, context.dialect)
    able = [
        binding
        for binding in scope.bindings.values()
        if name in binding.relation.index or not binding.relation.is_closed
    ]
    return able[0] if len(able) == 1 else None


def _drops_unmatched(scope: Scope, binding: Binding) -> bool:
    """True where WHERE asks for something of the relation, which null never is."""
    where = scope.node.args.get("where")
    for part in conjuncts(where.this) if where is not None else []:
        if isinstance(part, exp.Or) or (isinstance(part, exp.Is) and not part.args.get("not")):
            continue
        tables = {column.table.lower() for column in part.find_all(exp.Column)}
        if binding.name.lower() in tables or "" in tables:
            return True
    return False


def _outputs(
    context: Context,
    variant: Variant,
    scope: Scope,
    binding: Binding,
    key: str,
    theirs: exp.Column,
) -> Iterator[Issue]:
    items = scope.node.expressions
    if any(isinstance(item.unalias(), exp.Star) or _is_star(item) for item in items):
        return
    kept = fold_identifier(theirs.this, context.dialect)
    other = _binding(context, scope, theirs)
    read = {
        fold_identifier(column.this, context.dialect)
        for item in items
        for column in item.find_all(exp.Column)
        if (of := _binding(context, scope, column)) is other or of is None
    }
    if other is None or kept in read or read & _names_of_rows(other):
        return
    if not read and not _is_list(scope, other, kept):
        return
    for item in items:
        column = item.unalias()
        if not isinstance(column, exp.Column) or _binding(context, scope, column) is not binding:
            continue
        if fold_identifier(column.this, context.dialect) != key:
            continue
        yield Issue(
            subject=f"{binding.name} {key}",
            message=f"{shown(column)} is null where the LEFT JOIN finds nothing, and "
            f"{shown(theirs)}, which it is equated with, is not put out.",
            consequence="Rows without a match have no key.",
            fix=f"Put out {shown(theirs)}.",
            confidence=Confidence.POSSIBLE,
            offset=start_of(column) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{binding.name} is joined by {key} alone")],
        )


def _is_list(scope: Scope, binding: Binding, key: str) -> bool:
    """True where a relation is there for the sake of its key alone, beside more than a key."""
    is_unique = any(known.columns == {key} for known in binding.relation.keys)
    return is_unique and len(scope.node.expressions) > 1 and scope.node.args.get("where") is None


def _names_of_rows(binding: Binding) -> set[str]:
    """The columns that say which row of a relation it is: of its keys, or named after it."""
    tables = {binding.name, binding.node.name, binding.relation.id.rsplit(".", 1)[-1]}
    named = {named_key(table.lower(), binding.relation) for table in tables}
    return {"id", "_id", *filter(None, named)} | {
        column for key in binding.relation.keys for column in key.columns
    }


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Column) and isinstance(item.this, exp.Star)


RULE = Rule(
    "NULL041",
    "key-of-the-unmatched-side",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
