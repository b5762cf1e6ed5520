"""What `carepath funnel` prints where there is nobody to give a rate of."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from funnels.stories import run

from carepath.cli.funnel import command
from carepath.cli.funnel_table import print_result
from carepath.errors import CarepathError

DAY = 86_400


@pytest.mark.parametrize(
    ("story", "keys", "told"),
    [
        ("ann: B@0", {}, ["No one entered."]),
        (
            "ann: B{team=x}@0",
            {"group_by_property": "team"},
            ["No value of team entered."],
        ),
        (
            "ann: A@0 B@1",
            {"window_seconds": DAY, "complete_through": "2026-01-01T06:00"},
            [
                "1 person entered; 1 (100.0 %, 95 % interval 20.7 % to 100.0 %) passed the last",
                "No window has ended yet (data complete through 2026-01-01 06:00 UTC).",
            ],
        ),
        (
            f"ann: A@0\nbob: A@{DAY}",
            {"window_seconds": DAY, "complete_through": "2026-01-02T06:00"},
            ["Of the 1 whose window has ended (data complete through 2026-01-02 06:00 UTC): 0.0"],
        ),
    ],
)
def test_no_rate_is_told_of_nobody(capsys, monkeypatch, story, keys, told) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    print_result(run(story, "A B", **keys))
    printed = capsys.readouterr().out
    assert all(line in printed for line in told), printed
    assert "(-," not in printed and ": -." not in printed


def test_where_no_row_can_be_used_that_is_told_and_not_that_no_event_has_the_name(capsys) -> None:
    print_result(run("ann: A@31-13-2026 B@31-13-2026"))
    printed = capsys.readouterr().out
    assert "No row can be used" in printed
    assert "No event is called" not in printed
    print_result(run("ann: A@2026-03-31 C@2026-03-31"))
    assert "No event is called 'B'." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--persons"], "json"),
        (["--sql", "--format", "csv"], "json"),
        (["--part", "trend"], "csv"),
        (["--part", "steps", "--format", "json"], "csv"),
    ],
)
def test_an_option_of_another_format_is_refused(options, wanted) -> None:
    ran = CliRunner().invoke(command, ["--events", "none.csv", "-d", "none.toml", *options])
    assert isinstance(ran.exception, CarepathError)
    assert ran.exception.fix == f"add --format {wanted}"
