"""The newest row is taken first, and asked to be valid afterwards.

What it does
    Reports `where is_valid` on a subquery or CTE that keeps one row of each thing by ROW_NUMBER and
    has not asked for valid ones itself.

Why it is bad
    Whose newest row is not valid has no row at all, although an older one is valid. It may be
    meant so for what is deleted or closed; hardly for what was measured wrongly.

For example
    select * from (
        select * from readings
        qualify row_number() over (partition by person_id order by read_at desc) = 1
    ) as latest
    where is_valid

Use instead
    select * from readings
    where is_valid
    qualify row_number() over (partition by person_id order by read_at desc) = 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts

VALID = re.compile(r"^is_valid(_|$)|^valid$|^is_(in)?valid_\w+$|_is_valid$")


def check(context: Context) -> Iterator[Issue]:
    """Look at what is asked of chosen rows."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            bindings = list(scope.bindings.values())
            where = scope.node.args.get("where")
            if where is None or len(bindings) != 1:
                continue
            inner = _inner(variant, scope)
            if inner is None or not _chooses(inner):
                continue
            for part in conjuncts(where.this):
                column = part.left if isinstance(part, exp.EQ) else part
                if not isinstance(column, exp.Column) or not VALID.search(column.name.lower()):
                    continue
                if _asks(inner, column.name):
                    continue
                yield Issue(
                    subject=column.name.lower(),
                    message=f"Only the newest row is asked for {column.name}.",
                    consequence="Whose newest row is not valid has no row at all.",
                    fix=f"Ask for {column.name} before the newest row is taken.",
                    confidence=Confidence.POSSIBLE,
                    offset=start_of(column) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _inner(variant: Variant, scope: Scope) -> Scope | None:
    """The query the only relation of a scope stands for."""
    assert variant.resolution is not None
    binding = next(iter(scope.bindings.values()))
    if isinstance(binding.node, exp.Subquery):
        found = [s for s in variant.resolution.scopes if s.node is binding.node.this]
    elif binding.is_cte:
        found = [s for s in variant.resolution.scopes if s.path == binding.node.name.lower()]
    else:
        return None
    return found[0] if len(found) == 1 else None


def _chooses(scope: Scope) -> bool:
    qualify = scope.node.args.get("qualify")
    return qualify is not None and any(
        isinstance(part, exp.EQ) and part.find(exp.RowNumber) and part.right.name == "1"
        for part in conjuncts(qualify.this)
    )


def _asks(scope: Scope, name: str) -> bool:
    where = scope.node.args.get("where")
    windows = scope.node.args.get("qualify")
    return any(
        column.name.lower() == name.lower()
        for clause in (where, windows)
        if clause is not None
        for column in clause.find_all(exp.Column)
    )


RULE = Rule(
    "GRAIN043",
    "valid-after-newest",
    Severity.NOTE,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
