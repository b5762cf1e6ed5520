"""From actions to rows as delivered: sessions, clocks, lateness, loss, and planted dirt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.browsing import Actions, PassersBy
from carepath.sample.people import ROLE_NONE, ROLE_STAFF, Flags, Numbers, People
from carepath.sample.plan import DAY, HOUR, SECOND, WEEK, SamplePlan
from carepath.sample.vocabulary import DEVICES

Columns = dict[str, NDArray[np.int64] | NDArray[np.bool_]]

OUTAGE_WEEKS = 8
OUTAGE_DEVICE = 1  # Mobile
LOST_ACCOUNT_SHARE, LOST_PROJECT_SHARE = 0.005, 0.003
# Room in the numbering for the events of one part.
EVENT_NUMBERS = 1_000_000_000
# Losses are planted early enough that lateness cannot be confused with them.
LOSS_MARGIN = 90 * DAY
SKEW_SHARE = 0.01
OFFLINE_SHARE, LATE_SHARE, VERY_LATE_SHARE = 0.01, 0.02, 0.001
OLD_SCHEMA_SHARE_OF_SPAN = 0.25

# Extra rows per row, each a corrupted or repeated copy of an ordinary one.
EXTRA_SHARES: Mapping[str, float] = {
    "duplicates_exact": 0.008,
    "duplicates_conflicting": 0.0015,
    "dated_after_load": 0.0005,
    "dated_too_early": 0.0002,
    "null_event_id": 0.0002,
    "null_collector_tstamp": 0.0001,
    "funnel_without_user_id": 0.0005,
    "undefined_step": 0.0003,
    "undefined_funnel": 0.0003,
}
# Ordinary rows changed in place, in ways that move no time and no person.
CHANGED_SHARES: Mapping[str, float] = {"null_load_tstamp": 0.01, "null_derived_tstamp": 0.001}
CHANGED_FLAGS = {"null_load_tstamp": "has_load", "null_derived_tstamp": "has_time"}


@dataclass(frozen=True)
class Losses:
    """Which people's events never arrived (flags over the people of a chunk)."""

    account: Flags
    project: Flags


def draw_losses(random: np.random.Generator, plan: SamplePlan, people: People) -> Losses:
    """Choose exact numbers of people whose CREATE_ACCOUNT or CREATE_PROJECT events are lost."""
    early = people.created < plan.ends - LOSS_MARGIN
    converted = people.reached[:, 5] & (people.times[:, 5] < plan.ends - LOSS_MARGIN)

    def choose(eligible: Flags, share: float) -> Flags:
        rows = np.flatnonzero(eligible)
        flags = np.zeros(len(people), dtype=bool)
        flags[random.choice(rows, round(rows.size * share), replace=False)] = True
        return flags

    account = choose(early, LOST_ACCOUNT_SHARE)
    return Losses(account, choose(converted & ~account, LOST_PROJECT_SHARE))


def outage_span(plan: SamplePlan) -> tuple[int, int]:
    """Start and end of the tracking outage."""
    return plan.changes, min(plan.changes + OUTAGE_WEEKS * WEEK, plan.ends)


def outage_clients(count: int) -> Flags:
    """Every second client loses events."""
    return np.asarray(np.arange(count) % 2 == 0)


def deliver(
    random: np.random.Generator,
    plan: SamplePlan,
    part: int,
    people: People,
    others: PassersBy,
    actions: Actions,
    losses: Losses,
) -> tuple[Columns, dict[str, int]]:
    """Rows of one part in order of loading, and the count of each planted dirt.

    Returns
    -------
    columns : dict of arrays, shape (rows,)
        Codes and microseconds, see `carepath.sample.event_columns` for how they are written.
    dirt : dict
        Count of rows by kind, exact.
    """
    columns, dirt = _ordinary(random, plan, part, people, others, actions, losses)
    first_free = EVENT_NUMBERS * part + columns["number"].size
    _lose_lately_loaded(columns, plan, dirt)
    columns = _plant(random, plan, columns, first_free, dirt)
    skewed = np.abs(columns["sent"] - columns["collector"]) > HOUR
    dirt["clock_skew"] = int((skewed & columns["has_collector"]).sum())
    dirt["staff"] = int((columns["role"] == ROLE_STAFF).sum())
    dirt["without_user_id"] = int((~columns["identified"].astype(bool)).sum())
    order = np.lexsort((columns["number"], columns["collector"], columns["load"]))
    return _take(columns, order), dirt


