"""A model is narrowed to one written identifier.

What it does
    Reports a WHERE that equates an identifier with a written number or UUID, where that identifier
    alone is a key of the relation read: the model is about one customer, one order. A CTE that is
    joined or asked for one value may hold a row of its own. As a note, an identifier equated with a
    written UUID or object id that the change adds to a model.

Why it is bad
    Such a condition was for a trial and stayed: all other rows are gone.

For example
    where user_id = 4711

Use instead
    -- remove it, or keep what it means in a column: where is_internal
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

UUID = re.compile(r"(?i)^([0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{24})$")
IDENTIFIER = re.compile(r"(^|_)(id|uuid|guid)$")
WRITTEN = re.compile(r"(^|_|[a-z])(id|Id|ID|uuid|guid)$")


def check(context: Context) -> Iterator[Issue]:
    """Look at each equality of a key with a constant."""
    for variant in context.resolved:
        assert variant.resolution is not None
        looked_up = {
            binding.node.name.lower()
            for scope in variant.resolution.scopes
            for binding in scope.bindings.values()
            if binding.is_cte and (binding.join is not None or scope.parent is not None)
        }
        yield from _added(context, variant)
        for scope in variant.resolution.scopes:
            where = scope.node.args.get("where")
            if where is None or scope.parent is not None or scope.path.lower() in looked_up:
                continue
            for part in conjuncts(where.this):
                if not isinstance(part, exp.EQ) or not isinstance(part.left, exp.Column):
                    continue
                use = variant.resolution.uses.get(id(part.left))
                if use is None or use.binding is None or use.column is None:
                    continue
                name, value = use.column.name, part.right
                if not IDENTIFIER.search(name.lower()) or not _is_written(value):
                    continue
                relation = use.binding.relation
                key = next((k for k in relation.keys if k.columns == {name}), None)
                if key is None or relation.id.startswith("seed:"):
                    continue
                yield Issue(
                    subject=write(part).lower()[:100],
                    message=f"{shown(part)[:60]} leaves one row of {use.binding.name}: "
                    f"{name} is its key.",
                    consequence="All other rows are gone.",
                    fix="Remove the condition, if it was for a trial.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name} is unique ({key.proof})")],
                )


def _added(context: Context, variant: Variant) -> Iterator[Issue]:
    """`and orderId = '646b...'`, which the model did not have."""
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is None or before is None or variant.resolution is None:
        return
    old = change.base.text(before.file)
    for scope in variant.resolution.scopes:
        where = scope.node.args.get("where")
        for part in conjuncts(where.this) if where is not None else []:
            if not isinstance(part, exp.EQ) or not isinstance(part.left, exp.Column):
                continue
            value = part.right
            if not isinstance(value, exp.Literal) or not UUID.match(value.name):
                continue
            if not WRITTEN.search(part.left.name) or value.name in old:
                continue
            yield Issue(
                subject=f"added {value.name}",
                message=f"The change narrows the rows to one written {part.left.name}.",
                consequence="All others are gone.",
                fix="Remove the condition, if it was for a trial.",
                severity=Severity.NOTE,
                confidence=Confidence.POSSIBLE,
                offset=start_of(part) or 0,
                variant=variant,
                path=scope.path,
            )


def _is_written(node: exp.Expr) -> bool:
    """True for a number above one, or a UUID: 0, 1 and -1 are often a row of their own kind."""
    if not isinstance(node, exp.Literal):
        return False
    if node.is_string:
        return bool(UUID.match(node.name))
    return node.name.isdigit() and int(node.name) > 1


RULE = Rule(
    "LIT011",
    "filter-on-one-row",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
