"""Whether slower service is slower work or fewer people, where the history says who worked."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from made import Made

BEGIN = datetime(2025, 1, 6)
HALF = 182
AS_OF = BEGIN + timedelta(days=2 * HALF)
# Ten tasks a day all along, at whole hours; a quarter to each of the next hours one is finished,
# ten a day in the first half, eight in the second. Fifteen tasks wait from the beginning.
TASKS = """
    with tasks as (
        select
            k,
            k + 15 as slot,
            timestamp '2025-01-06' + to_days(cast(k // 10 as integer))
                + to_hours(8 + k % 10) as arrived_at
        from range(10 * 364) as numbers (k)
    ),
    finished as (
        select
            *,
            timestamp '2025-01-06' + case
                when slot < 1820
                    then to_days(cast(slot // 10 as integer)) + to_hours(8 + slot % 10)
                else to_days(cast(182 + (slot - 1820) // 8 as integer))
                    + to_hours(8 + (slot - 1820) % 8)
            end + interval 45 minutes as done_at
        from tasks
    )
"""


def overload(made: Made, coordinators: tuple[int, int], attributed: int = 100) -> None:
    """A team that finishes a fifth fewer tasks a day in the second half of a year."""
    made.fresh(as_of=AS_OF)
    for day in range(2 * HALF):
        made.add(
            "coordinator_days",
            worked_date=(BEGIN + timedelta(days=day)).date(),
            coordinator_count=coordinators[day >= HALF],
            work_change_count=100,
            attributed_change_count=attributed,
        )
    made.db.execute(f"create temp table made_tasks as {TASKS} select * from finished")
    made.db.execute(
        """
        insert into current_task_summary by name
        select
            'p' || k as task_id,
            arrived_at as created_at,
            case when done_at <= ? then done_at end as first_done_at
        from made_tasks
        """,
        [AS_OF],
    )
    made.db.execute(
        """
        insert into task_phases by name
        with visits as (
            select k, 1 as visit_number, 'todo' as category, arrived_at as entered_at,
                done_at - interval 15 minutes as exited_at
            from made_tasks
            union all
            select k, 2, 'active', done_at - interval 15 minutes, done_at from made_tasks
            union all
            select k, 3, 'done', done_at, null from made_tasks
        )
        select
            'p' || k as task_id, visit_number, category, entered_at,
            case when exited_at <= $as_of then exited_at end as exited_at
        from visits
        where entered_at <= $as_of
        """,
        {"as_of": AS_OF},
    )


@pytest.mark.parametrize(
    ("coordinators", "told"),
    [
        ((5, 4), "which is fewer coordinators (5.0 at work before, 4.0 after)"),
        ((5, 5), "which is slower work, not fewer coordinators (5.0 at work before, 5.0 after)"),
        # A fifth fewer visits a day, and a tenth fewer coordinators: half of either.
        (
            (10, 9),
            "which may be slower work or fewer coordinators (10.0 at work before, 9.0 after)",
        ),
    ],
)
def test_slower_service_is_slower_work_or_fewer_coordinators(
    made: Made, coordinators: tuple[int, int], told: str
) -> None:
    overload(made, coordinators)
    answer = made.ask("demand-or-efficiency")
    assert answer.verdict == "efficiency"
    assert told in answer.headline
    rows = {row[0]: row for row in answer.table.rows}
    before, after = rows["coordinators at work"][3:5]
    assert (before, after) == pytest.approx(coordinators)
    # Ten visits of a day of five people are half a day of one each.
    before, after = rows["service per coordinator"][3:5]
    assert before == pytest.approx(coordinators[0] / 10, rel=0.01)
    assert after == pytest.approx(coordinators[1] / 8, rel=0.01)


def test_capacity_is_inferred_and_said_where_the_history_does_not_say_who_worked(
    made: Made,
) -> None:
    overload(made, (5, 4), attributed=89)
    answer = made.ask("demand-or-efficiency")
    assert answer.verdict == "efficiency"
    assert "which may be slower work or fewer coordinators: efficiency" in answer.headline
    assert [row[0] for row in answer.table.rows if "coordinator" in str(row[0])] == []
    assert any("89.0 % of the changes, under 90.0 %" in caveat for caveat in answer.caveats)
    assert answer.estimate("known_changes_rate").value == pytest.approx(0.89)
