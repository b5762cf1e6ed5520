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
from carepath.review.snapshot import Variant
from carepath.review.sql import tokens
from carepath.review.sql.parse import parse


def check(context: Context) -> Iterator[Issue]:
    """Look at neighbouring string tokens."""
    for variant in context.analysis.variants:
        text = variant.rendered.text
        if variant.parsed.kind not in ("query", "broken") or text.count("'") < 4:
            continue
        found = variant.parsed.tokens or tokens.tokenize(
            text, variant.parsed.dialect or context.dialect
        )
        faults = list(tokens.glued(found))
        if variant.parsed.kind == "broken" and not _mends(context, variant, faults):
            # Behind a quote too many, everything looks glued.
            continue
        for fault in faults:
            yield Issue(
                subject=fault.subject,
                message=f"{fault.message[0].upper()}{fault.message[1:]}.",
                consequence="The two texts become one, which matches nothing, or nothing builds.",
                fix="Put a comma between them.",
                offset=fault.offset,
                variant=variant,
            )


def _mends(context: Context, variant: Variant, faults: list[tokens.TokenFault]) -> bool:
    """True where the text parses once the commas are in."""
    text = variant.rendered.text
    for fault in reversed(faults):
        text = f"{text[: fault.offset]},{text[fault.offset :]}"
    return bool(faults) and parse(text, context.dialect, False).tree is not None


RULE = Rule("LIT003", "glued-literals", Severity.ERROR, __doc__ or "", check)
