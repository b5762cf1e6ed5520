"""Numbers, columns and tables as a reader wants them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from answers import make_answer

from carepath.report.numbers import show, show_interval, show_moment, show_title
from carepath.report.scales import choose_scale
from carepath.report.tables import describe_table


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4567, "rate", "45.7 %"),
        (-0.031, "points", "−3.1 points"),
        (-0.0001, "points", "0.0 points"),
        (12.34, "days", "12.3 days"),
        (0.75, "days", "18.0 hours"),
        (93.1, "seconds", "93 s"),
        (1234567, "people", "1,234,567"),
        (1.278, "ratio", "1.28×"),
        (-0.0012, "ratio", "0.00×"),
        (-0.0, "people", "0"),
        (0.00002, "", "< 0.001"),
        (0.00701, "", "0.0070"),
        (None, "rate", "–"),
        (float("nan"), "rate", "–"),
        (True, "", "yes"),
        (date(2026, 7, 1), "date", "2026-07-01"),
        ("a < b", "", "a < b"),
    ],
)
def test_a_number_has_few_digits_and_its_unit(value: object, unit: str, text: str) -> None:
    shown = show(value, unit).replace("\u202f", " ").replace("\u00a0", " ")  # type: ignore[arg-type]
    assert shown == text


def test_a_unit_that_both_limits_have_is_said_once() -> None:
    assert show_interval(10.5, 10.9, "days") == "10.5 to 10.9\u00a0days"
    assert show_interval(0.8, 3.0, "days") == "19.2\u00a0hours to 3.0\u00a0days"
    assert show_interval(None, 3.0, "days") == "no limit to 3.0\u00a0days"


def test_moments_and_headings_are_written_out() -> None:
    assert show_moment(datetime(2026, 7, 1, 13, 5)) == "1 July 2026, 13:05\u00a0UTC"
    assert show_title("p90_days", "days") == "P90"
    assert show_title("loss_rate", "rate") == "Loss rate"


def test_a_column_of_times_has_one_unit() -> None:
    scale = choose_scale("seconds", [7_500.0, 12_000.0])
    assert (scale.said, scale.show(7_500.0)) == ("hours", "2.1")
    assert choose_scale("days", [0.1, 0.01]).said == "hours"
    assert choose_scale("days", [12.0, 0.3]).said == "days"
    assert choose_scale("days", []).said == ""


def test_limits_stand_beside_their_number_and_empty_columns_are_left_out() -> None:
    table = make_answer(
        columns=(("step_number", ""), ("step", ""), ("rate", "rate"), ("rate_low", "rate"),
                 ("rate_high", "rate"), ("note", "")),
        rows=((1, "A", 0.5, 0.4, 0.6, ""), (2, "B", None, None, None, "")),
    ).table  # fmt: skip
    shown = describe_table(table, "Steps")
    assert shown is not None
    assert [head["text"] for head in shown["heads"]] == ["Step", "Rate"]
    assert shown["rows"][0][1] == {"text": "50.0\u202f%", "interval": "40.0 to 60.0\u202f%"}
    assert shown["rows"][1][1] == {"text": "–", "interval": ""}


def test_a_table_of_two_rows_and_many_columns_is_turned() -> None:
    names = tuple((f"c{n}", "people") for n in range(9))
    table = make_answer(columns=(("unit", ""), *names), rows=(("a", *range(9)), ("b", *range(9))))
    shown = describe_table(table.table, "Turned")
    assert shown is not None
    assert [head["text"] for head in shown["heads"]] == ["Unit", "a", "b"]
    assert len(shown["rows"]) == 9


def test_a_table_without_rows_is_no_table() -> None:
    assert describe_table(make_answer(rows=()).table, "Empty") is None
