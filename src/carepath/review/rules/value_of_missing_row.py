"""A value is taken from a relation of which only the missing rows are kept.

What it does
    Reports a column of a LEFT JOIN's right side in the select list, where WHERE keeps the rows
    without a match only (its key IS NULL). Inside of COALESCE and IS NULL it is meant; so is the
    key itself.

Why it is bad
    It is null in every row: what is computed of it never holds.

For example
    select case when o.started_at <= now() then 'open' else 'planned' end
    from visits as v left join orders as o on o.visit_id = v.visit_id
    where o.visit_id is null

Use instead
    select case when v.started_at <= now() then 'open' else 'planned' end
    from visits as v left join orders as o on o.visit_id = v.visit_id
    where o.visit_id is null
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Binding, Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Look at the select list of each query that keeps the rows without a match."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for binding, key, condition in _missing(variant.resolution, scope):
                told: set[str] = set()
                for use in scope.uses:
                    name = use.node.name.lower()
                    if use.binding is not binding or use.clause != "select":
                        continue
                    if name == key or name in told or _is_expected(use.node):
                        continue
                    told.add(name)
                    yield Issue(
                        subject=f"{binding.name} {name}",
                        message=f"{shown(use.node)} is null in every row: "
                        f"{shown(condition)} keeps the rows without a match only.",
                        consequence="What is computed of it never holds.",
                        fix="Take it from the side that is there.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(use.node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"{binding.name} is joined with LEFT JOIN")],
                    )


def _missing(resolution: Resolution, scope: Scope) -> Iterator[tuple[Binding, str, exp.Expr]]:
    """The relations whose rows are asked to be missing: by a column that the join equates."""
    where = scope.node.args.get("where")
    for part in conjuncts(where.this) if where is not None else []:
        if not isinstance(part, exp.Is) or not isinstance(part.expression, exp.Null):
            continue
        use = resolution.uses.get(id(part.this))
        binding = use.binding if use is not None else None
        join = binding.join if binding is not None else None
        if binding is None or join is None or (join.side or "").upper() != "LEFT":
            continue
        name = part.this.name.lower()
        on = join.args.get("on")
        equated = [e for e in conjuncts(on) if isinstance(e, exp.EQ)]
        columns = [c for e in equated for c in e.find_all(exp.Column)]
        theirs = [u for c in columns if (u := resolution.uses.get(id(c))) is not None]
        if any(u.binding is binding and u.node.name.lower() == name for u in theirs):
            yield binding, name, part


def _is_expected(column: exp.Column) -> bool:
    """True where the query knows that the column may be null."""
    node = column.parent
    while node is not None and not isinstance(node, exp.Select):
        if isinstance(node, (exp.Coalesce, exp.Is, exp.Case, exp.If)) and not _is_value(
            node, column
        ):
            return True
        node = node.parent
    return False


def _is_value(node: exp.Expr, column: exp.Column) -> bool:
    """True for a CASE or an IF that does not ask whether something is null."""
    return isinstance(node, (exp.Case, exp.If)) and not any(
        isinstance(inner.expression, exp.Null)
        for inner in node.find_all(exp.Is)
        if any(c == column for c in inner.find_all(exp.Column))
    )


RULE = Rule(
    "NULL031",
    "value-of-missing-row",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
