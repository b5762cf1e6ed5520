"""A join with versions of a thing looks at one end of their period only.

What it does
    Reports a join that compares a moment with the begin or with the end of the joined relation's
    period (valid_from and valid_to, effective_date and termination_date), and not with the other.

Why it is bad
    All earlier, or all later, versions match as well: rows are multiplied.

For example
    left join prices on prices.product_id = sales.product_id
        and sales.sold_at < prices.valid_to

Use instead
    left join prices on prices.product_id = sales.product_id
        and sales.sold_at >= prices.valid_from and sales.sold_at < prices.valid_to
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql import keys
from carepath.review.sql.bindings import Binding, known_of
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

PAIRS = (
    (re.compile(r"^(\w+_)?(valid|effective|active)_from(_\w+)?$"),
     re.compile(r"^(\w+_)?(valid|effective|active)_(to|until)(_\w+)?$")),
    (re.compile(r"^(effective|valid|coverage_start|enrolment_start)_(date|on|at)$|^start_date$"),
     re.compile(r"^(termination|expiry|expiration|coverage_end|enrolment_end)_(date|on|at)$|^end_date$")),
    (re.compile(r"^dbt_valid_from$"), re.compile(r"^dbt_valid_to$")),
)  # fmt: skip
"""Names of begins and ends that belong together."""
BOUNDS = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def check(context: Context) -> Iterator[Issue]:
    """Look at each join that matches part of a key and a bound."""
    for variant in context.resolved:
        assert variant.resolution is not None
        known = known_of(variant.resolution, context.dialect)
        for scope in variant.resolution.scopes:
            for name, binding in scope.bindings.items():
                join = binding.join
                if not isinstance(join, exp.Join) or binding.hidden:
                    continue
                ends = _period(binding)
                if ends is None:
                    continue
                used = [
                    (end, part)
                    for part in conjuncts(join.args.get("on"))
                    for end in ends
                    if isinstance(part, BOUNDS) and _names(part, name, end)
                ]
                rest = write(scope.node.args.get("where") or exp.Null()).lower()
                others = [end for end in ends if end not in {u for u, _ in used}]
                if len({u for u, _ in used}) != 1 or len(others) != 1 or others[0] in rest:
                    continue
                if others[0] in write(join.args["on"]).lower():
                    continue
                shape = keys.shape_of(known, scope, name, binding)
                if shape.is_unique or not shape.equated or _chooses(scope.node):
                    continue
                yield Issue(
                    subject=f"{name} {others[0]}",
                    message=f"The join with {name} looks at {used[0][0]} and never at {others[0]}.",
                    consequence="Versions before or after the right one match as well.",
                    fix=f"Compare with {others[0]} too.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(used[0][1]) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{name} has {ends[0]} and {ends[1]}")],
                )


def _period(binding: Binding) -> tuple[str, str] | None:
    names = list(binding.relation.index)
    for begin, end in PAIRS:
        begins = [n for n in names if begin.match(n)]
        finishes = [n for n in names if end.match(n)]
        if len(begins) == len(finishes) == 1:
            return begins[0], finishes[0]
    return None


def _names(part: exp.Expr, table: str, column: str) -> bool:
    return any(
        c.name.lower() == column and c.table.lower() in (table, "")
        for c in part.find_all(exp.Column)
    )


def _chooses(node: exp.Select) -> bool:
    """True where the query chooses one of the matches itself, or counts each once."""
    return any(node.args.get(key) is not None for key in ("qualify", "group", "distinct")) or any(
        item.find(exp.RowNumber, exp.Rank) for item in node.expressions
    )


RULE = Rule(
    "JOIN012",
    "half-of-a-period",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
