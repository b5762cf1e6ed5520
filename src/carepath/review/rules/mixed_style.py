"""A file is written in another style than the project.

What it does
    Counts, over all models, upper- and lower-case keywords, then leading and trailing commas.
    Gives one note for a changed file that mixes both or goes against nine in ten of the others.
    Off with --no-style.

Why it is bad
    It reads as two hands, and diffs fill with changes of case.

For example
    SELECT id FROM orders where is_paid

Use instead
    select id from orders where is_paid
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.models import Model
from carepath.review.project import File
from carepath.review.rule import Issue, Rule
from carepath.review.snapshot import Snapshot

WORDS = re.compile(
    r"\b(select|from|where|group by|order by|left join|inner join|join|union all|case|when|then|"
    r"else|end|and|having|qualify|with|on)\b",
    re.IGNORECASE,
)
ASIDE = re.compile(r"{{.*?}}|{%.*?%}|{#.*?#}|--[^\n]*|/\*.*?\*/|'[^'\n]*'", re.DOTALL)
COMMAS = re.compile(r"^[ \t]*(,)(?=[ \t]*\S)|(?<=\S)(,)[ \t]*$", re.MULTILINE)
MOST = 400
CLEAR = 0.9
"""A habit of more than nine in ten is the project's, not one of two."""


@dataclass(frozen=True, slots=True)
class Habit:
    """A choice between two ways of writing: what is counted, and the two ways."""

    subject: str
    usual: str
    other: str
    find: Callable[[str], Iterator[tuple[int, bool]]]
    """Where each stands in a text, and whether it is of the usual way."""


def _keywords(text: str) -> Iterator[tuple[int, bool]]:
    for match in WORDS.finditer(text):
        if match[0].isupper() or match[0].islower():
            yield match.start(), match[0].islower()


def _commas(text: str) -> Iterator[tuple[int, bool]]:
    for match in COMMAS.finditer(text):
        yield match.start(match.lastindex or 0), match[2] is not None


HABITS = (
    Habit("keywords", "in lower case", "in upper case", _keywords),
    Habit("commas", "at the end of the line", "at its beginning", _commas),
)


def check_change(change: Change) -> Iterator[Issue]:
    """Compare each changed file with the majority."""
    models = [m for _, m in sorted(change.head.models.items()) if m.kind == "model"][:MOST]
    if len(models) < 3:
        return
    counts = [_counted(change.head, model.file) for model in models]
    totals = [
        [sum(way) for way in zip(*column, strict=True)] for column in zip(*counts, strict=True)
    ]
    habits = [
        (habit, usual / (usual + other))
        for habit, (usual, other) in zip(HABITS, totals, strict=True)
        if usual + other
    ]
    for model in sorted(change.head.models.values(), key=lambda m: m.file.path):
        if model.kind != "model" or model.file.path not in change.changed_files:
            continue
        text = _bare(change.head.text(model.file))
        found = (_compare(habit, share, text, model) for habit, share in habits)
        yield from list(filter(None, found))[:1]


def _compare(habit: Habit, share: float, text: str, model: Model) -> Issue | None:
    """A note where a file goes against a habit, or has two."""
    is_usual = share >= 0.5
    places = list(habit.find(text))
    odd = [place for place, is_like in places if is_like != is_usual]
    even = len(places) - len(odd)
    if len(odd) < 3 or not (even >= 3 or max(share, 1 - share) > CLEAR):
        return None
    way = habit.usual if is_usual else habit.other
    return Issue(
        subject=habit.subject,
        message=f"{len(odd)} {habit.subject} are not {way}"
        + (", the others are." if even >= 3 else ", as everywhere else in the project."),
        consequence="It reads as two hands.",
        fix=f"Put {habit.subject} {way}.",
        confidence=Confidence.CERTAIN,
        place=Place(model.file.path, text.count("\n", 0, odd[0]) + 1),
        model=model,
        evidence=[
            Evidence(
                f"{round(100 * max(share, 1 - share))} % of the project's {habit.subject} are {way}"
            )
        ],
    )


def _bare(text: str) -> str:
    """The text without Jinja, comments and literals; lines and lengths stay."""
    return ASIDE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def _counted(snapshot: Snapshot, file: File) -> tuple[tuple[int, int], ...]:
    """Of each habit the usual and the other way, known from earlier runs by the file's blob."""
    slot = f"style|{file.sha}"
    kept: tuple[tuple[int, int], ...] | None = snapshot.memo.get(slot)
    if kept is None:
        text = _bare(snapshot.text(file))
        ways = [[is_usual for _, is_usual in habit.find(text)] for habit in HABITS]
        kept = tuple((sum(way), len(way) - sum(way)) for way in ways)
        snapshot.memo[slot] = kept
    return kept


RULE = Rule(
    "STY001",
    "mixed-style",
    Severity.NOTE,
    __doc__ or "",
    check_change=check_change,
    ceiling=Severity.NOTE,
)
