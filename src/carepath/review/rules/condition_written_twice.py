"""The same condition stands twice between AND or OR.

What it does
    Reports `a = b and a = b` and `x is null or x is null`, written out twice in one chain.

Why it is bad
    It does nothing: it was copied and not adapted, and the condition that was meant is missing.

For example
    on orders.order_id = lines.order_id and orders.order_id = lines.order_id

Use instead
    on orders.order_id = lines.order_id and orders.shop_id = lines.shop_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

TWICE = 2


def check(context: Context) -> Iterator[Issue]:
    """Look at each chain of conditions."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                kind = type(node)
                if kind not in (exp.And, exp.Or) or type(node.parent) is kind:
                    continue
                seen: dict[str, exp.Expr] = {}
                for part in _chain(node, kind):
                    text = write(part).lower()
                    if part.find(exp.Column) is None or PATTERN.search(text):
                        continue
                    if text in seen and _is_written_out(context, part):
                        word = "AND" if kind is exp.And else "OR"
                        yield Issue(
                            subject=f"{word} {text}"[:120],
                            message=f"{shown(part)[:90]} stands twice between {word}.",
                            consequence="The second one does nothing; another may be missing.",
                            fix="Write the condition that is meant, or remove it.",
                            confidence=Confidence.LIKELY,
                            offset=start_of(part) or 0,
                            also=[start_of(seen[text]) or 0],
                            variant=variant,
                            path=scope.path,
                        )
                    seen.setdefault(text, part)


def _chain(node: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """The conditions of a chain, in order, out of their parentheses."""
    while isinstance(node, exp.Paren):
        node = node.this
    if type(node) is kind:
        yield from _chain(node.args["this"], kind)
        yield from _chain(node.args["expression"], kind)
    else:
        yield node


def _is_written_out(context: Context, part: exp.Expr) -> bool:
    """True where the text itself, not a loop or a macro, has its column twice."""
    column = part.find(exp.Column)
    name = column.name if column is not None else ""
    return len(re.findall(rf"(?i)\b{re.escape(name)}\b", context.analysis.source)) >= TWICE


RULE = Rule(
    "LIT051",
    "condition-written-twice",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
