"""Looking back from the end, as the replay does, equals a build as of the earlier date."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import replay
from carepath.building import build
from carepath.questions.asking import read_as_of, read_site_time_zone
from carepath.questions.completions import Completions, read_tasks
from carepath.questions.question import Context
from carepath.questions.time_to_complete import QUESTION
from carepath.questions.warehouse import EmbeddedWarehouse
from carepath.workspace import Workspace

pytestmark = pytest.mark.slow

EARLIER = "2026-02-15"


def test_looking_back_equals_a_build_as_of_the_earlier_date(
    built: Workspace, copy_of: Callable[[Workspace], Workspace]
) -> None:
    moment = np.datetime64(EARLIER, "us")
    later_items, later_people, later_visits = read(built)
    earlier = copy_of(built)
    build(earlier, as_of=EARLIER)
    items, people, visits = read(earlier)

    back = replay.seen_at(later_items, moment)
    assert len(items) > 200
    assert np.array_equal(back.started, items.started)
    assert np.array_equal(back.kinds, items.kinds)
    assert np.sum(items.kinds == 0) > 5
    assert back.ended == pytest.approx(items.ended, abs=1e-9)
    assert back.watched == pytest.approx(items.watched, abs=1e-9)

    known = later_people.entered <= moment
    cut = replay.Entrants(
        later_people.entered[known],
        later_people.ends[known],
        later_people.converted[known],
        later_people.lateness,
    )
    for one, other in zip(
        replay.convert_by(cut, moment), replay.convert_by(people, moment), strict=True
    ):
        assert np.array_equal(one, other)
    assert np.sum(people.ends > moment) > 10

    now = moment[None]
    begun = later_visits.entered <= moment
    everything = np.ones(len(visits.entered), dtype=bool)
    assert later_visits.count(now, begun) == visits.count(now, everything)
    assert visits.count(now, everything) > 5


def test_what_ended_later_is_open_and_what_began_later_is_not_there() -> None:
    day = np.timedelta64(1, "D")
    start = np.datetime64("2026-01-01", "us") + day * np.array([0, 0, 0, 9])
    items = Completions(
        "tasks",
        90.0,
        np.array(["all"] * 4, dtype=object),
        np.array(["a", "b", "c", "d"], dtype=object),
        start,
        np.full(4, 100.0),
        np.array([2.0, 6.0, 3.0, 1.0]),
        np.array([1, 1, 2, 1]),
    )
    back = replay.seen_at(items, np.datetime64("2026-01-05", "us"))
    assert back.kinds.tolist() == [1, 0, 2]
    assert back.ended.tolist() == [2.0, 4.0, 3.0]
    assert back.watched.tolist() == [4.0, 4.0, 4.0]


def read(workspace: Workspace) -> tuple[Completions, replay.Entrants, replay.OpenVisits]:
    """The tasks, people and visits of a warehouse, as the replay reads them."""
    warehouse = EmbeddedWarehouse(workspace.prod)
    try:
        context = Context(
            QUESTION, warehouse, read_as_of(warehouse), read_site_time_zone(warehouse)
        )
        return (
            read_tasks(context),
            replay.read_entrants(context),
            replay.read_open_visits(context),
        )
    finally:
        warehouse.close()
