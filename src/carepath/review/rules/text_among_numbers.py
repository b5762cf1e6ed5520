"""COALESCE or CASE gives a number or a date, or else a text that is none.

What it does
    Reports a COALESCE, an IF and a CASE whose values are numbers, dates or timestamps, with a text
    beside them that cannot be read as one. Quiet on Spark and Databricks, which make texts of all.

Why it is bad
    All values have one type: the warehouse tries to make a number of the text, and the model stops.

For example
    coalesce(amount::number(18, 2), 'N/A') as amount

Use instead
    coalesce(amount::number(18, 2)::varchar, 'N/A') as amount
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Known, known_of
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.values import value_type
from carepath.review.sql.writing import shown, write

QUIET = frozenset({"spark", "databricks", "clickhouse"})
PROMPT = frozenset({"snowflake", "postgres", "redshift", "bigquery", "trino", "athena"})
"""Dialects that refuse such a query as a whole, and not at the first row that takes the text."""
TYPED = frozenset({"number", "date", "timestamp"})
MOMENT = re.compile(r"^\s*\d|^\s*-?infinity$|^(now|today|tomorrow|yesterday|epoch)$", re.I)


def check(context: Context) -> Iterator[Issue]:
    """Look at the values between which each expression chooses."""
    if context.dialect in QUIET:
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                values = _values(node)
                found = _odd_one(known, values)
                if found is None:
                    continue
                text, other, kind = found
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{shown(node)[:80]} gives the {kind} {shown(other)[:60]} or the text "
                    f"{shown(text)[:40]}.",
                    consequence=f"The model stops: {shown(text)[:40]} is no {kind}.",
                    fix="Cast all values to text, or choose null.",
                    severity=Severity.ERROR if context.dialect in PROMPT else Severity.WARNING,
                    confidence=Confidence.LIKELY,
                    offset=start_of(text) or start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{shown(other)[:80]} is a {kind}")],
                )


def _values(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Coalesce):
        return [node.this, *node.expressions]
    if isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        found = [node.args.get("true"), node.args.get("false")]
    elif isinstance(node, exp.Case):
        found = [branch.args.get("true") for branch in node.args.get("ifs") or []]
        found.append(node.args.get("default"))
    else:
        return []
    return [value for value in found if isinstance(value, exp.Expr)]


def _odd_one(known: Known, values: list[exp.Expr]) -> tuple[exp.Expr, exp.Expr, str] | None:
    """(the text, a value of another type, that type)."""
    texts = [v for v in values if isinstance(v, exp.Literal) and v.is_string]
    if not texts or len(texts) == len(values):
        return None
    for value in values:
        kind = value_type(known, value) if not isinstance(value, exp.Literal) else None
        if isinstance(value, exp.Literal) and not value.is_string:
            kind = "number"
        if kind not in TYPED:
            continue
        for text in texts:
            if not PATTERN.search(text.name) and not _reads_as(kind, text.name):
                return text, value, str(kind)
    return None


def _reads_as(kind: str, text: str) -> bool:
    if kind != "number":
        return MOMENT.search(text) is not None
    try:
        float(text)
    except ValueError:
        return False
    return True


RULE = Rule("SQL019", "text-among-numbers", Severity.ERROR, __doc__ or "", check)
