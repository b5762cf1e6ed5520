"""An incremental model adds the condition for new rows with OR.

What it does
    Compares WHERE of an incremental run with WHERE of a full refresh: reports one that is the old
    condition, or a part of its OR, OR what only the incremental run asks.

Why it is bad
    The incremental run takes every row that the old condition takes, and more: nothing is saved,
    and rows come in that a full refresh leaves out.

For example
    where direction = 'out'
    {% if is_incremental() %}
    or started_at > (select max(started_at) from {{ this }})
    {% endif %}

Use instead
    where direction = 'out'
    {% if is_incremental() %}
    and started_at > (select max(started_at) from {{ this }})
    {% endif %}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import by_path, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown


def check(context: Context) -> Iterator[Issue]:
    """Compare the variants of one model."""
    for ours in context.resolved:
        if ours.rendered.flags.get("is_incremental") is not True:
            continue
        flags = {k: v for k, v in ours.rendered.flags.items() if k != "is_incremental"}
        for full in context.resolved:
            if {k: v for k, v in full.rendered.flags.items() if v or k in flags} != flags:
                continue
            assert ours.resolution is not None and full.resolution is not None
            before = by_path(full.resolution.scopes)
            for path, scope in by_path(ours.resolution.scopes).items():
                new, kept = _arms(scope), _arms(before[path]) if path in before else []
                known = {plain(arm) for arm in kept}
                same = [arm for arm in new if plain(arm) in known]
                added = [arm for arm in new if plain(arm) not in known]
                if not same or not added or all(arm.find(exp.Query) is None for arm in added):
                    continue
                yield Issue(
                    subject=f"{path} or",
                    message=f"Incremental runs take every row with {shown(same[0])[:80]}, new or "
                    "not: the condition for new rows is joined by OR.",
                    consequence="Nothing is saved, and rows may come in that a full refresh "
                    "leaves out.",
                    fix="Join it by AND, with parentheses around an OR before it.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(added[0]) or 0,
                    variant=ours,
                    path=path,
                    evidence=[Evidence(f"only incremental runs ask {shown(added[0])[:120]}")],
                )


def _arms(scope: Scope) -> list[exp.Expr]:
    """The parts of WHERE that OR joins, or all of it."""
    where = scope.node.args.get("where")
    root = where.this.unnest() if where is not None else None
    if isinstance(root, exp.Or):
        return list(root.flatten())
    return [root] if root is not None else []


RULE = Rule(
    "CFG019",
    "new-rows-by-or",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
