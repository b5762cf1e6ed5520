"""A column is qualified with a name that is no table, CTE or alias here.

What it does
    Reports `x.column` where no source of the query, or of a query around it, is called x; where a
    relation is not known in full, only if conditions read one column of several short names.

Why it is bad
    The model does not build. Often an alias was renamed, or a join was removed, and one
    reference was left behind.

For example
    select o.id, customers.name from orders as o join customers as c on c.id = o.customer_id

Use instead
    select o.id, c.name from orders as o join customers as c on c.id = o.customer_id
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of

SHORT = 3
"""How long the names are that people give to tables, and not to structs."""


def check(context: Context) -> Iterator[Issue]:
    """Report the unknown qualifiers the resolver met."""
    yield from _of_other_variants(context)
    yield from _of_another_query(context)
    for variant in context.resolved:
        assert variant.resolution is not None
        reported: set[tuple[str, str]] = set()
        for gap in variant.resolution.gaps:
            if gap.kind != "alias" or (gap.name, gap.path) in reported:
                continue
            reported.add((gap.name, gap.path))
            names = [name for name in gap.extra.get("bindings", "").split(", ") if name]
            near = nearest(gap.name, names, 0.6)
            yield Issue(
                subject=gap.name,
                message=f"Nothing here is called {gap.name}."
                + (f" Did you mean {near}?" if near else ""),
                consequence="The model does not build: unknown table or alias.",
                fix=f"Qualify with {near or 'one of ' + ', '.join(names)}.",
                confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
                offset=gap.offset,
                variant=variant,
                path=gap.path,
                evidence=[Evidence(f"the sources here are {', '.join(names)}")],
            )


def _of_another_query(context: Context) -> Iterator[Issue]:
    """Several short names that are nothing here, with one column: a filter of another model.

    One of them alone, or a longer one, might be a struct of a relation that is not known in full.
    """
    told: set[tuple[str, str]] = set()
    for variant in context.resolved:
        assert variant.resolution is not None
        reported = {gap.name for gap in variant.resolution.gaps if gap.kind == "alias"}
        for scope in variant.resolution.scopes:
            if scope.parent is not None:
                continue
            found: dict[str, dict[str, exp.Column]] = {}
            for use in scope.uses:
                name = use.node.table.lower()
                if use.binding is not None or not name or len(use.node.parts) != 2:
                    continue
                if len(name) > SHORT or use.clause not in ("where", "on"):
                    continue
                if name in scope.bindings or use.node.find_ancestor(exp.Lambda) is not None:
                    continue
                if any(b.relation.get(name) is not None for b in scope.bindings.values()):
                    continue
                found.setdefault(use.node.name.lower(), {}).setdefault(name, use.node)
            for column, names in found.items():
                names = {n: c for n, c in names.items() if n not in reported}
                if len(names) < 2 or (column, scope.path) in told:
                    continue
                told.add((column, scope.path))
                first = next(iter(names.values()))
                yield Issue(
                    subject=f"{column} of {', '.join(sorted(names))}",
                    message=f"Nothing here is called {', '.join(sorted(names))}, of which "
                    f"{column} is read.",
                    consequence="The model does not build: unknown tables or aliases.",
                    fix=f"Qualify with one of {', '.join(sorted(scope.bindings))}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(first) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"the sources here are {', '.join(scope.bindings)}")],
                )


def _of_other_variants(context: Context) -> Iterator[Issue]:
    """Columns of a relation that is joined in another variant and not in this one.

    Alone it might be a struct of an open relation; that it is a relation elsewhere says it is not.
    """
    joined: dict[str, set[str]] = {}
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            joined.setdefault(scope.path, set()).update(scope.bindings)
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if scope.parent is not None or not scope.path:
                continue
            told: set[str] = set()
            for use in scope.uses:
                name = use.node.table.lower()
                if use.binding is not None or name in scope.bindings or name in told:
                    continue
                if name not in joined[scope.path] or len(use.node.parts) != 2:
                    continue
                told.add(name)
                setting = variant.rendered.variant or "the defaults"
                yield Issue(
                    subject=name,
                    message=f"{name} is not joined with {setting}, and {use.node.sql()} is read of "
                    "it.",
                    consequence="The model does not build with that setting.",
                    fix=f"Put {use.node.sql()} under the condition that {name} is joined under.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(use.node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name} is joined in another setting")],
                )


RULE = Rule("SQL006", "unknown-relation-alias", Severity.ERROR, __doc__ or "", check)
