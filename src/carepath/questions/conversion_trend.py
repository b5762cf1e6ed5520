"""How has conversion changed over time? Is drop-off really rising?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.cohorts import COHORT, WEEKS, Cohorts, read_cohorts
from carepath.questions.figures import figure, tally
from carepath.questions.people import (
    MATURE_SIGN_UPS,
    METRICS,
    STEPS,
    count_people,
    entrants,
    nobody,
)
from carepath.questions.question import Context, Question
from carepath.questions.wording import count, fall, listed, percent, points

if TYPE_CHECKING:
    from carepath.stats.trend import StepTrend, TrendVerdict

QUESTION = Question(
    id="conversion-trend",
    text="How has that changed over time? Is drop-off really rising?",
    decision="whether there is a problem at all, before anybody looks for causes",
    population=MATURE_SIGN_UPS
    + "; in four-week cohorts of entry, the final ones of which are tested",
    unit="four-week entry cohort",
    estimand="the change of conversion at one unknown date: after less before, with simultaneous "
    "(sup-t) change-point inference by permutation; passage of single steps only behind that "
    "gate, Holm-adjusted",
    censoring="a cohort is final when its weeks are over and everybody in it is mature; the "
    "others are in the table, marked, and in no test",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "problem": "conversion fell by at least 2 points, and chance alone does so in at most 5 "
        "% of permutations",
        "no problem": "no such fall; the headline names a smaller one, or says what would have "
        "been seen",
        "cannot tell": "fewer than 13 final cohorts, so few people in them that a fall by half "
        "would have gone unseen, or nobody who converted",
    },
    local_dates="always",
    range_unit="month",
)
COLUMNS = (
    Column("cohort", "date", "Monday of the first of four weeks of entry, site's time zone"),
    Column("until", "date", "last Sunday of the four weeks"),
    Column("entered", "people", "people who entered in them"),
    Column("mature", "people", "of those, people whose whole window has passed"),
    Column("converted", "people", "of the mature, people who created a project in the window"),
    Column("rate", "rate", "converted / mature; null while the cohort is not final"),
    Column("low", "rate", "lower limit of rate"),
    Column("high", "rate", "upper limit of rate"),
    Column("is_final", "", "whether the four weeks are over and everybody in them is mature"),
)


def answer(context: Context) -> Answer:
    """Test final four-week cohorts for one change of level; then, and only then, the steps."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    cohorts = read_cohorts(context)
    trend = judge(context, cohorts)
    steps = _judge_steps(context, cohorts, trend) if trend.is_problem else ()
    verdict = {True: "problem", False: "no problem", None: "cannot tell"}[trend.is_problem]
    return context.answer(
        _say(cohorts, trend, steps),
        verdict,
        tuple(_figures(trend, steps)),
        Table(COLUMNS, tuple(_row(cohorts, index) for index in range(len(cohorts)))),
        caveats=tuple(_caveats(cohorts, trend)),
        excluded=people.excluded,
        chart=Chart(
            "line", "cohort", "rate", "Conversion by entry cohort", "low", "high", None, "is_final"
        ),
    )


def judge(context: Context, cohorts: Cohorts) -> TrendVerdict:
    """Judge the final cohorts."""
    from carepath.stats.trend import conversion_trend

    final = slice(0, cohorts.final)
    return conversion_trend(cohorts.converted[final], cohorts.entered[final], context.seed)


def _judge_steps(context: Context, cohorts: Cohorts, trend: TrendVerdict) -> tuple[StepTrend, ...]:
    """Test each step's passage among those who came to it and to whom it applies."""
    from carepath.stats.trend import step_trends

    found = context.fetch(
        f"""
        with people as ({entrants(context.whole(), ", entered_week_date")}
        ),
        paths as (
            select
                people.entered_week_date,
                steps.step_number,
                steps.step_name,
                steps.is_applicable,
                steps.is_closed,
                min(case when not steps.is_closed then steps.step_number end)
                    over (partition by steps.member_id) as lost_at
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
            where people.is_mature
        )
        select
            entered_week_date,
            step_number,
            step_name,
            count(*) as reached,
            count(case when is_closed then 1 end) as passed
        from paths
        where is_applicable and (lost_at is null or lost_at >= step_number)
        group by entered_week_date, step_number, step_name
        order by step_number, entered_week_date
        """
    )
    passed: dict[str, np.ndarray] = {}
    reached: dict[str, np.ndarray] = {}
    for week, number, name, came, went in found.rows():
        index = (week.date() - cohorts.first).days // 7 // WEEKS
        if number == 1 or index >= cohorts.final:
            continue
        for sums, people in ((reached, came), (passed, went)):
            sums.setdefault(name, np.zeros(cohorts.final, dtype=np.int64))[index] += int(people)
    return step_trends(trend, passed, reached, context.seed)