def _take(columns: Columns, rows: Numbers | Flags) -> Columns:
    return {name: values[rows] for name, values in columns.items()}


def _sessions(actions: Actions) -> Numbers:
    """Number each person's sessions by their first action, from 1."""
    key = actions.who * 1000 + actions.session
    keys, inverse = np.unique(key, return_inverse=True)
    start = np.full(keys.size, 2**62, dtype=np.int64)
    np.minimum.at(start, inverse, actions.time)
    who = keys // 1000
    order = np.lexsort((start, who))
    first = np.searchsorted(who[order], who[order], side="left")
    index = np.empty(keys.size, dtype=np.int64)
    index[order] = np.arange(keys.size) - first + 1
    return np.asarray(index[inverse], dtype=np.int64)


def _ordinary(
    random: np.random.Generator,
    plan: SamplePlan,
    part: int,
    people: People,
    others: PassersBy,
    actions: Actions,
    losses: Losses,
) -> tuple[Columns, dict[str, int]]:
    everyone = len(people) + len(others.number)

    def of_all(ours: Numbers, theirs: Numbers) -> Numbers:
        return np.concatenate([ours, theirs])

    device = of_all(people.device, others.device)
    client = of_all(people.client, others.landing_client)
    session = _sessions(actions)
    lost = np.zeros(len(actions), dtype=bool)
    ours = actions.who < len(people)
    who = np.where(ours, actions.who, 0)
    lost |= ours & losses.account[who] & (actions.step == 1)
    lost |= ours & losses.project[who] & (actions.step == 6)
    outage = np.zeros(len(actions), dtype=bool)
    draw = random.random(len(actions))
    if plan.what.loses_events:
        start, end = outage_span(plan)
        hit = (actions.time >= start) & (actions.time < end)
        hit &= device[actions.who] == OUTAGE_DEVICE
        hit &= (client[actions.who] >= 0) & (client[actions.who] % 2 == 0)
        outage = hit & (draw < plan.planted_effect)
    keep = ~lost & ~outage
    actions, session, who, ours = actions.take(keep), session[keep], who[keep], ours[keep]
    time, step, count = actions.time, actions.step, len(actions)

    known = ours & ((time >= people.created[who]) | (step > 0))
    role = np.where(known, people.role[who], ROLE_NONE)
    # Half of the staff carry their role only after the first step.
    first_step = (step == 1) & (people.number[who] % 2 == 0)
    role = np.where((role == ROLE_STAFF) & (first_step | (step == 0)), ROLE_NONE, role)
    verified = np.where(people.reached[who, 3] & (time >= people.times[who, 3]), 2, 1)
    verified = np.where(known & people.verifies[who], verified, 0)

    lag = random.integers(50, 2000, count) * 1000
    offline = (device[actions.who] == OUTAGE_DEVICE) & (random.random(count) < OFFLINE_SHARE)
    lag += np.where(offline, random.exponential(2 * HOUR / 1000, count), 0).astype(np.int64) * 1000
    skew = random.integers(2 * 3600, 4 * 86400, everyone) * SECOND
    skew *= np.where(random.random(everyone) < 0.5, 1, -1)
    skew = np.where(random.random(everyone) < SKEW_SHARE, skew, 0)[actions.who]
    collector = time + lag
    late = np.where(random.random(count) < LATE_SHARE, random.exponential(12 * HOUR, count), 0)
    very = random.random(count) < VERY_LATE_SHARE
    late += np.where(very, random.uniform(7 * DAY, 60 * DAY, count), 0)
    etl = collector + random.integers(1000, 3000, count) * 1000
    load = etl + 60 * SECOND + (random.exponential(300, count) * SECOND + late).astype(np.int64)
    load = load // 1000 * 1000
    old = time < plan.begins + OLD_SCHEMA_SHARE_OF_SPAN * (plan.ends - plan.begins)
    columns: Columns = {
        "number": EVENT_NUMBERS * part + np.arange(count, dtype=np.int64),
        "person": of_all(people.number, others.number)[actions.who],
        "time": time,
        "has_time": np.ones(count, dtype=bool),
        "device_created": time + skew,
        "sent": time + skew + lag,
        "collector": collector,
        "has_collector": np.ones(count, dtype=bool),
        "etl": etl,
        "load": load,
        "has_load": np.ones(count, dtype=bool),
        "has_id": np.ones(count, dtype=bool),
        "page": actions.page,
        "step": step,
        "funnel": np.zeros(count, dtype=np.int64),
        "session": session,
        "identified": known,
        "role": role,
        "verified": verified,
        "device": device[actions.who],
        "agent": of_all(people.agent, others.agent)[actions.who],
        "city": of_all(people.city, others.city)[actions.who],
        "client": of_all(people.landing_client, others.landing_client)[actions.who],
        "old_schema": old & (step > 0),
    }
    dirt = {
        "lost_create_account_people": int(losses.account.sum()),
        "lost_create_project_people": int(losses.project.sum()),
        "lost_in_outage": int(outage.sum()),
    }
    return columns, dirt


