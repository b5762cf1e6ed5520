"""A column nobody else names is one letter away from one everybody names.

What it does
    Where the source of a column is not known completely, looks the name up in all SQL and YAML of
    the project: reports one that occurs nowhere else and differs by one letter, or two swapped
    ones, from a name used at least three times.

Why it is bad
    The source probably has the other column: the model does not build.

For example
    select custmer_id from {{ source('shop', 'orders') }}

Use instead
    select customer_id from {{ source('shop', 'orders') }}
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Snapshot
from carepath.review.sql.names import DATE_PARTS, PSEUDO
from carepath.review.sql.parse import start_of

WORD = re.compile(r"[a-z_][a-z0-9_]{5,}")


def check(context: Context) -> Iterator[Issue]:
    """Look at the unresolved columns of a changed model."""
    if context.change is None or context.model.file.path not in context.change.changed_files:
        return
    changed = _changed_words(context.change, context.model.file.path)
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        told: set[str] = set()
        for scope in variant.resolution.scopes:
            for use in scope.uses:
                if use.column is not None or use.alias or len(use.node.parts) > 2:
                    continue
                name = use.node.name.lower()
                if (
                    len(name) < 6
                    or name in told
                    or name not in changed
                    or name in PSEUDO | DATE_PARTS
                ):
                    continue
                if PATTERN.search(name) or "cp_" in name or isinstance(use.node.parent, exp.Dot):
                    continue
                told.add(name)
                words = _words(context.snapshot)
                if words[name] != len(re.findall(rf"\b{name}\b", context.analysis.source.lower())):
                    continue
                near = next((w for w in sorted(_slips(name)) if words.get(w, 0) >= 3), None)
                if near is None:
                    continue
                yield Issue(
                    subject=name,
                    message=f"{name} is named nowhere else; {near} is, {words[near]} times.",
                    consequence="If it is a slip, the model does not build.",
                    fix=f"Use {near}, if that is meant.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(use.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence("the columns of its source are not known")],
                )


def _changed_words(change: Change, path: str) -> set[str]:
    """The names on changed lines that the file did not hold before."""
    lines = (change.head.tree.text(path) or "").lower().split("\n")
    text = "\n".join(lines[n - 1] for n in change.changed_lines(path) if n <= len(lines))
    old = change.moved.get(path, path)
    before = (change.base.tree.text(old) or "") if old in change.base.tree.entries else ""
    return set(WORD.findall(text)) - set(WORD.findall(before.lower()))


def check_change(change: Change) -> Iterator[Issue]:
    """Look at the columns that changed YAML documents, of models that are not known completely."""
    for model in change.head.models.values():
        doc = model.doc
        if doc is None or doc.file not in change.changed_files:
            continue
        lines = change.changed_lines(doc.file)
        columns = [c for c in doc.columns if c.line in lines and len(c.name) >= 6]
        if not columns or change.head.facts(model).relation.is_closed:
            continue
        produced = change.head.facts(model).relation.index
        for column in columns:
            name = column.name.lower()
            words = _words(change.head)
            if name in produced or not name.isidentifier() or words[name] != 1:
                continue
            near = next((w for w in sorted(_slips(name)) if words.get(w, 0) >= 1), None)
            if near is None:
                continue
            yield Issue(
                subject=name,
                message=f"{name} is named nowhere else; {near} is.",
                consequence="If it is a slip, its tests fail and its description is lost.",
                fix=f"Use {near}, if that is meant.",
                confidence=Confidence.POSSIBLE,
                place=Place(doc.file, column.line),
                model=model,
                evidence=[Evidence(f"the columns of {model.name} are not known completely")],
            )


def _words(snapshot: Snapshot) -> Counter[str]:
    """How often each name occurs in the project's SQL and YAML."""
    kept = snapshot.local.get("words")
    if kept is None:
        kept = Counter()
        for space in snapshot.spaces:
            for file in space.project.files:
                if file.kind != "seed":
                    kept.update(WORD.findall(snapshot.text(file).lower()))
        snapshot.local["words"] = kept
    words: Counter[str] = kept
    return words


def _slips(name: str) -> set[str]:
    """Every name one letter away: left out, put in, replaced; or two neighbours swapped."""
    letters = "abcdefghijklmnopqrstuvwxyz_"
    found: set[str] = set()
    for i in range(1, len(name)):
        found.add(name[:i] + name[i + 1 :])
        found |= {name[:i] + c + name[i:] for c in letters}
        if name[i] not in "s0123456789":
            found |= {name[:i] + c + name[i + 1 :] for c in letters[:-1]}
        if i + 1 < len(name):
            found.add(name[:i] + name[i + 1] + name[i] + name[i + 2 :])
    return {w for w in found if w.rstrip("s") != name.rstrip("s") and w != name}


RULE = Rule(
    "SQL014",
    "unseen-column-name",
    Severity.NOTE,
    __doc__ or "",
    check,
    check_change,
    ceiling=Severity.NOTE,
)
