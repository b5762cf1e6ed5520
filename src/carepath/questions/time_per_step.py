"""How long do people spend on each step?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure
from carepath.questions.freshness import read_complete_through
from carepath.questions.hiding import MINIMUM_TO_RANK, SUPPRESSED, hidden_steps, note, say_hidden
from carepath.questions.people import (
    METRICS,
    SIGN_UPS,
    STEPS,
    count_people,
    entrants,
    find_unseen_steps,
    nobody,
)
from carepath.questions.question import Context, Question
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import count, days, listed

QUESTION = Question(
    id="time-per-step",
    text="How long do people spend on each step?",
    decision="which step takes people long, and how long to wait before sending a reminder",
    population=SIGN_UPS,
    unit="person and step",
    estimand="time from the step before, done in order, to this one: median, p90 and mean of "
    "those who did it; and the median over all who came to it",
    censoring="in the censored median, people who stopped at the step or are still on it count as "
    "longer than they were watched (to the end of their window, or of complete data): "
    "Kaplan-Meier",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "estimated": "at least one step was done by 30 people or more",
        "cannot tell": "too few people did any step after the first",
    },
    segments=PEOPLE,
    local_dates="range",
    range_unit="month",
)
COLUMNS = (
    Column("segment", "", "group of people; all where nothing was split"),
    Column("step_number", "", "place of the step in the funnel, from 1"),
    Column("step", "", "name of the step"),
    Column("did", "people", "people who did the step in order within the window"),
    Column("median_seconds", "seconds", "median time from the previous step, of those who did it"),
    Column("median_low", "seconds", "lower limit of median_seconds"),
    Column("median_high", "seconds", "upper limit of median_seconds"),
    Column("p90_seconds", "seconds", "time within which 90 % of those who did it did it"),
    Column("mean_seconds", "seconds", "mean of those who did it; a few long pauses move it"),
    Column("came", "people", "people who did the step or stopped right before it"),
    Column(
        "censored_median_seconds",
        "seconds",
        "time within which half of all who came did it; null where fewer than half did",
    ),
    Column("censored_low", "seconds", "lower limit of censored_median_seconds"),
    Column("censored_high", "seconds", "upper limit; null where the data set none"),
    Column("note", "", "suppressed (too small to show) or insufficient (under 30 did it)"),
)
EVENTS = "snowplow.events"


@dataclass(frozen=True, eq=False)
class StepTimes:
    """Times to one step, in seconds: of those who did it, and how long the others were watched."""

    number: int
    name: str
    done: NDArray[np.float64]
    waited: NDArray[np.float64]


def answer(context: Context) -> Answer:
    """Give median, p90, mean and n of every step, and the median of all who came to it."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None and not people.entrants:
        return empty
    groups = read_times(context)
    whole = groups if context.segment is None else read_times(context.whole())
    everybody = whole.get("all", [])
    beforehand = hidden_beforehand(context, list(groups))
    sizes = [_sizes(steps) for steps in groups.values()]
    hide = hidden_steps(sizes, beforehand) if context.segment else []
    rows: list[tuple[Cell, ...]] = []
    none = [[False] * (len(steps) + 1) for steps in groups.values()]
    for (name, steps), dark in zip(groups.items(), hide or none, strict=True):
        if dark[0]:
            rows.append((name, *(None,) * (len(COLUMNS) - 2), SUPPRESSED))
            continue
        for step, is_dark in zip(steps, dark[1:], strict=True):
            unknown = (None,) * (len(COLUMNS) - 4)
            hidden_row = (name, step.number, step.name, *unknown, SUPPRESSED)
            rows.append(hidden_row if is_dark else _row(name, step))
    headline, verdict = _conclude(everybody)
    return context.answer(
        headline,
        verdict,
        tuple(_figures(everybody)),
        Table(COLUMNS, tuple(rows)),
        caveats=(
            find_unseen_steps(context),
            "Time runs from the previous step done in order; it ends when the step's event comes, "
            "so it includes pauses and visits days apart.",
            "The censored median counts everybody who came to the step: those who stopped, or are "
            "still on it, as longer than they were watched.",
            say_hidden([steps[0] for steps in hide]),
            say_hidden(
                [step for steps in hide if not steps[0] for step in steps[1:]],
                "steps of the other groups",
            ),
        ),
        excluded=tuple(left for left in people.excluded if "window" not in left.reason),
        chart=Chart(
            "interval",
            "step",
            "median_seconds",
            "Median time on the step",
            "median_low",
            "median_high",
            "segment" if context.segment else None,
        ),
    )


