"""Which step of the intake funnel loses the most people?"""

from __future__ import annotations

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure
from carepath.questions.hiding import MINIMUM_TO_RANK, SUPPRESSED, hidden_steps, say_hidden
from carepath.questions.losses import Losses, find_losses
from carepath.questions.people import (
    MATURE_SIGN_UPS,
    METRICS,
    STEPS,
    count_people,
    find_unseen_steps,
    nobody,
)
from carepath.questions.question import Context, Question
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import count, listed, percent, points

QUESTION = Question(
    id="largest-dropoff",
    text="Which step of the intake funnel loses the most people?",
    decision="which step of the intake to work on first",
    population=MATURE_SIGN_UPS,
    unit="person (user_id)",
    estimand="for each step, the share of all entrants who, in order and within the window, pass "
    "the step before and not this one; and the same people as a share of those who came to the "
    "step",
    censoring="none is needed: people whose window has not ended are left out and counted; "
    "people who deleted their account count as not having passed",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "named": "one step leads in at least 95 % of resamples, by a point or more",
        "candidates": "these data cannot tell which of the listed steps loses the most, or are "
        "about fewer than 30 people",
        "no loss": "everybody passed every step",
    },
    segments=PEOPLE,
    local_dates="range",
    range_unit="month",
)

COLUMNS = (
    Column("segment", "", "group of people; all where nothing was split"),
    Column("step_number", "", "place of the step in the funnel, from 1"),
    Column("step", "", "name of the step"),
    Column("applies", "people", "mature people to whom the step applies"),
    Column("did", "people", "of those, people who did the step at all within the window"),
    Column("reached_previous", "people", "people to whom it applies who passed the step before"),
    Column("closed", "people", "people whose progress passed the step in order"),
    Column("lost", "people", "people who passed the step before and not this one"),
    Column("went_on", "people", "of the lost, people who did it or a later step out of order"),
    Column("share_of_entrants", "rate", "lost / everyone who entered"),
    Column("loss_rate", "rate", "lost / reached_previous; null where nobody reached it"),
    Column("loss_rate_low", "rate", "lower limit of loss_rate"),
    Column("loss_rate_high", "rate", "upper limit of loss_rate"),
    Column("support", "rate", "share of resamples in which the step loses the most people"),
    Column("note", "", "suppressed where a group is too small to be shown"),
)


def answer(context: Context) -> Answer:
    """Name the step with the largest loss, or list the steps that may be it."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    everybody = find_losses(context.whole())[0]
    groups = find_losses(context) if context.segment else (everybody,)
    beforehand = hidden_beforehand(context, [group.segment for group in groups])
    hide = hidden_steps([_sizes(group) for group in groups], beforehand) if context.segment else []
    dark = hide or [[False] * len(everybody.steps)]
    rows = [row for group, steps in zip(groups, dark, strict=True) for row in _rows(group, steps)]
    headline, verdict = _conclude(everybody)
    return context.answer(
        headline,
        verdict,
        estimates=_estimates(everybody),
        table=Table(COLUMNS, tuple(rows)),
        caveats=(
            find_unseen_steps(context),
            _say_by_rate(everybody),
            "Losses are located by progress in order; conversion counts whoever creates a "
            "project, whatever lies between. went_on says how many of the lost went on out of "
            "order.",
            "Support is the share of resamples of these people in which a step leads; it is not "
            "the probability that the step is the largest.",
            say_hidden([steps[0] for steps in hide]),
            say_hidden(
                [step for steps in hide if not steps[0] for step in steps],
                "steps of the other groups",
            ),
        ),
        excluded=people.excluded,
        chart=Chart(
            "funnel",
            "step",
            "closed",
            "People who passed each step",
            series="segment" if context.segment else None,
        ),
    )


def _conclude(group: Losses) -> tuple[str, str]:
    found = group.found
    lost = {loss.step: loss for loss in found.steps}
    if not any(loss.lost for loss in found.steps):
        return f"No step loses anybody: all {count(found.n)} people passed every step.", "no loss"
    if found.n < MINIMUM_TO_RANK:
        top = max(found.steps, key=lambda loss: (loss.lost, -loss.step))
        return (
            f"{count(found.n, 'person', 'people')} are too few to name a step: "
            f"{group.name(top.step)} lost {count(top.lost)} of them.",
            "candidates",
        )
    if found.named is not None:
        top = lost[found.named]
        return (
            f"{group.name(found.named)} loses the most people: {count(top.lost)} of "
            f"{count(found.n)} ({percent(top.share_of_entrants.value)}), "
            f"{percent(top.rate_of_previous.value)} of those who came to it.",
            "named",
        )
    told = [f"{group.name(k)} ({count(lost[k].lost)})" for k in found.candidates]
    if len(told) == 1:
        return (
            f"{told[0]} loses the most of {count(found.n)} people, but its lead of "
            f"{points(found.lead.value)} is too small to name it for sure.",
            "candidates",
        )
    return (
        f"The step that loses the most of {count(found.n)} people is one of {listed(told, 'or')}: "
        "the data cannot tell which.",
        "candidates",
    )


def _sizes(group: Losses) -> list[int]:
    """Return the people that each row of the group is about."""
    came = {loss.step: loss.rate_of_previous.n for loss in group.found.steps}
    return [
        group.people if place == 1 else came.get(place) or step.applies
        for place, step in enumerate(group.steps, start=1)
    ]


def _rows(group: Losses, dark: list[bool]) -> list[tuple[Cell, ...]]:
    if dark[0]:
        return [(group.segment, *(None,) * (len(COLUMNS) - 2), SUPPRESSED)]
    losses = {loss.step: loss for loss in group.found.steps}
    rows: list[tuple[Cell, ...]] = []
    for place, (step, hide) in enumerate(zip(group.steps, dark, strict=True), start=1):
        if hide:
            unknown = (None,) * (len(COLUMNS) - 4)
            rows.append((group.segment, step.number, step.name, *unknown, SUPPRESSED))
            continue
        head = (group.segment, step.number, step.name, step.applies, step.did)
        loss = losses.get(place)
        if loss is None:
            rows.append((*head, None, step.closed, *(None,) * 7, ""))
            continue
        rate = loss.rate_of_previous
        rows.append(
            (
                *head,
                rate.n,
                step.closed,
                loss.lost,
                step.went_on,
                loss.share_of_entrants.value,
                rate.value,
                rate.low,
                rate.high,
                loss.support_by_people,
                "",
            )
        )
    return rows


def _estimates(group: Losses) -> tuple[Figure, ...]:
    lost = tuple(
        figure(
            f"lost_at_{group.name(loss.step).lower()}",
            f"lost at {group.name(loss.step)}, of everyone who entered",
            "rate",
            loss.share_of_entrants,
        )
        for loss in group.found.steps
    )
    lead = figure("lead", "largest loss less the second", "points", group.found.lead)
    return (*lost, lead)


def _say_by_rate(group: Losses) -> str:
    found = group.found
    if found.same_step or not any(loss.lost for loss in found.steps):
        return ""
    top = max(found.steps, key=lambda loss: loss.rate_of_previous.value or 0.0)
    sure = "" if found.named_by_rate else ", though it cannot be told from the next"
    return (
        f"As a rate of those who came to the step, another one loses the most: "
        f"{group.name(top.step)}, {percent(top.rate_of_previous.value)} of "
        f"{count(top.rate_of_previous.n)}{sure}."
    )
