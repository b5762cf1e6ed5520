"""A text without digits is subtracted, multiplied or divided.

What it does
    Reports `-`, `*` and `/` with a text literal beside it that holds no digit.

Why it is bad
    The warehouse cannot make a number of it: the model stops. `||` was meant.

For example
    coalesce(first_name, '') - '-' - coalesce(last_name, '')

Use instead
    coalesce(first_name, '') || '-' || coalesce(last_name, '')
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

SIGNS: dict[type[exp.Expr], str] = {exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}


def check(context: Context) -> Iterator[Issue]:
    """Look at both sides of each sum and product."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                sign = SIGNS.get(type(node))
                if sign is None or not isinstance(node, exp.Binary):
                    continue
                texts = [side for side in (node.left, node.right) if _is_text(side)]
                if not texts:
                    continue
                yield Issue(
                    subject=write(node).lower()[:100],
                    message=f"{sign} is applied to the text {shown(texts[0])}.",
                    consequence="The model stops: this is no number.",
                    fix="Write || if the texts are to be joined.",
                    offset=start_of(texts[0]) or start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _is_text(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Literal) or not node.is_string:
        return False
    return not any(char.isdigit() for char in node.name) and not PATTERN.search(node.name)


RULE = Rule("SQL015", "arithmetic-on-text", Severity.ERROR, __doc__ or "", check)
