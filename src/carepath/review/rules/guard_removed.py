"""The change takes a guard away: a NULLIF, a COALESCE or an ELSE.

What it does
    Compares each output column with the same one at base: reports an expression that differs only
    in a NULLIF or a COALESCE that is gone, and a CASE of a column tested not_null that has lost
    its ELSE. Also a condition `a < b or b is null` that lets the null no longer through.

Why it is bad
    NULLIF kept a zero from stopping the model; COALESCE kept nulls out of sums, keys and
    comparisons.

For example
    revenue / orders as average_order     -- was: revenue / nullif(orders, 0)

Use instead
    revenue / nullif(orders, 0) as average_order
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown

GUARDS = (exp.Nullif, exp.Coalesce)


def check(context: Context) -> Iterator[Issue]:
    """Compare the expressions of each output column."""
    for variant, scope, before in edited(context):
        yield from _closed(context, variant, scope, before)
        theirs = items(before)
        for alias, expression in items(scope).items():
            old = theirs.get(alias)
            if old is None or bare(old) == bare(expression):
                continue
            if _has_lost_else(context, alias, old, expression):
                yield _else_issue(context, variant, scope.path, alias, old, expression)
                continue
            guard = removed(old, expression)
            if guard is None:
                continue
            yield _issue(context, variant, scope.path, alias, expression, guard)


def _closed(context: Context, variant: Variant, scope: Scope, before: Scope) -> Iterator[Issue]:
    """Conditions that stay and lose their `or ... is null`."""
    ours = _conditions(scope)
    kept = {plain(part) for part in ours}
    for old in _conditions(before):
        inner = old.unnest() if isinstance(old, exp.Paren) else old
        if not isinstance(inner, exp.Or) or plain(old) in kept or plain(inner) in kept:
            continue
        sides = (inner.left, inner.right)
        null = next((s for s in sides if isinstance(s, exp.Is) and _is_null(s)), None)
        rest = next((s for s in sides if s is not null), None)
        node = next((p for p in ours if rest is not None and plain(p) == plain(rest)), None)
        if null is None or rest is None or node is None:
            continue
        if any(plain(null.this) in plain(p) for p in ours if p is not node):
            continue
        yield Issue(
            subject=f"{plain(null)[:80]} gone",
            message=f"{shown(rest)[:80]} no longer lets {shown(null)[:60]} through.",
            consequence="Rows where it is null, often those that are still open, are lost.",
            fix=f"Put `or {shown(null)[:60]}` back.",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            offset=start_of(node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"at base: {shown(old)[:160]}", base_place(context))],
        )


def _is_null(node: exp.Is) -> bool:
    return isinstance(node.expression, exp.Null) and isinstance(node.this, exp.Column)


def _conditions(scope: Scope) -> list[exp.Expr]:
    """The parts of WHERE and of the conditions of joins."""
    found = [scope.node.args.get("where")]
    found += [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    parts: list[exp.Expr] = []
    for clause in found:
        inner = clause.this if isinstance(clause, exp.Where) else clause
        parts += conjuncts(inner) if isinstance(inner, exp.Expr) else []
    return parts


def _has_lost_else(context: Context, alias: str, old: exp.Expr, new: exp.Expr) -> bool:
    described = context.model.doc.column(alias) if context.model.doc is not None else None
    if not isinstance(old, exp.Case) or not isinstance(new, exp.Case) or described is None:
        return False
    if not any(t.short == "not_null" and not t.is_conditional for t in described.tests):
        return False
    default = old.args.get("default")
    return (
        default is not None
        and not isinstance(default, exp.Null)
        and new.args.get("default") is None
    )


def _else_issue(
    context: Context, variant: Variant, path: str, alias: str, old: exp.Expr, new: exp.Expr
) -> Issue:
    return Issue(
        subject=f"{alias} else",
        message=f"{alias} has lost its ELSE {shown(old.args['default'])[:60]}: what meets no "
        "branch, a null above all, is null now.",
        consequence="Its not_null test fails.",
        fix="Put an ELSE back.",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        offset=start_of(new) or 0,
        variant=variant,
        path=path,
        evidence=[Evidence(f"at base: {shown(old)[:160]}", base_place(context))],
    )


def removed(old: exp.Expr, new: exp.Expr) -> exp.Expr | None:
    """The guard whose removal is all that turns one expression into the other."""
    target = bare(new)
    guards: list[exp.Expr] = list(old.find_all(*GUARDS))
    for guard in guards:
        if bare(_without(old, [guard])) == target:
            return guard
    if len(guards) > 1 and bare(_without(old, guards)) == target:
        return guards[0]
    return None


def _without(tree: exp.Expr, guards: list[exp.Expr]) -> exp.Expr:
    texts = {plain(guard) for guard in guards}

    def unwrap(node: exp.Expr) -> exp.Expr:
        if isinstance(node, GUARDS) and plain(node) in texts:
            inner = node.this
            return inner if isinstance(inner, exp.Expr) else node
        return node

    return tree.copy().transform(unwrap)


def _issue(
    context: Context, variant: Variant, path: str, alias: str, new: exp.Expr, guard: exp.Expr
) -> Issue:
    inner = guard.this
    divides = isinstance(guard.parent, exp.Div) and guard.parent.right is guard
    assert variant.resolution is not None
    use = None
    if isinstance(inner, exp.Column):
        found = [c for c in new.find_all(exp.Column) if bare(c) == bare(inner)]
        use = variant.resolution.uses.get(id(found[0])) if found else None
    nullable = use is not None and use.binding is not None and use.binding.nullable
    name = "NULLIF" if isinstance(guard, exp.Nullif) else "COALESCE"
    return Issue(
        subject=f"{alias} {plain(guard)[:80]}",
        message=f"{alias} has lost its {name}: {shown(guard)[:80]} became {shown(inner)[:60]}.",
        consequence="A zero stops the model."
        if divides
        else "Nulls come through"
        + (f": {shown(inner)} is null where the join has no match." if nullable else "."),
        fix="Put it back, unless nothing can be null or zero here any more.",
        severity=Severity.WARNING if divides or nullable else Severity.NOTE,
        confidence=Confidence.LIKELY if divides or nullable else Confidence.POSSIBLE,
        offset=start_of(new) or 0,
        variant=variant,
        path=path,
        evidence=[Evidence(f"at base: {shown(guard)[:160]}", base_place(context))],
    )


RULE = Rule(
    "NULL004", "guard-removed", Severity.NOTE, __doc__ or "", check, ceiling=Severity.WARNING
)
