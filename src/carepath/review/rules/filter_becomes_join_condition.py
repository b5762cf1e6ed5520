"""A filter belongs to a LEFT JOIN on the first build, and to WHERE afterwards.

What it does
    Renders the model with and without is_incremental(), and reports a condition that stands in
    WHERE in one of them and in the ON of an outer join in the other.

Why it is bad
    In ON it filters nothing: the rows stay, only what is joined to them becomes null.

For example
    left join prices on prices.day = days.day
    {% if is_incremental() %} where days.day > '2024-01-01' {% endif %}
    and days.day < current_date

Use instead
    left join prices on prices.day = days.day
    where days.day < current_date
    {% if is_incremental() %} and days.day > '2024-01-01' {% endif %}
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.parse import start_of
from carepath.review.sql.values import conjuncts
from carepath.review.sql.writing import write

Place = tuple[str, str]
"""The path of a scope and a condition as it is written."""


def check(context: Context) -> Iterator[Issue]:
    """Compare the conditions of the variants."""
    variants = context.resolved
    if len(variants) < 2:
        return
    filters = [_filters(variant) for variant in variants]
    told: set[Place] = set()
    for variant, own in zip(variants, filters, strict=True):
        for place, node in _joined(variant).items():
            if place in own or place in told:
                continue
            other = next((v for v, f in zip(variants, filters, strict=True) if place in f), None)
            if other is None or place in _joined(other):
                continue
            told.add(place)
            yield Issue(
                subject=place[1].lower()[:100],
                message=f"{place[1][:80]} is a part of the LEFT JOIN's condition here, and of "
                "WHERE otherwise.",
                consequence="Without a WHERE of its own it filters no row.",
                fix="Begin with WHERE outside of the block, and with AND within it.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=place[0],
                evidence=[Evidence(f"it is in WHERE with {_shown(other)}")],
            )


def _filters(variant: Variant) -> set[Place]:
    assert variant.resolution is not None
    return {
        (scope.path, write(part))
        for scope in variant.resolution.scopes
        if (where := scope.node.args.get("where")) is not None
        for part in conjuncts(where.this)
    }


def _joined(variant: Variant) -> dict[Place, exp.Expr]:
    """The conditions of each scope's last outer join."""
    assert variant.resolution is not None
    found: dict[Place, exp.Expr] = {}
    for scope in variant.resolution.scopes:
        joins = scope.node.args.get("joins") or []
        last = joins[-1] if joins else None
        if isinstance(last, exp.Join) and last.side and scope.node.args.get("where") is None:
            for part in conjuncts(last.args.get("on")):
                found[scope.path, write(part)] = part
    return found


def _shown(variant: Variant) -> str:
    flags = ", ".join(f"{k}() {str(v).lower()}" for k, v in variant.rendered.flags.items())
    return flags or "no flag set"


RULE = Rule(
    "JOIN041",
    "filter-becomes-join-condition",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