def read_times(context: Context) -> dict[str, list[StepTimes]]:
    """Read the times to each step after the first, by segment."""
    done = context.fetch(
        f"""
        with people as ({entrants(context)}
        )
        select
            people.segment,
            steps.step_number,
            steps.step_name,
            cast(steps.seconds_from_previous as double) as seconds
        from people
        inner join {STEPS} as steps on people.member_id = steps.member_id
        where steps.is_in_order and steps.seconds_from_previous is not null
        order by people.segment, steps.step_number, seconds
        """
    )
    waiting = context.fetch(
        f"""
        with people as ({entrants(context)}
        ),
        stopped as (
            select
                people.segment,
                people.member_id,
                people.window_ends_at,
                min(case when steps.status = 'not_reached' then steps.step_number end)
                    as step_number,
                max(case when steps.is_in_order then steps.reached_at end) as came_at
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
            group by people.segment, people.member_id, people.window_ends_at
        )
        select segment, step_number, came_at, window_ends_at
        from stopped
        where step_number is not null and came_at is not null
        order by segment, step_number, came_at
        """
    )
    through = np.datetime64(read_complete_through(context, EVENTS), "us")
    ends = np.minimum(waiting.moments("window_ends_at"), through)
    watched = (ends - waiting.moments("came_at")) / np.timedelta64(1, "s")
    return _gather(done, waiting, watched)


def _gather(done: Any, waiting: Any, watched: NDArray[np.float64]) -> dict[str, list[StepTimes]]:
    segments, numbers = done.objects("segment"), done.integers("step_number")
    names = dict(zip(numbers.tolist(), done.values("step_name"), strict=True))
    seconds = done.floats("seconds")
    waits, steps = waiting.objects("segment"), waiting.integers("step_number")
    groups: dict[str, list[StepTimes]] = {}
    for segment in sorted({*segments.tolist(), *waits.tolist()}):
        inside, outside = segments == segment, (waits == segment) & (watched > 0)
        groups[segment] = [
            StepTimes(
                number,
                names[number],
                seconds[inside & (numbers == number)],
                watched[outside & (steps == number)],
            )
            for number in sorted(names)
        ]
    return groups


def _sizes(steps: list[StepTimes]) -> list[int]:
    """Return the people the group is about, then those each of its rows is about."""
    came = max((len(step.done) + len(step.waited) for step in steps), default=0)
    return [came, *(len(step.done) or len(step.waited) for step in steps)]


def _row(segment: str, step: StepTimes) -> tuple[Cell, ...]:
    from carepath.stats.percentiles import percentile

    median, late = percentile(step.done, 0.5), percentile(step.done, 0.9)
    everybody = _censored_median(step)
    return (
        segment,
        step.number,
        step.name,
        len(step.done),
        median.value,
        median.low,
        median.high,
        late.value,
        float(step.done.mean()) if len(step.done) else None,
        len(step.done) + len(step.waited),
        everybody.value,
        everybody.low,
        everybody.high,
        note(len(step.done)),
    )


def _censored_median(step: StepTimes) -> Any:
    from carepath.stats.survival import kaplan_meier, quantile

    durations = np.concatenate([step.done, step.waited])
    done = np.concatenate([np.ones(len(step.done), bool), np.zeros(len(step.waited), bool)])
    return quantile(kaplan_meier(durations, done))


def _figures(steps: list[StepTimes]) -> list[Figure]:
    from carepath.stats.percentiles import percentile

    figures: list[Figure] = []
    for step in steps:
        name = step.name.lower()
        figures.append(
            figure(
                f"median_{name}_seconds",
                f"median of those who did {step.name}",
                "seconds",
                percentile(step.done, 0.5),
            )
        )
        figures.append(
            figure(
                f"censored_median_{name}_seconds",
                f"median of all who came to {step.name}",
                "seconds",
                _censored_median(step),
            )
        )
    return figures


def _conclude(steps: list[StepTimes]) -> tuple[str, str]:
    known = [(float(np.median(s.done)), s) for s in steps if len(s.done) >= MINIMUM_TO_RANK]
    if not known:
        return "Too few people did any step after the first to tell how long it takes.", (
            "cannot tell"
        )
    known.sort(key=lambda pair: (-pair[0], pair[1].number))
    longest = known[0][0]
    first = [step for value, step in known if value == longest]
    told = [f"{step.name} {days(value / 86_400)}" for value, step in known[len(first) :]]
    rest = f"; then {listed(told)}" if told else ""
    return (
        f"People who do it spend longest on {listed([step.name for step in first])}: half of "
        f"{listed([count(len(step.done)) for step in first])} take up to "
        f"{days(longest / 86_400)}{rest}.",
        "estimated",
    )
