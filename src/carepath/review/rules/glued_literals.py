"""Two texts in a row with no comma between them.

What it does
    Reports neighbouring string literals, as in a list where a comma was forgotten.

Why it is bad
    The warehouse refuses it, or joins both into one text that matches nothing.

For example
    where status in ('new' 'open', 'done')

Use instead
    where status in ('new', 'open', 'done')
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import tokens


def check(context: Context) -> Iterator[Issue]:
    """Look at neighbouring string tokens."""
    for variant in context.analysis.variants:
        text = variant.rendered.text
        if variant.parsed.kind not in ("query", "broken") or text.count("'") < 4:
            continue
        found = variant.parsed.tokens or tokens.tokenize(
            text, variant.parsed.dialect or context.dialect
        )
        for fault in tokens.glued(found):
            yield Issue(
                subject=fault.subject,
                message=f"{fault.message[0].upper()}{fault.message[1:]}.",
                consequence="The two texts become one, which matches nothing, or nothing builds.",
                fix="Put a comma between them.",
                offset=fault.offset,
                variant=variant,
            )


RULE = Rule("LIT003", "glued-literals", Severity.ERROR, __doc__ or "", check)
