"""Is the team at capacity because there is more work, or because work got slower?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.figures import figure, tally
from carepath.questions.flow_days import (
    COORDINATORS,
    KNOWN_CHANGES,
    PHASES,
    TASKS,
    TaskFlow,
    count_days,
    read_flow,
)
from carepath.questions.question import Context, Question
from carepath.questions.wording import count, percent

if TYPE_CHECKING:
    from carepath.stats.flow import Driver, FlowDays, FlowVerdict

QUESTION = Question(
    id="demand-or-efficiency",
    text="Is the team at capacity because there is more work, or because work got slower, and "
    "which driver?",
    decision="whether to hire or to fix the process",
    population="all tasks; two windows of equal length, the later one the range asked for, else "
    "the last half year, and the last year where the half year cannot tell; the earlier one a year "
    "before where the data reach back",
    unit="day",
    estimand="the ratio of work in progress between the windows, and what each driver adds to the "
    "logarithm of the load: arrivals, rework, service and external waiting, with block-bootstrap "
    "intervals",
    censoring="visits that still last count up to the moment to which tasks are known; the state "
    "of every day until then is known, so no follow-up is needed",
    reads=(PHASES, TASKS, COORDINATORS, "data_freshness"),
    verdicts={
        "demand": "work in progress changed by a quarter or more, and arrivals drive it",
        "efficiency": "it changed, and rework, service or external waiting drives it",
        "none": "no change by a quarter is seen beyond chance; the headline says whether one is "
        "ruled out",
        "cannot tell": "no driver leads beyond chance, the data do not span two windows of 84 "
        "days, or of more than 10 % of the tasks it is not known when they were open",
    },
    local_dates="always",
)
COLUMNS = (
    Column("driver", "", "what moves the load"),
    Column("side", "", "demand or efficiency"),
    Column("unit", "", "unit of before and after"),
    Column("before", "varies", "value in the earlier window, in unit; null where not measured"),
    Column("after", "varies", "value in the later window, in unit"),
    Column("contribution", "log", "logarithm of what it does to the load: 0.1 is 10 % more"),
    Column("low", "log", "lower limit of contribution"),
    Column("high", "log", "upper limit of contribution"),
)
Windows = tuple[date, date, int]
"""First days of the earlier and the later window, and the days of each."""
WINDOW_DAYS = 182
YEAR_DAYS = 364
MINIMUM_DAYS = 84
QUARTER_MORE = 1.25
# Of more tasks than this share unknown when they were open, work in progress is not known either.
MOST_UNTOLD = 0.10
UNITS = {
    "arrivals": "tasks per day",
    "rework": "visits per task",
    "service": "team-days per visit",
    "external waiting": "days per wait",
}
NAMES = {
    "arrivals": "more tasks arrive",
    "rework": "tasks come back more often",
    "service": "the team gets fewer visits done a day while work waits",
    "external waiting": "waits for others last longer",
}
FALLING = {
    "arrivals": "fewer tasks arrive",
    "rework": "tasks come back less often",
    "service": "the team gets more visits done a day while work waits",
    "external waiting": "waits for others are shorter",
}
# Where the history says who worked, the service of the team is taken apart.
STAFF_UNITS = {"service": "coordinator-days per visit", "capacity": "coordinators"}
STAFF_NAMES = {"service": "service per coordinator", "capacity": "coordinators at work"}


def answer(context: Context) -> Answer:
    """Compare two windows of equal length by what drives the load."""
    flow = read_flow(context)
    if flow is None:
        return context.answer("There are no tasks.", "no data")
    if flow.untold > MOST_UNTOLD * len(flow.arrivals):
        return context.answer(
            "Whether demand or efficiency changed cannot be told: of "
            f"{count(flow.untold)} of {count(len(flow.arrivals), 'task')} it is not known when "
            "they were open. They have no history, or a status that status_map.csv does not name.",
            "cannot tell",
            caveats=(flow.known.say("Tasks"),),
        )
    candidates = choose_windows(context, flow)
    if not candidates:
        return context.answer(
            f"Whether demand or efficiency changed cannot be told: {_say_short(context, flow)}.",
            "cannot tell",
            caveats=(flow.known.say("Tasks"),),
        )
    compared = _first_that_tells(candidates, flow, context.seed)
    found, before, after = compared.found, compared.before, compared.after
    first, second, length = compared.windows
    from carepath.stats.flow import demand_or_efficiency

    share, changes = min(flow.staff.known_share(start, length) for start in (first, second))
    is_known = share >= KNOWN_CHANGES
    staffed = demand_or_efficiency(before, after, context.seed) if is_known else None
    verdict = found.side or ("none" if found.verdict == "none" else "cannot tell")
    return context.answer(
        _say(found, staffed, first, second, length),
        verdict,
        (*_figures(found, before, after), *_staff_figures(staffed, share, changes)),
        Table(COLUMNS, (*(_row(one) for one in _team(found)), *map(_staff_row, _staff(staffed)))),
        caveats=(
            f"Windows: {length} days from {first}, and from {second}.",
            *_say_tried(candidates, compared.windows),
            flow.known.say("Tasks"),
            _say_known(share),
            "Working hours are inferred from the hours in which visits end.",
            "Overload shows up as queueing whatever its cause; queueing is therefore no driver.",
            "Starts, finishes, work in progress and Little's law are beside the verdict; they do "
            "not decide it.",
        ),
        chart=Chart(
            "interval", "driver", "contribution", "What moved the load", "low", "high", "side"
        ),
    )


@dataclass(frozen=True)
class Compared:
    """Two windows and what they say."""

    windows: Windows
    before: FlowDays
    after: FlowDays
    found: FlowVerdict


def choose_windows(context: Context, flow: TaskFlow) -> tuple[Windows, ...]:
    """Return the windows to compare, best first, the next where one cannot tell.

    The later window is what was asked for, else the last half year, then the last year; the earlier
    one the same days a year (52 weeks) before, which have the same season, else (half a year only)
    the days right before.
    """
    last = min(context.until or flow.last, flow.last)
    if context.since is None:
        available = (last - flow.first).days + 1
        length = min(WINDOW_DAYS, available // 2)
        length -= length % 7
    else:
        length = _count_asked(context, flow, context.since)
    if length < MINIMUM_DAYS:
        return ()
    lengths = [length]
    if context.since is None and length < YEAR_DAYS:
        lengths.append(YEAR_DAYS)
    found = []
    for days in lengths:
        start = last - timedelta(days=days - 1)
        for back in (YEAR_DAYS, days):
            earlier = start - timedelta(days=back)
            if back >= days and earlier >= flow.first:
                found.append((earlier, start, days))
                break
    return tuple(found)


def _say_short(context: Context, flow: TaskFlow) -> str:
    """Say why there are no two windows."""
    asked = 0 if context.since is None else _count_asked(context, flow, context.since)
    if asked >= MINIMUM_DAYS:
        return (
            f"the range asked for is the later of two windows of equal length, {asked} days, and "
            f"the data, which begin on {flow.first}, do not reach back that far before it"
        )
    if context.since is not None:
        return (
            f"the range asked for is the later of two windows of {MINIMUM_DAYS} days at least, and "
            f"it holds {count(max(asked, 0), 'day')} in whole weeks"
        )
    length = (flow.last - flow.first).days + 1
    spanned = f"{count(length, 'day')} from {flow.first} to {flow.last}" if length else "no day"
    return (
        f"two windows of {MINIMUM_DAYS} days are needed, and the tasks{context.period} do not "
        f"span them ({spanned})"
    )


def _count_asked(context: Context, flow: TaskFlow, since: date) -> int:
    """Count the days of the range asked for on which there are data, in whole weeks."""
    last = min(context.until or flow.last, flow.last)
    days = (last - max(since, flow.first)).days + 1
    return days - days % 7


def _first_that_tells(candidates: tuple[Windows, ...], flow: TaskFlow, seed: int) -> Compared:
    """Return the first windows with a verdict; where none has one, the first."""
    from carepath.stats.flow import demand_or_efficiency_of_team

    tried = []
    for first, second, length in candidates:
        before, after = count_days(flow, first, length), count_days(flow, second, length)
        found = demand_or_efficiency_of_team(before, after, seed)
        tried.append(Compared((first, second, length), before, after, found))
        if found.verdict != "cannot tell":
            return tried[-1]
    return tried[0]


def _say_tried(candidates: tuple[Windows, ...], taken: Windows) -> tuple[str, ...]:
    """Say that shorter windows were looked at first and could not tell."""
    if taken == candidates[0]:
        return ()
    return (f"The last {count(candidates[0][2], 'day')} alone cannot tell, so a year is compared.",)


def _say_known(share: float) -> str:
    """Say whether it is known who worked, and what follows."""
    told = f"The history says who made {percent(share)} of the changes"
    if share >= KNOWN_CHANGES:
        return (
            f"{told}: a coordinator counts as at work on a date with any change they made. The "
            "verdict is that of the team as a whole, whose service stands for the work in a "
            "visit and for the coordinators at work; the rows below it take the two apart."
        )
    return (
        f"{told}, under {percent(KNOWN_CHANGES)}: capacity is inferred from the work done while "
        "tasks wait. Service and the number of coordinators cannot be told apart, and service "
        "stands for both."
    )


def _team(found: FlowVerdict) -> list[Driver]:
    """Return the drivers of the team as a whole, which has no number of coordinators."""
    return [one for one in found.drivers if one.name in UNITS]


def _staff(staffed: FlowVerdict | None) -> list[Driver]:
    """Return what the service of the team is made of, where it is known who worked."""
    return [one for one in staffed.drivers if one.name in STAFF_UNITS] if staffed else []


def _say(
    found: FlowVerdict, staffed: FlowVerdict | None, first: date, second: date, length: int
) -> str:
    ratio = found.wip_ratio
    change = ""
    if ratio.value is not None:
        change = (
            f"Work in progress of the {length} days from {second} was {ratio.value:.2f} times "
            f"that of those from {first}"
        )
        if ratio.low is not None and ratio.high is not None:
            change += f" (95 % interval {ratio.low:.2f} to {ratio.high:.2f})"
    if found.verdict == "none":
        # a quarter more, or as much less
        if (ratio.low or 0.0) > 1 / QUARTER_MORE and (ratio.high or 0.0) < QUARTER_MORE:
            return f"{change}: it did not change by a quarter."
        return f"{change}: a change by a quarter is neither seen beyond chance nor ruled out."
    if found.verdict == "cannot tell":
        told = f"{change}; why" if change else "Whether demand or efficiency changed"
        return f"{told} cannot be told: {found.reason}."
    rising = (ratio.value or 1.0) >= 1
    why = (NAMES if rising else FALLING)[found.verdict]
    also = _say_service(staffed, rising) if found.verdict == "service" else ""
    return f"{change}, because {why}{also}: {found.side}."


def _say_service(staffed: FlowVerdict | None, rising: bool) -> str:
    """Say whether the service of the team is slower work or fewer coordinators."""
    work, number = ("slower work", "fewer") if rising else ("faster work", "more")
    people = next((one for one in _staff(staffed) if one.name == "capacity"), None)
    if staffed is None or people is None or people.before is None or people.after is None:
        return f", which may be {work} or {number} coordinators"
    counted = f"{people.before:.1f} at work before, {people.after:.1f} after"
    if staffed.verdict == "capacity":
        return f", which is {number} coordinators ({counted})"
    if staffed.verdict == "service":
        return f", which is {work}, not {number} coordinators ({counted})"
    return f", which may be {work} or {number} coordinators ({counted})"


def _figures(found: FlowVerdict, before: FlowDays, after: FlowDays) -> list[Figure]:
    from carepath.stats.counts import rate_ratio

    weekly = [
        [np.add.reduceat(values, np.arange(0, len(values), 7)).astype(int) for values in pair]
        for pair in ((before.arrivals, after.arrivals), (before.finished, after.finished))
    ]
    drivers = [
        figure(
            f"{driver.name.replace(' ', '_')}_contribution",
            f"what {driver.name} does to the load, in logarithms",
            "log",
            driver.contribution,
        )
        for driver in _team(found)
    ]
    return [
        figure("wip_ratio", "open tasks, later over earlier window", "ratio", found.wip_ratio),
        *drivers,
        figure("lead", "largest contribution less the second", "log", found.lead),
        figure(
            "starts_ratio",
            "tasks arriving a week, later over earlier",
            "ratio",
            rate_ratio(weekly[0][0], weekly[0][1]),
        ),
        figure(
            "finishes_ratio",
            "tasks finished a week, later over earlier",
            "ratio",
            rate_ratio(weekly[1][0], weekly[1][1]),
        ),
        tally(
            "wip_before",
            "mean open tasks before",
            float(before.wip.mean()),
            "tasks",
            len(before.wip),
        ),
        tally(
            "wip_after", "mean open tasks after", float(after.wip.mean()), "tasks", len(after.wip)
        ),
        tally(
            "little_before_days",
            "days in the system before, by Little's law",
            found.little_before,
            "days",
            found.days_before,
        ),
        tally(
            "little_after_days",
            "days in the system after, by Little's law",
            found.little_after,
            "days",
            found.days_after,
        ),
    ]


def _staff_figures(staffed: FlowVerdict | None, share: float, changes: int) -> list[Figure]:
    return [
        *(
            figure(
                f"{STAFF_NAMES[one.name].replace(' ', '_')}_contribution",
                f"of the service: {STAFF_NAMES[one.name]}",
                "log",
                one.contribution,
            )
            for one in _staff(staffed)
        ),
        tally(
            "known_changes_rate",
            "changes that say who made them, in the window with fewer",
            share,
            "rate",
            changes,
        ),
    ]


def _staff_row(driver: Driver) -> tuple[Cell, ...]:
    name, unit = STAFF_NAMES[driver.name], STAFF_UNITS[driver.name]
    return (name, "efficiency", unit, *_row(driver)[3:])


def _row(driver: Driver) -> tuple[Cell, ...]:
    part = driver.contribution
    return (
        driver.name,
        "demand" if driver.name == "arrivals" else "efficiency",
        UNITS.get(driver.name, ""),
        driver.before,
        driver.after,
        part.value,
        part.low,
        part.high,
    )
