"""What other answers give away: those over other ranges, and those of other groupings by client."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

import numpy as np

from carepath.questions.hiding import hidden_linked
from carepath.questions.people import METRICS
from carepath.questions.question import Context
from carepath.questions.segments import PEOPLE

# Groupings that follow from the client.
OF_CLIENT = ("client", "client-size", "client-industry", "verification")


def begin_month(day: date) -> date:
    """Return the first day of the month of a date."""
    return day.replace(day=1)


def end_month(day: date) -> date:
    """Return the last day of the month of a date."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def hidden_beforehand(context: Context, names: Sequence[str]) -> list[bool]:
    """Return which groups may not be shown because another answer would tell of a few of them.

    A client of four is told by its industry less the industry's other client. Small groups of the
    four groupings by client are therefore hidden together, on the people who entered and on those
    of them who are mature, whichever of the four is asked for.
    """
    told = _hidden_by_range(context, names)
    if context.segment is None or context.segment.id not in OF_CLIENT:
        return told
    family = [segment for segment in PEOPLE if segment.id in OF_CLIENT]
    columns = ", ".join(f"{one.expression} as group_{i}" for i, one in enumerate(family))
    places = ", ".join(str(i + 1) for i in range(len(family)))
    found = context.fetch(
        f"""
        select
            {columns},
            count(*) as entered,
            count(case when is_mature then 1 end) as mature
        from {METRICS}
        where population = 'entrant' and exclusion_reason is null
            and {context.within("entered_date")}
        group by {places}
        order by {places}
        """
    )
    labels = [found.objects(f"group_{i}").astype(str) for i in range(len(family))]
    asked = [segment.id for segment in family].index(context.segment.id)
    groups = np.unique(labels[asked]).tolist()
    dark = set()
    for people in ("entered", "mature"):
        hide = hidden_linked(labels, found.integers(people))[asked]
        dark |= {name for name, is_dark in zip(groups, hide, strict=True) if is_dark}
    return [one or name in dark for one, name in zip(told, names, strict=True)]


def _hidden_by_range(context: Context, names: Sequence[str]) -> list[bool]:
    """Return which groups may not be shown because another range would tell of a few of them.

    Ranges are whole months, so two answers differ by whole months. Where the month of a group on
    either side of an end of the range, the nearest in which anybody entered, holds under ten
    people, the group is hidden: then whatever is shown of it differs by none or by ten and more.
    """
    from carepath.stats.suppression import told_by_ranges

    if (context.since is None and context.until is None) or context.segment is None:
        return [False] * len(names)
    found = context.fetch(
        f"""
        select
            {context.by} as segment,
            year(entered_date) * 12 + month(entered_date) - 1 as month_number,
            count(*) as entered,
            count(case when is_mature then 1 end) as mature
        from {METRICS}
        where population = 'entrant' and exclusion_reason is null
        group by 1, 2
        order by 1, 2
        """
    )
    months = found.integers("month_number")
    first = int(months.min(initial=0))
    ends = []
    if context.since is not None:
        ends.append(_number(context.since) - first)
    if context.until is not None:
        ends.append(_number(context.until) + 1 - first)
    groups = {name: place for place, name in enumerate(names)}
    place = np.array([groups.get(str(name), -1) for name in found.values("segment")])
    told = np.zeros(len(names), dtype=bool)
    for count in ("entered", "mature"):
        people = np.zeros((len(names), int(months.max(initial=0)) - first + 1), dtype=np.int64)
        known = place >= 0
        people[place[known], months[known] - first] = found.integers(count)[known]
        told |= told_by_ranges(people, ends)
    return [bool(one) for one in told]


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
