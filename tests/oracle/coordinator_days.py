"""How many coordinators worked on each local date, counted by brute force (durations.md 19)."""

from __future__ import annotations

from datetime import date

from oracle.definitions import TASK_HISTORY, Definitions, Row
from oracle.rejection import Settled
from oracle.statuses import map_status
from oracle.times import local_date

WORK = ("active", "waiting", "paused", "done")


def coordinator_days(settled: Settled, definitions: Definitions) -> list[Row]:
    """One row per local date on which a task changed."""
    days: dict[date, list[tuple[str | None, str | None]]] = {}
    coordinators = set()
    for row in settled.kept[TASK_HISTORY]:
        who = row.get("history_user_id")
        mapped = map_status("task", row.get("status"), definitions)
        category = mapped[1] if mapped else None
        if category == "active" and who is not None:
            coordinators.add(who)
        day = local_date(row["history_date"], definitions.zone)
        days.setdefault(day, []).append((who, category))
    return [
        {
            "worked_date": day,
            "coordinator_count": len({who for who, _ in changes} & coordinators),
            "work_change_count": sum(category in WORK for _, category in changes),
            "attributed_change_count": sum(
                category in WORK and who is not None for who, category in changes
            ),
        }
        for day, changes in days.items()
    ]
