"""A model reads what its sibling is named after.

What it does
    Where two models differ in one word of their names and read relations that differ in the same
    word, reports the one that reads its sibling's relation; and where models compare a column with
    a word of their own name or folder, the one that compares it with a sibling's word: of three
    models for each word, or of two siblings whose names differ in that word only.

Why it is bad
    The file was copied and half of it adapted: it shows the sibling's rows.

For example
    -- date_voting.sql, beside code_voting.sql, which reads code_values
    select * from {{ ref('code_values') }}

Use instead
    select * from {{ ref('date_values') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.relations import RelationName
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql.bindings import Resolution
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import comparisons, unresolved
from carepath.review.sql.relation import Source

FEWEST = 3
VERSION = re.compile(r"\.v\w+$")


def check(context: Context) -> Iterator[Issue]:
    """Look at the relations and the words of a model beside its siblings'."""
    yield from _relations(context)
    yield from _words(context)


def _relations(context: Context) -> Iterator[Issue]:
    snapshot, space, model = context.snapshot, context.space, context.model
    calls = [call for call in snapshot.calls(model) if call.kind == "ref"]
    names = {_unversioned(call.name) for call in calls}
    for call in calls:
        for meant, sibling in _swaps(call.name, model.name):
            other = space.models.get(sibling)
            target = snapshot.find(space, RelationName("ref", call.package, meant))
            if other is None or target is None or other.id == model.id or target.id == model.id:
                continue
            theirs = {_unversioned(c.name) for c in snapshot.calls(other)}
            if call.name not in theirs or meant in theirs:
                continue
            is_copy = meant in names and _is_copy(context, other, call.name, meant)
            if meant in names and len(_split(meant)) < 4 and not is_copy:
                # src_orders beside src_customers: a model of one entity reads the other as well.
                continue
            is_sure = is_copy or meant not in names
            yield Issue(
                subject=call.name,
                message=f"{model.name} is {sibling} with another word, and reads {call.name} here."
                if is_copy
                else f"{model.name} reads {call.name}, as {sibling} does; {meant} exists too.",
                consequence=f"It shows the rows of {sibling}.",
                fix=f"Read {meant}, if that is meant.",
                severity=Severity.WARNING if is_sure else Severity.NOTE,
                confidence=Confidence.LIKELY if is_sure else Confidence.POSSIBLE,
                word=call.name,
                evidence=[Evidence(f"{sibling} reads {call.name} only", Place(other.file.path, 1))],
            )


def _is_copy(context: Context, sibling: Model, read: str, meant: str) -> bool:
    """True where a model is its sibling's text, with the word exchanged everywhere but here."""
    words = zip(_split(read), _split(meant), strict=True)
    foreign, own = next(((a, b) for a, b in words if a != b), ("", ""))
    if foreign.endswith("s") and own.endswith("s"):
        # The columns are named after one of them.
        foreign, own = foreign[:-1], own[:-1]
    mine = context.snapshot.text(context.model.file).lower().split()
    theirs = context.snapshot.text(sibling.file).lower().split()
    if len(mine) != len(theirs) or not foreign or not own:
        return False
    pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if foreign in b]
    if any(a != b for a, b in zip(mine, theirs, strict=True) if foreign not in b):
        return False
    kept = [a for a, b in pairs if a == b]
    return (
        len(kept) == 1
        and read in kept[0]
        and len(pairs) > FEWEST
        and all(a in (b, b.replace(foreign, own)) for a, b in pairs)
    )


def _unversioned(name: str) -> str:
    """The name of a model, whichever of its versions a ref asks for."""
    return VERSION.sub("", name)


def _swaps(target: str, name: str) -> Iterator[tuple[str, str]]:
    """(target with the model's word, model's name with the target's word), one word exchanged."""
    theirs, ours = _split(target), _split(name)
    for foreign in dict.fromkeys(theirs):
        if foreign in ours or not _is_word(foreign) or theirs.count(foreign) > 1:
            continue
        for own in dict.fromkeys(ours):
            if own in theirs or not _is_word(own) or ours.count(own) > 1:
                continue
            yield (
                re.sub(rf"(?<![a-z0-9]){foreign}(?![a-z0-9])", own, target, count=1),
                re.sub(rf"(?<![a-z0-9]){own}(?![a-z0-9])", foreign, name, count=1),
            )


def _is_word(text: str) -> bool:
    return len(text) > 2 and not text.isdigit()


