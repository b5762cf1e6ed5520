"""`ref` or `source` stands outside of Jinja braces.

What it does
    Reports `from ref('x')` and `from { ref('x') }`.

Why it is bad
    The warehouse gets the text as it is, and there is no table function called ref.

For example
    select * from ref('stg_orders')

Use instead
    select * from {{ ref('stg_orders') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Place, Severity
from carepath.review.rule import Context, Issue, Rule

JINJA = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL)
REMARK = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
BARE = re.compile(r"(?i)\b(?:from|join)\s+{?\s*(ref|source)\s*\(\s*['\"]([^'\"]+)['\"]")

CALL = re.compile(r"\w+\s*\([^()\n]*\)")


def check(context: Context) -> Iterator[Issue]:
    """Look outside of Jinja and of comments."""
    source = context.analysis.source
    blank = JINJA.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    blank = REMARK.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), blank)
    for match in BARE.finditer(blank):
        line = blank.count("\n", 0, match.start(1)) + 1
        call = CALL.match(source, match.start(1))
        is_plain = call is not None and "{" not in match[0]
        yield Issue(
            subject=f"{match[1]} {match[2]}",
            message=f"{match[1]}('{match[2]}') stands outside of {{{{ }}}}.",
            consequence="The model does not build, and dbt does not see the dependency.",
            fix=f"Write {{{{ {match[1]}('{match[2]}') }}}}.",
            mend=(call[0], f"{{{{ {call[0]} }}}}") if call is not None and is_plain else None,
            place=Place(context.model.file.path, line),
        )


RULE = Rule("REF002", "bare-ref", Severity.ERROR, __doc__ or "", check)
