"""The SQL or YAML of a file cannot be parsed.

What it does
    Reports text that every parser asked rejects (an unclosed parenthesis, a missing comma between
    CTEs, END without CASE), YAML that cannot be read, and broken text that parsers let through: AS
    without a name, two commas, a clause out of order, `lef join`, WITH twice, IF ... THEN.

Why it is bad
    The model does not build, and nothing downstream of it does.

For example
    select id as, name from {{ ref('users') }}

Use instead
    select id as user_id, name from {{ ref('users') }}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.change import Change
from carepath.review.findings import Confidence, Place, Severity
from carepath.review.jinja.unknown import changes_the_syntax
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql import brackets, tokens

CONFLICT = re.compile(r"(?m)^<{7} ")
ENDS_SO = re.compile(r"(?i),\s*\n\s*from\b")
MATERIALIZATIONS = (
    *("table", "view", "incremental", "ephemeral", "snapshot", "materialized_view"),
    *("dynamic_table", "streaming_table", "external", "table_hive_ha"),
)
"""What dbt and its adapters make of the query itself."""
BREAKS = "The model does not build, nor anything downstream of it."


def check(context: Context) -> Iterator[Issue]:
    """Look at each variant: rejected by all parsers, or accepted though broken."""
    for variant in context.analysis.variants:
        kind = context.config.get("materialized")
        if isinstance(kind, str) and kind not in MATERIALIZATIONS:
            # A materialization of the project's own may add to the text before it runs.
            continue
        parsed = variant.parsed
        if CONFLICT.search(variant.rendered.text):
            # Told once, as the conflict it is.
            if context.change is None:
                yield _conflict(context, variant)
            continue
        if parsed.kind == "broken" and variant.rendered.is_guess and not _did_parse(context):
            continue
        if parsed.kind == "broken" and len(parsed.rejected_by) >= 2:
            found = tokens.tokenize(variant.rendered.text, context.dialect)
            text = variant.rendered.text
            comma = tokens.missing_cte_comma(found) or tokens.missing_column_comma(found, text)
            told = comma or next(tokens.second_with(found), None)
            reason = told.message if told is not None else parsed.reason
            yield Issue(
                subject=reason,
                message=f"This does not parse: {reason}.",
                consequence=BREAKS,
                fix="Put it there."
                if comma is not None
                else "Correct the SQL at or just before this place.",
                offset=told.offset if told is not None else parsed.offset or 0,
                variant=variant,
                confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
            )
        yield from _semicolon(context, variant)
        unmatched = list(_brackets(context, variant))
        yield from unmatched or _rejected_now(context, variant)
        if parsed.kind not in ("query", "broken") or changes_the_syntax(
            variant.rendered.text, variant.rendered.unknowns
        ):
            continue
        found = parsed.tokens or tokens.tokenize(
            variant.rendered.text, parsed.dialect or context.dialect
        )
        for fault in tokens.faults(found, context.dialect):
            if parsed.kind == "broken" and parsed.rejected_by:
                break
            if context.dialect in tokens.LAKE and fault.subject == ", from" and _ends_so(context):
                continue
            yield Issue(
                subject=fault.subject,
                message=f"This is not valid SQL: {fault.message}.",
                consequence=BREAKS,
                fix="Remove or complete it.",
                offset=fault.offset,
                variant=variant,
            )


def _conflict(context: Context, variant: Variant) -> Issue:
    match = CONFLICT.search(variant.rendered.text)
    return Issue(
        subject="conflict",
        message="A merge conflict was committed.",
        consequence=BREAKS,
        fix="Choose one side and remove the markers.",
        offset=match.start() if match is not None else 0,
        variant=variant,
    )


def _brackets(context: Context, variant: Variant) -> Iterator[Issue]:
    """Parentheses that do not match, which no unknown macro can explain."""
    parsed = variant.parsed
    if parsed.kind == "statement" or (parsed.kind == "broken" and parsed.rejected_by):
        return
    found = parsed.tokens or tokens.tokenize(variant.rendered.text, context.dialect)
    told = list(brackets.faults(found))
    if not told and parsed.is_patched:
        unknowns = frozenset(name.lower() for name in variant.rendered.unknowns)
        found = tokens.tokenize(variant.rendered.text, context.dialect)
        told = list(brackets.swallowed(found, unknowns))
    for fault in told[:1]:
        yield Issue(
            subject=fault.subject,
            message=f"This is not valid SQL: {fault.message}.",
            consequence=BREAKS,
            fix="Complete it.",
            offset=fault.offset,
            variant=variant,
            confidence=Confidence.LIKELY if variant.rendered.unknowns else Confidence.CERTAIN,
        )


def _rejected_now(context: Context, variant: Variant) -> Iterator[Issue]:
    """What parsed at base with the same unknown macros and does not parse now."""
    change, parsed = context.change, variant.parsed
    if parsed.kind != "unknown" or parsed.offset is None or change is None:
        return
    if any(other.parsed.kind == "broken" for other in context.analysis.variants):
        return
    before = change.counterpart(context.model)
    if before is None or context.model.file.path not in change.changed_files:
        return
    mine = sorted(variant.rendered.unknowns.values())
    for old in change.base.analyse(before).variants:
        if old.rendered.flags != variant.rendered.flags or old.parsed.tree is None:
            continue
        if sorted(old.rendered.unknowns.values()) == mine:
            yield Issue(
                subject="rejected now",
                message=f"This parsed at base and does not now: {parsed.reason}.",
                consequence=BREAKS,
                fix="Correct the SQL at or just before this place.",
                offset=parsed.offset,
                variant=variant,
                confidence=Confidence.LIKELY,
            )


def _ends_so(context: Context) -> bool:
    """True where other models end their lists with a comma: the warehouse is another."""
    slot = f"commas|{context.space.project.root}"
    local = context.snapshot.local
    if slot not in local:
        local[slot] = [
            model.id
            for model in context.space.models.values()
            if model.kind == "model" and ENDS_SO.search(context.snapshot.text(model.file))
        ][:2]
    return any(id_ != context.model.id for id_ in local[slot])


def _did_parse(context: Context) -> bool:
    """True where the model could be read at base, whatever its template branches on."""
    before = context.change.counterpart(context.model) if context.change is not None else None
    if context.change is None or before is None:
        return False
    old = context.change.base.analyse(before)
    return bool(old.variants) and all(variant.parsed.tree is not None for variant in old.variants)


def _semicolon(context: Context, variant: Variant) -> Iterator[Issue]:
    """A semicolon at the end: dbt puts the query in parentheses."""
    last = variant.parsed.tokens[-1] if variant.parsed.tokens else None
    if last is None or last.token_type is not tokens.T.SEMICOLON:
        return
    if context.model.kind != "model" or context.dialect in ("databricks", "spark", ""):
        return
    others = [
        model
        for model in context.space.models.values()
        if model.kind == "model" and model.id != context.model.id
    ]
    if any(context.snapshot.text(model.file).rstrip().endswith(";") for model in others):
        return
    yield Issue(
        subject=";",
        message="The model ends in a semicolon.",
        consequence="dbt puts the query in parentheses, where a semicolon is not allowed.",
        fix="Remove it.",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        offset=last.start,
        variant=variant,
    )


def check_change(change: Change) -> Iterator[Issue]:
    """YAML that could be read at base, or is new, and cannot be read now; conflict markers."""
    kinds = (".sql", ".yml", ".yaml", ".csv", ".py")
    for path in sorted(change.changed_files):
        text = (change.head.tree.text(path) or "") if path.endswith(kinds) else ""
        match = CONFLICT.search(text)
        if match is not None and "\n=======\n" in text:
            yield Issue(
                subject=f"{path} conflict",
                message="A merge conflict was committed.",
                consequence=BREAKS,
                fix="Choose one side and remove the markers.",
                place=Place(path, text.count("\n", 0, match.start()) + 1),
            )
    for space in change.head.spaces:
        for fault in space.docs.broken:
            if fault.is_invalid and fault.file in change.changed_files:
                yield Issue(
                    subject=fault.file,
                    message=f"This YAML cannot be read: {fault.reason}.",
                    consequence="dbt stops before it builds anything.",
                    fix="Correct the YAML; check indentation and quotes.",
                    place=Place(fault.file, fault.line),
                )


RULE = Rule("SQL001", "syntax-error", Severity.ERROR, __doc__ or "", check, check_change)
