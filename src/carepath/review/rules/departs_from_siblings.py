"""One line differs from its siblings in a way that looks like a slip.

What it does
    In a SELECT with several columns of one shape, `f(... = 'word') as word_...`, reports the one
    whose literal does not appear in its name while another sibling's word does.

Why it is bad
    The line was copied from a sibling and its literal was not adapted.

For example
    count(case when kind = 'a' then 1 end) as a_count,
    count(case when kind = 'b' then 1 end) as b_count,
    count(case when kind = 'b' then 1 end) as c_count

Use instead
    count(case when kind = 'c' then 1 end) as c_count
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import write


def check(context: Context) -> Iterator[Issue]:
    """Group the columns of each scope by shape and look for the odd one."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            shapes: dict[str, list[tuple[exp.Alias, exp.Literal]]] = {}
            for item in scope.node.expressions:
                if not isinstance(item, exp.Alias):
                    continue
                literals = [x for x in item.this.find_all(exp.Literal) if x.is_string]
                texts = {x.name for x in literals}
                if len(texts) != 1 or not item.this.find(exp.Column):
                    continue
                text = next(iter(texts))
                shape = write(item.this).replace(f"'{text}'", "?")
                shapes.setdefault(shape, []).append((item, literals[0]))
            for group in shapes.values():
                if len(group) < 3:
                    continue
                odd = [
                    (item, literal)
                    for item, literal in group
                    if not _plain(literal.name) or _plain(literal.name) not in _plain(item.alias)
                ]
                if len(odd) != 1 or len(odd) * 2 >= len(group):
                    continue
                item, literal = odd[0]
                others = [other.name for i, other in group if i is not item]
                if literal.name not in others:
                    continue
                yield Issue(
                    subject=item.alias,
                    message=f"{item.alias} selects {literal.name!r}; in its {len(group) - 1} "
                    "siblings the name contains the value.",
                    consequence=f"{item.alias} shows the values of another column.",
                    fix=f"Adapt {literal.name!r}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(item) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"{i.alias} selects {word.name!r}")
                        for i, word in group
                        if i is not item
                    ][:3],
                )


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


RULE = Rule("CLONE002", "departs-from-siblings", Severity.WARNING, __doc__ or "", check)
