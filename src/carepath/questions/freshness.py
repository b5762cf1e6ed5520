"""Up to when the sources can be believed complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from carepath.questions.question import Context

RECORDS = {"tasks": "care_platform.task", "projects": "care_platform.project"}
HISTORIES = {
    "tasks": "care_platform.historical_task",
    "projects": "care_platform.historical_project",
}


PATIENCE = timedelta(days=2)
"""After as long as this the sources of the warehouse count as stale (their YAML)."""


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


def read_work(context: Context, unit: str, patience: timedelta = PATIENCE) -> Knowledge:
    """Return up to when `unit`, tasks or projects, is known: as_of unless one of its feeds stopped.

    A feed stopped when it is complete no further than `patience` before as_of: rows are loaded
    later than they happen, and by that alone it has not (durations.md 11 censors at as_of).
    What happened to work is told by its history. Its records count too where they say when they
    were loaded; otherwise records that nobody touched any more cannot be told from records that
    came no more, and the history decides.
    """
    ends = _read_ends(context)
    history, _ = ends.get(HISTORIES[unit], (None, False))
    records, is_load_known = ends.get(RECORDS[unit], (None, False))
    told = [(history, HISTORIES[unit])]
    if history is None or is_load_known:
        told.append((records, RECORDS[unit]))
    known = [
        (moment, source)
        for moment, source in told
        if moment is not None and moment < context.as_of - patience
    ]
    return Knowledge(*min(known, default=(context.as_of, "")))


def read_complete_through(context: Context, source: str) -> datetime:
    """Return the moment up to which a source is complete; as_of where unknown."""
    moment, _ = _read_ends(context).get(source, (None, False))
    return context.as_of if moment is None else min(context.as_of, moment)


def _read_ends(context: Context) -> dict[str, tuple[datetime | None, bool]]:
    """Read up to when each source is complete, and whether it says when rows were loaded."""
    found = context.fetch(
        """
        select source_table, complete_through, latest_loaded_at is not null as is_load_known
        from data_freshness
        order by source_table
        """
    )
    return {source: (moment, bool(is_known)) for source, moment, is_known in found.rows()}
