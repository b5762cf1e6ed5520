"""A line, a branch or a model was copied and not adapted.

What it does
    Reports two computed columns of one SELECT with the same expression; two branches of a UNION
    ALL that are the same; a condition written twice in one AND; and a model that reads the source
    table another model is named after, although its own is declared.

Why it is bad
    One of the two shows the other's values, or rows come twice.

For example
    sum(case when status = 'shipped' then 1 else 0 end) as shipped_orders,
    sum(case when status = 'shipped' then 1 else 0 end) as returned_orders

Use instead
    sum(case when status = 'returned' then 1 else 0 end) as returned_orders
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.jinja.unknown import PATTERN
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.scope import Scope
from carepath.review.sql.values import conjuncts


def check(context: Context) -> Iterator[Issue]:
    """Look for copies within a model, and for the wrong source."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _columns(variant, scope)
            yield from _conditions(variant, scope)
        yield from _branches(variant)
    yield from _source(context)


def _columns(variant: Variant, scope: Scope) -> Iterator[Issue]:
    seen: dict[exp.Expr, exp.Alias] = {}
    for item in scope.node.expressions:
        if not isinstance(item, exp.Alias) or isinstance(item.this, (exp.Column, exp.Literal)):
            continue
        before = seen.setdefault(item.this, item)
        if before is item or not _is_rich(item.this):
            continue
        text = item.this.sql(comments=False).lower()
        if PATTERN.search(text):
            continue
        yield Issue(
            subject=f"{before.alias} {item.alias}",
            message=f"{item.alias} has the same expression as {before.alias}.",
            consequence=f"{item.alias} repeats the values of {before.alias}.",
            fix=f"Adapt the expression of {_less_alike(text, before.alias, item.alias)}.",
            confidence=Confidence.LIKELY,
            offset=start_of(item) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(text[:160])],
        )


def _is_rich(node: exp.Expr) -> bool:
    """Worth comparing: something with a text or a condition in it, and a column."""
    if not node.find(exp.Column) or not node.find(exp.Case, exp.If, exp.Filter, exp.CountIf):
        return False
    literals = [x for x in node.find_all(exp.Literal) if x.is_string and len(x.name) > 1]
    return bool(literals) or bool(node.find(exp.AggFunc))


def _less_alike(text: str, first: str, second: str) -> str:
    score = [sum(word in text for word in name.lower().split("_")) for name in (first, second)]
    return first if score[0] < score[1] else second


def _conditions(variant: Variant, scope: Scope) -> Iterator[Issue]:
    roots = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    for root in roots:
        seen: set[str] = set()
        for part in conjuncts(root):
            text = part.sql(comments=False).lower()
            if text in seen and part.find(exp.Column) and not PATTERN.search(text):
                yield Issue(
                    subject=text[:120],
                    message=f"The join condition {text[:80]} stands twice.",
                    consequence="A second key was probably meant.",
                    fix="Adapt or remove one of the two.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                )
            seen.add(text)


def _branches(variant: Variant) -> Iterator[Issue]:
    assert variant.resolution is not None
    for check_ in variant.resolution.unions:
        node = check_.node
        if not isinstance(node, exp.Union) or isinstance(node.parent, exp.Union):
            continue
        seen: dict[str, exp.Expr] = {}
        stack: list[exp.Expr] = [node]
        branches: list[exp.Expr] = []
        while stack:
            current = stack.pop()
            if isinstance(current, exp.Union):
                stack += [current.right, current.left]
            else:
                branches.append(current)
        for branch in branches:
            text = branch.sql(comments=False).lower()
            if text in seen and not PATTERN.search(text):
                yield Issue(
                    subject="branches",
                    message="Two branches of the UNION are the same.",
                    consequence="Every row of it comes twice, and another branch is missing."
                    if not node.args.get("distinct")
                    else "Another branch is missing.",
                    fix="Adapt the second branch.",
                    confidence=Confidence.LIKELY,
                    severity=Severity.ERROR
                    if not node.args.get("distinct") and branch.find(exp.Table)
                    else None,
                    offset=start_of(branch) or 0,
                    variant=variant,
                    path=check_.path,
                )
            seen.setdefault(text, branch)


def _source(context: Context) -> Iterator[Issue]:
    """A model over one source table that is named after another one."""
    calls = {c for v in context.analysis.variants for c in v.rendered.calls}
    sources = [c for c in calls if c.kind == "source"]
    if len(sources) != 1 or any(c.kind == "ref" for c in calls):
        return
    mine = sources[0]
    name = context.model.name.lower()
    tables = [t for s, t in context.space.docs.sources if s == mine.package]
    if mine.name.lower() in name or len(tables) < 2:
        return
    meant = [
        t for t in tables if len(t) > 3 and (name == t.lower() or name.endswith("_" + t.lower()))
    ]
    if not meant:
        return
    readers = [
        model.name
        for model in context.space.models.values()
        if model.id != context.model.id
        and any(c == mine for c in context.snapshot.calls(model))
        and mine.name.lower() in model.name.lower()
    ]
    if not readers:
        return
    yield Issue(
        subject=f"{mine.package}.{mine.name}",
        message=f"{context.model.name} reads {mine.package}.{mine.name}, as {readers[0]} does; "
        f"{mine.package}.{meant[0]} exists too.",
        consequence=f"It shows the rows of {readers[0]}.",
        fix=f"Read source('{mine.package}', '{meant[0]}').",
        confidence=Confidence.LIKELY,
        word=mine.name,
        evidence=[Evidence(f"{meant[0]} is declared under source {mine.package}")],
    )


RULE = Rule("CLONE001", "unadapted-copy", Severity.WARNING, __doc__ or "", check)
