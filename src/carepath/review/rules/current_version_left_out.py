"""A comparison with dbt_valid_to leaves out the current version.

What it does
    Reports BETWEEN, <, <=, > and >= with the dbt_valid_to of a snapshot, also under another name,
    where nothing stands for its null; and a pair of bounds of one relation (started_at <= x and
    ended_at > x) whose end is named after something that may not have happened yet (ended,
    cancelled, terminated), is LEAD of the begins, or is treated as null elsewhere in the project.

Why it is bad
    dbt_valid_to is null in the version that holds today: it matches nothing.

For example
    on h.id = e.id and e.at between h.dbt_valid_from and h.dbt_valid_to

Use instead
    on h.id = e.id and e.at >= h.dbt_valid_from
        and (e.at < h.dbt_valid_to or h.dbt_valid_to is null)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.definitions import definition, output_definition
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import shown, write

BOUNDS = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def check(context: Context) -> Iterator[Issue]:
    """Look at each condition that must hold."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            yield from _open_ends(context, variant, scope)
    if "dbt_valid_to_current" in repr(context.space.project.settings):
        return
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for part in _conditions(scope):
                column = _bound(variant.resolution, part)
                if column is None or _is_set(context, variant.resolution, column):
                    continue
                yield Issue(
                    subject=write(part).lower()[:120],
                    message=f"{shown(column)} is null in the version that holds today, which "
                    f"{shown(part)[:80]} leaves out.",
                    consequence="The current version matches nothing.",
                    fix=f"Compare with coalesce({shown(column)}, a date far away), or add "
                    f"OR {shown(column)} IS NULL.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{column.name} is dbt_valid_to of a snapshot")],
                )


BEGIN = re.compile(
    r"(^|_)(start|starts|started|begin|begins|began|opened|created|hired?|enrolled|installed|"
    r"activated|signed|joined|effective|valid)_?(at|on|date|from)?$"
)
HAPPENED = re.compile(
    r"(^|_)(cancell?ed|ended|terminated|termination|closed|churned|deactivated|removed|deleted|"
    r"left|dropped|resigned|discharged|archived)_(at|on|date)$"
)
END = re.compile(r"(^|_)((valid|effective|active)_(to|until)|end_date|ends?_(at|on))$")


def _open_ends(context: Context, variant: Variant, scope: Scope) -> Iterator[Issue]:
    """Bounds of a period of one relation, whose end is null while it lasts."""
    conditions = _conditions(scope)
    assert variant.resolution is not None
    for part in conditions:
        for column, is_end in _bounded(part):
            name = column.name.lower()
            if is_end and _is_next(context, variant, conditions, column):
                yield _lasting(variant, scope, part, column, "it is LEAD of the begins")
                continue
            if not is_end or not (HAPPENED.search(name) or END.search(name)):
                continue
            use = variant.resolution.uses.get(id(column))
            if use is None or use.binding is None or use.column is None:
                continue
            if use.column.nullable is False or use.column.kind != "column":
                continue
            begins = [
                other
                for one in conditions
                for other, other_is_end in _bounded(one)
                if not other_is_end
                and BEGIN.search(other.name.lower())
                and other.table == column.table
            ]
            if not begins or not (HAPPENED.search(name) or _is_null_elsewhere(context, name)):
                continue
            end = f"{write(begins[0])} is the other end of its period"
            yield _lasting(variant, scope, part, column, end)


def _lasting(
    variant: Variant, scope: Scope, part: exp.Expr, column: exp.Column, evidence: str
) -> Issue:
    return Issue(
        subject=write(part).lower()[:120],
        message=f"{shown(column)} is null as long as it lasts, and {shown(part)[:80]} leaves "
        "those rows out.",
        consequence="What lasts today matches nothing.",
        fix=f"Add OR {shown(column)} IS NULL, or compare with coalesce(...).",
        confidence=Confidence.LIKELY,
        offset=start_of(part) or 0,
        variant=variant,
        path=scope.path,
        evidence=[Evidence(evidence)],
    )


