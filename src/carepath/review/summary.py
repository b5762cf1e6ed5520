"""What a change does to each model: columns, grain, filters, joins and tests, before and after."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.jinja.unknown import PATTERN
from carepath.review.nodes import NodeDoc
from carepath.review.snapshot import Analysis, Model, Snapshot
from carepath.review.sql import tokens
from carepath.review.sql.bindings import outermost
from carepath.review.sql.relation import Relation
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown

MOST = 20
CONTEXT = 4
MOST_MODELS = 60


@dataclass(slots=True)
class Summary:
    """The differences of one model; empty lists where nothing differs."""

    model: str
    file: str
    state: str
    is_equivalent: bool = False
    is_complete: bool = False
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    expressions_changed: list[str] = field(default_factory=list)
    grain_before: str = ""
    grain_after: str = ""
    filters_added: list[str] = field(default_factory=list)
    filters_removed: list[str] = field(default_factory=list)
    joins_added: list[str] = field(default_factory=list)
    joins_removed: list[str] = field(default_factory=list)
    tests_added: list[str] = field(default_factory=list)
    tests_removed: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """As text, one aspect a line."""
        if self.is_equivalent:
            return [f"{self.model}: equivalent after normalisation (layout, comments, case)."]
        lines = [f"{self.model} ({self.state})"]
        for name, gone, new in (
            ("columns", self.columns_removed, self.columns_added),
            ("filters", self.filters_removed, self.filters_added),
            ("joins", self.joins_removed, self.joins_added),
            ("tests", self.tests_removed, self.tests_added),
        ):
            parts = _paired(gone, new)
            if parts:
                lines.append(f"  {name}: " + "; ".join(parts[:MOST]))
        if self.expressions_changed:
            lines += [f"  {text}" for text in self.expressions_changed[:MOST]]
        if self.grain_before != self.grain_after and self.state != "new":
            lines.append(
                f"  grain: {self.grain_before or 'not known'} -> {self.grain_after or 'not known'}"
            )
        elif self.grain_after:
            lines.append(f"  grain: {self.grain_after}")
        if len(lines) == 1:
            lines.append("  no difference in columns, grain, filters, joins or tests")
        return lines


def summarise(change: Change) -> list[Summary]:
    """Summarise each model whose file or YAML the change touches."""
    found: list[Summary] = []
    for model in sorted(change.head.models.values(), key=lambda m: m.file.path):
        if model.kind not in ("model", "snapshot"):
            continue
        before = change.counterpart(model)
        touched = model.file.path in change.changed_files
        yaml = (
            model.doc is not None
            and model.doc.file in change.changed_files
            and (before is None or tests_of(before.doc) != tests_of(model.doc))
        )
        if len(found) < MOST_MODELS and (touched or yaml):
            try:
                found.append(_readable(_of(change, model, before)))
            except Exception as error:
                change.head.ledger.add(model.file.path, f"summary: {error!r}", stage="summary")
    return found


def _readable(summary: Summary) -> Summary:
    """The summary with `{{ ... }}` where the text holds what nobody knows before dbt runs."""
    changed: dict[str, Any] = {}
    for one in fields(summary):
        value = getattr(summary, one.name)
        if isinstance(value, list):
            changed[one.name] = [PATTERN.sub("{{ ... }}", text) for text in value]
    return replace(summary, **changed)


def _of(change: Change, model: Model, before: Model | None) -> Summary:
    after = change.head.analyse(model)
    new = _shape(change.head, model, after)
    summary = Summary(model.name, model.file.path, "new" if before is None else "changed")
    summary.is_complete = after.relation.is_complete
    summary.grain_after = _grain(after.relation)
    tests = tests_of(model.doc)
    if before is None:
        summary.columns_added = [column.shown for column in after.relation.columns]
        summary.filters_added, summary.joins_added = new
        summary.tests_added = sorted(tests)
        return summary
    old_analysis = change.base.analyse(before)
    old = _shape(change.base, before, old_analysis)
    ours, theirs = after.relation.index, old_analysis.relation.index
    summary.columns_added = [c.shown for c in after.relation.columns if c.name not in theirs]
    summary.columns_removed = [c.shown for c in old_analysis.relation.columns if c.name not in ours]
    summary.expressions_changed = _changed(after, old_analysis)
    summary.grain_before = _grain(old_analysis.relation)
    summary.filters_added = [text for text in new[0] if text not in old[0]]
    summary.filters_removed = [text for text in old[0] if text not in new[0]]
    summary.joins_added = [text for text in new[1] if text not in old[1]]
    summary.joins_removed = [text for text in old[1] if text not in new[1]]
    old_tests = tests_of(before.doc)
    summary.tests_added = sorted(tests - old_tests)
    summary.tests_removed = sorted(old_tests - tests)
    summary.is_equivalent = (
        tests == old_tests
        and _words(after, change.head, model) == _words(old_analysis, change.base, before)
        and bool(after.variants)
    )
    return summary


def _shape(snapshot: Snapshot, model: Model, analysis: Analysis) -> tuple[list[str], list[str]]:
    filters: list[str] = []
    joins: list[str] = []
    for variant in analysis.variants[:1]:
        if variant.resolution is None:
            continue
        labels = {f"cp_rel.{k}": v.label for k, v in variant.rendered.relations.items()}
        for scope in variant.resolution.scopes:
            for key in ("where", "having", "qualify"):
                part = scope.node.args.get(key)
                for condition in conjuncts(part.this) if part is not None else []:
                    filters.append(_clean(condition, labels))
            for binding in scope.bindings.values():
                if isinstance(binding.join, exp.Join):
                    joins.append(_clean(binding.join, labels))
    return list(dict.fromkeys(filters)), list(dict.fromkeys(joins))


def _changed(after: Analysis, before: Analysis) -> list[str]:
    """Columns that stay and are computed in another way, as `name: before -> after`."""
    ours, theirs = _expressions(after), _expressions(before)
    return [
        f"{name}: " + " -> ".join(contrast(theirs[name], text))
        for name, text in ours.items()
        if name in theirs and _bare(theirs[name]) != _bare(text)
    ]


def _expressions(analysis: Analysis) -> dict[str, str]:
    """Computed columns by name, those of a CTE with its name before it."""
    found: dict[str, str] = {}
    for variant in analysis.variants[:1]:
        if variant.resolution is None:
            continue
        labels = {f"cp_rel.{k}": v.label for k, v in variant.rendered.relations.items()}
        final = outermost(variant.resolution.scopes)
        for scope in variant.resolution.scopes:
            prefix = "" if any(scope is one for one in final) else f"{scope.path or 'final'}."
            for item in scope.items:
                if item.expression is not None:
                    text = _clean(item.expression, labels, 2_000)
                    found.setdefault(prefix + item.column.shown, text)
    return found


def _bare(text: str) -> str:
    """An expression without its relations' names and its case."""
    return re.sub(r"\b\w+\.(?=\w)", "", text).lower()


