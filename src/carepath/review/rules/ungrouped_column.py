"""A column is neither grouped nor aggregated.

What it does
    In a SELECT with aggregates or GROUP BY, reports columns of the output and of HAVING
    that are neither.

Why it is bad
    The model does not build.

For example
    select customer_id, status, count(*) from orders group by customer_id

Use instead
    select customer_id, status, count(*) from orders group by customer_id, status
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope, Use
from carepath.review.sql.keys import has_subtotals
from carepath.review.sql.names import DATE_PARTS, PSEUDO, fold_identifier
from carepath.review.sql.parse import start_of
from carepath.review.sql.scope import STRUCT_DIALECTS
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

QUALIFIER = re.compile(r"[\w\"`]+\.(?=[a-z_\"`])")
LATERAL_ALIASES = frozenset(
    {"snowflake", "redshift", "duckdb", "databricks", "spark", "clickhouse", ""}
)


def check(context: Context) -> Iterator[Issue]:
    """Compare the select list of each grouped scope with its groups."""
    if context.dialect == "clickhouse":
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _scope(context, variant, scope)


def _scope(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    node = scope.node
    group = node.args.get("group")
    expressions = [_bare(item) for item in node.expressions]
    aggregated = [item for item in expressions if _has_aggregate(item)]
    if group is None and not aggregated:
        return
    if node.args.get("distinct") and group is None and not aggregated:
        return
    positions: set[int] = set()
    groups: set[str] = set()
    grouped_columns: set[str] = set()
    if group is not None:
        if has_subtotals(group) or group.args.get("all") or group.args.get("totals"):
            return
        if not group.expressions:
            return
        for part in group.expressions:
            if PATTERN.search(write(part)) or isinstance(part, exp.Anonymous | exp.Tuple):
                return
            if isinstance(part, exp.Literal) and not part.is_string:
                positions.add(int(part.name) if part.name.isdigit() else 0)
                continue
            groups.add(_text(part))
            if isinstance(part, exp.Column):
                grouped_columns.add(fold_identifier(part.this, context.dialect))
    assert variant.resolution is not None
    uses = variant.resolution.uses
    having = node.args.get("having")
    for part in conjuncts(having.this) if having is not None else []:
        loose = _loose_column(
            context, scope, part, groups, grouped_columns, positions, expressions, uses
        )
        if loose is not None and fold_identifier(loose.this, context.dialect) not in scope.aliases:
            yield Issue(
                subject=f"having {write(loose)}",
                message=f"HAVING looks at {shown(loose)}, which is neither grouped nor aggregated.",
                consequence="The model does not build.",
                fix="Move the condition into WHERE, or aggregate the column.",
                offset=start_of(loose) or 0,
                variant=variant,
                path=scope.path,
                confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
            )
    for index, item in enumerate(node.expressions, 1):
        bare = expressions[index - 1]
        if index in positions or _text(bare) in groups or item.is_star:
            continue
        if positions and any(isinstance(e, exp.Star) or e.is_star for e in node.expressions):
            return
        alias = (
            fold_identifier(item.args["alias"], context.dialect)
            if isinstance(item, exp.Alias)
            else ""
        )
        if alias and alias in grouped_columns:
            continue
        loose = _loose_column(
            context, scope, bare, groups, grouped_columns, positions, expressions, uses
        )
        if loose is None or (not context.dialect and loose.this.args.get("quoted")):
            # Where the warehouse is not known, what is in double quotes may be a text.
            continue
        why = (
            "grouped by " + ", ".join(sorted(groups) or map(str, sorted(positions)))
            if (group is not None)
            else "there is an aggregate and no GROUP BY"
        )
        yield Issue(
            subject=write(loose),
            message=f"{shown(loose)} is neither grouped nor aggregated.",
            consequence="The model does not build.",
            fix="Add it to GROUP BY, or aggregate it.",
            # The missing name is missing in GROUP BY; the column is a second place to look at.
            offset=(start_of(group) if group is not None else start_of(loose)) or 0,
            also=[start_of(loose) or 0] if group is not None else [],
            variant=variant,
            path=scope.path,
            confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
            evidence=[Evidence(why[:200])],
        )


def _bare(item: exp.Expr) -> exp.Expr:
    return item.this if isinstance(item, exp.Alias) else item


def _text(node: exp.Expr) -> str:
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column):
        return node.name.lower()
    return QUALIFIER.sub("", write(node).lower())


def _is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.AggFunc) or type(node).__name__.lower().endswith("agg")


def _has_aggregate(node: exp.Expr) -> bool:
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, exp.Window | exp.Query):
            continue
        if _is_aggregate(current):
            return True
        stack.extend(current.iter_expressions())
    return False


def _loose_column(
    context: Context,
    scope: Scope,
    root: exp.Expr,
    groups: set[str],
    grouped: set[str],
    positions: set[int],
    expressions: list[exp.Expr],
    uses: dict[int, Use],
) -> exp.Column | None:
    """The first column outside aggregates that no group covers."""
    covered = groups | {_text(expressions[p - 1]) for p in positions if 0 < p <= len(expressions)}
    compound = any(not text.isidentifier() for text in covered)
    stack: list[exp.Expr] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Anonymous) and node.name.lower() != "cp_surrogate_key":
            continue
        if isinstance(node, exp.Query) or _is_aggregate(node):
            continue
        if isinstance(node, exp.WithinGroup | exp.Filter | exp.Lambda | exp.Dot):
            continue
        if (compound or isinstance(node, exp.Column)) and _text(node) in covered:
            continue
        if isinstance(node, exp.Column):
            name = fold_identifier(node.this, context.dialect)
            use = uses.get(id(node))
            if use is None or use.alias or name in grouped:
                continue
            is_plain = node is root and use.column is not None
            if name in PSEUDO or (name in DATE_PARTS and not is_plain):
                # `datediff(day, ...)`: no column, unless a column of that name stands alone.
                continue
            if use.column is None or use.binding is None:
                # Of an open source, unless a query around it could supply the name.
                if scope.parent is not None or len(node.parts) > 2:
                    continue
                if scope.aliases.get(name, root) is not root:
                    continue
                if not scope.bindings or PATTERN.search(name) or "cp_" in name:
                    continue
                if context.dialect in STRUCT_DIALECTS and node.table:
                    continue
            elif not any(use.binding is b for b in scope.bindings.values()):
                continue
            other = scope.aliases.get(name)
            is_other = other is not None and other is not root
            if not node.table and is_other and context.dialect in LATERAL_ALIASES:
                # The alias of another column; that of its own expression is none.
                continue
            return node
        stack.extend(node.iter_expressions())
    return None


RULE = Rule("SQL010", "ungrouped-column", Severity.ERROR, __doc__ or "", check)
