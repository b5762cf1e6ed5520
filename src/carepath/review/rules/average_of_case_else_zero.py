"""An average takes the rows of others for zeros.

What it does
    Reports AVG, MIN or MAX of a CASE or IF that keeps one kind of rows (`metric = 'humidity'`) and
    gives 0 for all others, where another aggregate of the same SELECT keeps another kind of the
    same column and leaves the others out.

Why it is bad
    The rows of every other kind pull the average down, or are the minimum.

For example
    avg(case when metric = 'temperature' then value end) as temperature,
    avg(case when metric = 'humidity' then value else 0 end) as humidity

Use instead
    avg(case when metric = 'temperature' then value end) as temperature,
    avg(case when metric = 'humidity' then value end) as humidity
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.units import number
from carepath.review.sql.values import equality
from carepath.review.sql.writing import shown, write

AGGREGATES = (exp.Avg, exp.Min, exp.Max)


def check(context: Context) -> Iterator[Issue]:
    """Compare the conditional aggregates of each SELECT."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            plain: dict[tuple[str, str], exp.Expr] = {}
            zeros: list[tuple[tuple[str, str], exp.Expr]] = []
            for item in scope.node.expressions:
                for node in item.find_all(*AGGREGATES):
                    kept = _kept(node.this)
                    if kept is None:
                        continue
                    key, default = kept
                    if default is None or isinstance(default, exp.Null):
                        plain.setdefault(key, node)
                    elif number(default) == 0:
                        zeros.append((key, node))
            for key, node in zeros:
                sibling = plain.get(key)
                if sibling is None:
                    continue
                yield Issue(
                    subject=write(node).lower()[:120],
                    message=f"{shown(node)[:90]} takes 0 for the rows of any other {key[0]}.",
                    consequence="Rows that it is not about change the result.",
                    fix="Leave ELSE 0 away.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[Evidence(f"{shown(sibling)[:120]} leaves them out")],
                )


def _kept(node: exp.Expr | None) -> tuple[tuple[str, str], exp.Expr | None] | None:
    """((column of the condition, value), the default) of `if(column = 'text', value, default)`."""
    if isinstance(node, exp.Case) and node.this is None and len(node.args.get("ifs") or []) == 1:
        branch, default = node.args["ifs"][0], node.args.get("default")
    elif isinstance(node, exp.If):
        branch, default = node, node.args.get("false")
    else:
        return None
    given = equality(branch.this) if isinstance(branch.this, exp.Expr) else None
    value = branch.args.get("true")
    if given is None or not isinstance(value, exp.Column):
        return None
    return (write(given[0]).lower(), write(value).lower()), default


RULE = Rule(
    "AGG024",
    "average-of-case-else-zero",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
