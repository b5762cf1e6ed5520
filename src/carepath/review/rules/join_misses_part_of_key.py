"""A join leaves out a part of the key that both of its sides have.

What it does
    Reports a join that equates only a part of the keys of both sides while the missing part stands
    on both under one name; a join of plays with sessions by something else than the session_id that
    each play has; and a join that leaves out a name which nearly all other joins of the
    project equate as a part of their key (a tenant, a source, a school year).

Why it is bad
    Neither side is unique by what is equated: rows of one tenant meet those of another.

For example
    from deposits join deposit_lines on deposit_lines.deposit_id = deposits.deposit_id

Use instead
    from deposits join deposit_lines on deposit_lines.deposit_id = deposits.deposit_id
        and deposit_lines.source_relation = deposits.source_relation
"""

from __future__ import annotations

from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Scope, known_of
from carepath.review.sql.joins import other_side, referred, shared_names
from carepath.review.sql.parse import start_of

ENOUGH = 5
MANY = 10


def check(context: Context) -> Iterator[Issue]:
    """Look at each plain join."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            for name, binding in scope.bindings.items():
                if binding.join is None or binding.hidden:
                    continue
                yield from _join(context, variant, known, scope, name, binding)


def _join(
    context: Context,
    variant: Variant,
    known: Known,
    scope: Scope,
    name: str,
    binding: Binding,
) -> Iterator[Issue]:
    shape = keys.shape_of(known, scope, name, binding)
    side = other_side(scope, shape)
    if side is None or shape.is_unique or not shape.equated or shape.has_other:
        return
    left, other = side
    found = (
        _by_keys(shape, other)
        or _by_reference(shape, other)
        or _by_custom(context.snapshot, shape, other)
    )
    if found is None:
        return
    missing, severity, facts = found
    yield Issue(
        subject=f"{name} {missing}",
        message=f"The join of {left} with {name} leaves out {missing}, which both have.",
        consequence="Rows of different " + missing + " meet; sums and counts grow.",
        fix=f"Add {name}.{missing} = {left}.{missing}.",
        severity=severity,
        confidence=Confidence.LIKELY if severity > Severity.NOTE else Confidence.POSSIBLE,
        offset=start_of(binding.join.args.get("on") or binding.node) or 0
        if binding.join is not None
        else 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(fact) for fact in facts],
    )


def _by_keys(shape: keys.JoinShape, other: Binding) -> tuple[str, Severity, list[str]] | None:
    equated = {column for _, column in shape.left}
    if any(key.columns <= equated for key in other.relation.keys):
        return None
    covered = shape.equated | shape.constants
    for ours in shape.binding.relation.keys:
        for theirs in other.relation.keys:
            gone = [
                c
                for c in sorted(ours.columns - covered)
                if c in theirs.columns and c not in equated
            ]
            if gone and ours.columns & shape.equated and theirs.columns & equated:
                return (
                    gone[0],
                    Severity.WARNING,
                    [
                        f"{shape.binding.name} is unique by {', '.join(sorted(ours.columns))} "
                        f"({ours.proof})",
                        f"{other.name} is unique by {', '.join(sorted(theirs.columns))} "
                        f"({theirs.proof})",
                    ],
                )
    return None


def _by_reference(shape: keys.JoinShape, other: Binding) -> tuple[str, Severity, list[str]] | None:
    """Plays and sessions joined by profile, although each play has the session_id it belongs to."""
    equated = {column for _, column in shape.left}
    if any(key.columns <= equated for key in other.relation.keys) or equated != shape.equated:
        return None
    for one, two in ((other, shape.binding), (shape.binding, other)):
        for name in referred(one, two):
            if name not in equated:
                key = next(k for k in one.relation.keys if k.columns == {name})
                return (
                    name,
                    Severity.WARNING,
                    [f"{one.name} is unique by {name} ({key.proof}), and {two.name} has it"],
                )
    return None


def _by_custom(
    snapshot: Snapshot, shape: keys.JoinShape, other: Binding
) -> tuple[str, Severity, list[str]] | None:
    table = customs(snapshot)
    for column in sorted(shared_names(other, shape.binding) - shape.equated - shape.constants):
        if _is_custom(table, column):
            done, left_out = table[column]
            total = done + max(left_out - 1, 0)
            return (
                column,
                Severity.WARNING if done >= MANY else Severity.NOTE,
                [f"{done} of {total} other joins of sides that both have {column} equate it"],
            )
    return None


def customs(snapshot: Snapshot) -> dict[str, tuple[int, int]]:
    """Name -> joins that equate it beside another column, joins of two sides that leave it out."""
    kept = snapshot.local.get("customs")
    if kept is None:
        counts: dict[str, list[int]] = {}
        for model in snapshot.sql_models():
            for join in snapshot.facts(model).joins:
                for name in join.shared:
                    pair = counts.setdefault(name, [0, 0])
                    if name not in join.left and name not in join.right:
                        pair[1] += 1
                    elif len(join.right) > 1:
                        pair[0] += 1
        kept = snapshot.local["customs"] = {n: (a, b) for n, (a, b) in counts.items()}
    found: dict[str, tuple[int, int]] = kept
    return found


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a join leaves out a part of both keys, or a name that others equate."""
    table = customs(snapshot)
    return any(
        join.missing
        or any(
            name not in join.left and name not in join.right and _is_custom(table, name)
            for name in join.shared
        )
        for join in snapshot.facts(model).joins
    )


def _is_custom(table: dict[str, tuple[int, int]], name: str) -> bool:
    """True for a name that nearly all joins of sides that have it equate; this one left out."""
    done, left_out = table.get(name, (0, 0))
    return done >= ENOUGH and max(left_out - 1, 0) * 10 <= done


RULE = Rule(
    "JOIN008",
    "join-misses-part-of-key",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
    screen=screen,
)
