"""Packs: many random worlds, disjoint by their ids, that one build checks together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from oracle.care_worlds import make_care_world
from oracle.definitions import Definitions, ProductChange, Raw, WorkingHours
from oracle.intake_worlds import make_intake_world, make_rollout_world
from oracle.worlds import AS_OF, DEFINITION_CHANGES, combine


@dataclass(frozen=True)
class Pack:
    """Raw rows of many worlds and what to read them with."""

    definitions: Definitions
    worlds: dict[int, Raw]

    @property
    def raw(self) -> Raw:
        """All rows together."""
        return combine(self.worlds.values())

    def world_of(self, item_id: str) -> Raw:
        """The one world an id belongs to: what a difference shrinks to."""
        return self.worlds[int(item_id.split("-")[0].removeprefix("w"))]


def make_pack(seed: int, definitions: Definitions, size: int) -> Pack:
    """A pack is made again from its seed; each world from seed and number alone."""
    worlds = {}
    for number in range(1, size + 1):
        kind = (make_care_world, make_intake_world, make_rollout_world)[
            2 if number % 20 == 0 else number % 2
        ]
        worlds[number] = kind(Random(f"{seed}-{number}"), number)
    return Pack(definitions, worlds)


CHANGES = (
    ProductChange("Goals, at last", "page_added", "Caregiving_Goal", "c2", datetime(2024, 7, 1, 3)),
    ProductChange("Shorter texts", None, None, None, datetime(2024, 3, 31, 23, 30)),
    ProductChange("Fewer fields", "policy", "INPUT_FULL_NAME", None, datetime(2024, 5, 1)),
    ProductChange("Another tone", "OTHER", None, None, datetime(2024, 7, 1, 3)),
)
STANDARD = replace(
    Definitions(), as_of=AS_OF, holidays=frozenset({date(2024, 7, 4)}), changes=CHANGES
)

# A calendar with a lunch break and a shift across the night the clocks change; optional
# and dated steps; a tolerance of nothing; a short window; no as_of.
UNUSUAL = Definitions(
    steps=(
        STANDARD.steps[0],
        replace(STANDARD.steps[1], is_optional=True),
        replace(
            STANDARD.steps[2], valid_from=DEFINITION_CHANGES[0], valid_to=DEFINITION_CHANGES[1]
        ),
        *STANDARD.steps[3:],
    ),
    calendar=(
        WorkingHours(7, time(0), time(6)),
        WorkingHours(1, time(8, 30), time(12, 15)),
        WorkingHours(1, time(13), time(17, 45)),
        WorkingHours(3, time(22), time(23, 59)),
    ),
    time_zone="Europe/Berlin",
    window=timedelta(days=2),
    tie=timedelta(0),
    changes=CHANGES[1:],
)
