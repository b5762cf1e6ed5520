"""A filter keeps the test rows that the rest of the project leaves out.

What it does
    Reports a WHERE that keeps only rows with a flag such as is_test, is_sandbox, is_deleted or
    is_internal, where another model of the project reads the same relation and leaves those rows
    out. A model or CTE that is named after the flag is left alone.

Why it is bad
    A NOT was forgotten: the figures are those of the test accounts.

For example
    where is_sandbox

Use instead
    where not is_sandbox
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts

FLAG = re.compile(r"^(?:_|is_|was_)?(?:\w+_)?(test|sandbox|deleted|internal|bot|fake|demo|spam)$")


def check(context: Context) -> Iterator[Issue]:
    """Look at the flags each WHERE asks for."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            where = scope.node.args.get("where")
            for part in conjuncts(where.this) if where is not None else []:
                column = _flagged(part)
                word = FLAG.match(column.name.lower()) if column is not None else None
                if column is None or word is None:
                    continue
                use = variant.resolution.uses.get(id(column))
                if use is None or use.column is None or use.column.direct is None:
                    continue
                if word[1] in context.model.name.lower() or word[1] in scope.path.lower():
                    continue
                other = _leaves_out(context, use.column.direct[0], column.name.lower())
                if other is None:
                    continue
                yield Issue(
                    subject=f"{column.name.lower()} kept",
                    message=f"Only rows with {column.name} are kept; {other.name} leaves them out.",
                    consequence="The rows are those that should not count.",
                    fix=f"Write not {column.name}, or name the model after them.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(column) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{other.name} leaves them out", Place(other.file.path, 1))],
                )


def _flagged(node: exp.Expr) -> exp.Column | None:
    """The flag that a condition asks to be true."""
    if isinstance(node, exp.Column):
        return node
    if isinstance(node, (exp.EQ, exp.Is)) and isinstance(node.this, exp.Column):
        right = node.expression
        is_true = isinstance(right, exp.Boolean) and right.this is True
        return node.this if is_true or right.name == "1" else None
    return None


def _leaves_out(context: Context, source: str, flag: str) -> Model | None:
    """Another model that reads the relation and asks for the flag not to be set."""
    pattern = re.compile(
        rf"\bnot\s+(\w+\.)?{re.escape(flag)}\b"
        rf"|\b{re.escape(flag)}\s*(=|is)\s*(false|0)\b"
        rf"|\b{re.escape(flag)}\s+is\s+not\s+true\b"
        rf"|coalesce\(\s*(\w+\.)?{re.escape(flag)}\s*,\s*false\s*\)\s*=\s*false"
    )
    name = source.rsplit(".", 1)[-1]
    for model in context.space.models.values():
        if model.id == context.model.id or model.kind != "model":
            continue
        text = context.snapshot.text(model.file).lower()
        if flag in text and name.lower() in text and pattern.search(text):
            return model
    return None


RULE = Rule(
    "LIT014",
    "keeps-what-others-drop",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
