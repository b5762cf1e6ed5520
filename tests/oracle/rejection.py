"""The fate of every raw row: modelled, deduplicated, rejected with a reason, or after as_of."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from oracle.dedup import (
    believe,
    dated_at,
    deduplicate,
    deleted_at,
    id_column,
    loaded_at,
    row_hash,
    source_at,
)
from oracle.definitions import (
    EVENTS,
    HISTORIES,
    PROJECT,
    PROJECT_HISTORY,
    TABLES,
    TASK,
    Definitions,
    Raw,
    Row,
)

FATES = ("modelled", "deduplicated", "rejected", "after_as_of")


@dataclass
class Settled:
    """Rows that count, and what became of the others."""

    as_of: datetime = datetime.min
    kept: Raw = field(default_factory=dict)
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    # tasks and projects whose history goes on after as_of, with a status
    changed_later: set[tuple[str, str]] = field(default_factory=set)

    def reject(self, table: str, reason: str) -> None:
        """Count one rejected row."""
        self.fates[table, "rejected"] += 1
        self.reasons[table, reason] += 1


def settle(raw: Raw, definitions: Definitions) -> Settled:
    """Decide each row's fate: duplicates first, then missing ids, times, and as_of."""
    settled = Settled()
    for table in TABLES:  # projects and tasks come before their histories
        rows = raw.get(table, [])
        settled.totals[table] = len(rows)
        nameless = [row for row in rows if row.get(id_column(table)) is None]
        named = [
            believe(table, row, definitions.earliest_plausible_at)
            for row in rows
            if row.get(id_column(table)) is not None
        ]
        distinct = deduplicate(table, named)
        nameless_count = len({row_hash(row) for row in nameless})
        settled.fates[table, "deduplicated"] = len(rows) - len(distinct) - nameless_count
        for _ in range(nameless_count):
            settled.reject(table, "missing_id")
        present = []
        for row in distinct:
            reason = untimely(table, row, definitions)
            if reason:
                settled.reject(table, reason)
            elif is_after(table, row, definitions.as_of):
                settled.fates[table, "after_as_of"] += 1
                settled.reasons[table, "after_as_of"] += 1
                if table in HISTORIES and (row.get("status") or "").strip():
                    settled.changed_later.add((table, row["id"]))
            elif is_deleted_before_created(table, row, definitions):
                settled.reject(table, "deleted_before_created")
            else:
                present.append(row)
        created, deleted = (
            creations(table, present, settled),
            deletions(table, settled, definitions),
        )
        settled.kept[table] = []
        for row in present:
            started = created.get(row["id"]) if table in HISTORIES else None
            if started is not None and row["history_date"] < started:
                settled.reject(table, "dated_before_created")
            elif row.get("id") in deleted and row["history_date"] > deleted[row["id"]]:
                settled.reject(table, "dated_after_deletion")
            else:
                settled.kept[table].append(row)
        settled.fates[table, "modelled"] = len(settled.kept[table])
    settled.as_of = definitions.as_of or latest_moment(settled.kept)
    return settled


def latest_moment(kept: Raw) -> datetime:
    """The default as_of: the latest change, load or deletion among rows that count."""
    moments = [datetime.min]
    for table, rows in kept.items():
        for row in rows:
            moments += [at for at in (source_at(table, row), loaded_at(table, row)) if at]
            if table in (TASK, PROJECT) and (at := deleted_at(table, row, datetime.max)):
                moments.append(at)
    return max(moments)


def is_after(table: str, row: Row, as_of: datetime | None) -> bool:
    """Whether the row had not happened yet."""
    dated = dated_at(table, row)
    return as_of is not None and dated is not None and dated > as_of


def creations(table: str, present: list[Row], settled: Settled) -> dict[str, datetime]:
    """When each task or project of this history was created, as far as anything says."""
    if table not in HISTORIES:
        return {}
    current = settled.kept[PROJECT if table == PROJECT_HISTORY else TASK]
    found: dict[str, datetime] = {}
    for row in present:
        if row.get("created"):
            found[row["id"]] = min(found.get(row["id"], datetime.max), row["created"])
    found.update({row["id"]: row["created"] for row in current if row.get("created")})
    return found


def deletions(table: str, settled: Settled, definitions: Definitions) -> dict[str, datetime]:
    """When each task or project of this history was deleted."""
    if table not in HISTORIES:
        return {}
    records = PROJECT if table == PROJECT_HISTORY else TASK
    found = {}
    for row in settled.kept[records]:
        at = deleted_at(records, row, definitions.as_of or datetime.max)
        if at is not None:
            found[row["id"]] = at
    return found


def is_deleted_before_created(table: str, row: Row, definitions: Definitions) -> bool:
    """Whether a record of a task or project ends before it begins."""
    if table not in (TASK, PROJECT) or row.get("created") is None:
        return False
    at = deleted_at(table, row, definitions.as_of or datetime.max)
    return at is not None and at < row["created"]


def untimely(table: str, row: Row, definitions: Definitions) -> str | None:
    """Why the row belongs to nothing, or its own time cannot be believed."""
    if table in (TASK, PROJECT) and row.get("created"):
        loaded = loaded_at(table, row)
        if loaded and row["created"] > loaded:
            return "dated_after_load"
        return "dated_too_early" if row["created"] < definitions.earliest_plausible_at else None
    if table != EVENTS and table not in HISTORIES:
        return None
    if table in HISTORIES and row.get("id") is None:
        return "missing_id"
    dated, loaded = dated_at(table, row), loaded_at(table, row)
    if dated is None:
        return "missing_date"
    if loaded is not None and dated > loaded:
        return "dated_after_load"
    if dated < definitions.earliest_plausible_at:
        return "dated_too_early"
    return None


def row_reconciliation(settled: Settled) -> list[Row]:
    """One row per source table and fate; the fates of a table add up to its raw rows."""
    return [
        {
            "source_table": table,
            "fate": fate,
            "row_count": settled.fates[table, fate],
            "raw_row_count": settled.totals[table],
        }
        for table in TABLES
        for fate in FATES
    ]


def rejection_summary(settled: Settled) -> list[Row]:
    """One row per source table and reason that occurred; being after as_of is one, too."""
    return [
        {"source_table": table, "reason": reason, "row_count": count}
        for (table, reason), count in sorted(settled.reasons.items())
    ]
