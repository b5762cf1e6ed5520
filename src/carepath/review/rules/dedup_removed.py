"""The change removes what made the rows of a model unique.

What it does
    Where the SQL proved a key of the model at base (GROUP BY, DISTINCT, ROW_NUMBER() = 1) and
    proves none at head, although its columns are still put out, and a test or a join relies on it;
    and a filter on a row number (rn = 1), a DISTINCT, or the GROUP BY of a joined CTE that is gone
    from a part of the model. A filter that the same change adds to a model which this one reads was
    moved, and is not told.

Why it is bad
    Duplicates come in, and every join with the model multiplies rows.

For example
    -- removed: qualify row_number() over (partition by order_id order by updated_at desc) = 1

Use instead
    -- keep it, or say in a comment why the source has no duplicates any more
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.change import Change
from carepath.review.facts import declared_keys
from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.moved import skipped
from carepath.review.pairs import bare, base_place, edited, pairs
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot
from carepath.review.sql.bindings import Scope
from carepath.review.sql.keys import equals_one
from carepath.review.sql.names import loose
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Key
from carepath.review.sql.values import conjuncts

NUMBER = re.compile(r"(^|_)(rn|rk|rnk|row_?num(ber)?|rank|dedup|latest|recency)(_|$)|row_?num")


def check(context: Context) -> Iterator[Issue]:
    """A filter on the number of a row, or a DISTINCT, that is gone from a part of the model."""
    change = context.change
    if change is None or lost_key(change, context.model) is not None:
        # Told of the model as a whole.
        return
    yield from _gone_with_cte(context)
    for variant, scope, before in edited(context):
        if variant.resolution is None:
            continue
        kept = {
            bare(c)
            for other in variant.resolution.scopes
            for key in ("where", "qualify")
            for c in _conditions(other, key)
        }
        gone = [
            condition
            for key in ("where", "qualify")
            for condition in _conditions(before, key)
            if _is_first(condition) and bare(condition) not in kept
        ]
        if any(_is_first(c) for k in ("where", "qualify") for c in _conditions(scope, k)):
            gone = []
        # asked only where something is gone: it reads the models upstream
        added = _added_upstream(change, context.model) if gone else set()
        gone = [condition for condition in gone if bare(condition) not in added]
        what = bare(gone[0]) if gone else ""
        if not what and _has_lost_distinct(before, scope, variant.resolution.scopes):
            what = "distinct"
        if not what and _has_lost_group(before, scope, variant.resolution.scopes):
            what = "group by"
        if not what:
            continue
        is_sure = bool(gone and not added) or what == "group by"
        is_sure = is_sure or (what == "distinct" and _is_counted(scope, variant.resolution.scopes))
        yield Issue(
            subject=what[:100],
            message=f"{what[:80]} is gone: every numbered row stays."
            if gone
            else f"{what.upper()} is gone from {scope.path or 'the query'}: rows may come several "
            "times.",
            consequence="Duplicates come in.",
            fix="Keep the deduplication, or say why the source has no duplicates.",
            severity=Severity.WARNING if is_sure else Severity.NOTE,
            confidence=Confidence.LIKELY if is_sure else Confidence.POSSIBLE,
            offset=start_of(scope.node.args.get("from_") or scope.node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base: {what[:160]}", base_place(context))],
        )


def _gone_with_cte(context: Context) -> Iterator[Issue]:
    """A CTE with DISTINCT is gone, and what read it now reads what the CTE read."""
    for variant, old, new in pairs(context):
        for path, scope in old.items():
            if path in new or scope.node.args.get("distinct") is None or scope.output.keys == ():
                continue
            reader = skipped(old, new, path)
            if reader is None or any(s.node.args.get("distinct") for s in new.values()):
                continue
            yield Issue(
                subject=f"distinct {path}",
                message=f"The DISTINCT of {path} is gone with it: rows may come several times.",
                consequence="Duplicates come in.",
                fix="Keep the deduplication, or say why the source has no duplicates.",
                severity=Severity.WARNING if _counts(reader) else Severity.NOTE,
                confidence=Confidence.LIKELY if _counts(reader) else Confidence.POSSIBLE,
                offset=start_of(reader.node.args.get("from_") or reader.node) or 0,
                variant=variant,
                path=reader.path,
                evidence=[Evidence(f"at base: {bare(scope.node)[:160]}", base_place(context))],
            )


def _is_counted(scope: Scope, scopes: list[Scope]) -> bool:
    """True for a CTE that one SELECT reads, alone, and counts."""
    readers = [
        other
        for other in scopes
        for binding in other.bindings.values()
        if binding.is_cte and scope.path and binding.node.name.lower() == scope.path
    ]
    return len(readers) == 1 and len(readers[0].bindings) == 1 and _counts(readers[0])


def _counts(scope: Scope) -> bool:
    """True for a SELECT whose sums and counts grow with each row that comes twice."""
    return any(
        not isinstance(node.this, exp.Distinct) for node in scope.node.find_all(exp.Sum, exp.Count)
    )


def _added_upstream(change: Change, model: Model) -> set[str]:
    """Filters on the number of a row that the change adds to what the model reads: moved ones."""
    added: set[str] = set()
    waiting, seen = [model], {model.id}
    while waiting:
        for upstream in change.head.upstream(waiting.pop()):
            if upstream.id in seen:
                continue
            seen.add(upstream.id)
            waiting.append(upstream)
            if upstream.file.path in change.changed_files:
                before = change.counterpart(upstream)
                kept = _first_filters(change.base, before) if before is not None else set()
                added |= _first_filters(change.head, upstream) - kept
    return added


def _first_filters(snapshot: Snapshot, model: Model) -> set[str]:
    return {
        bare(condition)
        for variant in snapshot.analyse(model).variants
        if variant.resolution is not None
        for scope in variant.resolution.scopes
        for key in ("where", "qualify")
        for condition in _conditions(scope, key)
        if _is_first(condition)
    }


def _has_lost_distinct(before: Scope, after: Scope, scopes: list[Scope]) -> bool:
    """True where DISTINCT made rows unique that nothing makes unique now, here or later."""
    if before.node.args.get("distinct") is None or after.node.args.get("distinct") is not None:
        return False
    if any(scope.node.args.get("distinct") is not None for scope in scopes):
        return False
    names = {column.name for column in before.output.columns}
    if names != {column.name for column in after.output.columns}:
        return False
    return bool(before.output.keys) and not after.output.keys


def _has_lost_group(before: Scope, after: Scope, scopes: list[Scope]) -> bool:
    """True where GROUP BY made the rows of a joined CTE unique that nothing makes unique now."""
    if before.node.args.get("group") is None or after.node.args.get("group") is not None:
        return False
    if any(after.node.args.get(part) is not None for part in ("distinct", "qualify", "limit")):
        return False
    names = {column.name for column in after.output.columns}
    kept = [key for key in before.output.keys if key.columns and key.columns <= names]
    if not after.path or not kept or after.output.keys:
        return False
    readers = [
        other
        for other in scopes
        for binding in other.bindings.values()
        if binding.is_cte and binding.join is not None and binding.node.name.lower() == after.path
    ]
    return bool(readers) and all(
        other.node.args.get(part) is None
        for other in scopes
        for part in ("group", "distinct", "qualify")
        if other in readers
    )


def _conditions(scope: Scope, key: str) -> list[exp.Expr]:
    part = scope.node.args.get(key)
    return conjuncts(part.this) if part is not None else []


def _is_first(condition: exp.Expr) -> bool:
    """True for `row_number() ... = 1`, `rn = 1` and the like."""
    left = equals_one(condition)
    if isinstance(left, exp.Window):
        return isinstance(left.this, (exp.RowNumber, exp.Rank, exp.DenseRank))
    return isinstance(left, exp.Column) and NUMBER.search(left.name.lower()) is not None


def lost_key(change: Change, model: Model) -> Key | None:
    """A key that the SQL of a changed model proved at base, where it proves none at head."""
    before = change.counterpart(model)
    if before is None or model.kind != "model" or model.file.path not in change.changed_files:
        return None
    old, new = change.base.facts(before).relation, change.head.facts(model).relation
    if not new.columns or not new.is_complete or any(k.strength == "sql" for k in new.keys):
        return None
    lost = (
        key
        for key in old.keys
        if key.strength == "sql" and key.columns and all(n in new.index for n in key.columns)
    )
    key = next(lost, None)
    if key is None:
        return None
    # A join with what a test calls unique keeps the rows unique as well as a proven one.
    for variant in change.head.analyse(model).variants[:1]:
        if variant.resolution is not None:
            kept = variant.resolution.output.keys
            if any(other.columns <= key.columns for other in kept):
                return None
    return key


def check_change(change: Change) -> Iterator[Issue]:
    """Compare the proven keys of both sides."""
    for model in change.affected():
        key, before = lost_key(change, model), change.counterpart(model)
        if key is None or before is None:
            continue
        names = frozenset(loose(name) for name in key.columns)
        tested = any(columns == names for columns, _, _ in declared_keys(model.doc))
        added = _added_upstream(change, model)
        if added & _first_filters(change.base, before):
            continue
        is_proven = (tested or "ROW_NUMBER" in key.proof) and not added
        yield Issue(
            subject=", ".join(sorted(names)),
            message=f"{model.name} had one row per {', '.join(sorted(names))} ({key.proof}); "
            "nothing in its SQL makes that so any more.",
            consequence="Duplicates come in" + ("; its unique test fails." if tested else "."),
            fix="Keep the deduplication, or say why the source has no duplicates.",
            severity=Severity.WARNING if is_proven else Severity.NOTE,
            confidence=Confidence.LIKELY if is_proven and tested else Confidence.POSSIBLE,
            place=Place(model.file.path, _line(change, model)),
            model=model,
            evidence=[Evidence(f"at base: {key.proof}", Place(before.file.path, 1))],
        )


def _line(change: Change, model: Model) -> int:
    """The changed line nearest to where the deduplication was."""
    lines = sorted(change.changed_lines(model.file.path))
    return lines[len(lines) // 2] if lines else 1


RULE = Rule(
    "GRAIN006",
    "dedup-removed",
    Severity.WARNING,
    __doc__ or "",
    check,
    check_change=check_change,
    ceiling=Severity.WARNING,
)
