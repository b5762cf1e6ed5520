"""Employers: size, verification, ordinary differences, and which change reaches them when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carepath.sample.hours import count_weeks
from carepath.sample.plan import DAY, HOUR, WEEK, SamplePlan
from carepath.sample.vocabulary import (
    CLIENT_INDUSTRIES,
    CLIENT_NOUNS,
    CLIENT_SIZES,
    CLIENT_WORDS,
    VERIFICATION_TYPES,
)

ALWAYS, NEVER = -(2**62), 2**62
FIRST_CLIENT_ID = 101
CLIENT_EFFECT_SD = 0.25
WEIGHT_SD = 0.35
WAVES = 5
PARTIAL_WEEKS = 2
PARTIAL_SHARE = 0.3
# Shares of clients that always verify, that switch (see `clients_of`), that never verify.
VERIFICATION_SHARES = (0.15, 0.45, 0.40)


@dataclass(frozen=True)
class Rollout:
    """When something exists for each client (microseconds; ALWAYS and NEVER are the ends).

    From `partial_from` a share of new accounts gets it, from `full_from` all do.
    """

    partial_from: NDArray[np.int64]
    full_from: NDArray[np.int64]

    @property
    def is_released(self) -> NDArray[np.bool_]:
        """Clients for which it is switched on inside the span."""
        return np.asarray((self.full_from > ALWAYS) & (self.full_from < NEVER))

    def reaches(
        self, client: NDArray[np.int64], time: NDArray[np.int64], luck: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether it exists for accounts of `client` created at `time`."""
        full = time >= self.full_from[client]
        partial = (time >= self.partial_from[client]) & (luck < PARTIAL_SHARE)
        return np.asarray(full | partial)


@dataclass(frozen=True)
class Clients:
    """All employers, one array element each."""

    ids: NDArray[np.int64]
    names: tuple[str, ...]
    slugs: tuple[str, ...]
    weights: NDArray[np.float64]
    """Share of sign-ups before any change."""
    effects: NDArray[np.float64]
    """Ordinary difference in conversion, logit."""
    sizes: tuple[str, ...]
    industries: tuple[str, ...]
    verification_types: tuple[str, ...]
    joined: NDArray[np.int64]
    """No sign-ups before this time."""
    created: NDArray[np.int64]
    verification: Rollout
    page: Rollout
    landing_urls: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.ids)


def clients_of(plan: SamplePlan) -> Clients:
    """Draw the employers of a plan."""
    random = plan.random("clients")
    count = plan.clients
    weights = np.exp(random.normal(0, WEIGHT_SD, count))
    effects = random.normal(0, CLIENT_EFFECT_SD, count)
    stratum, page = _assign(weights)
    names = _names(count)
    slugs = tuple(name.lower().replace(" ", "-") for name in names)
    types = random.integers(0, len(VERIFICATION_TYPES), count)
    sizes = np.searchsorted(np.quantile(weights, (0.4, 0.7, 0.92)), weights)
    industries = random.integers(0, len(CLIENT_INDUSTRIES), count)
    joined = np.full(count, ALWAYS, dtype=np.int64)
    late = random.choice(count, count // 20, replace=False)
    joined[late] = plan.begins + (plan.ends - plan.begins) * random.uniform(0.1, 0.3, late.size)
    created = plan.begins - random.integers(60, 1500, count) * DAY + random.integers(0, DAY, count)
    created = np.where(joined > ALWAYS, joined - 20 * DAY, created) // 1000 * 1000
    urls: list[str | None] = [f"https://www.example.org/c/{slug}" for slug in slugs]
    for number in random.choice(count, count // 10, replace=False):
        urls[number] = f"{urls[number]}/"
    if count >= 20:
        urls[int(random.integers(count))] = None
    return Clients(
        ids=np.arange(count, dtype=np.int64) + FIRST_CLIENT_ID,
        names=names,
        slugs=slugs,
        weights=weights / weights.sum(),
        effects=effects,
        sizes=tuple(CLIENT_SIZES[size] for size in sizes),
        industries=tuple(CLIENT_INDUSTRIES[number] for number in industries),
        verification_types=tuple(
            "" if kind == 2 else VERIFICATION_TYPES[number]
            for kind, number in zip(stratum, types, strict=True)
        ),
        joined=joined,
        created=created,
        verification=_verification(plan, stratum, page),
        page=_page(plan, page),
        landing_urls=tuple(urls),
    )


def _names(count: int) -> tuple[str, ...]:
    words, nouns = len(CLIENT_WORDS), len(CLIENT_NOUNS)
    names = []
    for number in range(count):
        # Steps of 7 and 5 keep neighbours apart; the round number keeps names unique.
        word = CLIENT_WORDS[number * 7 % words]
        noun = CLIENT_NOUNS[(number * 5 + number // words) % nouns]
        turn = number // (words * nouns)
        names.append(f"{word} {noun}" + (f" {turn + 1}" if turn else ""))
    return tuple(names)


def _assign(weights: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Verification stratum and page exposure, balanced over big and small clients.

    Balance matters: with the page in half of each stratum, neither change hides the other.
    """
    order = np.argsort(-weights, kind="stable")
    stratum = np.zeros(weights.size, dtype=np.int64)
    page = np.zeros(weights.size, dtype=bool)
    counts = [0, 0, 0]
    for rank, client in enumerate(order):
        lag = [share * (rank + 1) - n for share, n in zip(VERIFICATION_SHARES, counts, strict=True)]
        kind = lag.index(max(lag))
        stratum[client] = kind
        page[client] = (counts[kind] + kind) % 2 == 0
        counts[kind] += 1
    return stratum, page


def _released(
    plan: SamplePlan, exposed: NDArray[np.bool_], wave: NDArray[np.int64], later: float
) -> Rollout:
    """Stagger releases by wave, on Tuesdays at 15:00 UTC, every fourth client in two stages."""
    step = max(1, round(count_weeks(plan) / 26))
    weeks = (wave - WAVES // 2) * step + round(step * later)
    full = plan.changes + weeks * WEEK + DAY + 15 * HOUR
    in_stages = (np.cumsum(exposed) - 1) % 4 == 3
    partial = full - np.where(in_stages, PARTIAL_WEEKS * WEEK, 0)
    return Rollout(np.where(exposed, partial, NEVER), np.where(exposed, full, NEVER))


def _waves(exposed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Deal the exposed clients out over the waves."""
    return np.asarray(np.maximum(np.cumsum(exposed) - 1, 0) % WAVES, dtype=np.int64)


def _verification(plan: SamplePlan, stratum: NDArray[np.int64], page: NDArray[np.bool_]) -> Rollout:
    switches = stratum == 1
    if not plan.what.adds_eligibility:
        start = np.where(stratum == 2, NEVER, ALWAYS)
        return Rollout(start, start)
    wave = _waves(switches)
    if plan.what.adds_page:
        # Where both changes come, they come two waves apart at least, less half a step.
        wave = np.where(page, (_waves(page) + 3) % WAVES, _waves(switches & ~page))
    rollout = _released(plan, switches, wave, 0.5)
    always = stratum == 0
    return Rollout(
        np.where(always, ALWAYS, rollout.partial_from),
        np.where(always, ALWAYS, rollout.full_from),
    )


def _page(plan: SamplePlan, page: NDArray[np.bool_]) -> Rollout:
    if plan.what.adds_page:
        return _released(plan, page, _waves(page), 0)
    start = np.full(page.size, ALWAYS, dtype=np.int64)
    return Rollout(start, start)
