"""Rows that quarrel: an event or history row once more, under another person or task; a record
once more, of another creation or deletion.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random

from oracle.definitions import EVENTS, PROJECT, PROJECT_HISTORY, TASK, TASK_HISTORY, Raw, Row
from oracle.worlds import NO_DATES, YEAR_START

# table -> its key, the column that says whose the row is, the moment that decides between copies
CONTESTED = {
    EVENTS: ("event_id", "user_id", "collector_tstamp"),
    TASK_HISTORY: ("history_id", "id", "_sdc_received_at"),
    PROJECT_HISTORY: ("history_id", "id", "_sdc_received_at"),
}


def add_quarrels(raw: Raw, random: Random, share: float = 0.08) -> Raw:
    """The rows, and for some of them a copy that is another's, collected earlier or later; and of
    some records a version that moves, loses or contradicts when the thing was made and ended.
    """
    result = {table: list(rows) for table, rows in raw.items()}
    for table, (key, owner, moment) in CONTESTED.items():
        owners = sorted({row[owner] for row in raw[table] if row[owner]})
        for row in raw[table]:
            if row[key] and row[moment] and owners and random.random() < share:
                result[table].append(_contest(row, random, owners, owner, moment))
    for table in (TASK, PROJECT):
        for row in raw[table]:
            if row["id"] and row["created"] and random.random() < 2 * share:
                result[table].append(_revise(row, random))
    return result


def _revise(row: Row, random: Random) -> Row:
    created = max(row["created"], YEAR_START)
    day = timedelta(days=1)
    never = random.choice(NO_DATES)
    return row | {
        "created": random.choice(
            (created, created - day, created + day, created + 9 * day, None, never)
        ),
        "modified": created + random.choice((1, 5, 400)) * day,
        "_sdc_deleted_at": random.choice((None, created + 2 * day, created + 20 * day)),
    }


def _contest(row: Row, random: Random, owners: list[str], owner: str, moment: str) -> Row:
    apart = timedelta(seconds=random.choice((-7, -1, 1, 7)))
    claimed = random.choice((*random.sample(owners, min(3, len(owners))), None))
    return row | {owner: claimed, moment: row[moment] + apart}
