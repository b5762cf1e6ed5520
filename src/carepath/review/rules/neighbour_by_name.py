"""LAG or LEAD takes its neighbour in the order of the alphabet.

What it does
    Reports LAG, LEAD, FIRST_VALUE and LAST_VALUE that are sorted by the name of a step, stage,
    phase or level alone, where the same relation has a column that numbers them.

Why it is bad
    The step before `profile` is `account` by its number, and `invite` by the alphabet: each rate
    is taken of another step.

For example
    people / nullif(lag(people) over (order by step_name), 0) as rate    -- step_number is there

Use instead
    people / nullif(lag(people) over (order by step_number), 0) as rate
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.bindings import Use
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

NEIGHBOURS = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
NAMED = re.compile(r"^(\w+_)?(step|stage|phase|level|milestone)(_?name|_?label)?$")
NUMBERS = re.compile(
    r"^(\w+_)?(order|rank|pos|position|sequence|seq|sort|sort_order|index|idx|ordinal)$"
    r"|^(\w+_)?(step|stage|phase|level|milestone|sort|sequence|order)_?(no|number|num|nr|index|order|rank|position|seq)$"
)


def check(context: Context) -> Iterator[Issue]:
    """Look at the order of each window that looks at a neighbour."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, exp.Window) or not isinstance(node.this, NEIGHBOURS):
                    continue
                column = _sorted_by(node)
                use = variant.resolution.uses.get(id(column)) if column is not None else None
                number = _number(use)
                if column is None or number is None:
                    continue
                yield Issue(
                    subject=f"{write(node).lower()[:100]} by name",
                    message=f"{shown(node.this)[:60]} is sorted by {shown(column)}, a name; "
                    f"{number} numbers it.",
                    consequence="The neighbour is that of the alphabet.",
                    fix=f"Sort by {number}.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(shown(node)[:160])],
                )


def _sorted_by(window: exp.Window) -> exp.Column | None:
    """The one column a window is sorted by, where it is called as a name of steps is."""
    order = window.args.get("order")
    parts = order.expressions if order is not None else []
    inner = parts[0].this if len(parts) == 1 else None
    is_name = isinstance(inner, exp.Column) and NAMED.match(inner.name.lower()) is not None
    return inner if is_name else None


def _number(use: Use | None) -> str | None:
    """The column of the same relation that numbers the steps; none where the name is a number."""
    if use is None or use.column is None or use.binding is None:
        return None
    domain = use.column.domain
    is_number = domain is not None and all(str(v).isdigit() for v in domain.values)
    if use.column.type in ("number", "date", "timestamp") or is_number:
        return None
    found = [c.shown for c in use.binding.relation.columns if NUMBERS.match(c.name.lower())]
    return found[0] if len(found) == 1 else None


RULE = Rule(
    "GRAIN076",
    "neighbour-by-name",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
