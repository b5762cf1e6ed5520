"""Expected conversion: the planted parameters added up over people, days, clients and segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from carepath.sample.clients import PARTIAL_SHARE, Rollout
from carepath.sample.hours import weeks_of
from carepath.sample.plan import DAY, SamplePlan
from carepath.sample.rates import (
    COUNTRY_SHARES,
    DEVICE_SHARES,
    IN_WINDOW,
    PERIOD_WEEKS,
    Flags,
    Floats,
    Rates,
)


@dataclass(frozen=True)
class Expectation:
    """Expected sign-ups, conversions within the window, and people who reach each step ever."""

    arrivals: Floats
    """Shape (days, clients): of the days asked for."""
    conversions_by_day: Floats
    conversions_by_client_day: Floats
    conversions_by_device: Floats
    conversions_by_country: Floats
    reached_by_step: Floats
    """Shape (four-week periods, devices, steps): expected people who pass each step, ever."""


def share_reached(rollout: Rollout, start: int) -> Floats:
    """Share of the accounts of one day for which something exists, shape (clients,)."""

    def part_from(moment: Floats) -> Floats:
        part: Floats = np.clip((start + DAY - moment) / DAY, 0.0, 1.0)
        return part

    full = part_from(rollout.full_from.astype(float))
    partial = part_from(rollout.partial_from.astype(float))
    return full + (partial - full) * PARTIAL_SHARE


def expect(rates: Rates, until: int | None = None) -> Expectation:
    """Add the parameters up; nothing in it depends on who was drawn.

    Parameters
    ----------
    rates : Rates
        Planted parameters.
    until : int, optional
        Sign-ups of days that are over by then (microseconds UTC); default: all.
    """
    plan, clients = rates.plan, rates.clients
    days = rates.intensity.shape[0]
    if until is not None:
        days = min(days, max((until - plan.begins) // DAY, 0))
    starts = plan.begins + np.arange(days, dtype=np.int64) * DAY
    weeks = weeks_of(plan, starts + DAY // 2)
    shares = DEVICE_SHARES[:, None] * COUNTRY_SHARES[None, :]
    by_client_day = np.zeros((days, len(clients)))
    by_cell = np.zeros(shares.shape)
    periods = weeks[-1] // PERIOD_WEEKS + 1 if days else 0
    by_step = np.zeros((periods, DEVICE_SHARES.size, 6))
    cache: dict[int, dict[tuple[bool, bool], tuple[Floats, Floats]]] = {}
    for day, (start, week) in enumerate(zip(starts.tolist(), weeks.tolist(), strict=True)):
        grids = cache.get(week)
        if grids is None:
            cache = {week: (grids := _grids(rates, week))}
        verifies = share_reached(clients.verification, start)
        has_page = share_reached(clients.page, start)
        arrivals = rates.intensity[day]
        for (with_verification, with_page), (conversion, reached) in grids.items():
            weight = (verifies if with_verification else 1 - verifies) * (
                has_page if with_page else 1 - has_page
            )
            people = arrivals * weight
            cells = people[:, None, None] * shares * conversion
            by_client_day[day] += cells.sum(axis=(1, 2))
            by_cell += cells.sum(axis=0)
            by_step[week // PERIOD_WEEKS] += np.einsum("c,dk,cdks->ds", people, shares, reached)
    return Expectation(
        arrivals=rates.intensity[:days],
        conversions_by_day=by_client_day.sum(axis=1),
        conversions_by_client_day=by_client_day,
        conversions_by_device=by_cell.sum(axis=1),
        conversions_by_country=by_cell.sum(axis=0),
        reached_by_step=by_step,
    )


def _grids(rates: Rates, week: int) -> dict[tuple[bool, bool], tuple[Floats, Floats]]:
    """Conversion and chance to reach each step, with and without each step that can change."""
    clients = len(rates.clients)
    shape = (clients, DEVICE_SHARES.size, COUNTRY_SHARES.size)
    client, device, country = (index.ravel() for index in np.indices(shape))
    grids: dict[tuple[bool, bool], tuple[Floats, Floats]] = {}
    for with_verification in (False, True):
        for with_page in (False, True):
            flags: tuple[Flags, Flags] = (
                np.full(client.size, with_verification),
                np.full(client.size, with_page),
            )
            passing = rates.pass_probabilities(
                client, np.full(client.size, week), device, country, *flags
            )
            reached: Floats = np.ones((client.size, 6))
            reached[:, 1:] = np.cumprod(passing, axis=1)
            conversion: Floats = reached[:, -1] * IN_WINDOW
            grids[with_verification, with_page] = (
                conversion.reshape(shape),
                reached.reshape(*shape, 6),
            )
    return grids


def expected_by_week(plan: SamplePlan, values: Floats) -> Floats:
    """Sum a per-day array (first axis) by site week."""
    starts = plan.begins + np.arange(values.shape[0], dtype=np.int64) * DAY
    week = weeks_of(plan, starts + DAY // 2)
    totals = np.zeros((int(week.max()) + 1, *values.shape[1:]))
    np.add.at(totals, week, values)
    return totals
