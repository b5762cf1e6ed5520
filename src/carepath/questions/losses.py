"""Where people are lost: counts by first step not passed, for everybody and for each segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carepath.questions.people import STEPS, entrants
from carepath.questions.question import Context

if TYPE_CHECKING:
    from carepath.stats.largest_dropoff import LargestDropoff

Cells = dict[tuple[int, int], int]


@dataclass(frozen=True)
class StepCount:
    """Mature people at one step: to whom it applies, who did it, who was lost there."""

    number: int
    name: str
    applies: int
    did: int
    closed: int
    went_on: int


@dataclass(frozen=True)
class Losses:
    """The funnel of one group of people.

    Parameters
    ----------
    segment : str
        The group.
    people : int
        Mature entrants.
    steps : tuple of StepCount
        In order.
    found : LargestDropoff
        The verdict; its step k is the k-th of `steps`.
    """

    segment: str
    people: int
    steps: tuple[StepCount, ...]
    found: LargestDropoff

    def name(self, place: int) -> str:
        """Return the name of the k-th step, from 1."""
        return self.steps[place - 1].name


def find_losses(context: Context) -> tuple[Losses, ...]:
    """Count and judge the losses of every segment, by name; one segment when none was asked for."""
    cells = context.fetch(
        f"""
        with people as ({entrants(context)}
        ),
        paths as (
            select
                people.segment,
                people.member_id,
                sum(case when steps.is_applicable then power(2, steps.step_number) else 0 end)
                    as pattern,
                min(case when not steps.is_closed then steps.step_number end) as lost_at,
                max(case when steps.is_open and not steps.is_closed then 1 else 0 end) as went_on
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
            where people.is_mature
            group by people.segment, people.member_id
        )
        select
            segment,
            cast(pattern as bigint) as pattern,
            coalesce(lost_at, 0) as lost_at,
            went_on,
            count(*) as people
        from paths
        group by segment, pattern, lost_at, went_on
        order by segment, pattern, lost_at, went_on
        """
    )
    steps = context.fetch(
        f"""
        with people as ({entrants(context)}
        )
        select
            people.segment,
            steps.step_number,
            steps.step_name,
            count(case when steps.is_applicable then 1 end) as applies,
            count(case when steps.is_applicable and steps.is_open then 1 end) as did,
            count(case when steps.is_closed then 1 end) as closed
        from people
        inner join {STEPS} as steps on people.member_id = steps.member_id
        where people.is_mature
        group by people.segment, steps.step_number, steps.step_name
        order by people.segment, steps.step_number
        """
    )
    paths: dict[str, Cells] = {}
    went_on: dict[tuple[str, int], int] = {}
    for segment, pattern, lost_at, goes_on, people in cells.rows():
        group = paths.setdefault(segment, {})
        key = (int(pattern), int(lost_at))
        group[key] = group.get(key, 0) + int(people)
        if goes_on:
            at = (segment, int(lost_at))
            went_on[at] = went_on.get(at, 0) + int(people)
    counted: dict[str, list[StepCount]] = {}
    for segment, number, name, applies, did, closed in steps.rows():
        counted.setdefault(segment, []).append(
            StepCount(number, name, applies, did, closed, went_on.get((segment, number), 0))
        )
    return tuple(
        Losses(
            segment,
            sum(group.values()),
            tuple(counted[segment]),
            _judge(context, group, counted[segment]),
        )
        for segment, group in sorted(paths.items())
    )


def _judge(context: Context, group: Cells, steps: list[StepCount]) -> LargestDropoff:
    from carepath.stats.largest_dropoff import largest_dropoff

    numbers = [step.number for step in steps]
    patterns = sorted({pattern for pattern, _ in group})
    table = np.zeros((len(patterns), len(numbers)), dtype=np.int64)
    for (pattern, lost_at), people in group.items():
        last = numbers.index(lost_at) - 1 if lost_at else len(numbers) - 1
        table[patterns.index(pattern), last] += people
    applies = np.array([[bool(p >> number & 1) for number in numbers] for p in patterns])
    return largest_dropoff(table, context.seed, applies=applies)
