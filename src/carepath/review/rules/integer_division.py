"""Two whole numbers are divided where that drops the fraction.

What it does
    On Postgres, Redshift, Trino and Athena, reports a division of counts or of sums of whole
    numbers, also where an earlier CTE counts them, of columns that this model or one upstream casts
    to whole numbers (by a written number only where that had decimals before the change), and of a
    column counted in small units (cents, grams, bytes) by a whole number; on Redshift also an
    average of whole numbers.

Why it is bad
    7 / 10 is 0: rates are 0 or 1.

For example
    count(converted_at) / count(*) as conversion_rate

Use instead
    count(converted_at) * 1.0 / count(*) as conversion_rate
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.pairs import edited, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

TRUNCATING = frozenset({"postgres", "redshift", "trino", "athena"})


def check(context: Context) -> Iterator[Issue]:
    """Look at both sides of each division."""
    if context.dialect not in TRUNCATING:
        return
    before = {
        scope.path: frozenset(plain(node) for node, _ in nodes_of(old) if isinstance(node, exp.Div))
        for _, scope, old in edited(context)
    }
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            decimals = before.get(scope.path, frozenset())
            for node, _ in nodes_of(scope):
                known = variant.resolution
                if context.dialect == "redshift" and isinstance(node, exp.Avg):
                    yield from _average(variant, scope, node)
                if not isinstance(node, exp.Div):
                    continue
                if _is_cut(node):
                    yield Issue(
                        subject=write(node).lower()[:100],
                        message=f"{shown(node)[:80]} divides {node.left.name}, by its name a whole "
                        "number, by a whole number: the fraction is dropped.",
                        consequence="1999 / 1000 is 1.",
                        fix=f"Divide by {node.right.name}.0.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )
                    continue
                if _whole(node.left, known) and _whole(node.right, known):
                    if isinstance(node.left, exp.Literal) and isinstance(node.right, exp.Literal):
                        continue
                    was_decimal = f"{plain(node)}.0" in decimals
                    is_cast = isinstance(node.right, exp.Literal) and _is_cast(node.left, known)
                    if is_cast and not was_decimal:
                        # Seconds to whole minutes, an id to its bucket: the cut may be meant.
                        continue
                    yield Issue(
                        subject=write(node)[:100],
                        message=f"{shown(node)[:80]} divides whole numbers: the "
                        "fraction is dropped.",
                        consequence="A rate below one becomes 0.",
                        fix="Multiply by 1.0, or cast one side to a decimal.",
                        confidence=Confidence.CERTAIN,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )


COUNTED = re.compile(r"_(cents|grams|ms|millis|milliseconds|bytes|micros|meters|metres|m)$")


def _is_cut(node: exp.Div) -> bool:
    """True for a column counted in small units, divided to large ones by a whole number."""
    left, right = node.left, node.right
    if not isinstance(left, exp.Column) or not COUNTED.search(left.name.lower()):
        return False
    around = node.parent
    while isinstance(around, exp.Paren):
        around = around.parent
    is_wanted = isinstance(around, (exp.Floor, exp.Cast))
    is_round = isinstance(right, exp.Literal) and right.name in WHOLE
    return is_round and not right.is_string and not is_wanted


WHOLE = frozenset({"100", "1000", "1024", "1000000", "1048576", "1073741824", "1000000000"})


def _average(variant: Variant, scope: Scope, node: exp.Avg) -> Iterator[Issue]:
    assert variant.resolution is not None
    inner = node.this
    if not isinstance(inner, exp.Case) or not _whole(exp.Sum(this=inner), variant.resolution):
        return
    yield Issue(
        subject=write(node).lower()[:100],
        message=f"{shown(node)[:80]} averages whole numbers: on Redshift the fraction is dropped.",
        consequence="A rate below one becomes 0.",
        fix="Write 1.0 and 0.0, or cast to a decimal.",
        confidence=Confidence.CERTAIN,
        offset=start_of(node) or 0,
        variant=variant,
        path=scope.path,
    )


def _whole(node: exp.Expr, known: Resolution) -> bool:
    while isinstance(node, (exp.Paren, exp.Nullif, exp.Filter)):
        node = node.this
    if isinstance(node, exp.Coalesce):
        return all(_whole(part, known) for part in (node.this, *node.expressions))
    if isinstance(node, exp.Column):
        if _cast_to(node, known):
            return True
        node = definition(known, node) or node
    if isinstance(node, exp.Cast) and isinstance(node.args.get("to"), exp.DataType):
        return bool(node.args["to"].is_type("int", "smallint", "bigint"))
    if isinstance(node, exp.Sum) and _is_int(node.this, known):
        # A sum of bigint is a decimal.
        return True
    if isinstance(node, (exp.Count, exp.CountIf)):
        return True
    if isinstance(node, exp.Literal):
        return not node.is_string and node.name.isdigit()
    if isinstance(node, exp.Sum) and isinstance(node.this, exp.Case):
        branches = [branch.args.get("true") for branch in node.this.args.get("ifs") or []]
        branches.append(node.this.args.get("default"))
        return all(b is None or (isinstance(b, exp.Literal) and _whole(b, known)) for b in branches)
    if isinstance(node, exp.Mul):
        return _whole(node.left, known) and _whole(node.right, known)
    return False


def _is_cast(node: exp.Expr, known: Resolution) -> bool:
    while isinstance(node, (exp.Paren, exp.Sum)):
        node = node.this
    return isinstance(node, exp.Cast) or (
        isinstance(node, exp.Column) and bool(_cast_to(node, known))
    )


def _is_int(node: exp.Expr, known: Resolution) -> bool:
    """True for a column cast to int, and for such ones multiplied, added and subtracted."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.Mul, exp.Add, exp.Sub)):
        return _is_int(node.left, known) and _is_int(node.right, known)
    return isinstance(node, exp.Column) and _cast_to(node, known) == "int"


def _cast_to(column: exp.Column, known: Resolution) -> str:
    """int or bigint where a cast made a column so, else nothing."""
    use = known.uses.get(id(column))
    tags = use.column.tags if use is not None and use.column is not None else frozenset()
    return next((tag.removeprefix("whole:") for tag in tags if tag.startswith("whole:")), "")


RULE = Rule("AGG007", "integer-division", Severity.WARNING, __doc__ or "", check)
