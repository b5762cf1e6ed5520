"""The branches of a UNION do not line up.

What it does
    Reports branches with different numbers of columns, and branches with the same names in
    different positions; of two tables, also one name that changed places with another identifier.

Why it is bad
    Different numbers do not build. Different positions do, and put one column's values under
    another's name.

For example
    select id, name, email from a union all select id, email, name from b

Use instead
    select id, name, email from a union all select id, name, email from b
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import listing
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Compare both sides of each set operation."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for check_ in variant.resolution.unions:
            left, right = check_.left, check_.right
            if not left.is_complete or not right.is_complete or check_.node.args.get("by_name"):
                continue
            ours = [column.name for column in left.columns]
            theirs = [column.name for column in right.columns]
            offset = start_of(check_.node.right) or 0
            if len(ours) != len(theirs):
                only = [n for n in ours if n not in theirs] + [n for n in theirs if n not in ours]
                yield Issue(
                    subject=f"{len(ours)} and {len(theirs)}",
                    message=f"One branch has {len(ours)} columns, the other {len(theirs)}"
                    + (f" (in one only: {listing(only)})." if only else "."),
                    consequence="The model does not build.",
                    fix="Give every branch the same columns.",
                    offset=offset,
                    variant=variant,
                    path=check_.path,
                    evidence=[
                        Evidence(f"first: {listing(ours, 20)}"),
                        Evidence(f"second: {listing(theirs, 20)}"),
                    ],
                )
                continue
            moved = [
                (a, b)
                for a, b in zip(ours, theirs, strict=True)
                if a != b and a in theirs and b in ours and not a.startswith("?")
            ]
            crossed = None
            if not moved:
                crossed = _crossed(ours, theirs) or _displaced(check_.node, ours, theirs)
            if crossed is not None:
                yield Issue(
                    subject=f"{crossed[0]} beside {crossed[1]}",
                    message=f"{crossed[1]} of the second branch lands in {crossed[0]}, and "
                    + (f"{crossed[2]} in {crossed[1]}." if len(crossed) > 2 else "the reverse."),
                    consequence="Values appear under the wrong name; nothing fails.",
                    fix="List the columns of both branches in one order.",
                    severity=Severity.WARNING,
                    confidence=Confidence.LIKELY,
                    offset=_item(check_.node.right, crossed[1]) or offset,
                    variant=variant,
                    path=check_.path,
                    evidence=[
                        Evidence(f"first: {listing(ours, 20)}"),
                        Evidence(f"second: {listing(theirs, 20)}"),
                    ],
                )
            if moved:
                first = moved[0]
                yield Issue(
                    subject=f"{first[0]} beside {first[1]}",
                    message=f"{first[1]} of the second branch lands in {first[0]}: the same names "
                    f"stand in other positions ({len(moved)} columns).",
                    consequence="Values appear under the wrong name; nothing fails.",
                    fix="List the columns of both branches in one order.",
                    severity=Severity.ERROR
                    if sorted(ours) == sorted(theirs) and len(set(ours)) == len(ours)
                    else Severity.WARNING,
                    confidence=Confidence.CERTAIN
                    if sorted(ours) == sorted(theirs)
                    else Confidence.LIKELY,
                    offset=_item(check_.node.right, first[1]) or offset,
                    variant=variant,
                    path=check_.path,
                    evidence=[
                        Evidence(f"first: {listing(ours, 20)}"),
                        Evidence(f"second: {listing(theirs, 20)}"),
                    ],
                )


def _displaced(node: exp.Expr, ours: list[str], theirs: list[str]) -> tuple[str, str, str] | None:
    """A name both branches have, that changed places with its neighbour of the other branch.

    `member, coach` over `agent, member` of another table: (coach, member, agent). All other names
    in common stand in one place; of one table the two may be its two ends.
    """
    assert isinstance(node, exp.SetOperation)
    tables = [
        {t.name.lower() for t in side.find_all(exp.Table)} for side in (node.left, node.right)
    ]
    if tables[0] & tables[1] or len(set(ours)) < len(ours) or len(set(theirs)) < len(theirs):
        return None
    shared = [name for name in ours if name in theirs]
    away = [name for name in shared if ours.index(name) != theirs.index(name)]
    if len(away) != 1 or len(shared) <= len(away):
        return None
    place, other = ours.index(away[0]), theirs.index(away[0])
    a, b, c = ours[other], away[0], theirs[place]
    ends = {name.rpartition("_")[2] for name in (a, b, c)}
    is_one_kind = len(ends) == 1 and all("_" in name for name in (a, b, c))
    return (a, b, c) if is_one_kind and ends <= KEYS else None


KEYS = {"id", "key", "no", "code", "number", "uuid", "sk", "name", "ref"}


def _crossed(ours: list[str], theirs: list[str]) -> tuple[str, ...] | None:
    """Two names, `matches` and `wins`, that `squad_wins` and `squad_matches` stand under."""
    for i, name in enumerate(ours):
        for j, other in enumerate(ours):
            if i < j and theirs[i].endswith(f"_{other}") and theirs[j].endswith(f"_{name}"):
                return name, theirs[i]
    return None


def _item(branch: exp.Expr, name: str) -> int | None:
    """Where a branch lists a column."""
    while isinstance(branch, (exp.Subquery, exp.Paren)):
        branch = branch.this
    for item in branch.expressions if isinstance(branch, exp.Select) else []:
        if item.alias_or_name.lower() == name:
            return start_of(item)
    return None


RULE = Rule("SQL011", "union-column-mismatch", Severity.ERROR, __doc__ or "", check)
