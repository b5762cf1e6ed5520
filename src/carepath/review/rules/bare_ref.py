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

from carepath.review.change import Change
from carepath.review.findings import Place, Severity
from carepath.review.rule import Context, Issue, Rule

JINJA = re.compile(r"{%-?\s*docs\b.*?{%-?\s*enddocs\s*-?%}|{{.*?}}|{%.*?%}|{#.*?#}", re.DOTALL)
REMARK = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
BARE = re.compile(r"(?i)\b(?:from|join)\s+{?\s*(ref|source)\s*\(\s*['\"]([^'\"]+)['\"]")

CALL = re.compile(r"\w+\s*\([^()\n]*\)")


def check(context: Context) -> Iterator[Issue]:
    """Look outside of Jinja and of comments."""
    for found, line, call in _bare(context.analysis.source):
        yield _issue(found, Place(context.model.file.path, line), call)


def check_change(change: Change) -> Iterator[Issue]:
    """The same in the macros that the change touches."""
    for space in change.head.spaces:
        for file in space.project.of_kind("macro"):
            if file.path not in change.changed_files:
                continue
            lines = change.changed_lines(file.path)
            for found, line, call in _bare(change.head.text(file)):
                if line in lines:
                    yield _issue(found, Place(file.path, line), call)


def _bare(source: str) -> Iterator[tuple[re.Match[str], int, str]]:
    """Each ref outside of Jinja and of remarks: its match, its line, and it as it can be mended."""
    blank = JINJA.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    blank = REMARK.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), blank)
    for match in BARE.finditer(blank):
        line = blank.count("\n", 0, match.start(1)) + 1
        call = CALL.match(source, match.start(1))
        yield match, line, call[0] if call is not None and "{" not in match[0] else ""


def _issue(match: re.Match[str], place: Place, call: str) -> Issue:
    return Issue(
        subject=f"{match[1]} {match[2]}",
        message=f"{match[1]}('{match[2]}') stands outside of {{{{ }}}}.",
        consequence="The model does not build, and dbt does not see the dependency.",
        fix=f"Write {{{{ {match[1]}('{match[2]}') }}}}.",
        mend=(call, f"{{{{ {call} }}}}") if call else None,
        place=place,
    )


RULE = Rule("REF002", "bare-ref", Severity.ERROR, __doc__ or "", check, check_change=check_change)
