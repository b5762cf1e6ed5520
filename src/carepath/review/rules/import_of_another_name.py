"""A CTE that only hands a relation on is named after another one.

What it does
    Reports a CTE such as `issue_comment as (select * from stg_issue_label)`: one word of its name
    is not that of what it reads, the model has that word in its own name, and another model
    imports what it reads under its own name.

Why it is bad
    The import was copied and half of it adapted: comments are counted that are labels.

For example
    -- int_issue_comments.sql
    with issue_comment as (select * from {{ ref('stg_issue_label') }})

Use instead
    with issue_comment as (select * from {{ ref('stg_issue_comment') }})
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model
from carepath.review.sql.joins import outside_name
from carepath.review.sql.parse import start_of
from carepath.review.sql.rows import PREFIX


def check(context: Context) -> Iterator[Issue]:
    """Look at each CTE that reads one relation whole."""
    mine = _words(context.model.name)
    for variant in context.resolved[:1]:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if len(scope.bindings) != 1 or "/" in scope.path or not scope.path:
                continue
            binding = next(iter(scope.bindings.values()))
            items = scope.node.expressions
            if binding.is_cte or len(items) != 1 or not isinstance(items[0], exp.Star):
                continue
            label = outside_name(binding) or binding.relation.id.rsplit(".", 1)[-1]
            pairs = _one_word_apart(_words(scope.path), _words(label))
            if pairs is None or pairs[0] not in mine or pairs[1] in mine:
                continue
            other = _imported_as_itself(context, label)
            if other is None:
                continue
            yield Issue(
                subject=scope.path,
                message=f"{scope.path} in {context.model.name} is {label}, which is not what "
                "either is named after.",
                consequence="The model shows rows of something else.",
                fix=f"Read the relation of the {pairs[0]}, or rename the CTE.",
                confidence=Confidence.LIKELY,
                offset=start_of(binding.node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[
                    Evidence(f"{other.name} reads it under its own name", Place(other.file.path, 1))
                ],
            )


def _words(name: str) -> list[str]:
    thing = PREFIX.sub("", name.lower().rsplit("__", 1)[-1])
    return [word.removesuffix("s") for word in re.split(r"[^a-z0-9]+", thing) if word]


def _one_word_apart(one: list[str], other: list[str]) -> tuple[str, str] | None:
    """The words in which two names of at least two words differ, where it is one of each."""
    if len(one) != len(other) or len(one) < 2:
        return None
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return pairs[0] if len(pairs) == 1 else None


def _imported_as_itself(context: Context, label: str) -> Model | None:
    thing = PREFIX.sub("", label.lower().rsplit("__", 1)[-1])
    pattern = re.compile(rf"\b{re.escape(thing)}s?\s+as\s*\(")
    for model in context.space.models.values():
        if model.id == context.model.id or model.kind != "model":
            continue
        if not any(call.name == label for call in context.snapshot.calls(model)):
            continue
        if pattern.search(context.snapshot.text(model.file).lower()):
            return model
    return None


RULE = Rule(
    "CLONE007",
    "import-of-another-name",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
