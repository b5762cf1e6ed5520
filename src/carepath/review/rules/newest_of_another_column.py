"""New rows are looked for by one column, and compared with the newest of another.

What it does
    Reports the filter of an incremental model that compares a column with MAX of a column of its
    own table, where the two carry two different columns of the source, also where a `{% set %}`
    asks for the newest before and the query has that column of the same relation; and MAX of a
    column that the model does not put out any more.

Why it is bad
    A listing created in May and sold in June is older than the newest sale already loaded: it never
    comes in.

For example
    where created_at > (select max(sold_at) from {{ this }})

Use instead
    where sold_at > (select max(sold_at) from {{ this }})
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.names import fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

NEWER = (exp.GT, exp.GTE)
WRAPS = (
    exp.Paren, exp.Coalesce, exp.Cast, exp.DateSub, exp.TimestampSub, exp.DateAdd, exp.Sub,
    exp.TimestampAdd, exp.DatetimeSub, exp.TsOrDsToDate, exp.Date,
)  # fmt: skip

ASKED_BEFORE = re.compile(
    r"{%-?\s*set\s+(\w+)\s*=(?:(?!%}).)*?\bmax\(\s*(?:\w+\.)?(\w+)\s*\)(?:(?!%}).)*?\bthis\b",
    re.DOTALL | re.IGNORECASE,
)
"""`{% set newest = run_query("select max(loaded_at) from " ~ this) %}`."""


def check(context: Context) -> Iterator[Issue]:
    """Look at each comparison with the newest row of the model's own table."""
    yield from _asked_before(context)
    for variant, scope, node in _newer(context):
        column = _newest(variant, node.right)
        if column is not None:
            yield from _compare(context, variant, scope, node, column)


def _newer(context: Context) -> Iterator[tuple[Variant, Scope, exp.Binary]]:
    """The comparisons by which an incremental run takes its rows."""
    for variant in context.resolved:
        assert variant.resolution is not None
        if not variant.rendered.flags.get("is_incremental"):
            continue
        for scope in variant.resolution.scopes:
            for node, clause in nodes_of(scope):
                if clause in ("where", "on") and isinstance(node, NEWER):
                    yield variant, scope, node


def _newest(variant: Variant, node: exp.Expr) -> exp.Column | None:
    """The column of `(select max(column) from {{ this }})`."""
    select = node.find(exp.Select)
    source = select.args.get("from_") if select is not None else None
    table = source.this if source is not None else None
    if select is None or len(select.expressions) != 1 or not isinstance(table, exp.Table):
        return None
    name = variant.rendered.relations.get(table.name)
    if (name is None or name.kind != "this") or select.args.get("joins"):
        return None
    most = list(select.expressions[0].find_all(exp.Max))
    inner = most[0].this if len(most) == 1 else None
    return inner if isinstance(inner, exp.Column) else None


def _compare(
    context: Context, variant: Variant, scope: Scope, node: exp.Expr, newest: exp.Column
) -> Iterator[Issue]:
    assert variant.resolution is not None
    output = variant.resolution.output
    name = fold_identifier(newest.this, context.dialect)
    own = output.get(name)
    if own is None:
        if output.is_closed:
            yield Issue(
                subject=f"{name} gone",
                message=f"The newest {newest.name} of the table is asked for, and the model puts "
                f"out no {newest.name}.",
                consequence="The query fails at the next run, or compares with what is never "
                "filled again.",
                fix=f"Put {newest.name} out, or compare with another column.",
                severity=Severity.ERROR,
                confidence=Confidence.LIKELY,
                offset=start_of(newest) or start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"it puts out {', '.join(c.shown for c in output.columns)}")],
            )
        return
    left = node.this
    while isinstance(left, WRAPS):
        left = left.this
    use = variant.resolution.uses.get(id(left)) if isinstance(left, exp.Column) else None
    if use is None or use.column is None or use.column.root is None or own.root is None:
        return
    ours, theirs = use.column.root, own.root
    if ours == theirs or ours[0] != theirs[0]:
        return
    if use.binding is None or theirs[1] not in {
        c.root[1]
        for c in use.binding.relation.columns
        if c.root is not None and c.root[0] == ours[0]
    }:
        return
    yield Issue(
        subject=f"{write(left).lower()} {name}",
        message=f"{shown(left)} is compared with the newest {newest.name}, which is another "
        "column.",
        consequence="Rows whose two times lie apart never come in.",
        fix=f"Compare {newest.name} with {newest.name}.",
        confidence=Confidence.LIKELY,
        offset=start_of(left) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"{newest.name} carries {theirs[1]}, {left.name} carries {ours[1]}")],
    )


def _asked_before(context: Context) -> Iterator[Issue]:
    """The newest of one column, asked for in Jinja, that another one is compared with."""
    text = context.snapshot.text(context.model.file) if context.model.kind == "model" else ""
    found = ASKED_BEFORE.findall(text) if "this" in text and "max(" in text.lower() else []
    asked = {name: column.lower() for name, column in found}
    for name, newest in asked.items():
        used = re.compile(r"(\w+)\s*>=?\s*'?{{-?\s*" + name + r"\b")
        compared = {column.lower() for column in used.findall(text)}
        if not compared or newest in compared:
            continue
        for variant, scope, node in _newer(context):
            left = node.this
            if not isinstance(left, exp.Column) or left.name.lower() not in compared:
                continue
            assert variant.resolution is not None
            use = variant.resolution.uses.get(id(left))
            if use is None or use.binding is None or not _has(scope, use.binding, newest):
                continue
            yield Issue(
                subject=f"{left.name.lower()} {newest}",
                message=f"{shown(left)} is compared with the newest {newest}, which is another "
                "column.",
                consequence="Rows whose two times lie apart never come in.",
                fix=f"Compare {newest} with {newest}.",
                confidence=Confidence.LIKELY,
                offset=start_of(left) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"{name} is made of max({newest})")],
            )


def _has(scope: Scope, binding: Binding, name: str) -> bool:
    """True where the query reads that column of that relation, too."""
    return any(u.binding is binding and u.node.name.lower() == name for u in scope.uses)


RULE = Rule(
    "CFG014",
    "newest-of-another-column",
    Severity.WARNING,
    __doc__ or "",
    check,
)
