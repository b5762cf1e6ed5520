"""A query reads a column that its sources do not have.

What it does
    Resolves every column through CTEs, subqueries and refs. Reports a name only where all
    sources it could come from are known completely.

Why it is bad
    The model does not build.

For example
    with orders as (select order_id, amount from {{ ref('stg_orders') }})
    select order_id, total from orders

Use instead
    with orders as (select order_id, amount as total from {{ ref('stg_orders') }})
    select order_id, total from orders
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.naming import listing, nearest
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.names import PSEUDO
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Gap, Relation


def check(context: Context) -> Iterator[Issue]:
    """Report the gaps the resolver proved, and near-certain typos in documented sources."""
    for variant in context.resolved:
        assert variant.resolution is not None
        reported: set[tuple[str, str]] = set()
        for gap in variant.resolution.gaps:
            if gap.kind != "column" or '"' in gap.name:
                continue
            if gap.extra.get("shown", "").startswith('"'):
                continue
            if (gap.name, gap.path) in reported:
                continue
            reported.add((gap.name, gap.path))
            yield _issue(context, variant, gap)
        yield from _typos(context, variant)
        yield from _this(context, variant)
        yield from _renamed(context, variant)


def _issue(context: Context, variant: Variant, gap: Gap) -> Issue:
    relations = [r for r in gap.relations if r is not None]
    known = [column.shown for relation in relations for column in relation.columns]
    near = nearest(gap.name, [name.lower() for name in known])
    names = sorted({_label(relation) for relation in relations})
    owner = gap.table or (listing(names, 3) if len(names) == 1 else "any source here")
    of = (
        f"{owner} has no column {gap.name}"
        if gap.table
        else (f"No source here has a column {gap.name}")
    )
    evidence = [
        Evidence(
            f"{gap.table or _label(r)} has exactly: {listing([c.shown for c in r.columns], 14)}"
        )
        for r in relations[:3]
    ]
    upstream = next((r.id for r in relations if r.id.startswith(("model:", "seed:"))), "")
    return Issue(
        subject=f"{gap.table}.{gap.name}" if gap.table else gap.name,
        message=f"{of}." + (f" Did you mean {near}?" if near else ""),
        consequence="The model does not build: invalid column.",
        fix=f"Use {near}." if near else f"Add {gap.name} upstream, or stop reading it.",
        confidence=Confidence.CERTAIN if context.dialect else Confidence.LIKELY,
        offset=gap.offset,
        variant=variant,
        path=gap.path,
        evidence=evidence,
        weight=1 if upstream else 0,
    )


def _label(relation: Relation) -> str:
    if relation.id.startswith(("model:", "seed:", "source:", "snapshot:")):
        return relation.id.split(":", 1)[1].split(".", 1)[-1]
    return "the subquery or CTE"


def _typos(context: Context, variant: Variant) -> Iterator[Issue]:
    """A misspelled column of a source whose YAML documents all others that are read."""
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        bindings = list(scope.bindings.values())
        if len(bindings) != 1 or not bindings[0].relation.id.startswith("source:"):
            continue
        relation = bindings[0].relation
        found = [use for use in scope.uses if use.column is not None]
        lost = [
            use
            for use in scope.uses
            if use.column is None and not use.alias and len(use.node.parts) <= 2
        ]
        if len(lost) != 1 or len({use.column.name for use in found if use.column}) < 5:
            continue
        name = lost[0].node.name.lower()
        used = {use.column.name for use in found if use.column is not None}
        near = nearest(name, set(relation.index) - used, 0.86)
        start = (lost[0].node.this._meta or {}).get("start")
        if near is None or start is None:
            continue
        yield Issue(
            subject=name,
            message=f"{_label(relation)} documents no column {name}. Did you mean {near}?",
            consequence="The model may not build.",
            fix=f"Use {near}, or document {name}.",
            severity=Severity.WARNING,
            confidence=Confidence.POSSIBLE,
            offset=int(start),
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"every other column read here is documented ({len(used)})")],
        )


def _renamed(context: Context, variant: Variant) -> Iterator[Issue]:
    """A column of a snapshot but for an underscore: what its source calls it."""
    assert variant.resolution is not None
    for scope in variant.resolution.scopes:
        bindings = list(scope.bindings.values())
        snapshots = [b for b in bindings if b.relation.id.startswith("snapshot:")]
        others = [b for b in bindings if not b.relation.id.startswith("snapshot:")]
        if len(snapshots) != 1 or not all(b.relation.is_closed for b in others):
            continue
        snapshot = snapshots[0]
        for use in scope.uses:
            name = use.node.name.lower()
            if use.alias or use.column is not None or len(use.node.parts) > 2:
                continue
            if use.binding not in (None, snapshot) or (use.binding is None and use.node.table):
                continue
            now = {c.shown for c in snapshot.relation.columns if _bare(c.name) == _bare(name)}
            if len(now) != 1 or name in snapshot.relation.index:
                continue
            yield Issue(
                subject=f"{snapshot.name}.{name}",
                message=f"{_label(snapshot.relation)} puts out {now.pop()}, not {use.node.name}.",
                consequence="The model does not build, unless the table has it from earlier.",
                fix="Use the name the snapshot gives it.",
                severity=Severity.WARNING,
                confidence=Confidence.LIKELY,
                offset=start_of(use.node) or 0,
                variant=variant,
                path=scope.path,
            )


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def _this(context: Context, variant: Variant) -> Iterator[Issue]:
    """A column of {{ this }} that the model does not put out, nor did at base."""
    assert variant.resolution is not None
    outputs = [v.resolution.output for v in context.resolved if v.resolution is not None]
    if context.model.kind != "model" or not all(o.is_closed for o in outputs):
        return
    change = context.change
    before = change.counterpart(context.model) if change is not None else None
    if change is not None and before is not None:
        outputs.append(change.base.facts(before).relation)
    known = {column.name for output in outputs for column in output.columns}
    for scope in variant.resolution.scopes:
        bindings = list(scope.bindings.values())
        if len(bindings) != 1 or bindings[0].relation.id != "open:this":
            continue
        for use in scope.uses:
            name = use.node.name.lower()
            if use.alias or use.column is not None or len(use.node.parts) > 2:
                continue
            if name in known or name in PSEUDO or use.node.find_ancestor(exp.Query) is None:
                continue
            yield Issue(
                subject=f"this.{name}",
                message=f"The model itself has no column {name}, which it reads from this.",
                consequence="Every run but the first stops: invalid column.",
                fix=f"Read one of its own columns, or put out {name}.",
                confidence=Confidence.LIKELY,
                offset=start_of(use.node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"it puts out: {listing(sorted(known), 14)}")],
            )


RULE = Rule("SQL005", "unknown-column", Severity.ERROR, __doc__ or "", check)
