"""LAST_VALUE gives the value of its own row.

What it does
    Reports LAST_VALUE (and NTH_VALUE) with ORDER BY and without a frame, where the warehouse's
    frame ends at the current row; LAST_VALUE with a frame that is written to end there; and
    FIRST_VALUE or LAST_VALUE used as an aggregate of a group. With IGNORE NULLS such a frame
    carries the last known value forward, which is fine.

Why it is bad
    The frame runs from the first row to the current one, so the last value of it is the row's own.
    As an aggregate it takes whichever row comes first.

For example
    last_value(status) over (partition by order_id order by changed_at) as final_status

Use instead
    last_value(status) over (
        partition by order_id order by changed_at
        rows between unbounded preceding and unbounded following
    ) as final_status
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import write

WHOLE = frozenset({"snowflake", ""})
"""Warehouses whose default frame for these functions is the whole partition, or unknown."""
EITHER = (exp.FirstValue, exp.LastValue)


def check(context: Context) -> Iterator[Issue]:
    """Look at each LAST_VALUE."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if not isinstance(node, (*EITHER, exp.NthValue)):
                    continue
                outer = node.parent
                is_filled = isinstance(node.this, exp.IgnoreNulls)
                while isinstance(outer, (exp.IgnoreNulls, exp.RespectNulls)):
                    is_filled = is_filled or isinstance(outer, exp.IgnoreNulls)
                    outer = outer.parent
                window = outer if isinstance(outer, exp.Window) else None
                if window is not None:
                    is_whole = isinstance(node, exp.FirstValue) or context.dialect in WHOLE
                    framed = any(window.args.get(key) is not None for key in ("spec", "alias"))
                    is_own = isinstance(node, exp.LastValue) and _ends_at_itself(window)
                    if is_filled or window.args.get("order") is None:
                        continue
                    if (is_whole or framed) and not is_own:
                        continue
                elif (
                    scope.node.args.get("group") is None
                    or not isinstance(node, EITHER)
                    or node.find(exp.Order)
                ):
                    continue
                word = write(node)[:60]
                yield Issue(
                    subject=write(window or node).lower()[:100],
                    message=f"The frame of {word} ends at the current row, whose value it is."
                    if window is not None
                    else f"{word} of a group takes any of its rows: nothing orders them.",
                    consequence="The value is not the last one."
                    if window is not None
                    else "The value changes from run to run.",
                    fix="Add ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING, or use "
                    "FIRST_VALUE in descending order."
                    if window is not None
                    else "Use MAX_BY, MIN_BY or a window with an order.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                )


def _ends_at_itself(window: exp.Window) -> bool:
    """True for a frame that is written to end at the current row."""
    spec = window.args.get("spec")
    if not isinstance(spec, exp.WindowSpec):
        return False
    return str(spec.args.get("end") or "CURRENT ROW").upper() == "CURRENT ROW"


RULE = Rule(
    "DET004",
    "last-value-without-frame",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
