"""One branch of a UNION loses rows of what both branches read.

What it does
    Reports a UNION ALL of which one branch puts out each row of a CTE, and the other reads the
    same CTE and joins it, by INNER JOIN, with a lookup that a condition has filtered.

Why it is bad
    Where the lookup has no row, one half is there without the other: debits without credits.

For example
    select order_id, 'debit' as side from entries
    union all
    select e.order_id, 'credit' from entries as e join accounts as a on a.region = e.region

Use instead
    ... left join accounts as a on a.region = e.region
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Resolution, Scope
from carepath.review.sql.parse import start_of

NARROWING = ("where", "qualify", "group", "distinct", "having", "limit")


def check(context: Context) -> Iterator[Issue]:
    """Compare the branches of each UNION ALL."""
    for variant in context.resolved:
        assert variant.resolution is not None
        branches: dict[str, list[Scope]] = {}
        for scope in variant.resolution.scopes:
            stem = scope.path.rstrip("0123456789/")
            if isinstance(scope.node.parent, exp.Union) and not scope.node.parent.args["distinct"]:
                branches.setdefault(stem, []).append(scope)
        for several in branches.values():
            whole = {
                _first(scope).node.name.lower()
                for scope in several
                if len(scope.bindings) == 1 and _first(scope).is_cte and not _is_narrowed(scope)
            }
            for scope in several:
                if len(scope.bindings) > 1 and _first(scope).node.name.lower() in whole:
                    yield from _branch(variant, scope)


def _branch(variant: Variant, scope: Scope) -> Iterator[Issue]:
    assert variant.resolution is not None
    if _is_narrowed(scope):
        return
    for name, binding in list(scope.bindings.items())[1:]:
        join = binding.join
        if not isinstance(join, exp.Join) or join.side or (join.kind or "").upper() == "CROSS":
            continue
        if not binding.is_cte or not _is_filtered(variant.resolution, binding):
            continue
        first = _first(scope).name
        yield Issue(
            subject=f"{scope.path} {name}",
            message=f"This branch keeps only rows of {first} with a match in {name}; the other "
            "branch keeps all of them.",
            consequence="Rows without a match come in one branch and not in the other.",
            fix="Write LEFT JOIN, or leave the same rows out of both branches.",
            confidence=Confidence.LIKELY,
            offset=start_of(binding.node) or 0,
            variant=variant,
            path=scope.path,
            evidence=[Evidence(f"{name} is filtered by a condition")],
        )


def _first(scope: Scope) -> Binding:
    return next(iter(scope.bindings.values()))


def _is_narrowed(scope: Scope) -> bool:
    return any(scope.node.args.get(part) is not None for part in NARROWING)


def _is_filtered(resolution: Resolution, binding: Binding) -> bool:
    inner = [s for s in resolution.scopes if s.path == binding.node.name.lower()]
    return len(inner) == 1 and inner[0].node.args.get("where") is not None


RULE = Rule(
    "JOIN021", "branch-drops-rows", Severity.WARNING, __doc__ or "", check, ceiling=Severity.WARNING
)
