"""Which steps are skipped?"""

from __future__ import annotations

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure
from carepath.questions.hiding import SUPPRESSED, hidden_steps, note, say_hidden
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

QUESTION = Question(
    id="skipped-steps",
    text="Which steps are skipped?",
    decision="which steps people do without, and could be dropped or improved",
    population=MATURE_SIGN_UPS,
    unit="person and step",
    estimand="among people to whom the step applies and who did a later step, the share who "
    "never did this one within the window",
    censoring="none is needed: people whose window has not ended are left out and counted; "
    "people who stopped before the step did not skip it",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "skipped": "at least one step was skipped by somebody who went further",
        "none skipped": "nobody who went further left out a step, or nobody went further",
    },
    segments=PEOPLE,
    local_dates="range",
    range_unit="month",
)
COLUMNS = (
    Column("segment", "", "group of people; all where nothing was split"),
    Column("step_number", "", "place of the step in the funnel, from 1"),
    Column("step", "", "name of the step"),
    Column("is_optional", "", "whether the definition lets people leave it out"),
    Column("went_further", "people", "mature people to whom it applies who did a later step"),
    Column("skipped", "people", "of those, people who never did this one within the window"),
    Column("skip_rate", "rate", "skipped / went_further; null where nobody went further"),
    Column("low", "rate", "lower limit of skip_rate"),
    Column("high", "rate", "upper limit of skip_rate"),
    Column("not_applicable", "people", "people to whom the step did not apply: not skippers"),
    Column("note", "", "suppressed (too small to show) or insufficient (under 30 went further)"),
)
Counts = tuple[int, str, bool, int, int, int]


def answer(context: Context) -> Answer:
    """Give the skip rate of every step."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    groups = _count(context)
    whole = groups if context.segment is None else _count(context.whole())
    sizes = _sizes(context)
    people_at = [[size, *(counts[3] for counts in groups[name])] for name, size in sizes.items()]
    hide = (
        hidden_steps(people_at, hidden_beforehand(context, list(sizes))) if context.segment else []
    )
    rows: list[tuple[Cell, ...]] = []
    for name, dark in zip(sizes, hide or [[False] * len(people_at[0])], strict=True):
        if dark[0]:
            rows.append((name, *(None,) * (len(COLUMNS) - 2), SUPPRESSED))
        else:
            steps = zip(groups[name], dark[1:], strict=True)
            rows.extend(_row(name, counts, is_dark) for counts, is_dark in steps)
    figures = tuple(_figure(counts) for counts in whole["all"][1:] if counts[3])
    headline, verdict = _conclude(whole["all"], figures)
    return context.answer(
        headline,
        verdict,
        figures,
        Table(COLUMNS, tuple(rows)),
        caveats=(
            find_unseen_steps(context),
            "A skip needs a later step: whoever stopped before a step is not counted as skipping "
            "it. The first step cannot be skipped, since it makes the entry, nor can the last.",
            "A skip may also be a lost event; why-conversion-changed looks for those.",
            say_hidden([steps[0] for steps in hide]),
            say_hidden(
                [step for steps in hide if not steps[0] for step in steps[1:]],
                "steps of the other groups",
            ),
        ),
        excluded=people.excluded,
        chart=Chart(
            "interval",
            "step",
            "skip_rate",
            "Share that skipped the step",
            "low",
            "high",
            "segment" if context.segment else None,
        ),
    )


def _count(context: Context) -> dict[str, list[Counts]]:
    found = context.fetch(
        f"""
        with people as ({entrants(context)}
        ),
        reached as (
            select
                people.segment,
                steps.*,
                max(case when steps.is_applicable and steps.is_open then steps.step_number end)
                    over (partition by steps.member_id) as furthest
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
            where people.is_mature
        )
        select
            segment,
            step_number,
            step_name,
            max(case when is_optional then 1 else 0 end) as is_optional,
            count(case when is_applicable and furthest > step_number then 1 end) as went_further,
            count(case when status = 'skipped' then 1 end) as skipped,
            count(case when not is_applicable then 1 end) as not_applicable
        from reached
        group by segment, step_number, step_name
        order by segment, step_number
        """
    )
    groups: dict[str, list[Counts]] = {}
    for segment, number, name, optional, further, skipped, unapplied in found.rows():
        groups.setdefault(segment, []).append(
            (number, name, bool(optional), further, skipped, unapplied)
        )
    return groups


def _sizes(context: Context) -> dict[str, int]:
    found = context.fetch(
        f"""
        with people as ({entrants(context)}
        )
        select segment, count(*) as people
        from people
        where is_mature
        group by segment
        order by segment
        """
    )
    return {segment: int(people) for segment, people in found.rows()}


def _row(segment: str, counts: Counts, is_dark: bool) -> tuple[Cell, ...]:
    from carepath.stats.proportions import wilson

    number, name, optional, further, skipped, unapplied = counts
    if is_dark:
        return (segment, number, name, optional, *(None,) * (len(COLUMNS) - 5), SUPPRESSED)
    rate = wilson(skipped, further)
    told = note(further) if further else ""
    return (
        segment,
        number,
        name,
        optional,
        further,
        skipped,
        rate.value,
        rate.low,
        rate.high,
        unapplied,
        told,
    )


def _figure(counts: Counts) -> Figure:
    from carepath.stats.proportions import wilson

    _, name, _, further, skipped, _ = counts
    return figure(f"skip_rate_{name.lower()}", f"skipped {name}", "rate", wilson(skipped, further))


def _conclude(counts: list[Counts], figures: tuple[Figure, ...]) -> tuple[str, str]:
    skipped = [one for one in counts if one[4]]
    if not figures and not any(one[3] for one in counts):
        return "Nobody went past the first step, so nothing can have been skipped.", "none skipped"
    if not figures:
        return (
            "No step lies between the first and the last that anybody did, so none can have been "
            "skipped.",
            "none skipped",
        )
    if not skipped:
        return "No step is skipped by anybody who went further.", "none skipped"
    top = max(skipped, key=lambda one: one[4] / one[3])
    shown = next(one for one in figures if one.label == f"skipped {top[1]}")
    return (
        f"{top[1]} is skipped most: by {percent(shown.value)}{within(shown)} of the "
        f"{count(top[3])} people who went further; {len(skipped)} of {len(figures)} steps "
        f"{'is' if len(skipped) == 1 else 'are'} "
        "skipped by somebody.",
        "skipped",
    )
