"""Which windows demand-or-efficiency compares, and what it does where the first cannot tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from made import Made

from carepath.questions.demand_or_efficiency import _say, choose_windows
from carepath.stats import flow as flows
from carepath.stats.estimates import Estimate

LAST = date(2026, 6, 30)


def choose(days: int, since: date | None = None, until: date | None = None):
    flow = SimpleNamespace(first=LAST - timedelta(days=days - 1), last=LAST)
    return choose_windows(SimpleNamespace(since=since, until=until), flow)


def ending(length: int, back: int, last: date = LAST):
    start = last - timedelta(days=length - 1)
    return (start - timedelta(days=back), start, length)


@pytest.mark.parametrize(
    ("days", "windows"),
    [
        (167, []),
        (168, [ending(84, 84)]),
        (364, [ending(182, 182)]),
        (545, [ending(182, 182)]),
        (546, [ending(182, 364)]),
        (727, [ending(182, 364)]),
        (728, [ending(182, 364), ending(364, 364)]),
        (2000, [ending(182, 364), ending(364, 364)]),
    ],
)
def test_half_a_year_is_compared_first_and_a_year_where_the_data_reach(days, windows):
    assert choose(days) == tuple(windows)


def test_a_range_that_was_asked_for_is_the_only_window():
    since = LAST - timedelta(days=99)
    assert choose(2000, since) == (ending(98, 364),)
    assert choose(2000, since, since + timedelta(days=89)) == (
        ending(84, 364, since + timedelta(days=89)),
    )
    assert choose(2000, LAST - timedelta(days=82)) == ()


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0.85, 1.20, "it did not change by a quarter."),
        (0.96, 2.19, "a change by a quarter is neither seen beyond chance nor ruled out."),
        (0.55, 1.10, "a change by a quarter is neither seen beyond chance nor ruled out."),
    ],
)
def test_no_change_is_only_said_where_the_interval_rules_one_out(low, high, told):
    nothing = Estimate(None, None, None, 0)
    found = flows.FlowVerdict(
        "none", None, Estimate(1.02, low, high, 364), (), nothing, None, None, 182, 182, ""
    )
    said = _say(found, None, LAST - timedelta(days=545), LAST - timedelta(days=181), 182)
    assert said.endswith(f"{high:.2f}): {told}")


def steady(made: Made, days: int) -> None:
    """Ten tasks a day, each worked on for three hours and done."""
    as_of = datetime(2024, 1, 1) + timedelta(days=days)
    made.fresh(as_of=as_of)
    made.db.execute(
        """
        create temp table made_tasks as
        select
            k,
            timestamp '2024-01-01' + to_days(cast(k // 10 as integer))
                + to_hours(8 + k % 10) as created_at
        from range(10 * ?) as numbers (k)
        """,
        [days],
    )
    made.db.execute(
        """
        insert into current_task_summary by name
        select 'p' || k as task_id, created_at, created_at + interval 4 hours as first_done_at
        from made_tasks
        """
    )
    made.db.execute(
        """
        insert into task_phases by name
        select
            'p' || k as task_id, number as visit_number, category,
            created_at + to_hours(start) as entered_at,
            case when finish is not null then created_at + to_hours(finish) end as exited_at
        from made_tasks
        cross join (
            values (1, 'todo', 0, 1), (2, 'active', 1, 4), (3, 'done', 4, null)
        ) as visits (number, category, start, finish)
        """
    )


@pytest.mark.parametrize("is_told", [True, False])
def test_where_half_a_year_cannot_tell_a_year_is_asked(made: Made, monkeypatch, is_told):
    judge = flows.demand_or_efficiency_of_team

    def hesitant(before, after, seed):
        found = judge(before, after, seed)
        is_hesitant = len(before.wip) < 364 or not is_told
        return replace(found, verdict="cannot tell") if is_hesitant else found

    steady(made, 728)
    plain = made.ask("demand-or-efficiency")
    assert plain.verdict == "none"
    assert plain.caveats[0].startswith("Windows: 182 days")
    monkeypatch.setattr(flows, "demand_or_efficiency_of_team", hesitant)
    answer = made.ask("demand-or-efficiency")
    tried = "The last 182 days alone cannot tell, so a year is compared."
    if is_told:
        assert answer.verdict == "none"
        assert answer.caveats[0].startswith("Windows: 364 days")
        assert tried in answer.caveats
    else:
        assert answer.verdict == "cannot tell"
        assert answer.caveats[0].startswith("Windows: 182 days")
        assert tried not in answer.caveats
