"""A join leaves out a part of the key that both of its sides have.

What it does
    Reports a join that equates only a part of the keys of both sides while the missing part stands
    on both under one name; a join of plays with sessions by something else than the session_id that
    each play has; a join by a period alone of two relations whose identifier a COALESCE takes from
    one or the other; and a join that leaves out a name which nearly all other joins of the
    project equate as a part of their key (a tenant, a source, a school year). What relations of
    other packages have is learnt from the models that read them.

Why it is bad
    Neither side is unique by what is equated: rows of one tenant meet those of another.

For example
    from deposits join deposit_lines on deposit_lines.deposit_id = deposits.deposit_id

Use instead
    from deposits join deposit_lines on deposit_lines.deposit_id = deposits.deposit_id
        and deposit_lines.source_relation = deposits.source_relation
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.facts import JoinFact
from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, Known, Scope, known_of
from carepath.review.sql.joins import (
    known_names,
    other_side,
    outside_name,
    referred,
    shared_names,
)
from carepath.review.sql.parse import start_of

PERIOD = re.compile(r"(^|_)(date|day|week|month|quarter|year)(_|$)")
IDENTIFIER = re.compile(r"(^|_)(id|key|uuid|code|relation|name|type|source|tenant|date|day|month)$")
DISTINCT = "SELECT DISTINCT"
"""A key of all columns, which need not all be what identifies a row."""
ENOUGH = 5
MANY = 10
PARTNERS = 3


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
    if shape.is_unique or not shape.equated or shape.has_other:
        return
    side = other_side(scope, shape)
    if side is not None:
        left, other = side
        found = (
            _by_keys(shape, other)
            or _by_reference(shape, other)
            or _by_period(scope, shape, other)
            or _by_custom(context.snapshot, scope, shape, other)
        )
    else:
        # Matched with several relations: what nearly all joins equate holds for one of them too.
        left = min(shape.left)[0] if shape.left else ""
        if not left:
            return
        found = _by_custom(context.snapshot, scope, shape, scope.bindings[left])
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
                if c in theirs.columns
                and c not in equated
                and not _is_constant(shape.binding, c)
                and not _is_constant(other, c)
                and (DISTINCT not in (ours.proof, theirs.proof) or IDENTIFIER.search(c))
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


def _is_constant(binding: Binding, name: str) -> bool:
    """True for `1 as for_join`: it is the same in every row."""
    column = binding.relation.get(name)
    return column is not None and column.kind == "constant"


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
    snapshot: Snapshot, scope: Scope, shape: keys.JoinShape, other: Binding
) -> tuple[str, Severity, list[str]] | None:
    table = customs(snapshot)
    both = shared_names(other, shape.binding) | _read_of_both(snapshot, scope, other, shape.binding)
    left_out = both - shape.equated - shape.constants - {column for _, column in shape.left}
    for column in sorted(left_out):
        if _is_custom(table, column):
            done, others = table[column]
            total = done + max(others - 1, 0)
            return (
                column,
                Severity.WARNING if done >= MANY else Severity.NOTE,
                [f"{done} of {total} other joins of sides that both have {column} equate it"],
            )
    return None


def _by_period(
    scope: Scope, shape: keys.JoinShape, other: Binding
) -> tuple[str, Severity, list[str]] | None:
    """Costs and credits of destinations joined by their month, where a COALESCE takes the id."""
    equated = {column for _, column in shape.left} | shape.equated
    if not all(PERIOD.search(column) for column in equated):
        return None
    for node in (c for item in scope.node.expressions for c in item.find_all(exp.Coalesce)):
        columns = [c for c in (node.this, *node.expressions) if isinstance(c, exp.Column)]
        names = {c.name.lower() for c in columns}
        tables = {c.table.lower() for c in columns}
        if len(columns) < 2 or len(names) != 1 or tables != {other.name, shape.binding.name}:
            continue
        name = names.pop()
        if name.endswith(("_id", "_key")) and name not in equated | shape.constants:
            return (
                name,
                Severity.WARNING,
                [f"COALESCE takes {name} of one or the other, and only a period is equated"],
            )
    return None


def _read_of_both(
    snapshot: Snapshot, scope: Scope, left: Binding, right: Binding
) -> frozenset[str]:
    """The names both sides have, one of which is no model of the project."""
    sides = tuple((outside_name(one), known_names(scope, one)) for one in (left, right))
    return _of_sides(snapshot, sides)


def _of_sides(snapshot: Snapshot, sides: tuple[tuple[str, frozenset[str]], ...]) -> frozenset[str]:
    if not any(label for label, _ in sides):
        return frozenset()
    table = outside(snapshot)
    left, right = (names | table.get(label, frozenset()) for label, names in sides)
    return left & right


def shared_by(snapshot: Snapshot, join: JoinFact) -> frozenset[str]:
    """The names both sides of a join have, as far as the project shows."""
    return join.shared | (_of_sides(snapshot, join.sides) if join.sides else frozenset())


def outside(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    """Relation that is no model of the project -> the columns some model reads of it."""
    kept = snapshot.local.get("outside")
    if kept is None:
        found: dict[str, set[str]] = {}
        for model in snapshot.sql_models():
            for label, name in snapshot.facts(model).reads:
                found.setdefault(label, set()).add(name)
        kept = snapshot.local["outside"] = {k: frozenset(v) for k, v in found.items()}
    told: dict[str, frozenset[str]] = kept
    return told


def customs(snapshot: Snapshot) -> dict[str, tuple[int, int]]:
    """Name -> joins that equate it beside another column, joins of two sides that leave it out.

    Only names that are equated beside several others: a tenant stands beside the key of each
    relation, the key of one relation always beside the same tenant.
    """
    kept = snapshot.local.get("customs")
    if kept is None:
        counts: dict[str, list[int]] = {}
        beside: dict[str, set[frozenset[str]]] = {}
        for model in snapshot.sql_models():
            for join in snapshot.facts(model).joins:
                for name in shared_by(snapshot, join):
                    pair = counts.setdefault(name, [0, 0])
                    if name not in join.left and name not in join.right:
                        pair[1] += 1
                    elif len(join.right) > 1:
                        pair[0] += 1
                        beside.setdefault(name, set()).add(frozenset(join.right) - {name})
        kept = snapshot.local["customs"] = {
            n: (a, b) for n, (a, b) in counts.items() if len(beside.get(n, ())) >= PARTNERS
        }
    found: dict[str, tuple[int, int]] = kept
    return found


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a join leaves out a part of both keys, or a name that others equate."""
    table = customs(snapshot)
    return any(
        join.missing
        or all(PERIOD.search(name) for name in join.left)
        or any(
            name not in join.left and name not in join.right and _is_custom(table, name)
            for name in shared_by(snapshot, join)
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