def _is_next(
    context: Context, variant: Variant, conditions: list[exp.Expr], column: exp.Column
) -> bool:
    """True for the end of a period, by another bound, that is LEAD of the begins."""
    assert variant.resolution is not None
    uses = variant.resolution.uses
    use = uses.get(id(column))
    if use is None or use.binding is None or use.column is None:
        return False
    if not any(
        other.name != column.name and getattr(uses.get(id(other)), "binding", None) is use.binding
        for one in conditions
        for other, is_end in _bounded(one)
        if not is_end
    ):
        return False
    if any(write(one).lower() == f"not {write(column)} is null".lower() for one in conditions):
        # Only what is over is meant.
        return False
    made = definition(variant.resolution, column)
    source = use.column.direct
    model = context.snapshot.models.get(source[0]) if made is None and source is not None else None
    if model is not None and source is not None and model.kind == "model":
        for one in context.snapshot.analyse(model).variants[:1]:
            if one.resolution is not None:
                made = output_definition(one.resolution, source[1])
    lead = made.this if isinstance(made, exp.Window) else None
    return isinstance(lead, exp.Lead) and lead.args.get("default") is None


def _bounded(part: exp.Expr) -> list[tuple[exp.Column, bool]]:
    """(column, whether the condition bounds its end) of a comparison of two moments."""
    if isinstance(part, exp.Between):
        found = [(part.args["low"], False), (part.args["high"], True)]
    elif isinstance(part, (exp.LT, exp.LTE)):
        found = [(part.left, False), (part.right, True)]
    elif isinstance(part, (exp.GT, exp.GTE)):
        found = [(part.left, True), (part.right, False)]
    else:
        return []
    columns = [(_plain(node), is_end) for node, is_end in found]
    return [(node, is_end) for node, is_end in columns if isinstance(node, exp.Column)]


def _plain(node: object) -> object:
    while isinstance(node, (exp.Cast, exp.Date, exp.TsOrDsToDate, exp.Paren)):
        node = node.this
    return node


def _is_null_elsewhere(context: Context, name: str) -> bool:
    """True where a query of the project, now or at base, knows of the column's null."""
    column = re.escape(name)
    given = re.compile(rf"(coalesce|ifnull|nvl)\(\s*(\w+\.)?{column}\b|\b{column} is null")
    root = context.space.project.root
    slot = f"texts|{root}"
    snapshots = [context.snapshot]
    if context.change is not None and context.change.base is not context.snapshot:
        # The change may have taken the only such place away.
        snapshots.append(context.change.base)
    for snapshot in snapshots:
        kept: str | None = snapshot.local.get(slot)
        if kept is None:
            ours = (m for m in snapshot.sql_models() if m.project.root == root)
            kept = snapshot.local[slot] = "\n".join(snapshot.text(m.file).lower() for m in ours)
        if given.search(kept) is not None:
            return True
    return False


def _conditions(scope: Scope) -> list[exp.Expr]:
    roots = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    where = scope.node.args.get("where")
    roots.append(where.this if where is not None else None)
    return [part for root in roots for part in conjuncts(root)]


def _bound(resolution: Resolution, part: exp.Expr) -> exp.Column | None:
    sides: list[exp.Expr] = []
    if isinstance(part, exp.Between):
        sides = [part.args["high"]]
    elif isinstance(part, BOUNDS):
        sides = [part.left, part.right]
    for side in sides:
        use = resolution.uses.get(id(side)) if isinstance(side, exp.Column) else None
        root = use.column.root if use is not None and use.column is not None else None
        is_end = root is not None and root[1].lower() == "dbt_valid_to"
        if isinstance(side, exp.Column) and root and is_end and root[0].startswith("snapshot:"):
            return side
    return None


def _is_set(context: Context, resolution: Resolution, column: exp.Column) -> bool:
    """True where the snapshot itself writes a date instead of null."""
    use = resolution.uses.get(id(column))
    root = use.column.root if use is not None and use.column is not None else None
    model = context.snapshot.models.get(root[0]) if root is not None else None
    if model is None or (model.doc is not None and "dbt_valid_to_current" in model.doc.config):
        return True
    return "dbt_valid_to_current" in context.snapshot.text(model.file)


RULE = Rule(
    "NULL005",
    "current-version-left-out",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
