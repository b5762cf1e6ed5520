"""People: who signs up when, from where, and how far through the intake they get."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carepath.sample.hours import to_utc, weeks_of
from carepath.sample.plan import DAY, HOUR, SECOND, SamplePlan
from carepath.sample.rates import (
    CITY_COUNTRY,
    CITY_SHARES,
    DEVICE_SHARES,
    RETURN_SHARE,
    TOO_LATE_SHARE,
    Rates,
)
from carepath.sample.vocabulary import CITIES, HOURS, STEPS

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHUNK = 20_000
# Room in the numbering for the people and the anonymous visitors of one chunk.
CHUNK_NUMBERS = 10_000_000

# Seconds from one step to the next within a session: median, and spread of the logarithm.
STEP_SECONDS: tuple[float, ...] = (25.0, 10.0, 90.0, 45.0, 120.0)
STEP_SPREAD = 0.7
SHORTEST_STEP, LONGEST_STEP = 3.0, 3600.0
RETURN_MEAN_DAYS = 3.0
LONGEST_RETURN_DAYS = 13.0
TOO_LATE_DAYS = (14.0, 45.0)

# Shares of people.
SKIP_SHARES: tuple[float, ...] = (0.02, 0.01, 0.03, 0.04)  # steps 2 to 5, passed without an event
TIE_SHARE = 0.02  # steps 1 and 2 at the same instant
EARLY_SHARE = 0.01  # step 2 one second before step 1, within the usual tolerance
SWAP_SHARE = 0.01  # step 3 before step 2
NO_LANDING_SHARE = 0.05
NO_CLIENT_SHARE = 0.03
OTHER_LANDING_SHARE = 0.003
NO_ROLE_SHARE = 0.15

ROLE_NONE, ROLE_MEMBER, ROLE_STAFF = 0, 1, 2


@dataclass(frozen=True)
class People:
    """One array element (or row) for each person; times are microseconds UTC.

    Parameters
    ----------
    number : array
        Unique number; identifiers are made from it.
    client, landing_client, account_client : array
        Index of the client whose rates hold, whose page they landed on (-1: none), and that the
        account names (-1: none).
    reached, emitted : array, shape (n, 6)
        Whether the person did each step, and whether the step left an event.
    times : array, shape (n, 6)
        When each step was done; meaningless where not reached.
    """

    number: Numbers
    client: Numbers
    landing_client: Numbers
    account_client: Numbers
    city: Numbers
    device: Numbers
    agent: Numbers
    created: Numbers
    active_from: Numbers
    verifies: Flags
    has_page: Flags
    role: Numbers
    reached: Flags
    emitted: Flags
    times: Numbers
    gaps: Numbers
    returned_at: Numbers
    """Index (1 to 5) of the step before which the person broke off and returned; 0: never."""

    def __len__(self) -> int:
        return len(self.number)


def chunks_of(plan: SamplePlan) -> list[int]:
    """Sizes of the chunks in which people are made; memory depends on one chunk only."""
    full, rest = divmod(plan.members, CHUNK)
    return [CHUNK] * full + ([rest] if rest else [])


def pick(random: np.random.Generator, shares: NDArray[np.float64], count: int) -> Numbers:
    """Draw `count` indices in proportion to `shares`."""
    edges = np.cumsum(shares)
    drawn = np.searchsorted(edges, random.random(count) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, shares.size - 1), dtype=np.int64)


def draw_people(rates: Rates, part: int, count: int, purpose: str = "people") -> People:
    """Draw `count` people who sign up inside the span, with their whole way through the intake."""
    plan, clients = rates.plan, rates.clients
    random = plan.random(purpose, part)
    cell = pick(random, rates.intensity.ravel(), count)
    day, client = np.divmod(cell, len(clients))
    city = pick(random, CITY_SHARES, count)
    device = pick(random, DEVICE_SHARES, count)
    agent = device * 2 + (random.random(count) < 0.5)
    created = _moments(random, plan, city, plan.begins + day * DAY)
    verifies = clients.verification.reaches(client, created, random.random(count))
    has_page = clients.page.reaches(client, created, random.random(count))
    passing = rates.pass_probabilities(
        client, weeks_of(plan, created), device, CITY_COUNTRY[city], verifies, has_page
    )
    passed = random.random((count, 5)) < passing
    reached = np.concatenate([np.ones((count, 1), bool), np.cumprod(passed, axis=1) > 0], axis=1)
    applies = np.ones((count, 6), dtype=bool)
    applies[:, 3], applies[:, 4] = verifies, has_page
    skipped = np.zeros((count, 6), dtype=bool)
    skipped[:, 1:5] = random.random((count, 4)) < np.array(SKIP_SHARES)
    emitted = reached & applies & ~skipped
    times, gaps, returned = _step_times(random, created, applies)
    _disturb(random, times, emitted)
    no_landing = random.random(count) < NO_LANDING_SHARE
    other = np.where(
        random.random(count) < OTHER_LANDING_SHARE,
        random.integers(0, len(clients), count),
        client,
    )
    return People(
        number=part * CHUNK_NUMBERS + np.arange(count, dtype=np.int64),
        client=client,
        landing_client=np.where(no_landing, -1, other),
        account_client=np.where(random.random(count) < NO_CLIENT_SHARE, -1, client),
        city=city,
        device=device,
        agent=agent,
        created=created,
        active_from=created,
        verifies=verifies,
        has_page=has_page,
        role=np.where(random.random(count) < NO_ROLE_SHARE, ROLE_NONE, ROLE_MEMBER),
        reached=reached,
        emitted=emitted,
        times=times,
        gaps=gaps,
        returned_at=returned,
    )


def draw_staff(rates: Rates, part: int, count: int) -> People:
    """Draw staff who walk the intake to try it out, always to the end."""
    people = draw_people(rates, part, count, "staff")
    reached = np.ones_like(people.reached)
    emitted = reached.copy()
    emitted[:, 3], emitted[:, 4] = people.verifies, people.has_page
    return replace(
        people,
        role=np.full(count, ROLE_STAFF, dtype=np.int64),
        reached=reached,
        emitted=emitted,
    )


def draw_legacy(rates: Rates, part: int, count: int) -> People:
    """Draw people whose account is older than the data; a quarter starts a project inside it."""
    people = draw_people(rates, part, count, "legacy")
    random = rates.plan.random("legacy accounts", part)
    first_seen = people.created
    created = rates.plan.begins - random.integers(DAY, 365 * DAY, count) // 1000 * 1000
    reached = np.zeros_like(people.reached)
    reached[:, 0] = True
    reached[: count // 4, 5] = True
    emitted = reached.copy()
    emitted[:, 0] = False
    times = np.repeat(created[:, None], len(STEPS), axis=1)
    times[:, 5] = first_seen
    return replace(
        people,
        created=created,
        active_from=first_seen,
        reached=reached,
        emitted=emitted,
        times=times,
        returned_at=np.zeros(count, dtype=np.int64),
    )


def spread_over_day(random: np.random.Generator, city: Numbers, local_days: Numbers) -> Numbers:
    """UTC moments (whole milliseconds) in the local hours people keep, on each local day."""
    hour = pick(random, np.array(HOURS), city.size)
    local = local_days + hour * HOUR + random.integers(0, 3_600_000, city.size) * 1000
    moments = local.copy()
    for number, (*_, zone, _share) in enumerate(CITIES):
        here = city == number
        moments[here] = to_utc(zone, local[here])
    return moments


def _moments(
    random: np.random.Generator, plan: SamplePlan, city: Numbers, days: Numbers
) -> Numbers:
    moments = spread_over_day(random, city, days)
    # A local day can begin before or end after the UTC span: those sign up a day later or earlier.
    moments = np.where(moments < plan.begins, moments + DAY, moments)
    return np.where(moments >= plan.ends, moments - DAY, moments)


def _step_times(
    random: np.random.Generator, created: Numbers, applies: Flags
) -> tuple[Numbers, Numbers, Numbers]:
    count = created.size
    seconds = np.array(STEP_SECONDS) * np.exp(random.normal(0, STEP_SPREAD, (count, 5)))
    seconds = np.clip(seconds, SHORTEST_STEP, LONGEST_STEP) * applies[:, 1:]
    gaps = np.round(seconds * 1000).astype(np.int64) * 1000
    breaks = random.random(count) < RETURN_SHARE
    returned = np.where(breaks, random.integers(1, 6, count), 0)
    soon = 1 - np.exp(-LONGEST_RETURN_DAYS / RETURN_MEAN_DAYS)
    lag = -RETURN_MEAN_DAYS * np.log1p(-random.random(count) * soon)
    lag = np.where(
        random.random(count) < TOO_LATE_SHARE, random.uniform(*TOO_LATE_DAYS, count), lag
    )
    delays = np.zeros((count, 5), dtype=np.int64)
    rows = np.flatnonzero(breaks)
    delays[rows, returned[rows] - 1] = np.ceil(lag[rows] * DAY / 1000).astype(np.int64) * 1000
    times = np.concatenate([created[:, None], gaps + delays], axis=1).cumsum(axis=1)
    return times, gaps, returned


def _disturb(random: np.random.Generator, times: Numbers, emitted: Flags) -> None:
    """Make ties, steps a second too early, and swapped steps, in place.

    Later steps stay where they are, so nobody's conversion moves.
    """
    draw = random.random(len(times))
    quick = emitted[:, 1] & (times[:, 1] - times[:, 0] < DAY)
    tie = quick & (draw < TIE_SHARE)
    early = quick & ~tie & (draw < TIE_SHARE + EARLY_SHARE)
    times[tie, 1] = times[tie, 0]
    times[early, 1] = times[early, 0] - SECOND
    swap = emitted[:, 1] & emitted[:, 2] & ~tie & ~early
    swap &= draw > 1 - SWAP_SHARE
    times[swap, 1], times[swap, 2] = times[swap, 2].copy(), times[swap, 1].copy()
