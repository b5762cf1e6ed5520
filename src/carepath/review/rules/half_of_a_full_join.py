"""A FULL JOIN whose key is taken from one side only.

What it does
    Reports a FULL JOIN that puts out the key of one of its two sides, not of the other nor a
    COALESCE of both, beside other columns of the other side; and one that computes a column from
    the key of one side where it takes a COALESCE of both for another. Also a join that
    follows a FULL JOIN and matches the key of one of its sides only.

Why it is bad
    Rows that only the other side has come without a key, and later joins find nothing for them.

For example
    select a.order_id, b.refunds from a full join b on b.order_id = a.order_id

Use instead
    select coalesce(a.order_id, b.order_id) as order_id, b.refunds from a full join b ...
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Known, Scope, Use, known_of
from carepath.review.sql.keys import shape_of
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts


def check(context: Context) -> Iterator[Issue]:
    """Look at FULL JOINs of two relations."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            yield from _half_of_an_expression(variant, scope, known)
            yield from _later_joins(variant, scope)
            names = list(scope.bindings)
            join = scope.bindings[names[1]].join if len(names) == 2 else None
            if join is None or (join.side or "").upper() != "FULL" or join.args.get("using"):
                continue
            left, right = names
            if any(scope.node.args.get(k) for k in ("where", "group", "qualify", "distinct")):
                continue
            if any(e.is_star for e in scope.node.expressions):
                continue
            shape = shape_of(known, scope, right, scope.bindings[right])
            if len(shape.equated) != 1 or len(shape.left) != 1:
                continue
            keys = {left: next(iter(shape.left))[1], right: next(iter(shape.equated))}
            out = {name: _puts_out(scope, name, key) for name, key in keys.items()}
            for name, other in ((left, right), (right, left)):
                item = out[name]
                if item is None or out[other] is not None or _mixed(scope, keys[other], other):
                    continue
                theirs = scope.bindings[other]
                if not any(u.clause == "select" and u.binding is theirs for u in scope.uses):
                    continue
                key = keys[name]
                yield Issue(
                    subject=f"{name} {key}",
                    message=f"{name}.{key} is null in the rows that only {other} has: the FULL "
                    "JOIN keeps them without a key.",
                    consequence="Rows come without a key.",
                    fix=f"Put out coalesce({name}.{key}, {other}.{keys[other]}).",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{other} is joined with FULL JOIN")],
                )


GUARDS = (exp.Coalesce, exp.Case, exp.If, exp.Nvl2, exp.Is, exp.AggFunc, exp.Greatest, exp.Least)


def _half_of_an_expression(variant: Variant, scope: Scope, known: Known) -> Iterator[Issue]:
    """`datediff(a.month, now)` beside `coalesce(a.month, b.month) as month`."""
    assert variant.resolution is not None
    uses = variant.resolution.uses
    for name, binding in scope.bindings.items():
        join = binding.join
        if join is None or (join.side or "").upper() != "FULL" or join.args.get("using"):
            continue
        shape = shape_of(known, scope, name, binding)
        keys = {(name, column) for column in shape.equated} | set(shape.left)
        both: set[tuple[str, str]] = set()
        for item in scope.node.expressions:
            for node in item.find_all(exp.Coalesce):
                found = {_key(uses.get(id(c))) for c in node.find_all(exp.Column)} & keys
                both |= found if len({table for table, _ in found}) == 2 else set()
        for item in scope.node.expressions:
            for column in item.find_all(exp.Column):
                key = _key(uses.get(id(column)))
                is_plain = isinstance(column.parent, (exp.Alias, exp.Select, exp.Cast))
                if (
                    key not in both
                    or is_plain
                    or column.find_ancestor(*GUARDS, exp.Query) not in (None, scope.node)
                ):
                    continue
                yield Issue(
                    subject=f"{item.alias_or_name.lower()} {key[0]} {key[1]}",
                    message=f"{key[0]}.{key[1]} is null in the rows that only the other side of the"
                    f" FULL JOIN has, and {item.alias_or_name} is computed from it alone.",
                    consequence="The value is null in those rows.",
                    fix="Compute it from the COALESCE of both sides.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(column) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("beside it, a COALESCE takes it from both sides")],
                )


def _key(use: Use | None) -> tuple[str, str]:
    if use is None or use.binding is None or use.column is None:
        return "", ""
    return use.binding.name, use.column.name


def _later_joins(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`a full join b on a.day = b.day left join c on c.day = a.day`: null where only b has it."""
    halves: dict[tuple[str, str], tuple[str, exp.Expr]] = {}
    for name, binding in scope.bindings.items():
        join = binding.join
        on = join.args.get("on") if join is not None else None
        side = (join.side or "").upper() if join is not None else ""
        told = None
        for part in conjuncts(on):
            pair = [part.left, part.right] if isinstance(part, exp.EQ) else []
            columns = [c for c in pair if isinstance(c, exp.Column) and c.table]
            if len(columns) != 2:
                continue
            ours, theirs = columns if columns[0].table.lower() == name else columns[::-1]
            if ours.table.lower() != name:
                continue
            half = (theirs.table.lower(), theirs.name.lower())
            told = told or ((half, halves[half]) if half in halves else None)
            if side == "FULL":
                halves.setdefault(half, (name, part))
        if told is None or side not in ("LEFT", "FULL", "INNER", "") or join is None:
            continue
        (table, column), (full, condition) = told
        yield Issue(
            subject=f"{table}.{column} {full}",
            message=f"{table}.{column} is null in the rows that only {full} has; the join with "
            f"{name} matches it alone.",
            consequence="Rows of one key come apart, with nulls in each."
            if side in ("LEFT", "FULL")
            else "Rows are lost.",
            fix=f"Match coalesce({table}.{column}, ...) of both sides, or LEFT JOIN {full}.",
            confidence=Confidence.LIKELY,
            offset=start_of(condition) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{full} is joined with FULL JOIN")],
        )
        return


def _puts_out(scope: Scope, name: str, key: str) -> exp.Expr | None:
    binding = scope.bindings[name]
    return next((i.node for i in scope.items if i.binding is binding and i.source == key), None)


def _mixed(scope: Scope, key: str, name: str) -> bool:
    """True where the other key is used in the select list at all, as in a COALESCE."""
    binding = scope.bindings[name]
    return any(
        use.clause == "select"
        and use.binding is binding
        and use.column is not None
        and use.column.name == key
        for use in scope.uses
    )


RULE = Rule(
    "JOIN011",
    "half-of-a-full-join",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
