"""A join leaves out what tells the rows of its right side apart.

What it does
    Reports a join by a part of the key of the right side, where the rest of it is there: another
    relation of the query has one row for each of the same columns; or a test declares the key and
    the left side has the rest under the same name; or the key is that of the model behind it, and
    the rest is a part of the left side's key too; or it is a day, which nothing reads, while the
    query puts out a day of the left side; or it tells the sides of a UNION ALL apart (weekly and
    monthly figures in one relation), and the query puts out one of its values under its name.

Why it is bad
    A row meets those of every trip, run or day: counts and sums grow.

For example
    -- both have a row for each day, feed and trip
    from updates as u left join positions as p on p.day = u.day and p.feed_id = u.feed_id

Use instead
    from updates as u left join positions as p on p.day = u.day and p.feed_id = u.feed_id
        and p.trip_id = u.trip_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Known, Scope, known_of
from carepath.review.sql.joins import matched, other_side, shared_names
from carepath.review.sql.keys import JoinShape, shape_of
from carepath.review.sql.outputs import UNIONED
from carepath.review.sql.parse import start_of

DAY = re.compile(r"^(dt|ds|date|day)$|_(date|day|dt|on)$|^(date|day)_")
Found = tuple[str, str]
"""The column left out, and how that is known."""


def check(context: Context) -> Iterator[Issue]:
    """Look at each join by a part of a key."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            if scope.node.args.get("distinct") or scope.node.args.get("qualify"):
                continue
            for name, binding in scope.bindings.items():
                found = _left_out(context, variant, known, scope, name, binding)
                if found is None or binding.join is None:
                    continue
                column, why = found
                yield Issue(
                    subject=f"{name} {column}",
                    message=f"The join with {name} leaves out {column}, which tells its rows "
                    "apart.",
                    consequence=f"A row meets those of every {column}; sums and counts grow.",
                    fix=f"Match {name}.{column} too.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(binding.join.args.get("on") or binding.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(why)],
                )


def _left_out(
    context: Context, variant: Variant, known: Known, scope: Scope, name: str, binding: Binding
) -> Found | None:
    join = binding.join
    if join is None or binding.hidden or (join.kind or "").upper() in ("CROSS", "SEMI", "ANTI"):
        return None
    assert variant.resolution is not None
    equated = matched(variant.resolution, join, binding)
    shape = shape_of(known, scope, name, binding)
    if not equated or shape.is_unique or (join.side or "").upper() == "FULL":
        return None
    covered = equated | shape.constants
    before = list(scope.bindings.items())[: list(scope.bindings).index(name)]
    return (
        _same_grain(binding, covered, before)
        or _declared(binding, covered, scope, shape)
        or _grain_behind(context, binding, covered, before)
        or _unread_day(scope, binding, covered)
        or _other_side_of_a_union(scope, binding, covered)
    )


def _same_grain(
    binding: Binding, covered: set[str], before: list[tuple[str, Binding]]
) -> Found | None:
    """Two relations with one row for each of the same columns, of which one is not matched."""
    for key in binding.relation.keys:
        rest = key.columns - covered
        if key.strength != "sql" or len(rest) != 1 or len(key.columns) < 3:
            continue
        for name, other in before:
            if other.join is not binding.join and any(
                theirs.strength == "sql" and theirs.columns == key.columns
                for theirs in other.relation.keys
            ):
                columns = ", ".join(sorted(key.columns))
                return min(rest), f"{name} and {binding.name} have a row for each {columns}"
    return None


def _declared(binding: Binding, covered: set[str], scope: Scope, shape: JoinShape) -> Found | None:
    """A key that a test declares, of which the left side has the one part that is not matched."""
    side = other_side(scope, shape)
    if side is None:
        return None
    name, left = side
    for key in binding.relation.keys:
        rest = key.columns - covered
        if key.strength != "test" or len(rest) != 1 or not key.columns & covered:
            continue
        column = min(rest)
        if column in shared_names(left, binding):
            columns = ", ".join(sorted(key.columns))
            return column, f"{binding.name} is unique by {columns}, and {name} has {column}"
    return None


def _grain_behind(
    context: Context, binding: Binding, covered: set[str], before: list[tuple[str, Binding]]
) -> Found | None:
    """The key of the model that the columns come from, of which a part is left out."""
    roots = {c.name: c.direct for c in binding.relation.columns if c.direct is not None}
    behind = {roots[c][0] for c in covered if c in roots}
    model = context.snapshot.models.get(next(iter(behind))) if len(behind) == 1 else None
    if model is None or binding.relation.keys:
        return None
    matched_roots = {roots[c][1] for c in covered if c in roots}
    for key in context.snapshot.facts(model).relation.keys:
        if not key.columns & matched_roots:
            continue
        for column, root in sorted(roots.items()):
            if root[0] != model.id or root[1] not in key.columns - matched_roots:
                continue
            for name, other in before:
                if any(column in k.columns and len(k.columns) > 1 for k in other.relation.keys):
                    columns = ", ".join(sorted(key.columns))
                    return column, (
                        f"{model.name} is unique by {columns}, and {column} is a part of the key "
                        f"of {name}"
                    )
    return None


def _unread_day(scope: Scope, binding: Binding, covered: set[str]) -> Found | None:
    """A row for each day, of which nothing is read, beside a day of another relation."""
    used = {use.node.name.lower() for use in scope.uses if use.binding is binding}
    for key in binding.relation.keys:
        rest = {c for c in key.columns - covered if DAY.search(c)} - used
        if key.strength != "sql" or not rest or not key.columns & covered:
            continue
        others = [
            use
            for use in scope.uses
            if use.clause == "select"
            and use.binding is not binding
            and DAY.search(use.node.name.lower())
        ]
        if others:
            columns = ", ".join(sorted(key.columns))
            return min(rest), f"{binding.name} has a row for each {columns} ({key.proof})"
    return None


def _other_side_of_a_union(scope: Scope, binding: Binding, covered: set[str]) -> Found | None:
    """Weekly and monthly rows in one relation, beside `'weekly' as periodicity`."""
    for key in binding.relation.keys:
        rest = key.columns - covered
        if not key.proof.startswith(UNIONED) or len(rest) != 1:
            continue
        telling = binding.relation.get(min(rest))
        if telling is None or telling.domain is None:
            continue
        if any(u.binding is binding and u.node.name.lower() == telling.name for u in scope.uses):
            continue
        for item in scope.items:
            meant = item.column.domain
            if (
                item.column.name == telling.name
                and item.column.kind == "constant"
                and meant is not None
                and meant.values < telling.domain.values
            ):
                values = ", ".join(sorted(telling.domain.values))
                return telling.name, f"{binding.name} has rows of {telling.name} {values}"
    return None


RULE = Rule(
    "JOIN032",
    "grain-left-out-of-join",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
