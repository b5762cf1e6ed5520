"""Weeks of two calendars are used together.

What it does
    Reports, in one model, dates that are cut to ISO weeks (from Monday) and dates that are cut to
    weeks from Sunday (BigQuery's WEEK and ISOWEEK); and an ISO week beside the year of the
    calendar, in formats ('YYYY-IW', '%Y-%V') and in one SELECT that takes both from one date.

Why it is bad
    The two never meet but on some days: joins lose rows, differences are off by one. The last days
    of December may belong to week 1: with the old year they are put a year back.

For example
    date_trunc(signed_up_on, isoweek) as cohort_week, date_trunc(active_on, week) as active_week

Use instead
    date_trunc(signed_up_on, isoweek) as cohort_week, date_trunc(active_on, isoweek) as active_week
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.rule import Context, Issue, Rule
from carepath.review.snapshot import Variant
from carepath.review.sql.bindings import Scope
from carepath.review.sql.parse import start_of
from carepath.review.sql.predicates import nodes_of
from carepath.review.sql.writing import shown, write

CUTS = (exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc)
FORMATS = (
    (re.compile(r"IW"), re.compile(r"YYYY|%Y"), re.compile(r"IYY|%G|I%Y")),
    (re.compile(r"%V"), re.compile(r"%[Yy]"), re.compile(r"%[Gg]")),
    (re.compile(r"%[UW]"), re.compile(r"%[Gg]"), re.compile(r"%[Yy]")),
)
"""(week of a calendar, year of the other one, year of its own)"""


def check(context: Context) -> Iterator[Issue]:
    """Look at the weeks each model cuts, and at its week numbers."""
    for variant in context.resolved:
        assert variant.resolution is not None
        weeks: dict[str, list[tuple[Scope, exp.Expr]]] = {}
        for scope in variant.resolution.scopes:
            for node, _ in nodes_of(scope):
                if isinstance(node, CUTS) and context.dialect == "bigquery":
                    first = _first_day(node)
                    if first:
                        weeks.setdefault(first, []).append((scope, node))
                yield from _format(variant, scope, node)
            yield from _parts(variant, scope)
        if len(weeks) > 1 and not _is_calendar(weeks):
            few, many = sorted(weeks, key=lambda day: (len(weeks[day]), day != "sunday"))[:2]
            scope, node = weeks[few][0]
            yield Issue(
                subject="weeks",
                message=f"{shown(node)[:80]} begins weeks on {few.title()}, the model's other "
                f"weeks begin on {many.title()}.",
                consequence="Weeks of the two never have one date.",
                fix="Cut all of them alike.",
                confidence=Confidence.LIKELY,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(shown(weeks[many][0][1])[:120])],
            )


def _is_calendar(weeks: dict[str, list[tuple[Scope, exp.Expr]]]) -> bool:
    """True for a list of days that has both kinds of weeks, as two columns of one date."""
    cut = [{write(node.this).lower() for _, node in found} for found in weeks.values()]
    return bool(set.intersection(*cut))


def _first_day(node: exp.Expr) -> str:
    """The day its weeks begin on, '' where it cuts to something else."""
    unit = node.args.get("unit")
    if isinstance(unit, exp.WeekStart):
        return str(unit.this.name).lower()
    name = unit.name.upper() if isinstance(unit, exp.Expr) else ""
    return {"ISOWEEK": "monday", "WEEK": "sunday"}.get(name, "")


def _format(variant: Variant, scope: Scope, node: exp.Expr) -> Iterator[Issue]:
    """`to_char(d, 'YYYY-IW')`."""
    if not isinstance(node, exp.Literal) or not node.is_string or len(node.name) > 20:
        return
    if not isinstance(node.parent, (exp.TimeToStr, exp.ToChar, exp.Anonymous, exp.Func)):
        return
    text = node.name
    for week, other, own in FORMATS:
        if not week.search(text) or own.search(text) or not other.search(text):
            continue
        yield Issue(
            subject=f"format {text}",
            message=f"The format {text!r} has the week of one calendar and the year of another.",
            consequence="Days around New Year get week 1 or 53 of the wrong year.",
            fix="Take the year of the ISO calendar with its week.",
            confidence=Confidence.LIKELY,
            offset=start_of(node) or start_of(node.parent) or 0,
            variant=variant,
            path=scope.path,
        )
        return


def _parts(variant: Variant, scope: Scope) -> Iterator[Issue]:
    """`extract(year from d), extract(isoweek from d)`."""
    found: dict[str, dict[str, exp.Expr]] = {}
    for item in scope.node.expressions:
        for node in item.find_all(exp.Extract):
            part = node.this.name.upper()
            found.setdefault(write(node.expression).lower(), {})[part] = node
    for parts in found.values():
        if "YEAR" in parts and "ISOWEEK" in parts and "ISOYEAR" not in parts:
            node = parts["YEAR"]
            yield Issue(
                subject=f"year {write(node.expression).lower()[:80]}",
                message=f"{shown(node)[:80]} stands beside the ISO week of the same date.",
                consequence="Days around New Year get week 1 or 53 of the wrong year.",
                fix="Take ISOYEAR.",
                severity=Severity.NOTE,
                confidence=Confidence.POSSIBLE,
                offset=start_of(node) or 0,
                variant=variant,
                path=scope.path,
            )


RULE = Rule(
    "DET006",
    "weeks-mixed",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
