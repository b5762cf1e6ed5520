"""A file is written in another style than the project.

What it does
    Counts, over all models, upper- and lower-case keywords and leading and trailing commas. Gives
    one note for a changed file that mixes both or goes against nine in ten of the others. Off
    with --no-style.

Why it is bad
    It reads as two hands, and diffs fill with changes of case.

For example
    SELECT id FROM orders where is_paid

Use instead
    select id from orders where is_paid
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Snapshot

WORDS = re.compile(
    r"\b(select|from|where|group by|order by|left join|inner join|join|union all|case|when|then|"
    r"else|end|and|having|qualify|with|on)\b",
    re.IGNORECASE,
)
ASIDE = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}|--[^\n]*|/\*.*?\*/|'[^'\n]*'", re.DOTALL)
MOST = 400


def check_change(change: Change) -> Iterator[Issue]:
    """Compare each changed file with the majority."""
    upper, lower, files = _project(change.head)
    if files < 3:
        return
    share = lower / max(1, upper + lower)
    for model in sorted(change.head.models.values(), key=lambda m: m.file.path):
        if model.kind != "model" or model.file.path not in change.changed_files:
            continue
        ups, lows, first = _count(change.head.text(model.file), share >= 0.5)
        odd, even = (ups, lows) if share >= 0.5 else (lows, ups)
        if odd < 3 or not (even >= 3 or max(share, 1 - share) > 0.9):
            continue
        habit = "lower" if share >= 0.5 else "upper"
        yield Issue(
            subject="keywords",
            message=f"{odd} keywords are not in {habit} case"
            + (", the others are." if even >= 3 else ", as everywhere else in the project."),
            consequence="It reads as two hands.",
            fix=f"Write keywords in {habit} case.",
            confidence=Confidence.CERTAIN,
            place=Place(model.file.path, first),
            model=model,
            evidence=[
                Evidence(
                    f"{round(100 * max(share, 1 - share))} % of the project's keywords "
                    f"are in {habit} case"
                )
            ],
        )


def _count(text: str, is_lower: bool) -> tuple[int, int, int]:
    blank = ASIDE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    ups = lows = 0
    first = 1
    for match in WORDS.finditer(blank):
        if match[0].isupper():
            ups += 1
        elif match[0].islower():
            lows += 1
        odd = ups if is_lower else lows
        if odd == 1 and first == 1:
            first = blank.count("\n", 0, match.start()) + 1
    return ups, lows, first


def _project(snapshot: Snapshot) -> tuple[int, int, int]:
    models = [m for _, m in sorted(snapshot.models.items()) if m.kind == "model"][:MOST]
    counts = [_count(snapshot.text(model.file), True) for model in models]
    return sum(c[0] for c in counts), sum(c[1] for c in counts), len(models)


RULE = Rule(
    "STY001",
    "mixed-style",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
