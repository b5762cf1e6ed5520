"""A part of a key can be null.

What it does
    Reports a unique_key column that comes from the optional side of an outer join, or from a
    CASE without ELSE; and a unique_key, or a column tested unique or not_null, that glues such a
    column to others with ||.

Why it is bad
    A null equals nothing: MERGE inserts the row again at each run. What is glued to a null is null.

For example
    unique_key=['order_id', 'payment_id']   -- payment_id from a LEFT JOIN

Use instead
    coalesce(payment_id, 'none') as payment_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope, outermost
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import HASHES, conjuncts
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look up the columns of unique_key, and those that keys are glued from."""
    yield from _glued(context)
    for variant in context.resolved[:1]:
        config = context.config
        key = config.get("unique_key")
        names = [key] if isinstance(key, str) else key
        if config.get("materialized") != "incremental" or not isinstance(names, list):
            continue
        if config.get("incremental_strategy") == "insert_overwrite":
            continue
        columns = [context.analysis.relation.get(str(name).lower()) for name in names]
        found = [
            str(name)
            for name, column in zip(names, columns, strict=True)
            if column is not None and column.nullable is True
        ]
        if not found:
            continue
        is_one = len(found) == 1
        yield Issue(
            subject=", ".join(found),
            message=f"{listing(found)} {'is' if is_one else 'are'} part of unique_key and can be "
            "null.",
            consequence="A row with a null is inserted again at each run.",
            fix=f"Give {found[0] if is_one else 'each'} a value with COALESCE, or take "
            f"{'it' if is_one else 'them'} out of the key.",
            confidence=Confidence.LIKELY,
            word=found[0],
            variant=variant,
            evidence=[
                Evidence(
                    f"{'it comes' if is_one else 'they come'} from the optional side of a join "
                    "or a CASE"
                )
            ],
        )


WRAPPING = (exp.Cast, exp.Paren, exp.Upper, exp.Lower, exp.Trim)


def _glued(context: Context) -> Iterator[Issue]:
    """`md5(household_id || '-' || country)` where household_id can be null."""
    doc = context.model.doc
    tested = {
        column.name.lower()
        for column in (doc.columns if doc is not None else ())
        if any(test.short in ("unique", "not_null", "primary_key") for test in column.tests)
    }
    config = context.config
    key = config.get("unique_key") if config.get("materialized") == "incremental" else None
    tested |= {str(name).lower() for name in (key if isinstance(key, list) else [key]) if name}
    for variant in context.resolved[:1] if tested else ():
        assert variant.resolution is not None
        for scope in outermost(variant.resolution.scopes):
            for item in scope.items:
                if item.column.name.lower() not in tested or item.expression is None:
                    continue
                for column in _parts(item.expression):
                    use = variant.resolution.uses.get(id(column))
                    if use is None or use.column is None or use.binding is None:
                        continue
                    is_null = use.binding.nullable or use.column.nullable is True
                    if not is_null or _is_filtered(scope, column):
                        continue
                    yield Issue(
                        subject=f"{item.column.name} {column.name}".lower(),
                        message=f"{item.column.shown} is null wherever {column.name} is.",
                        consequence="Its test fails, or these rows are inserted again at each run.",
                        fix=f"Give {column.name} a value with COALESCE before it is glued.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(item.node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[
                            Evidence(
                                f"{column.name} comes from the optional side of a join, a "
                                "NULLIF or a CASE without ELSE"
                            )
                        ],
                    )
                    break


def _parts(node: exp.Expr) -> list[exp.Column]:
    """The columns that || glues together, hashes and casts aside."""
    while isinstance(node, (*HASHES, *WRAPPING)):
        node = node.this
    if not isinstance(node, exp.DPipe):
        return []
    found: list[exp.Column] = []
    stack: list[exp.Expr] = [node]
    while stack:
        part = stack.pop()
        while isinstance(part, WRAPPING):
            part = part.this
        if isinstance(part, exp.DPipe):
            stack += [part.right, part.left]
        elif isinstance(part, exp.Column):
            found.append(part)
    return found


def _is_filtered(scope: Scope, column: exp.Column) -> bool:
    """True where WHERE keeps the nulls of a column out."""
    where = scope.node.args.get("where")
    wanted = f"{write(column).lower()} is null"
    return any(
        isinstance(part, exp.Not) and write(part.this).lower() == wanted
        for part in conjuncts(where.this if where is not None else None)
    )


RULE = Rule("GRAIN002", "nullable-part-in-key", Severity.WARNING, __doc__ or "", check)
