"""What share of new sign-ups gets from creating an account to a first care project?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure, tally
from carepath.questions.freshness import read_complete_through
from carepath.questions.hiding import hidden, note, say_hidden
from carepath.questions.people import (
    MATURE_SIGN_UPS,
    METRICS,
    STEPS,
    count_people,
    entrants,
    find_unseen_steps,
    nobody,
)
from carepath.questions.question import Context, Question
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import count, percent, within

if TYPE_CHECKING:
    from carepath.stats.estimates import Estimate

QUESTION = Question(
    id="conversion",
    text="What share of new sign-ups gets from creating an account to a first care project?",
    decision="how good the intake is, and what a campaign of sign-ups will bring",
    population=MATURE_SIGN_UPS,
    unit="person (user_id)",
    estimand="the chance that a new sign-up creates a first care project within the window (14 "
    "days unless defined otherwise), whatever they do in between; allowing for shocks that the "
    "people of a week share",
    censoring="the headline counts mature people; conversion_rate_everybody is one minus the "
    "Kaplan-Meier survival of the time to convert, read at the window: only the end of complete "
    "data censors; people who stopped or were deleted count as not converted",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "estimated": "a rate with its interval is given",
    },
    segments=PEOPLE,
    local_dates="range",
    range_unit="month",
)
COLUMNS = (
    Column("segment", "", "group of people; all where nothing was split"),
    Column("entered", "people", "people who entered, mature or not"),
    Column("mature", "people", "of those, people whose whole window has passed"),
    Column("converted", "people", "mature people who created a project within the window"),
    Column("rate", "rate", "converted / mature"),
    Column("low", "rate", "lower limit of rate"),
    Column("high", "rate", "upper limit of rate"),
    Column("note", "", "suppressed (too small to show) or insufficient (under 30 people)"),
)
EVENTS = "snowplow.events"


def answer(context: Context) -> Answer:
    """Give the share with its interval, and the estimate that uses everybody beside it."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    counted = context.fetch(
        f"""
        with people as ({entrants(context, ", entered_week_date")}
        )
        select
            segment,
            entered_week_date,
            count(*) as entered,
            count(case when is_mature then 1 end) as mature,
            count(case when is_mature and is_converted then 1 end) as converted
        from people
        group by segment, entered_week_date
        order by segment, entered_week_date
        """
    )
    segments = np.array(counted.values("segment"), dtype=object)
    numbers = {name: counted.integers(name) for name in ("entered", "mature", "converted")}
    weeks = np.array([str(week) for week in counted.values("entered_week_date")])
    rate = _rate_over_weeks(weeks, numbers["mature"], numbers["converted"])
    everybody = _rate_of_everybody(context)
    names = sorted(set(segments.tolist()))
    sums = {
        name: {key: int(values[segments == name].sum()) for key, values in numbers.items()}
        for name in names
    }
    dark = _hide(context, names, [sums[name] for name in names])
    rows: tuple[tuple[Cell, ...], ...]
    if context.segment is None:
        counts = tuple(sums[names[0]].values())
        rows = ((names[0], *counts, rate.value, rate.low, rate.high, note(counts[1])),)
    else:
        rows = tuple(_row(name, sums[name], hide) for name, hide in zip(names, dark, strict=True))
    converted, mature = int(numbers["converted"].sum()), people.mature
    window = _window_days(context)
    headline = (
        f"{percent(rate.value)}{within(rate)} of the {count(mature, 'person', 'people')} who "
        f"created an account{context.period} created a care project within {window:g} days."
    )
    return context.answer(
        headline,
        "estimated",
        estimates=(
            rate,
            everybody,
            tally("converted", "people who created a project in time", converted, "people"),
        ),
        table=Table(COLUMNS, rows),
        caveats=(
            find_unseen_steps(context),
            "The headline counts people whose window has ended; the estimate of everybody also "
            "uses the others for as long as they were seen.",
            f"The interval allows for shocks common to a week: {rate.method}. That of the estimate "
            "of everybody does not."
            if rate.method.endswith("over weeks")
            else "The interval does not allow for shocks common to a week: there are too few "
            "weeks.",
            "The intervals of the groups are of those people alone (Wilson)."
            if context.segment
            else "",
            say_hidden(dark),
        ),
        excluded=people.excluded,
        chart=Chart("interval", "segment", "rate", "Conversion", low="low", high="high"),
    )


def _rate_over_weeks(weeks: np.ndarray, mature: np.ndarray, converted: np.ndarray) -> Figure:
    from carepath.stats.proportions import wilson, wilson_over_weeks

    _, place = np.unique(weeks, return_inverse=True)
    entered = np.bincount(place, weights=mature).astype(np.int64)
    passed = np.bincount(place, weights=converted).astype(np.int64)
    found: Estimate = wilson_over_weeks(passed, entered)
    if not found.has_interval:
        found = wilson(int(passed.sum()), int(entered.sum()))
    return figure("conversion_rate", "conversion of mature people", "rate", found)


def _rate_of_everybody(context: Context) -> Figure:
    """Read one minus the survival of the time to convert at the window."""
    from carepath.stats.survival import kaplan_meier, share_finished

    found = context.fetch(
        f"""
        with people as ({entrants(context.whole())}
        )
        select
            entered_at, window_ends_at,
            case when is_converted then converted_at end as converted_at
        from people
        order by member_id
        """
    )
    through = np.datetime64(read_complete_through(context, EVENTS), "us")
    entered = found.moments("entered_at")
    ends = np.minimum(found.moments("window_ends_at"), through)
    converted = found.moments("converted_at")
    seen = entered <= ends
    finished = ~np.isnat(converted) & (converted <= ends)
    until = np.where(finished, converted, ends)
    second = np.timedelta64(1, "s")
    durations = np.maximum((until - entered) / second, 0.0)
    window = float(np.max((found.moments("window_ends_at") - entered) / second))
    curve = kaplan_meier(durations[seen], finished[seen])
    return figure(
        "conversion_rate_everybody",
        "conversion with everybody counted for as long as they were seen",
        "rate",
        share_finished(curve, window),
    )


def _window_days(context: Context) -> float:
    found = context.fetch(
        f"""
        select max(datediff('second', entered_at, window_ends_at)) as window_seconds
        from {METRICS}
        where population = 'entrant'
        """
    )
    return float(found.floats("window_seconds")[0]) / 86_400


def _hide(context: Context, names: list[str], sums: list[dict[str, int]]) -> list[bool]:
    """Hide groups with too few people, or too few of the people behind the rate."""
    if context.segment is None:
        return [False]
    beforehand = hidden_beforehand(context, names)
    few = hidden([group["entered"] for group in sums], beforehand)
    few_mature = hidden([group["mature"] for group in sums], beforehand)
    return [a or b for a, b in zip(few, few_mature, strict=True)]


def _row(name: str, sums: dict[str, int], hide: bool) -> tuple[Cell, ...]:
    from carepath.stats.proportions import wilson

    if hide:
        return (name, None, None, None, None, None, None, note(sums["entered"], hide))
    rate = wilson(sums["converted"], sums["mature"])
    return (
        name,
        sums["entered"],
        sums["mature"],
        sums["converted"],
        rate.value,
        rate.low,
        rate.high,
        note(sums["mature"], hide),
    )
