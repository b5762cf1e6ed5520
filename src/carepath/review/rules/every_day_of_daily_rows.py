"""Daily rows are read whole where the rest of the project reads their newest day.

What it does
    Reports a query that reads a model without a word about its day, where at least two other models
    of the project ask for the newest day of it: `where day = (select max(day) from ...)`. A query
    that groups, or that filters by another time, is left alone.

Why it is bad
    A user comes once for each day something about them was different; a join repeats rows.

For example
    select distinct user_id, grade from {{ ref('users_daily') }}

Use instead
    select user_id, grade from {{ ref('users_daily') }}
    where day = (select max(day) from {{ ref('users_daily') }})
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Place, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Model, Snapshot
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of

NEWEST = re.compile(
    r"(?is)\b(\w+)\s*=\s*\(\s*select\s+max\(\s*(?:\w+\.)?(\w+)\s*\)\s+(?:as\s+\w+\s+)?"
    r"from\s+\{\{\s*ref\(\s*['\"](\w+)['\"]\s*\)\s*\}\}"
)
TIMES = re.compile(
    r"date|day|week|month|year|_at$|_ts|time|valid|effective|current|latest|snapshot"
)
OTHERS = 2


def check(context: Context) -> Iterator[Issue]:
    """Look at each relation whose newest day others ask for."""
    for variant in context.resolved:
        assert variant.resolution is not None
        for scope in variant.resolution.scopes:
            bindings = list(scope.bindings.values())
            if len(bindings) != 1 or not bindings[0].relation.id.startswith("model:"):
                continue
            if _sums_up_or_says_when(scope):
                continue
            relation = bindings[0].relation
            table = newest_days(context.snapshot, context.space.project.root)
            for day, readers in table.get(relation.id.rsplit(".", 1)[-1], {}).items():
                others = [model for model in readers if model.id != context.model.id]
                if len(others) < OTHERS or relation.get(day) is None or _reads(scope, day):
                    continue
                yield Issue(
                    subject=f"{bindings[0].name} {day}",
                    message=f"Every {day} of {relation.id.rsplit('.', 1)[-1]} is read.",
                    consequence="A row comes once for each day on which it was different.",
                    fix=f"Ask for the newest {day}, as {others[0].name} does.",
                    confidence=Confidence.LIKELY,
                    offset=start_of(bindings[0].node) or 0,
                    variant=variant,
                    path=scope.path,
                    evidence=[
                        Evidence(f"{other.name} asks for the newest", Place(other.file.path, 1))
                        for other in others[:3]
                    ],
                )


def _sums_up_or_says_when(scope: Scope) -> bool:
    """True where the query sums its rows up, passes all of them on, or says something of a time."""
    node = scope.node
    if any(node.args.get(key) for key in ("group", "qualify", "limit")):
        return True
    if any(isinstance(item, exp.Star) for item in node.expressions):
        return True
    if any(item.find(exp.AggFunc, exp.Window) for item in node.expressions):
        return True
    where = node.args.get("where")
    return where is not None and any(
        TIMES.search(column.name.lower()) for column in where.find_all(exp.Column)
    )


def _reads(scope: Scope, day: str) -> bool:
    return any(use.node.name.lower() == day for use in scope.uses)


def newest_days(snapshot: Snapshot, root: str) -> dict[str, dict[str, list[Model]]]:
    """Name of a model -> its day -> the models that ask for the newest of it; looked for once."""
    slot = f"newest|{root}"
    if slot not in snapshot.local:
        found: dict[str, dict[str, list[Model]]] = {}
        for model in snapshot.models.values():
            text = snapshot.text(model.file) if model.kind == "model" else ""
            for day, most, name in NEWEST.findall(text) if "max(" in text.lower() else ():
                readers = found.setdefault(name.lower(), {}).setdefault(day.lower(), [])
                if day.lower() == most.lower() and model not in readers:
                    readers.append(model)
        snapshot.local[slot] = found
    table: dict[str, dict[str, list[Model]]] = snapshot.local[slot]
    return table


RULE = Rule(
    "GRAIN041",
    "every-day-of-daily-rows",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
