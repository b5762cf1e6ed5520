"""Up to when the sources can be believed complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from carepath.questions.question import Context

TASK_SOURCES = ("care_platform.task", "care_platform.historical_task")
PROJECT_SOURCES = ("care_platform.project", "care_platform.historical_project")


@dataclass(frozen=True)
class Knowledge:
    """What an answer can know of its sources.

    Parameters
    ----------
    through : datetime
        Moment up to which all of them are complete (UTC): what came later has not happened yet,
        and what was open then is open.
    source : str
        The one that ends first; empty where they go as far as the warehouse.
    """

    through: datetime
    source: str

    @property
    def end(self) -> np.datetime64:
        """The moment as numpy has it, to the microsecond."""
        return np.datetime64(self.through, "us")

    def say(self, what: str, then: str = "nothing that came later counts") -> str:
        """Return the caveat that names the source and its end; empty where it ends with all."""
        if not self.source:
            return ""
        return (
            f"{what} are known up to {self.through:%Y-%m-%d %H:%M} UTC, as far as {self.source} "
            f"is complete: {then}."
        )


def read_knowledge(context: Context, *sources: str) -> Knowledge:
    """Return up to when all of `sources` are complete; up to as_of where unknown."""
    found = context.fetch(
        """
        select source_table, complete_through
        from data_freshness
        order by source_table
        """
    )
    known: list[tuple[datetime, str]] = [
        (moment, source)
        for source, moment in found.rows()
        if source in sources and moment is not None and moment < context.as_of
    ]
    return Knowledge(*min(known, default=(context.as_of, "")))


def read_complete_through(context: Context, *sources: str) -> datetime:
    """Return the earliest moment up to which all of `sources` are complete; as_of where unknown."""
    return read_knowledge(context, *sources).through
