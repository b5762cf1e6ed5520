"""An amount with cents is cast to a whole number.

What it does
    Reports an amount, by its name, that is cast to a whole number where it has cents: it is
    divided, rounded to places or cast to decimals before, or it kept them before the change. NUMBER
    and DECIMAL without a scale are whole numbers in Snowflake, Redshift and Databricks. Rounding
    that is written out (ROUND, FLOOR, CEIL) and amounts called cents are quiet.

Why it is bad
    Each row loses up to half a unit or more, and the totals are off by as much as there are rows.

For example
    cast(amount_cents / 100.0 as integer) as amount

Use instead
    cast(amount_cents / 100.0 as numeric(18, 2)) as amount
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import edited, items
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import FRACTION, has_places
from carepath.review.sql.writing import shown, write

MONEY = re.compile(
    r"(^|_)(amount|price|revenue|cost|fee|salary|subtotal|premium|rent|wage|income|sales|spend|"
    r"budget|balance|turnover|mrr|arr|usd|eur|gbp|dollars|euros|paid)$"
)
MINOR = re.compile(r"(^|_)(cents|micros|pence|minor|units?|count|qty|quantity|points|rounded)(_|$)")
WITHOUT_SCALE = frozenset({"snowflake", "redshift", "databricks", "spark"})
ROUNDING = (exp.Round, exp.Floor, exp.Ceil, exp.Mul, exp.IntDiv)


def check(context: Context) -> Iterator[Issue]:
    """Look at each amount that is cast, and at what it was before the change."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for item in scope.node.expressions:
                cast = _cut(context.dialect, item)
                if cast is not None and _has_cents(variant, cast.this):
                    yield _issue(variant, scope, item, cast, "it has cents before the cast")
    for variant, scope, before in edited(context):
        old = {**{c.name.lower(): c for c in before.node.expressions}, **items(before)}
        for item in scope.node.expressions:
            cast = _cut(context.dialect, item)
            was = old.get(item.alias_or_name.lower())
            if cast is None or was is None or _has_cents(variant, cast.this):
                continue
            whole = [
                c for c in was.find_all(exp.Cast, exp.TryCast) if _is_whole(context.dialect, c)
            ]
            if not whole and not was.find(*ROUNDING):
                yield _issue(variant, scope, item, cast, f"at base it is {write(was)[:100]}")


def _issue(variant: Variant, scope: Scope, item: exp.Expr, cast: exp.Expr, fact: str) -> Issue:
    return Issue(
        subject=f"{item.alias_or_name.lower()} whole",
        message=f"{item.alias_or_name} is cast to {shown(cast.args['to'])}: its cents are lost.",
        consequence="Every row is off by up to one unit of money.",
        fix="Cast it to a decimal type with a scale, or say with ROUND that whole units are meant.",
        confidence=Confidence.LIKELY,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(fact)],
    )


def _cut(dialect: str, item: exp.Expr) -> exp.Cast | None:
    """The cast to a whole number that makes an amount, without rounding written out."""
    cast = item.this if isinstance(item, exp.Alias) else item
    name = item.alias_or_name.lower()
    if not isinstance(cast, (exp.Cast, exp.TryCast)) or not _is_whole(dialect, cast):
        return None
    if not MONEY.search(name) or MINOR.search(name) or cast.this.find(*ROUNDING):
        return None
    if any(MINOR.search(c.name.lower()) and not cast.this.find(exp.Div)
           for c in cast.this.find_all(exp.Column)):  # fmt: skip
        return None
    return cast


def _is_whole(dialect: str, cast: exp.Expr) -> bool:
    to = cast.args.get("to")
    if not isinstance(to, exp.DataType):
        return False
    if to.this in exp.DataType.INTEGER_TYPES:
        return True
    if to.this != exp.DataType.Type.DECIMAL:
        return False
    sizes = [size.name for size in to.expressions]
    return sizes[1:] in ([], ["0"]) if sizes else dialect in WITHOUT_SCALE


def _has_cents(variant: Variant, node: exp.Expr) -> bool:
    """True where what is cast is divided, or comes from what gives decimals."""
    assert variant.resolution is not None
    while isinstance(node, (exp.Paren, exp.Coalesce)):
        node = node.this
    if has_places(node):
        return True
    if not isinstance(node, exp.Column):
        return False
    use = variant.resolution.uses.get(id(node))
    if use is not None and use.column is not None and FRACTION in use.column.tags:
        return True
    made = definition(variant.resolution, node)
    return made is not None and has_places(made)


RULE = Rule(
    "AGG025",
    "money-cut-to-whole",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
