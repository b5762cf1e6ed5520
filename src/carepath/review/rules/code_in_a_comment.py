"""A trimmed template tag pulls code up into a comment.

What it does
    Reports a `-- comment` whose end of line a `{%-` takes away and whose following line a `-%}`
    pulls up, so that code stands behind the comment on one line.

Why it is bad
    The code is a part of the comment: the SQL loses it, silently where the rest still parses.

For example
    -- the last days only
    {%- if is_incremental() -%}
    and loaded_at >= current_date - 3
    {%- endif %}

Use instead
    -- the last days only
    {% if is_incremental() %}
    and loaded_at >= current_date - 3
    {% endif %}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule

START = re.compile(r"(?m)^(?P<before>[^'\"\n]*?)--(?P<text>[^\n{}]*)\n\s*\{[%{#]-")
TAG = re.compile(r"\{(?P<kind>[%{#])(?P<left>-?)(?P<text>.*?)(?P<right>-?)[%}#]\}", re.DOTALL)
ENDS = re.compile(r"(?m)(?:^|\n)\s*--")


def check(context: Context) -> Iterator[Issue]:
    """Follow the tags behind each comment until a line ends, or code comes."""
    source = context.analysis.source
    if "--" not in source or "{" not in source:
        return
    for match in START.finditer(source):
        if source.count("{#", 0, match.start()) != source.count("#}", 0, match.start()):
            continue
        code = _pulled_up(source, source.index("\n", match.start("text")))
        if not code:
            continue
        yield Issue(
            subject=match["text"].strip()[:80].lower(),
            message=f"The template puts {code[:40]!r} on the line of the comment: it is commented "
            "out.",
            consequence="The SQL loses that code.",
            fix="Write the tags without the minus signs, or the comment as {# ... #}.",
            confidence=Confidence.LIKELY,
            place=Place(context.model.file.path, source.count("\n", 0, match.start("text")) + 1),
        )


def _pulled_up(source: str, at: int) -> str:
    """The code that comes onto the line of a comment that ends at `at`, or nothing."""
    trims = False
    while True:
        rest = source[at:]
        blank = len(rest) - len(rest.lstrip())
        tag = TAG.match(rest, blank)
        if tag is None:
            is_on_line = trims or "\n" not in rest[:blank]
            line = rest[blank:].partition("\n")[0].strip()
            return line if is_on_line and not line.startswith("--") else ""
        if "\n" in rest[:blank] and not trims and not tag["left"]:
            return ""
        if tag["kind"] == "{":
            return tag[0]
        trims = bool(tag["right"])
        at += tag.end()
        if not trims and not source[at:].strip():
            return ""


RULE = Rule("SQL051", "code-in-a-comment", Severity.ERROR, __doc__ or "", check)
