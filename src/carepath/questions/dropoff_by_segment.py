"""Is that drop-off consistent across the user base, or does it hit some groups more?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from carepath.questions.answer import Answer, Cell, Chart, Column, Figure, Table
from carepath.questions.edges import hidden_beforehand
from carepath.questions.figures import figure, tally
from carepath.questions.hiding import MINIMUM_TO_RANK, hidden_linked, note, say_hidden
from carepath.questions.losses import Losses, find_losses
from carepath.questions.people import (
    MATURE_SIGN_UPS,
    METRICS,
    STEPS,
    count_people,
    entrants,
    nobody,
)
from carepath.questions.question import Context, Question, Segment
from carepath.questions.segments import PEOPLE
from carepath.questions.wording import listed, percent

if TYPE_CHECKING:
    from carepath.stats.pooling import PooledSegments

QUESTION = Question(
    id="dropoff-by-segment",
    text="Is that drop-off consistent across the user base, or does it hit some groups more?",
    decision="whether to fix the step for everybody or for some groups",
    population=MATURE_SIGN_UPS
    + "; of them, those who came to the step that loses the most and to whom it applies",
    unit="person (user_id), grouped by attributes at entry",
    estimand="the share lost at that step in each group, and the standard deviation of that share "
    "between groups, chance taken out (random-effects logit, binomial counts); tested by "
    "permutation, Holm-adjusted over groupings",
    censoring="none is needed: people whose window has not ended are left out and counted",
    reads=(METRICS, STEPS, "data_freshness"),
    verdicts={
        "differs": "groups differ beyond chance in at least one grouping, which the headline names",
        "consistent": "the upper limit of the spread between groups is under 3 points in every "
        "grouping",
        "cannot tell": "neither can be said: the spread may be chance, or there are not two "
        "groups of 30 people",
        "no loss": "everybody passed every step",
    },
    segments=PEOPLE,
    local_dates="range",
    range_unit="month",
)
COLUMNS = (
    Column("by", "", "what people are grouped by"),
    Column("segment", "", "group of people"),
    Column("reached_previous", "people", "people to whom the step applies who came to it"),
    Column("lost", "people", "of those, people who did not pass it"),
    Column("loss_rate", "rate", "lost / reached_previous; null under 30 people"),
    Column("pooled_rate", "rate", "loss_rate drawn towards the common one, more for small groups"),
    Column("low", "rate", "lower limit of pooled_rate; 95 % on average over groups"),
    Column("high", "rate", "upper limit of pooled_rate; 95 % on average over groups"),
    Column("note", "", "suppressed (too small to show) or insufficient (under 30 people)"),
)
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Grouping:
    """One way to group people: name, people and losses of each group, which are hidden."""

    segment: Segment
    groups: tuple[tuple[str, int, int], ...]
    dark: tuple[bool, ...]
    pooled: PooledSegments


def answer(context: Context) -> Answer:
    """Judge the spread of the largest loss over groups, one grouping asked for or all of them."""
    people = count_people(context)
    if (empty := nobody(context, people)) is not None:
        return empty
    losses = find_losses(context.whole())[0]
    place = _choose(losses)
    if place is None:
        return context.answer(
            "No step loses anybody, so there is nothing to compare between groups.",
            "no loss",
            excluded=people.excluded,
        )
    step = losses.steps[place - 1]
    segments = (context.segment,) if context.segment else PEOPLE
    groupings = _read(context, segments, step.number)
    adjusted = _adjust(groupings)
    headline, verdict = _conclude(step.name, groupings, adjusted)
    dark = [hide for grouping in groupings for hide in grouping.dark]
    return context.answer(
        headline,
        verdict,
        tuple(_figures(groupings, adjusted)),
        Table(COLUMNS, tuple(_rows(groupings))),
        caveats=(
            f"{step.name} loses the most people"
            + ("." if losses.found.named else ", though not beyond doubt (ask largest-dropoff)."),
            "Pooled rates draw small groups towards the common rate; their intervals hold the "
            "truth 95 % of the time on average over groups, not for each one.",
            f"The {len(groupings)} groupings were tested together (Holm)."
            if len(groupings) > 1
            else "",
            "The client at entry comes from the landing page (also of visits before signing in, on "
            "a browser that only this person used), else from today's account, which "
            "people who got further are likelier to have.",
            say_hidden(dark),
        ),
        excluded=people.excluded,
        chart=Chart(
            "interval", "segment", "pooled_rate", f"Loss at {step.name}", "low", "high", "by"
        ),
    )


def _choose(losses: Losses) -> int | None:
    """Return the place of the step that loses the most people; None when none loses anybody."""
    if not any(loss.lost for loss in losses.found.steps):
        return None
    if losses.found.named is not None:
        return losses.found.named
    return max(losses.found.steps, key=lambda loss: (loss.lost, -loss.step)).step


def _read(
    context: Context, segments: tuple[Segment, ...], step_number: int
) -> tuple[Grouping, ...]:
    from carepath.stats.pooling import pool_segments

    columns = ", ".join(f"{one.expression} as group_{i}" for i, one in enumerate(segments))
    names = ", ".join(f"people.group_{i}" for i in range(len(segments)))
    found = context.fetch(
        f"""
        with people as ({entrants(context.whole(), ", " + columns)}
        ),
        outcomes as (
            select
                people.member_id,
                {names},
                max(
                    case when steps.step_number = $step_number and steps.is_applicable then 1
                    else 0 end
                ) as applies,
                min(case when not steps.is_closed then steps.step_number end) as lost_at
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
            where people.is_mature
            group by people.member_id, {names}
        )
        select
            {names.replace("people.", "")},
            count(*) as reached,
            count(case when lost_at = $step_number then 1 end) as lost
        from outcomes
        where applies = 1 and (lost_at is null or lost_at >= $step_number)
        group by {names.replace("people.", "")}
        order by {names.replace("people.", "")}
        """,
        {"step_number": step_number},
    )
    reached, lost = found.integers("reached"), found.integers("lost")
    labels = [found.objects(f"group_{i}").astype(str) for i in range(len(segments))]
    beforehand = [
        hidden_beforehand(context.split(one), np.unique(label).tolist())
        for one, label in zip(segments, labels, strict=True)
    ]
    dark = hidden_linked(labels, reached, beforehand)
    groupings = []
    for segment, label, hide in zip(segments, labels, dark, strict=True):
        groups, place = np.unique(label, return_inverse=True)
        came = np.bincount(place, weights=reached).astype(np.int64).tolist()
        gone = np.bincount(place, weights=lost).astype(np.int64).tolist()
        counted = tuple(zip(groups.tolist(), came, gone, strict=True))
        groupings.append(Grouping(segment, counted, hide, pool_segments(gone, came, context.seed)))
    return tuple(groupings)


def _adjust(groupings: tuple[Grouping, ...]) -> tuple[float | None, ...]:
    from carepath.stats.multiplicity import holm

    return holm([grouping.pooled.heterogeneity_p for grouping in groupings])


def _conclude(
    step: str, groupings: tuple[Grouping, ...], adjusted: tuple[float | None, ...]
) -> tuple[str, str]:
    differing = [
        grouping
        for grouping, p in zip(groupings, adjusted, strict=True)
        if grouping.pooled.verdict == "differs" and p is not None and p < SIGNIFICANT
    ]
    if differing:
        # The widest first: its groups are named, the others are in the table.
        differing.sort(key=lambda one: (-(one.pooled.spread or 0.0), one.segment.id))
        also = listed([one.segment.id for one in differing[1:]])
        return (
            f"The loss at {step} differs {_say_extremes(differing[0])}"
            + (f"; it differs by {also} too." if also else "."),
            "differs",
        )
    compared = [g for g in groupings if sum(n >= MINIMUM_TO_RANK for _, n, _ in g.groups) > 1]
    if not compared:
        return (
            f"Whether the loss at {step} differs cannot be told: there are not two groups of 30 "
            "people to compare.",
            "cannot tell",
        )
    steady = [g.segment.id for g in compared if g.pooled.verdict == "consistent"]
    if len(steady) == len(compared):
        return (
            f"The loss at {step} is consistent across {listed(steady)}: groups spread by under "
            "3 points.",
            "consistent",
        )
    open_ones = [g.segment.id for g in compared if g.pooled.verdict != "consistent"]
    also = f" (it is consistent across {listed(steady)})" if steady else ""
    return (
        f"Whether the loss at {step} differs by {listed(open_ones, 'or')} cannot be told{also}.",
        "cannot tell",
    )


def _say_extremes(grouping: Grouping) -> str:
    """Name the groups with the lowest and the highest rate, of those that may be shown."""
    rated: list[tuple[float, str]] = [
        (rate.value, name)
        for (name, _, _), rate, hide in zip(
            grouping.groups, grouping.pooled.rates, grouping.dark, strict=True
        )
        if rate is not None and rate.value is not None and not hide
    ]
    if len(rated) < 2:
        return f"by {grouping.segment.id} (too few groups may be shown to name any)"
    low, high = min(rated), max(rated)
    return (
        f"by {grouping.segment.id}, from {percent(low[0])} for {low[1]} to {percent(high[0])} "
        f"for {high[1]}"
    )


def _rows(groupings: tuple[Grouping, ...]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for grouping in groupings:
        for (name, n, k), rate, hide in zip(
            grouping.groups, grouping.pooled.rates, grouping.dark, strict=True
        ):
            if hide:
                rows.append((grouping.segment.id, name, *(None,) * 6, note(n, True)))
                continue
            pooled: tuple[Any, ...] = (
                (rate.value, rate.low, rate.high) if rate else (None, None, None)
            )
            raw = k / n if n >= MINIMUM_TO_RANK else None
            rows.append((grouping.segment.id, name, n, k, raw, *pooled, note(n)))
    return rows


def _figures(groupings: tuple[Grouping, ...], adjusted: tuple[float | None, ...]) -> list[Figure]:
    figures: list[Figure] = []
    for grouping, p in zip(groupings, adjusted, strict=True):
        name, pooled = grouping.segment.id, grouping.pooled
        groups = sum(rate is not None for rate in pooled.rates)
        if len(groupings) == 1:
            figures.append(figure("common_rate", "loss of a typical group", "rate", pooled.common))
        figures.append(
            Figure(
                f"spread_by_{name.replace('-', '_')}",
                pooled.spread,
                "points",
                groups,
                f"standard deviation between groups by {name} (one-sided upper limit)",
                None,
                pooled.spread_upper,
                0.95,
                "random-effects logit",
            )
        )
        figures.append(
            tally(
                f"p_by_{name.replace('-', '_')}",
                f"p-value of no difference by {name}, adjusted",
                p,
                "",
                groups,
            )
        )
    return figures
