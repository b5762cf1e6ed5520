"""The care team behaves as a team: hours, slots, steady state, and what each scenario moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from carepath.sample.browsing import projects_of
from carepath.sample.care import (
    Care,
    care_parameters,
    raised_reopen_share,
    run_care,
    visits_per_task,
)
from carepath.sample.clients import clients_of
from carepath.sample.expectation import expect
from carepath.sample.history_rows import deliver_history
from carepath.sample.hours import DAY_HOURS, WorkingClock, holidays, offsets_at, to_utc
from carepath.sample.people import Numbers, draw_people
from carepath.sample.plan import DAY, HOUR, SECOND, WEEK, SamplePlan
from carepath.sample.rates import rates_of
from carepath.sample.team import SLOTS
from carepath.sample.vocabulary import (
    COMPLETE,
    IN_PROGRESS,
    PAUSED,
    TODO,
    WAITING_ON_MEMBER,
    WAITING_ON_THIRD_PARTY,
)

CARE_SCENARIOS = ("none", "demand", "slow_phase", "external_wait", "rework", "lost_coordinators")
OPEN = (TODO, IN_PROGRESS, WAITING_ON_MEMBER, WAITING_ON_THIRD_PARTY, PAUSED)
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Visits:
    """Visits of tasks: one element per stay in a status."""

    plan: SamplePlan
    care: Care
    item: Numbers
    entered: Numbers
    left: Numbers
    status: Numbers
    coordinator: Numbers

    def in_status(self, statuses: tuple[int, ...], begin: int, end: int) -> float:
        """Mean number of tasks in these statuses between two times."""
        here = np.isin(self.status, statuses)
        overlap = np.minimum(self.left, end) - np.maximum(self.entered, begin)
        return float(np.clip(overlap[here], 0, None).sum() / (end - begin))


def run(name: str, members: int = 10_000, seed: int = 2) -> Visits:
    """Run the care side of one scenario."""
    plan = SamplePlan(members=members, seed=seed, scenario=name)
    rates = rates_of(plan, clients_of(plan))
    people = draw_people(rates, 0, members)
    projects = projects_of(plan.random("browsing"), plan, people)
    care = run_care(rates, expect(rates), people.number[projects.who], projects.created)
    history = care.task_history
    order = np.lexsort((np.arange(history.item.size), history.item))
    item, time = history.item[order], history.time[order]
    follows = np.append(item[1:] == item[:-1], False)
    end = np.minimum(care.task_deleted_at[item], plan.ends)
    left = np.where(follows, np.append(time[1:], 0), end)
    return Visits(plan, care, item, time, left, history.status[order], history.coordinator[order])


@pytest.fixture(scope="module")
def teams() -> dict[str, Visits]:
    """One run of each scenario that changes care, and the calm one."""
    return {name: run(name) for name in CARE_SCENARIOS}


def test_work_begins_only_in_working_hours(teams: dict[str, Visits]) -> None:
    visits = teams["none"]
    for moment in visits.entered[visits.status == IN_PROGRESS][:4000].tolist():
        local = datetime.fromtimestamp(moment / SECOND, UTC).astimezone(NEW_YORK)
        assert local.weekday() < 5
        assert 9 <= local.hour < 17
        assert local.date() not in holidays(local.year)


@pytest.mark.parametrize("name", CARE_SCENARIOS)
def test_nobody_has_more_tasks_in_progress_than_slots(name: str, teams: dict[str, Visits]) -> None:
    visits = teams[name]
    active = visits.status == IN_PROGRESS
    most = 0
    for who in range(visits.care.parameters.coordinators):
        mine = active & (visits.coordinator == who)
        times = np.concatenate([visits.entered[mine], visits.left[mine]])
        steps = np.concatenate([np.ones(mine.sum()), -np.ones(mine.sum())])
        order = np.lexsort((steps, times))
        most = max(most, int(np.cumsum(steps[order]).max(initial=0)))
    assert 1 < most <= SLOTS


@pytest.mark.parametrize("name", CARE_SCENARIOS)
def test_statuses_follow_each_other_as_work_does(name: str, teams: dict[str, Visits]) -> None:
    visits = teams[name]
    same = visits.item[1:] == visits.item[:-1]
    pairs = set(
        zip(visits.status[:-1][same].tolist(), visits.status[1:][same].tolist(), strict=True)
    )
    begun = {before for before, after in pairs if after == IN_PROGRESS}
    assert begun == {TODO}
    assert (COMPLETE, TODO) in pairs
    assert not {(before, after) for before, after in pairs if before == after}
    assert (visits.left >= visits.entered).all()


def test_the_calm_team_is_in_a_steady_state_with_a_queue(teams: dict[str, Visits]) -> None:
    visits = teams["none"]
    quarter = (visits.plan.ends - visits.plan.begins) // 4
    starts = [visits.plan.begins + quarter * number for number in (1, 2, 3)]
    level = [visits.in_status(OPEN, start, start + quarter) for start in starts]
    assert max(level) < 1.25 * min(level)
    queue = visits.in_status((TODO,), starts[0], starts[0] + quarter)
    active = visits.in_status((IN_PROGRESS,), starts[0], starts[0] + quarter)
    assert queue > active > 1


def test_the_calm_team_is_as_busy_as_planted() -> None:
    plan = SamplePlan(members=10_000)
    rates = rates_of(plan, clients_of(plan))
    parameters = care_parameters(rates, expect(rates))
    visits = run("none", seed=1)
    care = visits.care
    done = (visits.status == IN_PROGRESS) & (visits.left < visits.plan.changes)
    clock = WorkingClock(visits.plan)
    warm = visits.plan.begins + 8 * WEEK
    done &= visits.entered >= warm
    hours = clock.worked(visits.plan.changes) - clock.worked(warm)
    work = done.sum() * parameters.work_hours / (hours * parameters.coordinators * 0.94)
    # Chance: some 10,000 visits, and weekly shocks to arrivals of 8 % over a year.
    assert work == pytest.approx(0.82, abs=4 * 0.82 * np.sqrt(1 / done.sum() + 0.09**2 / 54))
    assert care.parameters == parameters


@pytest.mark.parametrize("name", CARE_SCENARIOS[1:])
def test_each_care_scenario_raises_work_in_progress_by_more_than_a_quarter(
    name: str, teams: dict[str, Visits]
) -> None:
    visits = teams[name]
    begins, changes, ends = visits.plan.begins, visits.plan.changes, visits.plan.ends
    before = visits.in_status(OPEN, begins + 8 * WEEK, changes)
    after = visits.in_status(OPEN, changes + 8 * WEEK, ends)
    assert after > 1.25 * before
    waiting = (WAITING_ON_MEMBER, WAITING_ON_THIRD_PARTY)
    waits = visits.in_status(waiting, changes + 8 * WEEK, ends) / visits.in_status(
        waiting, begins + 8 * WEEK, changes
    )
    if name == "external_wait":
        assert waits > 1.6
    elif name in ("slow_phase", "lost_coordinators"):
        assert 0.8 < waits < 1.25


def mean_of_logs(values: Numbers) -> tuple[float, float]:
    """Mean logarithm and its standard error."""
    logs = np.log(values.astype(float))
    return float(logs.mean()), float(logs.std() / np.sqrt(logs.size))


def test_external_waits_are_longer_by_the_planted_factor(teams: dict[str, Visits]) -> None:
    visits = teams["external_wait"]
    plan = visits.plan
    waits = np.isin(visits.status, (WAITING_ON_MEMBER, WAITING_ON_THIRD_PARTY))
    # Long before the end of each window, so that hardly any wait is cut off by it.
    before = waits & (visits.entered < plan.changes - 60 * DAY)
    after = waits & (visits.entered > plan.changes) & (visits.entered < plan.ends - 90 * DAY)
    (early, error_early), (late, error_late) = (
        mean_of_logs((visits.left - visits.entered)[which]) for which in (before, after)
    )
    assert abs(late - early - np.log(2)) < 4 * np.hypot(error_early, error_late)


def visits_of_mature_tasks(visits: Visits, begin: int, end: int) -> tuple[float, float]:
    """Mean number of active visits of tasks created between two times, and its error."""
    active = np.bincount(
        visits.item[visits.status == IN_PROGRESS], minlength=visits.care.task_created.size
    )
    chosen = (visits.care.task_created >= begin) & (visits.care.task_created < end)
    return float(active[chosen].mean()), float(active[chosen].std() / np.sqrt(chosen.sum()))


def test_visits_per_task_are_as_planted_before_and_after_rework(teams: dict[str, Visits]) -> None:
    visits = teams["rework"]
    plan, parameters = visits.plan, visits.care.parameters
    for begin, end, share in (
        (plan.begins, plan.changes - 90 * DAY, parameters.reopen_share),
        (plan.changes, plan.ends - 120 * DAY, parameters.reopen_share_after),
    ):
        mean, error = visits_of_mature_tasks(visits, begin, end)
        assert abs(mean - 0.97 * visits_per_task(share)) < 4 * error


def test_the_raised_reopen_share_raises_visits_by_exactly_the_effect() -> None:
    calm = visits_per_task(0.06)
    assert visits_per_task(raised_reopen_share(0.25)) == pytest.approx(1.25 * calm)


def test_lost_coordinators_are_at_work_until_the_change_and_never_after(
    teams: dict[str, Visits],
) -> None:
    visits = teams["lost_coordinators"]
    parameters = visits.care.parameters
    assert parameters.coordinators_after < parameters.coordinators
    started = visits.status == IN_PROGRESS
    before = set(visits.coordinator[started & (visits.entered < visits.plan.changes)].tolist())
    after = set(visits.coordinator[started & (visits.entered >= visits.plan.changes)].tolist())
    assert before == set(range(parameters.coordinators))
    assert after == set(range(parameters.coordinators_after))


def test_every_change_of_a_task_is_made_by_somebody_at_work_at_that_time(
    teams: dict[str, Visits],
) -> None:
    visits = teams["lost_coordinators"]
    care, plan = visits.care, visits.plan
    delivered = deliver_history(
        np.random.default_rng(1),
        care.task_history,
        care.task_created,
        care.task_deleted_at,
        plan.ends,
        care.roster,
        hard_deletes=True,
    )
    rows = delivered.columns
    time, who = rows["time"].astype(np.int64), rows["coordinator"].astype(np.int64)
    # Not the rows whose dates are planted to be wrong.
    signed = (who >= 0) & (time <= rows["received"]) & (time >= care.task_created[rows["item"]])
    signed &= ~np.isin(rows["item"], delivered.chosen["items_with_tie"])
    assert signed.sum() > 20_000
    day = care.roster.day_of(time)
    opens = care.roster.opens[day]
    at_work = (time >= opens) & (time <= opens + DAY_HOURS * HOUR) & care.roster.present[day, who]
    assert at_work[signed].all()
    late = signed & (time >= plan.changes)
    assert set(who[late].tolist()) == set(range(care.parameters.coordinators_after))


def test_every_change_of_a_project_is_signed_by_somebody_still_there(
    teams: dict[str, Visits],
) -> None:
    visits = teams["lost_coordinators"]
    care, plan = visits.care, visits.plan
    rows = deliver_history(
        np.random.default_rng(1),
        care.project_history,
        care.project_created,
        np.full(care.project_created.size, plan.ends),
        plan.ends,
        care.roster,
        hard_deletes=False,
    ).columns
    time, who = rows["time"].astype(np.int64), rows["coordinator"].astype(np.int64)
    # The change date is midnight: after hours it is who was at work on the day before.
    late = (time > plan.changes + DAY) & (time <= rows["received"])
    assert late.sum() > 1_000
    assert who[late].max() < care.parameters.coordinators_after


def test_a_project_is_complete_only_after_all_its_tasks(teams: dict[str, Visits]) -> None:
    visits = teams["none"]
    care = visits.care
    history = care.project_history
    done = history.status == COMPLETE
    first_done = np.full(care.project_created.size, visits.plan.ends * 2)
    np.minimum.at(first_done, history.item[done], history.time[done])
    last_end = np.zeros(care.project_created.size, dtype=np.int64)
    project = care.task_project[visits.item]
    np.maximum.at(last_end, project, visits.entered)
    finished = first_done < visits.plan.ends
    assert finished.mean() > 0.8
    assert (first_done[finished] >= last_end[finished]).all()


def test_a_hundred_thousand_tasks_take_seconds_not_minutes() -> None:
    visits = run("none", members=20_000)
    assert visits.care.task_created.size > 30_000
    assert visits.item.size > 120_000


def test_the_working_clock_stands_still_outside_working_hours() -> None:
    clock = WorkingClock(SamplePlan())
    local = np.array(
        [datetime(2025, 3, 7, 16), datetime(2025, 3, 7, 20), datetime(2025, 3, 10, 10)],
        dtype="datetime64[us]",
    ).astype(np.int64)
    times = to_utc("America/New_York", local).tolist()  # across the change to summer time
    friday, evening, monday = (clock.worked(time) for time in times)
    assert evening - friday == pytest.approx(1)
    assert monday - evening == pytest.approx(1)
    assert clock.calendar(monday) == times[2]


def test_offsets_follow_daylight_saving_in_any_zone() -> None:
    for zone in ("America/New_York", "Europe/London", "Australia/Sydney"):
        moments = np.arange(0, 800, 7) * DAY + 1_700_000_000 * SECOND
        expected = [
            datetime.fromtimestamp(moment / SECOND, UTC).astimezone(ZoneInfo(zone)).utcoffset()
            for moment in moments.tolist()
        ]
        found = offsets_at(zone, moments)
        assert found.tolist() == [
            int(offset.total_seconds()) * SECOND for offset in expected if offset is not None
        ]
        back = to_utc(zone, moments + found)
        assert np.abs(back - moments).max() <= HOUR


def test_holidays_are_the_ones_of_the_shipped_calendar() -> None:
    assert date(2026, 7, 3) in holidays(2026)
    assert date(2024, 11, 28) in holidays(2024)
    assert len(holidays(2025)) == 6