def _lose_lately_loaded(columns: Columns, plan: SamplePlan, dirt: dict[str, int]) -> None:
    """Drop, in place, what had not been loaded yet when the data was extracted."""
    loaded = columns["load"] < plan.ends
    dirt["not_yet_loaded"] = int((~loaded).sum())
    for name, values in columns.items():
        columns[name] = values[loaded]


def _plant(
    random: np.random.Generator,
    plan: SamplePlan,
    columns: Columns,
    next_number: int,
    dirt: dict[str, int],
) -> Columns:
    count = columns["number"].size
    shuffled = random.permutation(count)
    is_funnel = columns["step"].astype(np.int64) > 0
    funnel, views = shuffled[is_funnel[shuffled]], shuffled[~is_funnel[shuffled]]
    pieces = [columns]
    for kind, share in EXTRA_SHARES.items():
        only_funnel = kind.startswith(("funnel", "undefined"))
        size = min(round(count * share), (funnel if only_funnel else views).size)
        if only_funnel:
            rows, funnel = funnel[:size], funnel[size:]
        else:
            # Half page views, half funnel events, so that both kinds are tried.
            half = min(size // 2, funnel.size)
            rows = np.concatenate([funnel[:half], views[: size - half]])
            funnel, views = funnel[half:], views[size - half :]
        copy = _take(columns, rows)
        if not kind.startswith("duplicates"):
            copy["number"] = next_number + np.arange(rows.size, dtype=np.int64)
            next_number += rows.size
        _corrupt(random, plan, kind, copy)
        dirt[kind] = int(rows.size)
        pieces.append(copy)
    for kind, share in CHANGED_SHARES.items():
        size = round(count * share)
        rows, views = views[:size], views[size:]
        columns[CHANGED_FLAGS[kind]][rows] = False
        dirt[kind] = int(rows.size)
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in columns}


def _corrupt(random: np.random.Generator, plan: SamplePlan, kind: str, rows: Columns) -> None:
    count = rows["number"].size
    if kind == "duplicates_conflicting":
        # The repeat is collected later: the earliest row stays the one that counts.
        delay = random.integers(1, 2 * 86400, count) * SECOND
        delay = np.minimum(delay, plan.ends - 1000 - rows["load"])
        for name in ("collector", "etl", "load", "time", "sent", "device_created"):
            rows[name] = rows[name] + delay
        rows["agent"] = (rows["agent"] + 2) % (2 * len(DEVICES))
    elif kind == "dated_after_load":
        rows["time"] = rows["load"] + random.integers(DAY, 400 * DAY, count) // 1000 * 1000
    elif kind == "dated_too_early":
        rows["time"] = random.integers(0, 30 * DAY, count) // 1000 * 1000
    elif kind == "null_event_id":
        rows["has_id"] = np.zeros(count, dtype=bool)
    elif kind == "null_collector_tstamp":
        rows["has_collector"] = np.zeros(count, dtype=bool)
    elif kind == "funnel_without_user_id":
        rows["identified"] = np.zeros(count, dtype=bool)
        rows["role"] = np.zeros(count, dtype=np.int64)
        rows["verified"] = np.zeros(count, dtype=np.int64)
    elif kind == "undefined_step":
        rows["step"] = np.full(count, 7, dtype=np.int64)
    elif kind == "undefined_funnel":
        rows["funnel"] = np.ones(count, dtype=np.int64)


OUTAGE_DEVICE_NAME = DEVICES[OUTAGE_DEVICE][0]
