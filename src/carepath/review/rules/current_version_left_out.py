"""A comparison with dbt_valid_to leaves out the current version.

What it does
    Reports BETWEEN, <, <=, > and >= with the dbt_valid_to of a snapshot, also under another name,
    where nothing stands for its null.

Why it is bad
    dbt_valid_to is null in the version that holds today: it matches nothing.

For example
    on h.id = e.id and e.at between h.dbt_valid_from and h.dbt_valid_to

Use instead
    on h.id = e.id and e.at >= h.dbt_valid_from
        and (e.at < h.dbt_valid_to or h.dbt_valid_to is null)
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Resolution, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

BOUNDS = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def check(context: Context) -> Iterator[Issue]:
    """Look at each condition that must hold."""
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
                    message=f"{write(column)} is null in the version that holds today, which "
                    f"{write(part)[:80]} leaves out.",
                    consequence="The current version matches nothing.",
                    fix=f"Compare with coalesce({write(column)}, a date far away), or add "
                    f"OR {write(column)} IS NULL.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(part) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{column.name} is dbt_valid_to of a snapshot")],
                )


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
    return model is None or "dbt_valid_to_current" in context.snapshot.text(model.file)


RULE = Rule(
    "NULL005",
    "current-version-left-out",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