def contrast(before: str, after: str, room: int = 60) -> tuple[str, str]:
    """Two texts cut down to where they differ, with some words around it."""
    if len(before) <= room and len(after) <= room:
        return before, after
    ours, theirs = after.split(" "), before.split(" ")
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
    first, last = max(start - CONTEXT, 0), max(end - CONTEXT, 0)

    def part(words: list[str]) -> str:
        middle = " ".join(words[first : len(words) - last])
        cut = middle if len(middle) <= 3 * room else middle[: 3 * room] + "..."
        return ("... " if first else "") + cut + (" ..." if last else "")

    return part(theirs), part(ours)


def _paired(gone: list[str], new: list[str]) -> list[str]:
    """Added and removed texts; two that begin alike, as one that changed."""
    told: list[str] = []
    left = list(new)
    for text in gone:
        twin = next((other for other in left if _head(other) == _head(text)), None)
        if twin is None:
            told.append(f"- {text}")
            continue
        left.remove(twin)
        told.append("~ " + " -> ".join(contrast(text, twin)))
    return told + [f"+ {text}" for text in left]


def _head(text: str) -> str:
    """What a join is with; nothing in common for other texts."""
    match = re.match(r"(?:\w+ )*?JOIN (\S+(?: AS \S+)?)", text)
    return match[1] if match else text


def _clean(node: exp.Expr, labels: dict[str, str], most: int = 600) -> str:
    text = shown(node)
    for encoded, label in labels.items():
        text = text.replace(encoded, label)
    return text if len(text) <= most else text[: most - 3] + "..."


def _grain(relation: Relation) -> str:
    if not relation.keys:
        return ""
    key = relation.keys[0]
    names = ", ".join(sorted(key.columns)) or "nothing (one row)"
    return f"one row per {names} ({key.proof})"


def tests_of(doc: NodeDoc | None) -> set[str]:
    """The tests of a model as short texts."""
    return {
        f"{test.name}({test.column})" if test.column else test.name
        for test in (doc.every_test if doc is not None else ())
    }


def _words(analysis: Analysis, snapshot: Snapshot, model: Model) -> list[list[tuple[str, str]]]:
    """The tokens of every variant, without comments; names in lower case, texts as they are."""
    found: list[list[tuple[str, str]]] = []
    dialect = snapshot.space_of(model).dialect
    for variant in analysis.variants:
        words = []
        for token in variant.parsed.tokens or tokens.tokenize(variant.rendered.text, dialect):
            exact = token.token_type.name in ("STRING", "IDENTIFIER")
            words.append((token.token_type.name, token.text if exact else token.text.lower()))
        found.append([*words, ("config", repr(sorted(variant.rendered.config.items(), key=str)))])
    return found
