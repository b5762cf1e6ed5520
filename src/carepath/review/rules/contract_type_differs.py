"""A column is cast to another kind of type than its enforced contract says.

What it does
    Compares the type that the SQL of a model casts a column to with the data_type of its enforced
    contract: a text is no number, a timestamp no date.

Why it is bad
    dbt stops: contract and model must have the same types.

For example
    cast(amount as varchar) as amount      -- the contract says numeric

Use instead
    cast(amount as numeric) as amount
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.errors import SqlglotError

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import outermost
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import type_of
from carepath.review.sql.writing import shown

APART = frozenset({"text", "number", "timestamp", "date", "boolean"})


def check(context: Context) -> Iterator[Issue]:
    """Compare the casts of the outermost query with the contract."""
    doc = context.model.doc
    if doc is None or context.model.kind != "model" or doc.versions or not context.resolved:
        return
    variant = context.resolved[0]
    contract = context.config.get("contract")
    if not isinstance(contract, dict) or contract.get("enforced") is not True:
        return
    assert variant.resolution is not None
    scopes = outermost(variant.resolution.scopes)
    for item in scopes[0].items if len(scopes) == 1 else []:
        described = doc.column(item.column.name)
        if described is None or not described.data_type:
            continue
        if not isinstance(item.expression, (exp.Cast, exp.TryCast)):
            continue
        wanted, made = _kind(described.data_type, context.dialect), item.column.type
        if wanted is None or made is None or wanted == made or not {wanted, made} <= APART:
            continue
        yield Issue(
            subject=item.column.name.lower(),
            message=f"{item.column.shown} is {shown(item.expression.args['to'])}, and the contract "
            f"says {described.data_type}.",
            consequence="dbt stops: the contract is enforced.",
            fix="Cast it to what the contract says, or change the contract.",
            confidence=Confidence.LIKELY,
            offset=start_of(item.node) or 0,
            variant=variant,
            path=scopes[0].path,
            evidence=[Evidence("the contract", Place(doc.file, described.line))],
        )


def _kind(text: str, dialect: str) -> str | None:
    try:
        return type_of(exp.DataType.build(text, dialect=dialect or None))
    except (SqlglotError, ValueError):
        return None


RULE = Rule("CFG011", "contract-type-differs", Severity.ERROR, __doc__ or "", check)
