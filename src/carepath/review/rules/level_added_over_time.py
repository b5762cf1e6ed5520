"""A level, such as a balance or a headcount, is added up over time.

What it does
    Reports SUM of a column that is named after a level (balance, headcount, inventory, on_hand,
    mrr), of a relation that has a row for each date, where neither the groups nor a condition keep
    the dates apart. Months of mrr may be added up to revenue under that name.

Why it is bad
    A balance of 100 on each of 30 days is no balance of 3000.

For example
    select account_id, date_trunc('month', balance_date) as month, sum(balance) as balance
    from daily_balances group by 1, 2

Use instead
    -- take the last day of the month, or the average
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Binding, Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.relation import Key
from carepath.review.sql.rows import telling_keys
from carepath.review.sql.writing import shown

LEVEL = re.compile(
    r"(^|_)(balance|headcount|inventory|on_hand|stock_level|stock_units|mrr|arr|backlog)$"
)
PART = re.compile(r"(^|_)(change|delta|net|new|churn\w*|expansion|contraction|movement)(_|$)")
DATE = re.compile(r"(^|_)(date|day|week|month|quarter)(_(day|start|end|utc|local))?$|_on$|^as_of")
DAYS = re.compile(r"(^|_)(days?|months?|weighted|product|cumulative|running)(_|$)")

RECURRING = re.compile(r"(^|_)mrr$")
BILLED = re.compile(r"revenue|bill|income|paid|invoiced")
"""Over months, monthly recurring revenue adds up to revenue."""


def check(context: Context) -> Iterator[Issue]:
    """Look at each sum of a level."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            if scope.node.args.get("group") is None:
                continue
            for item in scope.node.expressions:
                total = item.unalias()
                while isinstance(total, (exp.Round, exp.Cast, exp.Coalesce, exp.Paren)):
                    total = total.this
                if not isinstance(total, exp.Sum) or not isinstance(total.this, exp.Column):
                    continue
                alias = item.alias_or_name.lower()
                if DAYS.search(alias) or (
                    RECURRING.search(total.this.name.lower()) and BILLED.search(alias)
                ):
                    continue
                found = _date_lost(variant, scope, total.this)
                if found is None:
                    continue
                name, key = found
                yield Issue(
                    subject=item.alias_or_name.lower(),
                    message=f"{shown(total)[:60]} adds up {total.this.name} over every {name}: it "
                    "is a level, not a flow.",
                    consequence="The sum grows with the number of dates.",
                    fix=f"Take one {name} of each group, or the average over them.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(total) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"a row per {', '.join(sorted(key.columns))} ({key.proof})")
                    ],
                )


def _date_lost(variant: Variant, scope: Scope, column: exp.Column) -> tuple[str, Key] | None:
    """The date in the key of the summed relation that nothing in the query holds fixed."""
    assert variant.resolution is not None
    use = variant.resolution.uses.get(id(column))
    if use is None or use.binding is None or use.column is None:
        return None
    name = use.column.name.lower()
    if not LEVEL.search(name) or PART.search(name):
        return None
    for key in telling_keys(use.binding.relation):
        dates = [n for n in sorted(key.columns) if _is_date(use.binding, n)]
        if len(dates) == 1 and len(key.columns) > 1 and not _is_held(variant, scope, dates[0]):
            return dates[0], key
    return None


def _is_date(binding: Binding, name: str) -> bool:
    column = binding.relation.get(name)
    return column is not None and (
        column.type in ("date", "timestamp") or DATE.search(name.lower()) is not None
    )


def _is_held(variant: Variant, scope: Scope, date: str) -> bool:
    """True where the date is grouped by as it is, compared with `=` or chosen in some way."""
    node = scope.node
    if node.args.get("qualify") is not None:
        return True
    group = node.args["group"]
    parts = list(group.expressions)
    if group.args.get("all"):
        parts = [e.unalias() for e in node.expressions if e.find(exp.AggFunc) is None]
    for part in parts:
        if isinstance(part, exp.Literal) and part.name.isdigit():
            place = int(part.name) - 1
            part = node.expressions[place].unalias() if place < len(node.expressions) else part
        if isinstance(part, exp.Column):
            alias = scope.aliases.get(part.name) if not part.table else None
            inner = alias.unalias() if alias is not None else part
            if isinstance(inner, exp.Column) and inner.name.lower() == date.lower():
                return True
    conditions = [b.join.args.get("on") for b in scope.bindings.values() if b.join is not None]
    conditions += [node.args.get("where"), node.args.get("having")]
    for clause in conditions:
        for test in clause.find_all(exp.EQ, exp.In, exp.Is) if clause is not None else []:
            if any(c.name.lower() == date.lower() for c in test.find_all(exp.Column)):
                return True
    usings = {u.name.lower() for b in scope.bindings.values() if b.join is not None
              for u in b.join.args.get("using") or []}  # fmt: skip
    return date.lower() in usings


RULE = Rule(
    "AGG021",
    "level-added-over-time",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
