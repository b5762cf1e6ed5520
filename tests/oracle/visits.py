"""From history rows to visits and phases (durations.md 1-8)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime

from oracle.definitions import Definitions, Row
from oracle.statuses import map_status

CLOSED = ("done", "cancelled")


@dataclass
class Phase:
    """One visit of a status, or (visit 0) the time before history began."""

    visit_number: int
    status: str
    category: str
    entered_at: datetime
    exited_at: datetime | None = None
    is_imputed: bool = False

    def end(self, as_of: datetime) -> datetime:
        """When it ended, or as far as we can see."""
        return self.exited_at if self.exited_at is not None else max(as_of, self.entered_at)


def history_key(row: Row) -> tuple[datetime, bool, int, str]:
    """History date, then history_id: as a number when it is one."""
    text = row["history_id"]
    is_number = text.isdigit()
    return row["history_date"], not is_number, int(text) if is_number else 0, text


def has_order_conflict(rows: list[Row]) -> bool:
    """Whether a later row has a lower number."""
    ids = [row["history_id"] for row in sorted(rows, key=history_key)]
    return any(
        first.isdigit() and second.isdigit() and int(second) < int(first)
        for first, second in itertools.pairwise(ids)
    )


def form_phases(
    entity: str,
    rows: list[Row],
    current_status: str | None,
    created_at: datetime,
    deleted_at: datetime | None,
    definitions: Definitions,
) -> list[Phase]:
    """Phases of one task or project, in order; the real visits count from 1."""
    visits: list[Phase] = []
    for row in sorted(rows, key=history_key):
        mapped = map_status(entity, row.get("status"), definitions)
        if mapped is None:
            continue  # says nothing about the status: the last one still holds
        if visits and visits[-1].status == mapped[0]:
            continue
        if visits:
            visits[-1].exited_at = row["history_date"]
        visits.append(Phase(len(visits) + 1, *mapped, row["history_date"]))
    if not visits:
        status, category = map_status(entity, current_status, definitions) or ("unknown", "unknown")
        visits = [Phase(1, status, category, created_at, is_imputed=True)]
    if deleted_at is not None:
        visits[-1].exited_at = deleted_at
    first_at = visits[0].entered_at
    if created_at < first_at:
        visits.insert(0, Phase(0, "before_history", "before_history", created_at, first_at))
    return visits


def runs(phases: list[Phase], belongs: tuple[str, ...]) -> list[list[Phase]]:
    """Maximal runs of consecutive phases whose category is one of these."""
    found: list[list[Phase]] = []
    previous: Phase | None = None
    for phase in phases:
        if phase.category in belongs:
            if previous is not None and previous.category in belongs:
                found[-1].append(phase)
            else:
                found.append([phase])
        previous = phase
    return found
