"""Questions for the author, where only they can know what is meant; never counted as findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.findings import Question
from carepath.review.placing import Placer
from carepath.review.snapshot import Analysis, Model, Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.scope import Scope

STEP = re.compile(r"(step|stage|funnel|phase)")
DELETED = re.compile(
    r"^(is_)?_?(fivetran_)?deleted(_at)?$|^is_deleted$|^deleted_at$|^_sdc_deleted_at$"
)
MOST = 5


def ask(change: Change) -> list[Question]:
    """Ask about each changed model, at most five questions in all."""
    found: list[Question] = []
    for model in sorted(change.head.models.values(), key=lambda m: m.file.path):
        if model.kind != "model" or model.file.path not in change.changed_files:
            continue
        try:
            analysis = change.head.analyse(model)
            before = change.counterpart(model)
            known = (
                {(t, x) for t, x, _, _ in _all(change.base.analyse(before))} if before else set()
            )
            placer = Placer(change.head, model, analysis)
            for topic, text, variant, offset in _all(analysis):
                if (topic, text) not in known:
                    found.append(Question(topic, text, placer.at(variant, offset), model.name))
        except Exception as error:
            change.head.ledger.add(model.file.path, f"questions: {error!r}", stage="questions")
    unique = {(question.topic, question.model): question for question in reversed(found)}
    return sorted(unique.values(), key=lambda q: (q.place.file, q.place.line))[:MOST]


Asked = tuple[str, str, Variant, int]


def _all(analysis: Analysis) -> Iterator[Asked]:
    for variant in analysis.variants:
        if variant.resolution is None:
            continue
        for scope in variant.resolution.scopes:
            yield from _order(variant, scope)
            yield from _completed(variant, scope)
            yield from _deleted(analysis.model, variant, scope)
            yield from _late(variant, scope)
            yield from _one_row(variant, scope)


def _order(variant: Variant, scope: Scope) -> Iterator[Asked]:
    for item in scope.node.expressions:
        inner = item.this if isinstance(item, exp.Alias) else item
        if not isinstance(inner, exp.Window) or not isinstance(
            inner.this, (exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead)
        ):
            continue
        text = item.sql(comments=False).lower()
        if STEP.search(text) and re.search(r"(_at|time|tstamp|date)\b", text):
            yield (
                "step-order",
                f"{item.alias_or_name} numbers by time: is the order of appearance meant as the "
                "order of the steps?",
                variant,
                start_of(item) or 0,
            )


def _completed(variant: Variant, scope: Scope) -> Iterator[Asked]:
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias) or "complet" not in item.alias.lower():
            continue
        text = item.this.sql(comments=False).lower()
        if STEP.search(text) and item.this.find(exp.Literal):
            yield (
                "completed",
                f"{item.alias}: does completed mean every step, or the last one?",
                variant,
                start_of(item) or 0,
            )


def _deleted(model: Model, variant: Variant, scope: Scope) -> Iterator[Asked]:
    if scope.node.args.get("group") is None:
        return
    for name, binding in scope.bindings.items():
        flags = [c.shown for c in binding.relation.columns if DELETED.match(c.name)]
        if flags and flags[0].lower() not in variant.rendered.text.lower():
            yield (
                "deleted",
                f"{name} has {flags[0]}, which is not used: should deleted rows count?",
                variant,
                start_of(binding.node) or 0,
            )


def _late(variant: Variant, scope: Scope) -> Iterator[Asked]:
    if not variant.rendered.flags.get("is_incremental"):
        return
    for node, clause in nodes_of(scope):
        if clause != "where" or not isinstance(node, exp.GT) or not node.right.find(exp.Max):
            continue
        if "cp_rel.t_" in node.right.sql():
            yield (
                "late-rows",
                "Rows that arrive late, with an older time than the newest row loaded, are never "
                "taken in: is that meant?",
                variant,
                start_of(node) or 0,
            )


SPINE = re.compile(
    r"date|day|week|month|year|hour|spine|calendar|number|series|generat|param|const|config|setting"
    r"|bounds|today|now|last_run|max|min|total|grid|dates?_|scaffold"
)


def _one_row(variant: Variant, scope: Scope) -> Iterator[Asked]:
    """A cross join with a looked-up row, which nothing proves to be one."""
    for name, binding in scope.bindings.items():
        join = binding.join
        if not isinstance(join, exp.Join) or (join.kind or "").upper() != "CROSS":
            continue
        if not binding.is_cte or SPINE.search(name) or not isinstance(binding.node, exp.Table):
            continue
        if any(not key.columns for key in binding.relation.keys):
            continue
        assert variant.resolution is not None
        inner = [s for s in variant.resolution.scopes if s.path == binding.node.name.lower()]
        if len(inner) != 1 or inner[0].node.args.get("where") is None:
            continue
        yield (
            "one-row",
            f"Every row is joined with all of {name}: is it certain to be exactly one row?",
            variant,
            start_of(binding.node) or 0,
        )


__all__ = ["ask"]
