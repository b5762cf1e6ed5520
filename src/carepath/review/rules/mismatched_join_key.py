"""A join compares the identifiers of two different things.

What it does
    Reports `a.x_id = b.y_id` where a has a column y_id of its own, and x_id is the key of a third
    relation, or is equated with columns of its own name everywhere else in the project, or y_id is
    the key of a itself; also where a query groups by x_id under another name. Also an identifier
    equated with a name, a title or an address (a code where the other side has that code), and a
    pair where x_id and y_id are keys of two models, and another relation of the query has an x_id.

Why it is bad
    The numbers of one thing match those of another by chance: rows meet that have nothing to do
    with each other.

For example
    from results join constructors on constructors.constructor_id = results.race_id

Use instead
    from results join constructors on constructors.constructor_id = results.constructor_id
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot, Variant
from carepath.review.sql.bindings import Binding, Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

ENDINGS = ("_id", "_key", "_sk", "_code")


def check(context: Context) -> Iterator[Issue]:
    """Look at each equated pair of differently named columns."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for binding in scope.bindings.values():
                condition = binding.join.args.get("on") if binding.join is not None else None
                for part in conjuncts(condition):
                    other = _named(part, variant.resolution)
                    if other is not None:
                        yield _of_name(variant, scope, part, *other)
                        continue
                    found = (
                        _mismatch(context.snapshot, variant.resolution, part)
                        or _elsewhere(context.snapshot, variant.resolution, scope, part)
                        or _renamed(context.snapshot, variant.resolution, part)
                    )
                    if found is None:
                        continue
                    wrong, right, why = found
                    yield Issue(
                        subject=write(part).lower()[:120],
                        message=f"{shown(part)[:90]} compares two different things: "
                        f"there is {right}"
                        + (f" beside {wrong}." if _table(wrong) == _table(right) else "."),
                        consequence="Rows meet that have nothing to do with each other.",
                        fix=f"Use {right}.",
                        confidence=Confidence.LIKELY,
                        offset=start_of(part) or 0,
                        variant=variant,
                        path=scope.path,
                        evidence=[Evidence(why)],
                    )


NAMING = re.compile(r"_(name|title|email|label|description|status|type)$")


def _named(part: exp.Expr, resolution: Resolution) -> tuple[str, str] | None:
    """`assignee_id = agent_name`: an identifier is compared with what is none.

    A code may be another one's name; not where the other side has a column of the code's own name.
    """
    if not isinstance(part, exp.EQ):
        return None
    for one, two in ((part.left, part.right), (part.right, part.left)):
        if not isinstance(one, exp.Column) or not isinstance(two, exp.Column):
            return None
        name = one.name.lower()
        if not name.endswith(ENDINGS) or not NAMING.search(two.name.lower()):
            continue
        use = resolution.uses.get(id(two))
        is_there = use is not None and use.binding is not None and use.binding.relation.get(name)
        if name.endswith("_id") or is_there:
            return write(one), write(two)
    return None


def _of_name(variant: Variant, scope: Scope, part: exp.Expr, identifier: str, name: str) -> Issue:
    return Issue(
        subject=write(part).lower()[:120],
        message=f"{identifier} is an identifier and {name} is none: {shown(part)[:90]} compares "
        "two different things.",
        consequence="No row matches, or the wrong ones do.",
        fix="Equate the identifiers of both sides.",
        confidence=Confidence.LIKELY,
        offset=start_of(part) or 0,
        variant=variant,
        path=scope.path,
    )


def _mismatch(
    snapshot: Snapshot, resolution: Resolution, part: exp.Expr
) -> tuple[str, str, str] | None:
    if not isinstance(part, exp.EQ) or not isinstance(part.left, exp.Column):
        return None
    if not isinstance(part.right, exp.Column):
        return None
    uses = [resolution.uses.get(id(side)) for side in (part.left, part.right)]
    if any(use is None or use.binding is None or use.column is None for use in uses):
        return None
    first, second = uses
    for one, two in ((first, second), (second, first)):
        assert one is not None and two is not None and one.column and two.column
        assert one.binding is not None and two.binding is not None
        name, other = one.column.name, two.column.name
        if name == other or not name.endswith(ENDINGS) or not other.endswith(ENDINGS):
            continue
        if _related(name, other) or _is_same(one.binding, two.binding):
            continue
        if one.binding.relation.get(other) is None or two.binding.relation.get(name) is not None:
            continue
        root = one.column.root
        if root is not None and root[1] not in (name, "id"):
            continue
        why = _own_meaning(snapshot, name, other) or _own_key(snapshot, one.binding, name, other)
        if why is not None:
            return f"{one.binding.name}.{name}", f"{one.binding.name}.{other}", why
    return None


