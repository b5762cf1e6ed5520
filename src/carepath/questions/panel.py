"""People by group, entry week and step: what the explanations of a change are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from carepath.questions.cohorts import WEEKS
from carepath.questions.people import STEPS, entrants
from carepath.questions.question import Context

Integers = NDArray[np.int64]
UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Panel:
    """Counts of final weeks, oldest first.

    Parameters
    ----------
    groups : tuple of str
        Clients, or the groups of another segment.
    steps : tuple of str
        Names, in order.
    first : date
        Monday of the first week.
    entered, converted : array of int, shape (groups, weeks)
        Mature people, and those of them who converted.
    closed : array of int, shape (groups, weeks, steps)
        Mature people who passed each step.
    did, later : array of int, shape (groups, weeks, steps)
        People who did any later step, and those of them who did this one.
    """

    groups: tuple[str, ...]
    steps: tuple[str, ...]
    first: date
    entered: Integers
    converted: Integers
    closed: Integers
    did: Integers
    later: Integers

    @property
    def weeks(self) -> int:
        """Count the weeks."""
        return int(self.entered.shape[1])

    def monday(self, week: int) -> date:
        """Return the first day of a week."""
        return self.first + timedelta(weeks=week)

    def without(self, left_out: NDArray[np.bool_]) -> Panel:
        """Return the panel with nobody in the weeks left out."""
        kept = ~left_out
        return Panel(
            self.groups,
            self.steps,
            self.first,
            self.entered * kept,
            self.converted * kept,
            self.closed * kept[:, None],
            self.did * kept[:, None],
            self.later * kept[:, None],
        )


def by_cohort(weekly: Integers) -> Integers:
    """Add up weeks to cohorts: shape (groups, weeks, ...) to (groups, weeks / 4, ...)."""
    groups, weeks = weekly.shape[:2]
    shaped = weekly.reshape(groups, weeks // WEEKS, WEEKS, *weekly.shape[2:])
    return np.asarray(shaped.sum(axis=2), dtype=np.int64)


def read_panel(context: Context, first: date, cohorts: int) -> Panel:
    """Read the counts of the first `cohorts` four-week cohorts from `first` on."""
    found = context.fetch(
        f"""
        with people as ({entrants(context, ", entered_week_date")}
        ),
        paths as (
            select
                people.segment,
                people.entered_week_date,
                people.is_mature,
                people.is_converted,
                steps.step_number,
                steps.step_name,
                steps.is_closed,
                steps.is_open,
                max(case when steps.is_open then steps.step_number end)
                    over (partition by steps.member_id) as furthest
            from people
            inner join {STEPS} as steps on people.member_id = steps.member_id
        )
        select
            segment,
            entered_week_date,
            step_number,
            step_name,
            count(case when is_mature then 1 end) as entered,
            count(case when is_mature and is_converted then 1 end) as converted,
            count(case when is_mature and is_closed then 1 end) as closed,
            count(case when furthest > step_number then 1 end) as later,
            count(case when furthest > step_number and is_open then 1 end) as did
        from paths
        group by segment, entered_week_date, step_number, step_name
        order by segment, entered_week_date, step_number
        """
    )
    names = dict(
        sorted(
            set(zip(found.integers("step_number").tolist(), found.values("step_name"), strict=True))
        )
    )
    groups, group = np.unique(found.objects("segment").astype(str), return_inverse=True)
    _, step = np.unique(found.integers("step_number"), return_inverse=True)
    week = (found.moments("entered_week_date") - np.datetime64(first)) // np.timedelta64(7, "D")
    weeks = cohorts * WEEKS
    kept = (week >= 0) & (week < weeks)
    shape = (len(groups), weeks, len(names))

    def spread(name: str) -> Integers:
        table = np.zeros(shape, dtype=np.int64)
        np.add.at(table, (group[kept], week[kept], step[kept]), found.integers(name)[kept])
        return table

    return Panel(
        tuple(groups.tolist()),
        tuple(names.values()),
        first,
        spread("entered")[:, :, 0],
        spread("converted")[:, :, 0],
        spread("closed"),
        spread("did"),
        spread("later"),
    )
