"""Four-week entry cohorts: who entered together, and whether all of them are mature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from carepath.questions.people import entrants
from carepath.questions.question import Context

WEEKS = 4
COHORT = timedelta(weeks=WEEKS)


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Entry cohorts, oldest first; arrays of shape (cohorts,).

    Parameters
    ----------
    first : date
        Monday of the first week.
    entered, mature, converted : array of int
        People, those whose window has ended, and those of them who converted.
    final : int
        Cohorts from the oldest on whose people are all mature and whose weeks are all over.
    """

    first: date
    entered: NDArray[np.int64]
    mature: NDArray[np.int64]
    converted: NDArray[np.int64]
    final: int

    def starts(self, index: int) -> date:
        """Return the first Monday of a cohort."""
        return self.first + index * COHORT

    def __len__(self) -> int:
        """Count the cohorts."""
        return len(self.entered)


def read_cohorts(context: Context) -> Cohorts:
    """Count entries, mature people and conversions per cohort; at least one entry is needed.

    A clock that runs ahead may date an entry after `as_of`: it makes no cohort.
    """
    found = context.fetch(
        f"""
        with people as ({entrants(context.whole(), ", entered_week_date")}
        )
        select
            entered_week_date,
            count(*) as entered,
            count(case when is_mature then 1 end) as mature,
            count(case when is_mature and is_converted then 1 end) as converted
        from people
        where entered_at <= $as_of
        group by entered_week_date
        order by entered_week_date
        """,
        {"as_of": context.as_of},
    )
    weeks = [moment.date() for moment in found.values("entered_week_date")]
    first = weeks[0]
    place = np.array([(week - first).days // 7 // WEEKS for week in weeks])
    sums = {
        name: np.bincount(place, weights=found.integers(name)).astype(np.int64)
        for name in ("entered", "mature", "converted")
    }
    # The last week with a mature person is over only when the next one has one too, or nobody is
    # waiting: a cohort counts once nobody in it is immature and a later week has mature people.
    latest = max(
        (w for w, m in zip(weeks, found.integers("mature"), strict=True) if m), default=first
    )
    final = 0
    while (
        final < len(sums["entered"])
        and sums["mature"][final] == sums["entered"][final]
        and first + (final + 1) * COHORT - timedelta(weeks=1) <= latest
    ):
        final += 1
    return Cohorts(first, sums["entered"], sums["mature"], sums["converted"], final)
