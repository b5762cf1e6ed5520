"""A new name is one letter away from a word the project uses everywhere.

What it does
    Collects the words of all column and model names. Reports an output column the change adds
    with a word nobody else uses that differs by one letter from a word used at least five times,
    and a computed one that is its only input without the last letter.

Why it is bad
    The misspelling stays: readers depend on it.

For example
    custmer_id

Use instead
    customer_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Look at the words of names the model itself gives."""
    words = vocabulary(context.snapshot)
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        told: set[str] = set()
        for scope in variant.resolution.scopes:
            yield from _renames(variant, scope)
            for item in scope.items:
                column = item.column
                if item.expression is None or (column.direct and column.direct[1] == column.name):
                    continue
                for word in column.name.split("_"):
                    if len(word) < 6 or not word.isalpha() or words.get(word, 0) > 2:
                        continue
                    better = _neighbour(word, words)
                    if better is None or word in told:
                        continue
                    told.add(word)
                    yield Issue(
                        subject=word,
                        message=f"{column.shown}: {word} is nearly {better}, which the project "
                        f"uses {words[better]} times.",
                        consequence="A misspelled name stays.",
                        fix=f"Write {column.shown.replace(word, better)}.",
                        confidence=Confidence.POSSIBLE,
                        offset=start_of(item.node) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(f"{better} is used {words[better]} times")],
                    )


def _renames(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """A column renamed to itself with a letter doubled, lost or swapped."""
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias):
            continue
        columns = {column.name.lower() for column in item.this.find_all(exp.Column)}
        if not isinstance(item.this, exp.Column):
            yield from _cut_off(variant, scope, item, columns)
            continue
        old, new = item.this.name.lower(), item.alias.lower()
        if (len(new) > 6 and is_slip(new, old)) or _word_slips(new, old):
            yield Issue(
                subject=new,
                message=f"{old} is renamed to {new}, which looks misspelled.",
                consequence="A misspelled name stays.",
                fix=f"Write {_spelled(new, old)}.",
                confidence=Confidence.POSSIBLE,
                offset=start_of(item) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"it is column {old} of the source")],
            )


def _cut_off(variant: Variant, scope: Scope, item: exp.Alias, columns: set[str]) -> Iterator[Issue]:
    """`if(runner_type = 1, ...) as runner_typ`: the last letter of the one column is missing."""
    new = item.alias.lower()
    old = next(iter(columns)) if len(columns) == 1 else ""
    if len(new) < 6 or old[:-1] != new or old[-1] in "sd_0123456789":
        return
    yield Issue(
        subject=new,
        message=f"{new} is computed from {old}: it looks as if its last letter were missing.",
        consequence="A misspelled name stays.",
        fix=f"Write {old}.",
        confidence=Confidence.POSSIBLE,
        offset=start_of(item) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(f"the expression reads {old} only")],
    )


def _word_slips(new: str, old: str) -> bool:
    """True for `website as customer_webiste`: a word of the name is misspelled in its alias."""
    return _spelled(new, old) != new and len(new.split("_")) >= len(old.split("_"))


def _spelled(new: str, old: str) -> str:
    """The alias with the words of the name in place of their misspellings."""
    words = new.split("_")
    for word in old.split("_"):
        if len(word) > 5 and word not in words:
            words = [word if is_slip(one, word) else one for one in words]
    return "_".join(words)


WORD = re.compile(r"\w{7,}")
ALIASED = re.compile(r"(?i)\b(?:\w+\.)?(\w{6,})\s+as\s+(\w{6,})\b")


def is_slip(new: str, old: str) -> bool:
    """True where one name is the other with a letter doubled or two swapped."""
    if sorted(new) == sorted(old) and new != old:
        differ = [n for n, (a, b) in enumerate(zip(new, old, strict=True)) if a != b]
        return len(differ) == 2 and differ[1] == differ[0] + 1
    return new != old and re.sub(r"([a-z])\1", r"\1", new) == re.sub(r"([a-z])\1", r"\1", old)


def _neighbour(word: str, words: dict[str, int]) -> str | None:
    for other, count in words.items():
        if count < 5 or other == word or abs(len(other) - len(word)) > 1 or other[0] != word[0]:
            continue
        if (
            other.rstrip("s") == word.rstrip("s")
            or other.startswith(word)
            or word.startswith(other)
        ):
            continue
        if len(other) == len(word):
            different = [(a, b) for a, b in zip(word, other, strict=True) if a != b]
            if len(different) == 2 and different[0] == different[1][::-1]:
                return other
            if len(different) == 1 and len(word) > 7:
                return other
            continue
        short, long = sorted((word, other), key=len)
        if any(long[:i] + long[i + 1 :] == short for i in range(1, len(long) - 1)):
            return other
    return None


def vocabulary(snapshot: Snapshot) -> dict[str, int]:
    """Word -> number of distinct names it is part of, with the models that use them."""
    kept = snapshot.local.get("vocabulary")
    if kept is None:
        kept = {}
        for model in snapshot.models.values():
            names = {column.name for column in snapshot.facts(model).relation.columns}
            for word in {w for name in names for w in name.split("_") if len(w) > 4}:
                kept[word] = kept.get(word, 0) + 1
        for space in snapshot.spaces:
            for node in space.docs.sources.values():
                for word in {w.lower() for c in node.columns for w in c.name.split("_")}:
                    kept[word] = kept.get(word, 0) + 1
        snapshot.local["vocabulary"] = kept
    words: dict[str, int] = kept
    return words


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a rare word of the model's columns is nearly a frequent one."""
    if any(
        column.direct is not None
        and len(column.name) > 6
        and is_slip(column.name, column.direct[1])
        for column in snapshot.facts(model).relation.columns
    ):
        return True
    text = snapshot.text(model.file).lower()
    longer = {word[:-1] for word in WORD.findall(text) if word[-1] not in "sd_0123456789"}
    if any(len(c.name) > 5 and c.name in longer for c in snapshot.facts(model).relation.columns):
        return True
    if any(
        _word_slips(new.lower(), old.lower())
        for old, new in ALIASED.findall(snapshot.text(model.file))
    ):
        return True
    words = vocabulary(snapshot)
    known = snapshot.local.setdefault("neighbours", {})
    for column in snapshot.facts(model).relation.columns:
        for word in column.name.split("_"):
            if len(word) < 6 or not word.isalpha() or words.get(word, 0) > 2:
                continue
            if word not in known:
                known[word] = _neighbour(word, words) is not None
            if known[word]:
                return True
    return False


RULE = Rule(
    "DOC004",
    "misspelled-identifier",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.NOTE,
    screen=screen,
)
