"""Up to when the sources can be believed complete."""

from __future__ import annotations

from datetime import datetime

from carepath.questions.question import Context


def read_complete_through(context: Context, *sources: str) -> datetime:
    """Return the earliest moment up to which all of `sources` are complete; as_of where unknown."""
    found = context.fetch(
        """
        select source_table, complete_through
        from data_freshness
        order by source_table
        """
    )
    known: list[datetime] = [
        moment for source, moment in found.rows() if source in sources and moment is not None
    ]
    return min([context.as_of, *known])
