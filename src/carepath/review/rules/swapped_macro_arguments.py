"""A macro is given its arguments in another order than it takes them.

What it does
    Reports a call of one of the project's macros whose argument (a column, or an aggregate of one)
    is named after another of its
    parameters, while that parameter is given something else; and a call that still gives by place
    what the change moved to another place among the macro's parameters.

Why it is bad
    The macro computes with the two exchanged: a negative age, a rate taken for a currency.

For example
    {% macro nights(check_in, check_out) %} ... {% endmacro %}
    {{ nights('check_out_date', 'check_in_date') }}

Use instead
    {{ nights('check_in_date', 'check_out_date') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.render import COMMENT
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot, Space

HEAD = re.compile(r"{%-?\s*macro\s+(\w+)\s*\(([^)]*)\)", re.DOTALL)
TEXTS = r"""\(\s*((?:'[^'{]*'|"[^"{]*")(?:\s*,\s*(?:'[^'{]*'|"[^"{]*"))+)\s*\)"""
ONE = re.compile(r"""'([^'{]*)'|"([^"{]*)\"""")
FEW = 2
AGGREGATE = re.compile(r"(?:sum|count|max|min|avg)\s*\(\s*(?:distinct\s+)?([\w.]+)\s*\)")


def check(context: Context) -> Iterator[Issue]:
    """Look at each call whose arguments are plain texts, and at the calls of changed macros."""
    source = context.snapshot.text(context.model.file)
    if "{{" not in source and "{%" not in source:
        return
    taken = _parameters(context.snapshot, context.space)
    yield from _moved(context, source, taken)
    text = COMMENT.sub(lambda match: " " * len(match[0]), source)
    for call in re.finditer(r"(?<![\w.])(\w+)" + TEXTS, text):
        parameters = taken.get(call[1])
        given = [_named((a or b).strip().lower()) for a, b in ONE.findall(call[2])]
        if not parameters or len(given) < FEW or len(given) > len(parameters):
            continue
        found = _swapped(parameters, given)
        if found is None:
            continue
        wrong, other = found
        yield Issue(
            subject=f"{call[1]} {given[wrong]} {given[other]}",
            message=f"{call[1]}() is given {given[wrong]} as its {parameters[wrong]} and "
            f"{given[other]} as its {parameters[other]}.",
            consequence="The two are exchanged.",
            fix=f"Give them as ({', '.join(parameters)}).",
            confidence=Confidence.LIKELY,
            word=call[0],
            evidence=[Evidence(f"{call[1]}({', '.join(parameters)})")],
        )


def _named(text: str) -> str:
    """The column a text is, or takes the aggregate of."""
    inner = AGGREGATE.fullmatch(text)
    return (inner[1] if inner else text).split(".")[-1].strip()


def _swapped(parameters: list[str], given: list[str]) -> tuple[int, int] | None:
    """The places of two arguments, one of which is named after the other's parameter."""
    for i, name in enumerate(given):
        for j, other in enumerate(given):
            if i == j or _fits(name, parameters[i]) or not _fits(name, parameters[j]):
                continue
            if not _fits(other, parameters[j]):
                return i, j
    return None


def _fits(name: str, parameter: str) -> bool:
    """True where a column is named as the parameter is, or one word more."""
    words, wanted = name.split("_"), parameter.lower().rstrip("12").rstrip("_").split("_")
    if wanted[-1] in ("column", "col", "field", "expr", "expression", "name"):
        wanted = wanted[:-1]
    if not wanted or len(words) > len(wanted) + 1:
        return False
    return words[: len(wanted)] == wanted or words[-len(wanted) :] == wanted


def _moved(context: Context, source: str, taken: dict[str, list[str]]) -> Iterator[Issue]:
    """A call that gives by place what the macro now takes in another place."""
    change = context.change
    old = change.counterpart(context.model) if change is not None else None
    if change is None or old is None:
        return
    before = _parameters(change.base, change.base.space_of(old))
    earlier = change.base.text(old.file)
    for name, now in taken.items():
        was = before.get(name, now)
        if was[: len(now)] == now or name not in source:
            continue
        theirs = [given for _, given in _calls(earlier, name)]
        ours = list(_calls(source, name))
        for number, (call, given) in enumerate(ours):
            same = (
                [theirs[number]] if len(ours) == len(theirs) else [x for x in theirs if x == given]
            )
            for at, text in enumerate(given):
                if at >= min(len(was), len(now)) or was[at] == now[at] or was[at] not in now:
                    continue
                if not any(at < len(other) and other[at] == text for other in same):
                    continue
                yield Issue(
                    subject=f"{name} {at} moved",
                    message=f"{name}() takes {now[at]} where it took {was[at]}, and is still given "
                    f"{text[:60]} there.",
                    consequence=f"{text[:60]} is taken for the {now[at]}.",
                    fix=f"Give the arguments as ({', '.join(now)}).",
                    confidence=Confidence.LIKELY,
                    word=call,
                    evidence=[Evidence(f"at base: {name}({', '.join(was)})")],
                )
                break


def _calls(source: str, name: str) -> Iterator[tuple[str, list[str]]]:
    """(text of the call, its arguments by place) of each call of a macro in a text."""
    text = COMMENT.sub(lambda match: " " * len(match[0]), source)
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*\(", text):
        given, depth, quote, start = [], 1, "", match.end()
        for at in range(match.end(), len(text)):
            letter = text[at]
            if quote:
                quote = "" if letter == quote else quote
                continue
            quote = letter if letter in "'\"" else ""
            depth += (letter in "([{") - (letter in ")]}")
            if depth == 0 or (depth == 1 and letter == ","):
                given.append(text[start:at].strip())
                start = at + 1
            if depth == 0:
                by_place = [g for g in given if g and not re.match(r"\w+\s*=[^=]", g)]
                yield text[match.start() : at + 1], by_place
                break


def _parameters(snapshot: Snapshot, space: Space) -> dict[str, list[str]]:
    """The parameters of each macro of the project, in order."""
    slot = f"parameters|{space.project.root}"
    kept: dict[str, list[str]] | None = snapshot.local.get(slot)
    if kept is None:
        kept = {}
        for file in space.project.of_kind("macro"):
            for name, listed in HEAD.findall(snapshot.text(file)):
                kept[name] = [p.split("=")[0].strip() for p in listed.split(",") if p.strip()]
        snapshot.local[slot] = kept
    return kept


RULE = Rule(
    "REF006",
    "swapped-macro-arguments",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
