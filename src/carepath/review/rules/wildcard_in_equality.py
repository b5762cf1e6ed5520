"""A pattern is compared with = instead of LIKE, or LIKE has no pattern.

What it does
    Reports `column = '%text%'`, and the same with != and IN; and LIKE with a text that has no
    wildcard beside another LIKE that has one, or that the column can never hold.

Why it is bad
    = compares exactly: the percent signs are taken literally, and nothing matches. LIKE without
    them compares exactly as well: 'reject' is not like 'rejected'.

For example
    where page_url = '%/signup%'

Use instead
    where page_url like '%/signup%'
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of

WILD = re.compile(r"[%_\\\\\[]")


def check(context: Context) -> Iterator[Issue]:
    """Look for percent signs in compared texts."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                yield from _no_pattern(variant, scope, node)
                literals: list[exp.Expr] = []
                if isinstance(node, (exp.EQ, exp.NEQ)):
                    literals = [node.left, node.right]
                elif isinstance(node, exp.In):
                    literals = node.expressions
                elif isinstance(node, exp.Case) and node.this is not None:
                    literals = [branch.this for branch in node.args.get("ifs") or []]
                for literal in literals:
                    if not isinstance(literal, exp.Literal) or not literal.is_string:
                        continue
                    text = literal.name
                    if len(text) > 2 and (text[0] == "%" or text[-1] == "%") and " " not in text:
                        if text[-1] == "%" and text[:-1].replace(".", "").isdigit():
                            continue
                        yield Issue(
                            subject=text,
                            message=f"{text!r} is compared exactly, its % signs included.",
                            consequence="Nothing matches.",
                            fix="Use LIKE.",
                            confidence=Confidence.LIKELY,
                            offset=start_of(literal) or 0,
                            variant=variant,
                            path=scope.path,
                        )


def _no_pattern(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`outcome not like 'reject'`."""
    if not isinstance(node, exp.Like) or not isinstance(node.this, exp.Column):
        return
    literal = node.expression
    if not isinstance(literal, exp.Literal) or WILD.search(literal.name) or not literal.name:
        return
    if PATTERN.search(literal.name):
        return
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(node.this))
    domain = use.column.domain if use is not None and use.column is not None else None
    is_never = domain is not None and bool(domain.values) and literal.name not in domain.values
    beside = any(
        isinstance(other, exp.Like)
        and other.this == node.this
        and isinstance(other.expression, exp.Literal)
        and WILD.search(other.expression.name)
        for other, _ in nodes_of(scope)
    )
    if not is_never and not beside:
        return
    yield Issue(
        subject=f"like {literal.name}",
        message=f"LIKE {literal.name!r} has no wildcard: it compares exactly."
        + (f" {node.this.name} is never {literal.name!r}." if is_never else ""),
        consequence="Longer values do not match.",
        fix=f"Write {literal.name + '%'!r}, or use =.",
        severity=Severity.WARNING if is_never else Severity.NOTE,
        confidence=Confidence.LIKELY if is_never else Confidence.POSSIBLE,
        offset=start_of(literal) or 0,
        variant=variant,
        path=scope.path,
    )


RULE = Rule("LIT004", "wildcard-in-equality", Severity.WARNING, __doc__ or "", check)
