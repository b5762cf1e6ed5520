"""History rows as change data capture delivers them, with planted dirt counted exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.histories import History
from carepath.sample.people import Flags, Numbers
from carepath.sample.plan import DAY, SECOND
from carepath.sample.roster import Roster
from carepath.sample.vocabulary import TODO, UNMAPPED

NULL_STATUS = -1

# Share of items (tasks or projects) touched; no item is touched twice.
ITEM_SHARES: Mapping[str, float] = {
    "items_without_history": 0.003,
    "items_with_late_history": 0.005,
    "items_out_of_order": 0.004,
    "items_with_tie": 0.004,
    "items_with_unmapped_status": 0.0005,
    "items_with_status_conflict": 0.003,
    "items_hard_deleted": 0.002,
}
# Rows per ordinary history row.
ROW_SHARES: Mapping[str, float] = {
    "repeats_status": 0.20,
    "null_status": 0.005,
    "dated_after_load": 0.0005,
    "dated_before_created": 0.0005,
    "duplicates_exact": 0.005,
    "null_history_id": 0.0002,
    "null_id": 0.0002,
    "null_history_date": 0.0002,
}
RESPELLED_SHARE = 0.05
SPELLINGS = 5


@dataclass(frozen=True)
class HistoryRows:
    """Rows in order of delivery, and what was planted.

    `chosen` maps each kind of item dirt to the items it was done to.
    """

    columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]]
    dirt: dict[str, int]
    chosen: dict[str, Numbers]


def deliver_history(
    random: np.random.Generator,
    history: History,
    created: Numbers,
    until: Numbers,
    end: int,
    roster: Roster,
    *,
    hard_deletes: bool,
) -> HistoryRows:
    """Turn status changes into delivered rows.

    Parameters
    ----------
    random : Generator
        Where chance comes from.
    history : History
        Status changes in order of time; the first of each item is its insert.
    created : array
        Creation time of each item.
    until : array
        Time after which nothing changes any more in each item.
    end : int
        Moment of extraction; nothing is received later.
    roster : Roster
        Who is at work when: coordinators edit during working hours, somebody at work for those
        who are not.
    hard_deletes : bool
        Whether some items are to be missing from the table of current state.
    """
    dirt: dict[str, int] = {}
    chosen = choose_items(random, created.size)
    if not hard_deletes:
        chosen["items_hard_deleted"] = chosen["items_hard_deleted"][:0]
    columns = _with_ids(*_edit(random, history, until, end, roster, chosen, dirt))
    chosen["items_out_of_order"] = _swap_ids(columns, chosen["items_out_of_order"])
    columns["received"] = np.minimum(
        columns["time"] + random.integers(60, 900, columns["time"].size) * SECOND, end
    )
    _respell(random, columns, dirt)
    columns = _plant_rows(random, columns, created, dirt)
    for kind in ITEM_SHARES:
        dirt.setdefault(kind, int(chosen[kind].size))
    order = np.argsort(columns["received"], kind="stable")
    ordered = {name: columns.pop(name)[order] for name in list(columns)}
    return HistoryRows(ordered, dirt, chosen)


def _edit(
    random: np.random.Generator,
    history: History,
    until: Numbers,
    end: int,
    roster: Roster,
    chosen: dict[str, Numbers],
    dirt: dict[str, int],
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Add edits that change no status, and leave some changes out.

    Returns item, time, status and coordinator of the rows in order of time; what was planted goes
    into `chosen` and `dirt`.
    """
    order = np.lexsort((np.arange(history.item.size), history.item))
    item, time = history.item[order], history.time[order]
    status, coordinator = history.status[order], history.coordinator[order]

    def has(kind: str) -> Flags:
        return np.isin(item, chosen[kind])

    first = np.concatenate([[True], item[1:] != item[:-1]])[: item.size]
    has_next = np.concatenate([item[1:] == item[:-1], [False]])[: item.size]
    second = np.concatenate([[False], first[:-1]])[: item.size] & ~first
    tied = has("items_with_tie") & second
    time = np.where(tied, np.concatenate([[0], time[:-1]])[: item.size], time)
    dirt["items_with_tie"] = int(tied.sum())
    keep = ~has("items_without_history")
    chosen["items_without_history"] = np.unique(item[~keep])
    late = has("items_with_late_history") & first & has_next
    chosen["items_with_late_history"] = item[late]
    keep &= ~late
    unmapped = has("items_with_unmapped_status") & first & has_next & (status == TODO)
    next_time = np.where(
        has_next,
        np.concatenate([time[1:], [end]])[: item.size],
        np.minimum(until[item], end),
    )
    # A row of another status needs room before the next row.
    rank = np.arange(item.size, dtype=np.int64) * 4
    pieces = [[item[keep], time[keep], status[keep], coordinator[keep], rank[keep]]]
    rows = np.flatnonzero(unmapped & (next_time - time > 2 * SECOND))
    chosen["items_with_unmapped_status"] = item[rows]
    pieces.append(
        [
            item[rows],
            time[rows] + (next_time - time)[rows] // 2000 * 1000,
            np.full(rows.size, UNMAPPED),
            coordinator[rows],
            rank[rows] + 2,
        ]
    )
    eligible = np.flatnonzero(keep & (next_time - time > 2 * SECOND))
    eligible = eligible[~np.isin(eligible, rows)]
    taken = random.permutation(eligible)
    for kind, what in (("repeats_status", None), ("null_status", NULL_STATUS)):
        size = min(round(item.size * ROW_SHARES[kind]), taken.size)
        rows, taken = taken[:size], taken[size:]
        share = random.uniform(0.1, 0.9, rows.size)
        pieces.append(
            [
                item[rows],
                _edit_time(roster, share, time[rows], next_time[rows], coordinator[rows]),
                status[rows] if what is None else np.full(rows.size, what),
                coordinator[rows],
                rank[rows] + 1,
            ]
        )
        dirt[kind] = int(rows.size)
    # Sixty million rows: what is not needed any more is let go of.
    del item, time, status, coordinator, rank, order, next_time, keep, eligible, taken
    item, time, status, coordinator, rank = (
        np.concatenate([piece.pop(0) for piece in pieces]) for _ in range(5)
    )
    # A stream of its own: who stands in moves no other draw.
    coordinator = roster.stand_in(random.spawn(1)[0], coordinator, time)
    order = np.lexsort((rank, time))
    return item[order], time[order], status[order], coordinator[order]


