"""When a step reached each client, dated from what its people did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carepath.questions.cohorts import WEEKS
from carepath.questions.panel import UNKNOWN, Panel

if TYPE_CHECKING:
    from carepath.stats.exposure import Exposure

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
NEVER = -1


@dataclass(frozen=True, eq=False)
class StepExposure:
    """The arrival of one step, client by client.

    Parameters
    ----------
    step : int
        Index of the step in the panel.
    name : str
        Its name.
    clients : tuple of Exposure
        One per group of the panel; the group of unknown clients has no date.
    """

    step: int
    name: str
    clients: tuple[Exposure, ...]

    @property
    def dated(self) -> Booleans:
        """Clients the step reached at a known date."""
        return np.array([client.kind == "dated" for client in self.clients])

    @property
    def never(self) -> Booleans:
        """Clients it never reached."""
        return np.array([client.kind == "never" for client in self.clients])

    @property
    def span(self) -> tuple[int, int] | None:
        """Last week some dated client was without, and first in which all have it."""
        dated = [client for client in self.clients if client.kind == "dated"]
        if not dated:
            return None
        absent = [client.absent_until or 0 for client in dated]
        present = [client.present_from or 0 for client in dated]
        return min(absent), max(present)

    def exposed_from(self) -> Integers:
        """Return the first cohort fully exposed, -1 for clients never exposed."""
        return np.array(
            [
                -(-(client.present_from or 0) // WEEKS) if client.kind == "dated" else NEVER
                for client in self.clients
            ],
            dtype=np.int64,
        )

    def partial(self, cohorts: int) -> Booleans:
        """Mark the cohorts of partial roll-out, shape (clients, cohorts)."""
        marked = np.zeros((len(self.clients), cohorts), dtype=bool)
        for row, (client, start) in enumerate(zip(self.clients, self.exposed_from(), strict=True)):
            if client.kind == "dated":
                marked[row, ((client.absent_until or 0) + 1) // WEEKS : start] = True
        return marked

    def touched(self, cohorts: int) -> Booleans:
        """Mark every cohort from the first that may be exposed on, shape (clients, cohorts)."""
        marked = np.zeros((len(self.clients), cohorts), dtype=bool)
        for row, client in enumerate(self.clients):
            if client.kind == "dated":
                marked[row, ((client.absent_until or 0) + 1) // WEEKS :] = True
        return marked


def date_steps(panel: Panel) -> tuple[StepExposure, ...]:
    """Date every step between the first and the last at every client."""
    from carepath.stats.exposure import Exposure, date_exposure

    found = []
    for step in range(1, len(panel.steps) - 1):
        clients = tuple(
            Exposure("no date", None, None, None, 0)
            if name == UNKNOWN
            else date_exposure(panel.did[row, :, step], panel.later[row, :, step])
            for row, name in enumerate(panel.groups)
        )
        found.append(StepExposure(step, panel.steps[step], clients))
    return tuple(found)


def share_dated(panel: Panel, exposures: tuple[StepExposure, ...]) -> float:
    """Return the share of people at clients where it is known of every step when it was there."""
    known = np.ones(len(panel.groups), dtype=bool)
    for exposure in exposures:
        known &= np.array([client.kind != "no date" for client in exposure.clients])
    people = panel.entered.sum(axis=1)
    return float(people[known].sum() / max(people.sum(), 1))
