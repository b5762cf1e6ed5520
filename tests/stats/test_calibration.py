"""The simulations behind the calibration plant what they say."""

from math import factorial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.calibration import drawing, queueing, simulate, table
from benchmarks.calibration.__main__ import PLAN, POINTS, run_part
from carepath.stats.flow import DRIVERS


@pytest.mark.parametrize("cause", ["page", "mix"])
def test_a_panel_falls_by_the_points_planted(cause):
    rng = np.random.default_rng(1)
    falls = []
    for _ in range(8):
        made = simulate.panel(cause, 10, rng, people=60)
        page = simulate.page_week(26)
        after = made.converted[:, page:].sum() / made.entered[:, page:].sum()
        falls.append(after - made.converted[:, :page].sum() / made.entered[:, :page].sum())
    assert np.mean(falls) == pytest.approx(-0.10, abs=0.012)


def test_only_exposed_clients_fall_when_eligibility_is_planted():
    made = simulate.panel("eligibility", 10, np.random.default_rng(2), people=300)
    rate = made.cohorts("converted") / made.cohorts("entered")
    fall = rate[:, 18:].mean(axis=1) - rate[:, :9].mean(axis=1)
    exposed = made.exposed_from_week >= 0
    assert fall[exposed].mean() == pytest.approx(-0.10, abs=0.02)
    assert fall[~exposed].mean() == pytest.approx(0.0, abs=0.02)


def test_one_task_at_a_time_is_the_textbook_queue():
    # M/M/c: mean number in the system by Erlang's C formula.
    team = queueing.Team(
        arrivals=9.6,
        coordinators=3,
        presence=1.0,
        another_visit=0.0,
        at_once=1,
        weekly_shock=0.0,
    )
    a, c = 9.6 * 0.25, 3
    last = a**c / factorial(c) * c / (c - a)
    waits = last / (sum(a**k / factorial(k) for k in range(c)) + last)
    expected = a + waits * a / (c - a)
    seen, _ = queueing.run(team, team, 4000, 1, np.random.default_rng(3))
    assert seen.wip.mean() == pytest.approx(expected, rel=0.15)
    assert seen.waiting_share.mean() == pytest.approx(waits * a / c, rel=0.15)


def test_several_tasks_at_once_do_not_change_the_work_that_gets_done():
    rng = np.random.default_rng(4)
    for at_once in (1, 4):
        team = queueing.Team(arrivals=60.0, coordinators=5, presence=1.0, at_once=at_once)
        seen, _ = queueing.run(team, team, 150, 1, rng)
        assert seen.visits_completed.mean() == pytest.approx(5 / 0.25, rel=0.05)


@pytest.mark.parametrize("driver", DRIVERS[:3])
def test_a_planted_driver_raises_the_load_by_its_factor(driver):
    team = queueing.Team(arrivals=20.0, coordinators=10)
    assert queueing.changed(team, driver, 1.3).load == pytest.approx(1.3 * team.load)


def test_a_data_set_does_not_depend_on_what_ran_before_it():
    job = next(iter(PLAN))
    assert run_part(job, 3, 5) == [*run_part(job, 3, 4), *run_part(job, 4, 5)]


def test_figures_measured_anew_replace_their_own_rows_and_no_other():
    header = "| verdict | alarms |\n|---|---:|\n"
    document = f"# Title\n\n{header}| a | 1 of 9 | x |\n| b | 2 of 9 | x |\n"
    renewed = table.renew_rows(document, f"{header}| b | 5 of 9 | y |\n| c | 7 of 9 | y |\n")
    assert renewed == document.replace("| b | 2 of 9 | x |", "| b | 5 of 9 | y |")


def test_the_picture_draws_the_rows_of_the_table():
    document = (
        "| eligibility 0 | 1,990 of 2,000 | - | 10 of 2,000 | 0 of 2,000 |  |\n"
        "| eligibility 10 | 1,900 of 2,000 | - | 20 of 2,000 | 80 of 2,000 | met |\n"
        "| largest drop-off 0.02 | 821 of 2,000 | - | 3 of 2,000 | 1,176 of 2,000 |  |\n"
    )
    assert drawing.read_curves(document) == [
        {"verdict": "eligibility", "points": 0, "named": 0.005, "wrong": 0.005},
        {"verdict": "eligibility", "points": 10, "named": 0.95, "wrong": 0.01},
    ]
    published = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text()
    curves = drawing.read_curves(published)
    assert {(c["verdict"], c["points"]) for c in curves} == {
        (name, points) for name in drawing.CURVES for points in POINTS
    }
