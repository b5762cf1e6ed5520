"""An outer join keeps the other of its two sides.

What it does
    Compares the outer join of two relations with the one at base: reports LEFT JOIN that became
    RIGHT JOIN, and two sides that changed places under the same LEFT JOIN. Written the other way
    round with the same meaning (a LEFT JOIN b, b RIGHT JOIN a) is quiet, and so is a change that
    also takes the key it puts out from the side it keeps now.

Why it is bad
    Rows without a match are lost on the side that was kept whole, and rows of the other side come
    in, whose columns of the first are null.

For example
    from payments left join orders on payments.order_id = orders.order_id    -- was: orders first

Use instead
    from orders left join payments on payments.order_id = orders.order_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import base_place, edited
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.normal import WRITTEN_RIGHT
from carepath.review.sql.parse import start_of


def check(context: Context) -> Iterator[Issue]:
    """Compare the sides of each outer join of two relations."""
    for variant, scope, before in edited(context):
        now, was = _sides(scope), _sides(before)
        if now is None or was is None or now[:2] != (was[1], was[0]):
            continue
        kept, optional, join = now
        if _follows(scope, before):
            continue
        written = "RIGHT" if WRITTEN_RIGHT in join.meta else "LEFT"
        counted = scope.node.args.get("group") is not None
        yield Issue(
            subject=f"{kept} {optional}",
            message=f"This {written} JOIN keeps every row of {kept}; it kept every row of "
            f"{optional}.",
            consequence=f"Rows of {optional} without a match are lost, and rows of {kept} without "
            "one come in.",
            fix=f"Keep {optional} whole, or say why {kept} is what counts now.",
            severity=Severity.NOTE if counted else Severity.WARNING,
            confidence=Confidence.POSSIBLE if counted else Confidence.LIKELY,
            offset=start_of(join) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base {optional} is kept whole", base_place(context))],
        )


def _sides(scope: Scope) -> tuple[str, str, exp.Join] | None:
    """The kept relation, the optional one and their join, where there are two in all."""
    if len(scope.bindings) != 2:
        return None
    first, second = scope.bindings.values()
    join = second.join if isinstance(second.join, exp.Join) else first.join
    if not isinstance(join, exp.Join) or (join.kind or "").upper() not in ("", "OUTER"):
        return None
    side = (join.side or "").upper()
    names = (_called(first), _called(second))
    if names[0] == names[1] or side not in ("LEFT", "RIGHT"):
        return None
    kept, optional = names if side == "LEFT" else names[::-1]
    return kept, optional, join


def _follows(scope: Scope, before: Scope) -> bool:
    """True where the key that is put out is taken from the kept side, as it was before."""
    ours, theirs = (_keys(one) for one in (scope, before))
    return any(ours[name] and theirs.get(name) for name in ours)


def _keys(scope: Scope) -> dict[str, bool]:
    """The equated columns that are put out: whether the kept side gives them."""
    sides = _sides(scope)
    joins = [b.join for b in scope.bindings.values() if b.join is not None]
    equated = {c.name.lower() for join in joins for c in join.find_all(exp.Column)}
    found: dict[str, bool] = {}
    for item in scope.node.expressions:
        column = item.this if isinstance(item, exp.Alias) else item
        name = item.alias_or_name.lower()
        binding = scope.bindings.get(column.table) if isinstance(column, exp.Column) else None
        if binding is not None and sides is not None and column.name.lower() in equated:
            found[name] = _called(binding) == sides[0]
    return found


def _called(binding: Binding) -> str:
    """What a relation is, under whichever alias."""
    if isinstance(binding.node, exp.Table) and not binding.relation.id.startswith(
        ("model:", "source:", "seed:")
    ):
        return binding.node.name.lower()
    return binding.relation.id.rsplit(".", 1)[-1] if "." in binding.relation.id else binding.name


RULE = Rule(
    "JOIN019",
    "kept-side-exchanged",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
