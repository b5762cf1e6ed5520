"""A text that a column is compared with holds a character that strayed into it.

What it does
    Reports a compared text that begins or ends with a single quotation mark or backtick, or holds
    a character nobody can see or tell from another (a no-break space, a zero-width space), or two
    quotation marks around a comma, curly ones say; as a note, one that begins or ends with a blank.

Why it is bad
    Nothing equals it: the condition is never met, and nothing fails.

For example
    where usage_type = 'search optimization`'

Use instead
    where usage_type = 'search optimization'
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import literal_comparisons

MARKS = "'\"`´\u2018\u2019\u201c\u201d"
HIDDEN = dict.fromkeys("\u00a0\u2007\u202f", "a no-break space") | dict.fromkeys(
    "\u200b\u200c\u200d\u2060\ufeff\u00ad", "an invisible character"
)

GLUED = re.compile(f"[\\w)][{MARKS}]\\s*,\\s*[{MARKS}][\\w(]")
"""Two texts that became one, as curly quotation marks end no text."""


def check(context: Context) -> Iterator[Issue]:
    """Look at every text a column is compared with."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for literal in literal_comparisons(scope):
                told = stray(literal.name)
                if told is None:
                    continue
                is_blank = told == "a blank"
                is_two = told == "two values"
                yield Issue(
                    subject=literal.name,
                    message=f"{literal.name!r} is one text with quotation marks in it, not two."
                    if is_two
                    else f"{literal.name!r} holds {told} that looks strayed in.",
                    consequence="The condition is never met.",
                    fix="Write two texts, each in straight quotation marks."
                    if is_two
                    else f"Compare with {literal.name.strip(MARKS + ' ')!r}.",
                    severity=Severity.NOTE if is_blank else Severity.WARNING,
                    confidence=Confidence.POSSIBLE if is_blank else Confidence.LIKELY,
                    offset=start_of(literal) or 0,
                    variant=variant,
                    path=scope.path,
                )


def stray(text: str) -> str | None:
    """What does not belong into a text, or None."""
    for char in text:
        if char in HIDDEN:
            return HIDDEN[char]
    if GLUED.search(text):
        return "two values"
    if len(text.strip()) < 3 or not any(char.isalnum() for char in text):
        return None
    for mark in MARKS:
        if text.count(mark) == 1 and mark in (text[0], text[-1]):
            return f"a {mark}"
    return "a blank" if text != text.strip(" ") else None


RULE = Rule(
    "LIT008",
    "stray-character-in-literal",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
