"""MIN or MAX of numbers or dates that are stored as text.

What it does
    Reports MIN and MAX of a column that a cast makes text while its values are whole numbers of
    different lengths: by an accepted_values test, by the rows of a seed, or because the model
    compares it with such numbers, or because it is called a price or an amount; and of a date
    written with its day or month first.

Why it is bad
    Text is compared letter by letter: '9' is more than '10'.

For example
    select max(version) as latest_version   -- version is text: '1', '2', ..., '10'

Use instead
    select max(cast(version as integer)) as latest_version
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution
from carepath.review.sql.definitions import definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.relation import Column
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Look at each MIN and MAX of a column."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, (exp.Min, exp.Max)):
                    continue
                written = _written(variant.resolution, node.this)
                if written:
                    yield Issue(
                        subject=write(node).lower()[:100],
                        message=f"{'MAX' if isinstance(node, exp.Max) else 'MIN'} compares dates "
                        f"as text, written {written}.",
                        consequence="'31/01/2023' is more than '01/02/2024'.",
                        fix="Write the date after finding it: to_char(max(...)).",
                        confidence=Confidence.CERTAIN,
                        offset=start_of(node) or 0,
                        variant=variant,
                        path=scope.path,
                    )
                    continue
                if not isinstance(node.this, exp.Column):
                    continue
                use = variant.resolution.uses.get(id(node.this))
                column = use.column if use is not None else None
                proof = _proof(context, column) if column is not None else None
                if column is None or proof is None:
                    continue
                name = "MAX" if isinstance(node, exp.Max) else "MIN"
                yield Issue(
                    subject=write(node).lower(),
                    message=f"{name} of {column.shown} compares numbers as text.",
                    consequence="'9' is more than '10'.",
                    fix=f"Cast {column.shown} to a number first.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(proof)],
                )


QUANTITY = re.compile(
    r"(^|_)(amount|price|total|cost|qty|quantity|balance|revenue|fee|weight|salary)$"
)
PARTS = re.compile(
    r"%-?[a-zA-Z]|YYYY|YY|yyyy|yy|MONTH|Month|month|MON|Mon|mon|MM|DD|dd|DY|Dy|DAY|Day"
)
YEARS = frozenset({"%y", "%g", "yyyy", "yy"})


def _written(resolution: Resolution, node: exp.Expr) -> str:
    """The format of a date that does not begin with its year, or nothing."""
    found = definition(resolution, node) if isinstance(node, exp.Column) else node
    if not isinstance(found, (exp.TimeToStr, exp.ToChar)):
        return ""
    pattern = found.args.get("format")
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        return ""
    parts = [part.lower().replace("-", "") for part in PARTS.findall(pattern.name)]
    has_year_later = any(part in YEARS for part in parts[1:])
    return pattern.name if has_year_later and parts[0] not in YEARS else ""


def _proof(context: Context, column: Column) -> str | None:
    """Why the values are numbers of different lengths in a text, or None."""
    if column.type != "text":
        return None
    if column.domain is None and QUANTITY.search(column.name.lower()):
        return f"{column.shown} is a text, and by its name a number"
    values: set[str] = set()
    told = ""
    if column.domain is not None:
        values, told = set(column.domain.values), column.domain.proof
    elif column.root is not None:
        known = context.snapshot.facts(context.model).literals
        values, told = {v for root, v in known if root == column.root}, "the model compares it so"
    if len(values) < 2 or not all(value.isdigit() for value in values):
        return None
    if any(value.startswith("0") and len(value) > 1 for value in values):
        return None
    if len({len(value) for value in values}) < 2:
        return None
    shown = ", ".join(sorted(values, key=lambda v: (len(v), v))[:6])
    return f"{column.shown} is text and holds {shown} ({told})"


RULE = Rule(
    "AGG004",
    "min-max-of-numeric-text",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