def _edit_time(
    roster: Roster,
    share: NDArray[np.float64],
    begin: Numbers,
    end: Numbers,
    coordinator: Numbers,
) -> Numbers:
    """When an edit between two status changes is made; coordinators work by day only."""
    by_day = roster.share_of_work(begin, end, share)
    any_time = begin + (share * (end - begin) / 1000).astype(np.int64) * 1000
    return np.where(coordinator >= 0, by_day, any_time)


def choose_items(random: np.random.Generator, count: int) -> dict[str, Numbers]:
    """Disjoint sets of items, one for each kind of item dirt."""
    order = random.permutation(count).astype(np.int64)
    chosen, begin = {}, 0
    for kind, share in ITEM_SHARES.items():
        size = round(count * share)
        chosen[kind] = order[begin : begin + size]
        begin += size
    return chosen


def respell(random: np.random.Generator, status: Numbers) -> tuple[Numbers, int]:
    """How each status is spelled (0 = as in the map), and how many are spelled otherwise."""
    eligible = np.flatnonzero((status != NULL_STATUS) & (status != UNMAPPED))
    rows = random.choice(eligible, round(eligible.size * RESPELLED_SHARE), replace=False)
    spelling = np.zeros(status.size, dtype=np.int64)
    spelling[rows] = random.integers(1, SPELLINGS, rows.size)
    return spelling, int(rows.size)


def spelled(names: str) -> str:
    """SQL of a status in its spelling; `names` is SQL of the canonical text."""
    return (
        f"case spelling when 0 then {names} when 1 then lower({names})"
        f" when 2 then concat(' ', {names})"
        f" when 3 then replace(lower({names}), '_', ' ')"
        f" else concat(replace({names}, '_', '-'), ' ') end"
    )


def _with_ids(
    item: Numbers, time: Numbers, status: Numbers, coordinator: Numbers
) -> dict[str, NDArray[np.int64] | NDArray[np.bool_]]:
    return {
        "history_id": np.arange(1, item.size + 1, dtype=np.int64),
        "item": item,
        "time": time,
        "status": status,
        "coordinator": coordinator,
        "has_history_id": np.ones(item.size, dtype=bool),
        "has_id": np.ones(item.size, dtype=bool),
        "has_time": np.ones(item.size, dtype=bool),
    }


def _swap_ids(columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]], items: Numbers) -> Numbers:
    """Swap the ids of the last two rows of each item, where their times differ."""
    swapped = []
    rows_of: dict[int, list[int]] = {int(item): [] for item in items}
    for row in np.flatnonzero(np.isin(columns["item"], items)):
        rows_of[int(columns["item"][row])].append(int(row))
    ids = columns["history_id"]
    for item, rows in rows_of.items():
        if len(rows) < 2 or columns["time"][rows[-1]] == columns["time"][rows[-2]]:
            continue
        ids[rows[-1]], ids[rows[-2]] = ids[rows[-2]], ids[rows[-1]]
        swapped.append(item)
    return np.array(swapped, dtype=np.int64)


def _respell(
    random: np.random.Generator,
    columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]],
    dirt: dict[str, int],
) -> None:
    spelling, count = respell(random, columns["status"].astype(np.int64))
    columns["spelling"] = spelling
    dirt["respelled_status"] = count


def _plant_rows(
    random: np.random.Generator,
    columns: dict[str, NDArray[np.int64] | NDArray[np.bool_]],
    created: Numbers,
    dirt: dict[str, int],
) -> dict[str, NDArray[np.int64] | NDArray[np.bool_]]:
    count = columns["item"].size
    # Respelled rows are left out, so that their count stays what was planted.
    shuffled = random.permutation(np.flatnonzero(columns["spelling"] == 0))
    pieces = [columns]
    next_id = count + 1
    for kind in (
        "dated_after_load",
        "dated_before_created",
        "null_history_id",
        "null_id",
        "null_history_date",
        "duplicates_exact",
    ):
        size = min(round(count * ROW_SHARES[kind]), shuffled.size)
        rows, shuffled = shuffled[:size], shuffled[size:]
        extra = {name: values[rows] for name, values in columns.items()}
        if kind != "duplicates_exact":
            extra["history_id"] = next_id + np.arange(size, dtype=np.int64)
            next_id += size
        away = random.integers(DAY, 300 * DAY, size) // 1000 * 1000
        if kind == "dated_after_load":
            extra["time"] = extra["received"] + away
        elif kind == "dated_before_created":
            extra["time"] = created[extra["item"].astype(np.int64)] - away
        elif kind == "null_history_id":
            extra["has_history_id"] = np.zeros(size, dtype=bool)
        elif kind == "null_id":
            extra["has_id"] = np.zeros(size, dtype=bool)
        elif kind == "null_history_date":
            extra["has_time"] = np.zeros(size, dtype=bool)
        dirt[kind] = size
        pieces.append(extra)
    return {name: np.concatenate([piece.pop(name) for piece in pieces]) for name in list(columns)}