def _split(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def _words(context: Context) -> Iterator[Issue]:
    table = words_of_columns(context.snapshot)
    mine = _place_words(context.model)
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for root, shown, literal, path in _compared(variant.resolution):
            value, known = literal.name, table.get(root)
            if known is None:
                continue
            yield from _of_sibling(context, variant, known, shown, literal, path)
            own = [word for word in known if word in mine and known[word] >= FEWEST]
            if value.lower() in mine or value.lower() not in known or len(own) != 1:
                continue
            if known[value.lower()] < FEWEST:
                continue
            yield Issue(
                subject=f"{shown} {value}",
                message=f"{context.model.name} compares {shown} with {value!r}; its "
                f"name and folder say {own[0]!r}.",
                consequence="It shows the rows of its sibling.",
                fix=f"Compare with {own[0]!r}.",
                confidence=Confidence.LIKELY,
                offset=start_of(literal) or 0,
                variant=variant,
                path=path,
                evidence=[
                    Evidence(
                        f"{known[own[0]]} models named after {own[0]!r} and "
                        f"{known[value.lower()]} named after {value!r} compare with their own word"
                    )
                ],
            )


def _of_sibling(
    context: Context,
    variant: Variant,
    known: dict[str, int],
    shown: str,
    literal: exp.Literal,
    path: str,
) -> Iterator[Issue]:
    """gls_costs that keeps 'ups', where ups_costs and dhl_costs keep their own."""
    words, value = context.model.name.lower().split("_"), literal.name.lower()
    if value in words or not known.get(value):
        return
    for place, word in enumerate(words):
        named = {
            other: "_".join([*words[:place], other, *words[place + 1 :]])
            for other in known
            if other != word
        }
        siblings = sorted(o for o, name in named.items() if name in context.space.models)
        if value not in siblings or len(siblings) < 2 or word in known:
            continue
        if any(v.lower() == word for _, v in context.snapshot.facts(context.model).literals):
            continue
        yield Issue(
            subject=f"{shown} {value}",
            message=f"{context.model.name} compares {shown} with {literal.name!r}, as "
            f"{named[value]} does.",
            consequence=f"It shows the rows of {named[value]}.",
            fix=f"Compare with the value of {word}.",
            confidence=Confidence.LIKELY,
            offset=start_of(literal) or 0,
            variant=variant,
            path=path,
            evidence=[
                Evidence(f"{', '.join(named[o] for o in siblings)} compare it with their own words")
            ],
        )
        return


def _compared(resolution: Resolution) -> Iterator[tuple[Source, str, exp.Literal, str]]:
    """(origin, name, literal, path) of the equalities that filter rows."""
    for one in comparisons(resolution):
        if one.column.root is not None and one.operator == "=" and one.clause in ("where", "on"):
            yield one.column.root, one.column.shown, one.literal, one.scope.path
    for scope, column, literal, clause in unresolved(resolution):
        if clause in ("where", "on"):
            yield ("", column.name.lower()), column.name, literal, scope.path


def _place_words(model: Model) -> set[str]:
    return set(_split(model.name)) | set(_split("/".join(model.file.path.split("/")[-3:-1])))


def words_of_columns(snapshot: Snapshot) -> dict[Source, dict[str, int]]:
    """Column -> word -> number of models that compare it with that word of their own name."""
    kept = snapshot.local.get("column words")
    if kept is None:
        kept = {}
        for model in snapshot.sql_models():
            words = _place_words(model)
            for root, value in set(snapshot.facts(model).literals):
                if value.lower() in words:
                    counts = kept.setdefault(root, {})
                    counts[value.lower()] = counts.get(value.lower(), 0) + 1
        kept = {root: counts for root, counts in kept.items() if len(counts) > 1}
        snapshot.local["column words"] = kept
    found: dict[Source, dict[str, int]] = kept
    return found


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a sibling shares an input, or siblings compare a column with their own words."""
    names = {other.name for other in snapshot.models.values()}
    for call in snapshot.calls(model):
        if call.kind == "ref":
            for meant, sibling in _swaps(call.name, model.name):
                if meant in names and sibling in names:
                    return True
    table = words_of_columns(snapshot)
    return any(
        value.lower() in table.get(root, ()) for root, value in snapshot.facts(model).literals
    )


RULE = Rule(
    "CLONE004",
    "model-name-contradicts-inputs",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
    screen=screen,
)