def _say(cohorts: Cohorts, trend: TrendVerdict, steps: tuple[StepTrend, ...]) -> str:
    from carepath.stats.trend import MINIMUM_FALL

    seen = (
        f"{count(trend.cohorts, 'final four-week cohort')}, "
        f"{count(trend.people, 'person', 'people')}"
    )
    if trend.is_problem is None:
        return f"Whether conversion changed cannot be told: {trend.reason} ({seen})."
    if trend.is_problem and trend.changed_at is not None:
        fallen = [step.step for step in steps if step.has_fallen]
        where = f"; the passage of {listed(fallen)} fell" if fallen else ""
        change = figure("", "", "points", trend.change)
        return (
            f"Conversion fell by {fall(change)}, from "
            f"{percent(trend.before)} to {percent(trend.after)}, with the cohort of "
            f"{cohorts.starts(trend.changed_at)} ({_dates(cohorts, trend)}){where}."
        )
    rise = trend.changed_at is not None and (trend.change.value or 0) > 0
    if rise:
        return (
            f"Conversion rose by {points(trend.change.value).lstrip('-+')}, to "
            f"{percent(trend.after)}, with the cohort of {cohorts.starts(trend.changed_at or 0)}; "
            f"there is no fall ({seen})."
        )
    if trend.changed_at is not None and trend.change.value:
        change = figure("", "", "points", trend.change)
        return (
            f"Conversion fell by {fall(change)}, to {percent(trend.after)}, with the cohort of "
            f"{cohorts.starts(trend.changed_at)}: less than the {points(MINIMUM_FALL).lstrip('+')} "
            f"from which a fall is a problem ({seen})."
        )
    found = trend.smallest_detectable
    blind = f"; a fall of {points(found).lstrip('+')} would have been seen" if found else ""
    return f"Conversion did not fall beyond chance in {seen}{blind}."


def _dates(cohorts: Cohorts, trend: TrendVerdict) -> str:
    low, high = trend.changed_low, trend.changed_high
    if low is None or high is None or low == high:
        return "the only date the data allow" if low == high else "its date is not known"
    return f"it came between those of {cohorts.starts(low)} and {cohorts.starts(high)}"


def _figures(trend: TrendVerdict, steps: tuple[StepTrend, ...]) -> list[Figure]:
    figures = [
        figure(
            "change", "conversion after less before the most likely change", "points", trend.change
        ),
        tally("before_rate", "conversion before", trend.before, "rate", trend.people),
        tally("after_rate", "conversion after", trend.after, "rate", trend.people),
        tally("p", "p-value of no change", trend.p, "", trend.cohorts),
        tally(
            "smallest_detectable",
            "fall that would be seen with a chance of 80 %",
            trend.smallest_detectable,
            "points",
            trend.cohorts,
        ),
    ]
    for step in steps:
        figures.append(
            figure(
                f"change_{step.step.lower()}",
                f"passage of {step.step}, after less before",
                "points",
                step.change,
            )
        )
        figures.append(
            tally(
                f"p_{step.step.lower()}",
                f"p-value of {step.step}, Holm-adjusted",
                step.adjusted_p,
                "",
                step.change.n,
            )
        )
    return figures


def _caveats(cohorts: Cohorts, trend: TrendVerdict) -> list[str]:
    open_ones = len(cohorts) - cohorts.final
    return [
        f"{count(open_ones, 'cohort')} {'is' if open_ones == 1 else 'are'} not final and in no "
        "test: their people have not had their whole window."
        if open_ones
        else "",
        ""
        if trend.season_separable or trend.is_problem is None
        else "Under 26 cohorts (two years) a season cannot be told from a change.",
        "A fall may be lost events rather than lost people: ask why-conversion-changed."
        if trend.is_problem
        else "",
        f"Method: {trend.method}." if trend.method else "",
    ]


def _row(cohorts: Cohorts, index: int) -> tuple[Cell, ...]:
    from carepath.stats.proportions import wilson

    entered, mature = int(cohorts.entered[index]), int(cohorts.mature[index])
    converted = int(cohorts.converted[index])
    start = cohorts.starts(index)
    final = index < cohorts.final
    rate = wilson(converted, mature)
    shown = (rate.value, rate.low, rate.high) if final else (None, None, None)
    return (start, start + COHORT - _DAY, entered, mature, converted, *shown, final)


_DAY = COHORT / 28