def _elsewhere(
    snapshot: Snapshot, resolution: Resolution, scope: Scope, part: exp.Expr
) -> tuple[str, str, str] | None:
    """Keys of two models are compared, and a third relation has the right one."""
    if not isinstance(part, exp.EQ):
        return None
    uses = [resolution.uses.get(id(side)) for side in (part.left, part.right)]
    owners, pairs = identifiers(snapshot)
    for one, two in (uses, uses[::-1]):
        if one is None or two is None or not one.column or not two.column:
            continue
        if one.binding is None or two.binding is None or one.binding.join is None:
            continue
        if not any(c is part for c in conjuncts(one.binding.join.args.get("on"))):
            continue
        name, other = one.column.name, two.column.name
        if name == other or not name.endswith(ENDINGS) or not other.endswith(ENDINGS):
            continue
        if _related(name, other) or name not in owners or other not in owners:
            continue
        if pairs.get((name, other), 0) > 1 or two.binding.relation.get(name) is not None:
            continue
        roots = [c.root[1] for c in (one.column, two.column) if c.root is not None]
        if any(root not in (name, other, "id") for root in roots):
            continue
        third = next(
            (
                b.name
                for b in scope.bindings.values()
                if b is not one.binding and b is not two.binding and name in b.relation.index
            ),
            None,
        )
        if third is not None:
            why = f"{name} is the key of {owners[name]}, {other} that of {owners[other]}"
            return f"{two.binding.name}.{other}", f"{third}.{name}", why
    return None


def _renamed(
    snapshot: Snapshot, resolution: Resolution, part: exp.Expr
) -> tuple[str, str, str] | None:
    """A grouped `shipment_id as soid`, of shipments that have an order_id, equals an order_id."""
    if not isinstance(part, exp.EQ):
        return None
    sides = [_plain(part.left), _plain(part.right)]
    uses = [resolution.uses.get(id(side)) for side in sides]
    for one, two in (uses, uses[::-1]):
        if one is None or two is None or not one.column or not two.column:
            continue
        if one.binding is None or two.binding is None or not one.column.direct:
            continue
        model, name = one.column.direct
        other = two.column.direct[1] if two.column.direct else two.column.name
        if name == one.column.name or not name.endswith(ENDINGS) or not other.endswith(ENDINGS):
            continue
        if name == other or _related(name, other) or model not in snapshot.models:
            continue
        source = snapshot.facts(snapshot.models[model]).relation
        if other not in source.index or name in two.binding.relation.index:
            continue
        if any(
            key.columns == {one.column.name} and key.strength == "sql"
            for key in one.binding.relation.keys
        ):
            owner = model.rsplit(".", 1)[-1]
            why = f"{one.binding.name}.{one.column.name} is {name} of {owner}"
            return f"{one.binding.name}.{one.column.name}", f"{owner}.{other}", why
    return None


def _plain(node: exp.Expr) -> exp.Expr:
    while isinstance(node, (exp.Cast, exp.Paren, exp.Lower, exp.Trim)):
        node = node.this
    return node


def _table(name: str) -> str:
    return name.rsplit(".", 1)[0]


def _related(name: str, other: str) -> bool:
    """True where one is a role of the other: billing_customer_id, parent_account_id."""
    return name.endswith("_" + other) or other.endswith("_" + name)


def _is_same(one: Binding, two: Binding) -> bool:
    if one.relation.id == two.relation.id and one.relation.id not in ("query", ""):
        return True
    ours, theirs = set(one.relation.index), set(two.relation.index)
    return bool(ours) and len(ours & theirs) * 10 >= 8 * min(len(ours), len(theirs))


def _own_meaning(snapshot: Snapshot, name: str, other: str) -> str | None:
    owners, pairs = identifiers(snapshot)
    if name in owners:
        return f"{name} is the key of {owners[name]}"
    if pairs.get((name, name), 0) >= 2 and not pairs.get((name, other), 0) > 1:
        return f"{pairs[(name, name)]} other joins equate {name} with {name}"
    return None


def _own_key(snapshot: Snapshot, binding: Binding, name: str, other: str) -> str | None:
    """The relation has the other column as its own key, and `name` is known to other models."""
    if not any(key.columns == {other} for key in binding.relation.keys):
        return None
    having = sum(name in snapshot.facts(m).relation.index for m in snapshot.sql_models())
    return f"{other} is the key of {binding.name} itself" if having >= ENOUGH else None


ENOUGH = 3
"""Models that must have a column before it is an identifier of its own, not a role of one."""


def identifiers(snapshot: Snapshot) -> tuple[dict[str, str], dict[tuple[str, str], int]]:
    """(name of a key -> the model it is the key of, equated pair -> number of joins)."""
    kept = snapshot.local.get("identifiers")
    if kept is None:
        owners: dict[str, str] = {}
        pairs: dict[tuple[str, str], int] = {}
        for model in snapshot.sql_models():
            facts = snapshot.facts(model)
            for key in facts.relation.keys:
                if len(key.columns) == 1:
                    owners.setdefault(next(iter(key.columns)), model.name)
            for join in facts.joins:
                if len(join.left) == len(join.right) == 1:
                    for pair in {(join.left[0], join.right[0]), (join.right[0], join.left[0])}:
                        pairs[pair] = pairs.get(pair, 0) + 1
        kept = snapshot.local["identifiers"] = (owners, pairs)
    found: tuple[dict[str, str], dict[tuple[str, str], int]] = kept
    return found


def screen(snapshot: Snapshot, model: Model) -> bool:
    """True where a join equates columns of different names, other than a plain id."""
    return any(
        left != right and _may_mismatch(left, right)
        for join in snapshot.facts(model).joins
        for left in join.left
        for right in join.right
    )


def _may_mismatch(left: str, right: str) -> bool:
    keys = left.endswith(ENDINGS), right.endswith(ENDINGS)
    names = NAMING.search(left) is not None, NAMING.search(right) is not None
    if all(key or name for key, name in zip(keys, names, strict=True)):
        return True
    return any(keys) and "id" not in (left, right)


RULE = Rule(
    "JOIN009",
    "mismatched-join-key",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
    screen=screen,
)
