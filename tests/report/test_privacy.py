"""What may not leave the company in a file does not."""

from __future__ import annotations

from answers import MEMBER, make_answer, make_clients, make_tasks

from carepath.questions.answer import Exclusion, Figure
from carepath.report.privacy import clear, clear_figure, count_excluded


def test_a_group_of_four_is_blank_and_so_is_a_second_one_that_would_give_it_away() -> None:
    found = clear(make_clients())
    blank = [row for row in found.answer.table.rows if row[1] is None]
    assert {row[0] for row in blank} == {"Tiny", "<script>alert(1)</script>"}
    assert all(value is None for row in blank for value in row[1:])
    assert "2 rows are suppressed" in " ".join(found.notes)


def test_an_answer_about_nine_people_in_all_says_nothing() -> None:
    found = clear(make_answer(headline="5 of 9.", rows=(("all", 9, 5 / 9),)))
    assert found.withheld
    assert found.answer.headline == "Too few people to say anything: fewer than 10."
    assert not found.answer.table.rows and not found.answer.estimates


def test_a_step_that_applies_to_nobody_does_not_tell_how_few_passed_on_to_it() -> None:
    columns = (("step", ""), ("applies", "people"), ("reached_previous", "people"))
    answer = make_answer(
        columns=(*columns, ("closed", "people")),
        rows=(("enter", 3, None, 3), ("verify", 0, 0, 1), ("finish", 3, 1, 1)),
    )
    assert clear(answer).withheld


def test_ten_people_may_be_shown() -> None:
    answer = make_answer(rows=(("a", 10, 0.5), ("b", 10, 0.4)))
    assert clear(answer).answer.table == answer.table


def test_few_people_are_not_counted_in_sentences() -> None:
    answer = make_answer(headline="None of the 4 people; all of 14 people, 1.4 people a day.")
    said = clear(answer).answer.headline
    assert said == "None of the fewer than 10 people; all of 14 people, 1.4 people a day."


def test_a_rate_of_few_people_is_withheld_with_its_limits() -> None:
    rate = Figure("rate", 0.5, "rate", 6, "share", 0.2, 0.8, 0.95, "Wilson")
    shown = clear(make_answer(estimates=(rate,))).answer.estimates[0]
    assert (shown.value, shown.low, shown.high, shown.n) == (None, None, None, 0)


def test_rows_of_projects_are_counted_and_their_ids_are_gone() -> None:
    table = clear(make_tasks()).answer.table
    assert MEMBER not in repr(table)
    assert [column.name for column in table.columns] == ["active_tasks", "projects", "note"]
    # The few with many tasks are one row; what belongs to no project is none of them.
    assert table.rows == (("0", 20, ""), ("1", 18, ""), ("2", 12, ""), ("3 or more", 10, ""))


def test_rows_of_people_without_a_histogram_are_not_shown_at_all() -> None:
    answer = make_answer(columns=(("member_id", ""), ("days", "days")), rows=((MEMBER, 3.0),))
    assert not clear(answer).answer.table.rows


def test_few_excluded_people_are_not_counted_and_the_next_reason_hides_them() -> None:
    left = (Exclusion("staff", 3), Exclusion("recent", 50), Exclusion("old", 400))
    assert count_excluded(left) == ["fewer than 10", "not shown", "400"]
    assert count_excluded((Exclusion("no history", 3, "tasks"),)) == ["3"]


def test_a_time_of_fewer_than_ten_projects_is_not_shown() -> None:
    shown = clear_figure(Figure("median", 2.0, "days", 10, "median"))
    hidden = clear_figure(Figure("median", 2.0, "days", 9, "median"))
    assert (shown.value, hidden.value, hidden.n) == (2.0, None, 0)
