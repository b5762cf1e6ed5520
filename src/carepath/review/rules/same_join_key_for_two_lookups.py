"""One table is looked up twice by the same column.

What it does
    Reports two joins with the same relation, under two aliases, whose conditions are the same.

Why it is bad
    Both lookups give the same row: the second was copied and its key not adapted.

For example
    join users as creator on creator.user_id = t.creator_id
    join users as closer on closer.user_id = t.creator_id

Use instead
    join users as closer on closer.user_id = t.closer_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write


def check(context: Context) -> Iterator[Issue]:
    """Compare the joins of each scope with one another."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            seen: dict[tuple[str, str], str] = {}
            for name, binding in scope.bindings.items():
                join = binding.join
                if join is None or not isinstance(binding.node, (exp.Table, exp.Subquery)):
                    continue
                condition = join.args.get("on")
                if condition is None or not binding.node.alias:
                    continue
                table = _looked_up(binding.node)
                text = _text(condition, name)
                before = seen.get((table, text))
                if before is not None:
                    yield Issue(
                        subject=f"{before} {name}",
                        message=f"{before} and {name} look up the same table by the same key.",
                        consequence=f"{name} always gives what {before} gives.",
                        fix=f"Adapt the key of {name}, or use {before} alone.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(condition) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(shown(condition)[:120])],
                    )
                seen.setdefault((table, text), name)


def _looked_up(node: exp.Table | exp.Subquery) -> str:
    """The table, or the query in its place, whatever they are called here."""
    if isinstance(node, exp.Table):
        return ".".join(part.name.lower() for part in node.parts)
    return write(node.this).lower()


def _text(condition: exp.Expr, name: str) -> str:
    """A condition without the name of the joined table, in whichever order it is written."""
    parts = []
    for part in conjuncts(condition):
        sides = [part.left, part.right] if isinstance(part, exp.EQ) else [part]
        texts = [re.sub(rf"\b{re.escape(name)}\.", "@.", write(s).lower()) for s in sides]
        parts.append(" = ".join(sorted(texts)))
    return " and ".join(sorted(parts))


RULE = Rule("JOIN006", "same-join-key-for-two-lookups", Severity.WARNING, __doc__ or "", check)
