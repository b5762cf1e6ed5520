"""The planted parameters: how many sign up when and where, and who passes which step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from carepath.sample.clients import Clients
from carepath.sample.hours import count_weeks, holidays
from carepath.sample.plan import DAY, WEEK, SamplePlan
from carepath.sample.vocabulary import (
    CITIES,
    COUNTRIES,
    DEVICES,
    HOLIDAY_FACTOR,
    WEEKDAYS,
)

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Chance to pass steps 2 to 6, once the step before is passed, by device, where the step applies.
STEP_BASE: Floats = np.array(
    [
        [0.930, 0.970, 0.820, 0.900, 0.720],
        [0.900, 0.960, 0.760, 0.870, 0.660],
        [0.915, 0.965, 0.790, 0.885, 0.690],
    ]
)
COUNTRY_EFFECTS: Floats = np.array([0.0, 0.05, -0.15, 0.0, -0.25])
SHOCK_SD = 0.10
ARRIVAL_SHOCK_SD = 0.08
PERIOD_WEEKS = 4
# A share of people breaks off and returns; a share of those returns after the window.
RETURN_SHARE = 0.20
TOO_LATE_SHARE = 0.15
IN_WINDOW = 1 - RETURN_SHARE * TOO_LATE_SHARE
WINDOW_DAYS = 14
DEVICE_SHARES: Floats = np.array([share for _, share in DEVICES])
CITY_SHARES: Floats = np.array([city[-1] for city in CITIES])
CITY_COUNTRY: Numbers = np.array([COUNTRIES.index(city[0]) for city in CITIES], dtype=np.int64)
COUNTRY_SHARES: Floats = np.bincount(CITY_COUNTRY, CITY_SHARES).astype(np.float64)


@dataclass(frozen=True)
class Rates:
    """Parameters of one sample.

    Parameters
    ----------
    week_shocks : array, shape (weeks,)
        Ordinary weekly shock to conversion, logit.
    client_shocks : array, shape (periods, clients)
        Ordinary shock to one client in one four-week period, logit.
    arrival_shocks : array, shape (weeks,)
        Ordinary weekly shock to arrivals, log.
    intensity : array, shape (days, clients)
        Expected sign-ups per local day and client.
    """

    plan: SamplePlan
    clients: Clients
    week_shocks: Floats
    client_shocks: Floats
    arrival_shocks: Floats
    intensity: Floats

    def pass_probabilities(
        self,
        client: Numbers,
        week: Numbers,
        device: Numbers,
        country: Numbers,
        verifies: Flags,
        has_page: Flags,
    ) -> Floats:
        """Chance to pass steps 2 to 6, shape (n, 5); 1 where the step does not apply.

        The logit of conversion moves with client, country and shocks, and the steps share that
        move in proportion to their own losses. A planted step takes `effect` off the conversion
        within the window, exactly, whatever the conversion was.
        """
        what, effect = self.plan.what, self.plan.planted_effect
        planted_verify = what.adds_eligibility & self.clients.verification.is_released[client]
        ordinary = STEP_BASE[device].copy()
        ordinary[:, 2] = np.where(verifies & ~planted_verify, ordinary[:, 2], 1.0)
        ordinary[:, 3] = np.where(has_page & (not what.adds_page), ordinary[:, 3], 1.0)
        logs = np.log(ordinary)
        total = logs.sum(axis=1)
        converted = np.exp(total)
        shock = self.week_shocks[week] + self.client_shocks[week // PERIOD_WEEKS, client]
        moved = (
            np.log(converted / (1 - converted))
            + self.clients.effects[client]
            + COUNTRY_EFFECTS[country]
            + shock
        )
        converted = 1 / (1 + np.exp(-moved))
        passing: Floats = np.exp(logs * (np.log(converted) / total)[:, None])
        left = converted * IN_WINDOW
        for column, on in (
            (2, verifies & planted_verify),
            (3, has_page & what.adds_page),
        ):
            kept = np.where(on, np.clip(1 - effect / left, 0.05, 1.0), 1.0)
            passing[:, column] *= kept
            left = left * kept
        return passing


def rates_of(plan: SamplePlan, clients: Clients) -> Rates:
    """Draw the shocks and lay out the arrivals of a plan."""
    random = plan.random("shocks")
    weeks = count_weeks(plan)
    periods = -(-weeks // PERIOD_WEEKS)
    rates = Rates(
        plan,
        clients,
        week_shocks=random.normal(0, SHOCK_SD, weeks),
        client_shocks=random.normal(0, SHOCK_SD, (periods, len(clients))),
        arrival_shocks=random.normal(0, ARRIVAL_SHOCK_SD, weeks + 1),
        intensity=np.zeros((0, 0)),
    )
    return Rates(
        plan,
        clients,
        rates.week_shocks,
        rates.client_shocks,
        rates.arrival_shocks,
        _intensity(rates),
    )


def _intensity(rates: Rates) -> Floats:
    plan, clients = rates.plan, rates.clients
    dates = [
        plan.first_day + timedelta(days=day) for day in range((plan.last_day - plan.first_day).days)
    ]
    starts = plan.begins + np.arange(len(dates), dtype=np.int64) * DAY
    weekday = np.array([date.weekday() for date in dates])
    day = np.array(WEEKDAYS)[weekday]
    day *= np.where([date in holidays(date.year) for date in dates], HOLIDAY_FACTOR, 1.0)
    monday = starts - weekday * DAY
    day *= np.exp(rates.arrival_shocks[(monday - monday[0]) // WEEK])
    changed = starts >= plan.changes
    if plan.what.arrivals:
        day *= np.where(changed, 1 + plan.planted_effect, 1.0)
    before = clients.weights
    after = tilted_weights(rates) if plan.what.shifts_mix else before
    weights = np.where(changed[:, None], after, before) * (starts[:, None] >= clients.joined)
    # Joining clients and the mix shift move people between clients, not how many there are.
    weights = weights / weights.sum(axis=1, keepdims=True)
    intensity: Floats = day[:, None] * weights
    intensity *= plan.members / intensity.sum()
    return intensity


def tilted_weights(rates: Rates) -> Floats:
    """Client shares after the mix shift: tilted so that expected conversion falls by `effect`."""
    clients = rates.clients
    always = np.ones(len(clients), dtype=bool)
    shape = (len(clients), len(DEVICES), len(COUNTRIES))
    client, device, country = (index.ravel() for index in np.indices(shape))
    calm = Rates(
        rates.plan,
        clients,
        np.zeros(1),
        np.zeros((1, len(clients))),
        np.zeros(1),
        rates.intensity,
    )
    verifies = (clients.verification.full_from < 0) & always
    grid = calm.pass_probabilities(
        client, client * 0, device, country, verifies[client], always[client]
    ).prod(axis=1)
    conversion = np.einsum("cdk,d,k->c", grid.reshape(shape), DEVICE_SHARES, COUNTRY_SHARES)
    conversion *= IN_WINDOW
    base = float(clients.weights @ conversion)
    deviation = (conversion - base) / max(float(conversion.std()), 1e-9)

    def tilt(strength: float) -> Floats:
        weights: Floats = clients.weights * np.exp(-strength * deviation)
        weights /= weights.sum()
        return weights

    def missing(strength: float) -> float:
        return base - float(tilt(strength) @ conversion) - rates.plan.planted_effect

    strongest = 2.0  # beyond it some clients would have hardly any sign-ups left
    if missing(strongest) <= 0:
        return tilt(strongest)
    if missing(0) >= 0:
        return tilt(0)
    return tilt(float(brentq(missing, 0, strongest)))
