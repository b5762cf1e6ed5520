"""The change cuts a moment to a day without the time zone it was in before.

What it does
    Compares each output column with the same one at base: reports a day (or week, month) that was
    cut after a conversion to a time zone, and is now cut from the same moment as it is. Quiet where
    the change also alters a model that this one reads: the conversion may have moved there.

Why it is bad
    What happens between the two midnights moves to another day, and history changes with it.

For example
    date(converted_at) as conversion_date     -- was: date(converted_at, 'America/Los_Angeles')

Use instead
    date(converted_at, 'America/Los_Angeles') as conversion_date
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from carepath.review.findings import Confidence, Evidence, Severity
from carepath.review.pairs import bare, base_place, edited, items, plain
from carepath.review.rule import Context, Issue, Rule
from carepath.review.sql.parse import start_of
from carepath.review.sql.writing import shown

ZONES = (exp.ConvertTimezone, exp.AtTimeZone, exp.FromTimeZone)
CUTS = (
    exp.DateTrunc, exp.TimestampTrunc, exp.DatetimeTrunc, exp.Date, exp.TsOrDsToDate, exp.Cast,
)  # fmt: skip
UTC = frozenset({"utc", "etc/utc", "gmt"})


def check(context: Context) -> Iterator[Issue]:
    """Compare how each column cuts its moment."""
    change = context.change
    for variant, scope, before in edited(context):
        theirs = items(before)
        for alias, now in items(scope).items():
            old = theirs.get(alias)
            if old is None or not _zones(old) or _zones(now) or not _is_cut(now):
                continue
            moments = {bare(column) for column in now.find_all(exp.Column)}
            if len(moments) != 1 or moments != {bare(c) for c in old.find_all(exp.Column)}:
                continue
            if change is not None and any(
                upstream.file.path in change.changed_files
                for upstream in change.head.upstream(context.model)
            ):
                continue
            yield Issue(
                subject=f"{alias} zone",
                message=f"{alias} was cut in {_zones(old)[0]}, and is now cut from "
                f"{moments.pop()} as it is.",
                consequence="What happens near midnight moves to another day.",
                fix="Keep the conversion, or say in which time zone the days are meant.",
                confidence=Confidence.LIKELY,
                offset=start_of(now) or 0,
                variant=variant,
                path=scope.path,
                evidence=[Evidence(f"at base: {shown(old)[:160]}", base_place(context))],
            )


def _is_cut(node: exp.Expr) -> bool:
    return any(
        not isinstance(part, exp.Cast) or _is_date(part.args.get("to"))
        for part in node.find_all(*CUTS)
    )


def _is_date(node: object) -> bool:
    return isinstance(node, exp.DataType) and node.is_type("date")


def _zones(node: exp.Expr) -> list[str]:
    """The time zones an expression names, in conversions and as arguments of what cuts."""
    found = []
    for part in node.find_all(*ZONES, *CUTS):
        zone = part.args.get("zone") or part.args.get("target_tz")
        if isinstance(zone, exp.Expr):
            found.append(zone.name or plain(zone)[:60])
        elif isinstance(part, ZONES):
            found.append("a time zone")
    return [zone for zone in found if zone.lower() not in UTC]


RULE = Rule(
    "DET007",
    "time-zone-dropped",
    Severity.WARNING,
    __doc__ or "",
    check,
    ceiling=Severity.WARNING,
)
