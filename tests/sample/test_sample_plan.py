"""Plans that cannot be made are refused with the option and the way out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from carepath.cli.sample import command
from carepath.errors import CarepathError
from carepath.sample import SamplePlan
from carepath.sample.clients import clients_of
from carepath.sample.expectation import expect
from carepath.sample.plan import EVENTS_PER_MEMBER, add_months
from carepath.sample.rates import rates_of
from carepath.sample.scenarios import SCENARIOS
from carepath.sample.verdicts import verdicts


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(CarepathError, match="Did you mean 'new_page'"):
        SamplePlan(scenario="newpage")


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"members": 0}, "--members"),
        ({"clients": 0}, "--clients"),
        ({"months": 0}, "--months"),
        ({"seed": -1}, "--seed"),
        ({"file_format": "xlsx"}, "--file-format"),
        ({"events_format": "xml"}, "--events-format"),
        ({"effect": 0.1}, "--effect"),
        ({"scenario": "new_page", "effect": 10}, "--effect"),
        ({"scenario": "demand", "effect": -1}, "--effect"),
        ({"start": date(1999, 1, 1)}, "--start"),
    ],
)
def test_what_cannot_be_made_is_refused_by_option(options: dict[str, Any], option: str) -> None:
    with pytest.raises(CarepathError) as caught:
        SamplePlan(**options)
    assert caught.value.where == option
    assert caught.value.fix


def test_the_span_ends_on_a_fixed_day_whatever_today_is() -> None:
    plan = SamplePlan()
    assert (plan.first_day, plan.last_day) == (date(2024, 7, 1), date(2026, 7, 1))
    assert SamplePlan(start=date(2024, 1, 31), months=1).last_day == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("day", "months", "shifted"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 31), 2, date(2025, 2, 28)),
        (date(2026, 7, 1), -24, date(2024, 7, 1)),
        (date(2024, 3, 15), -3, date(2023, 12, 15)),
    ],
)
def test_months_are_added_as_on_a_calendar(day: date, months: int, shifted: date) -> None:
    assert add_months(day, months) == shifted


def test_a_number_of_events_is_turned_into_members() -> None:
    assert SamplePlan().sized_for(10_000_000).members == round(10_000_000 / EVENTS_PER_MEMBER)


def test_the_command_writes_the_files_and_says_what_is_next(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    result = CliRunner().invoke(command, [str(folder), "--members", "50", "--clients", "4"])
    assert result.exit_code == 0, result.output
    assert f"carepath land {folder}" in result.stdout
    assert (folder / "truth.json").exists()


def test_the_command_lists_every_scenario_with_what_its_effect_measures() -> None:
    result = CliRunner().invoke(command, ["--list-scenarios"])
    assert result.exit_code == 0
    for scenario in SCENARIOS:
        assert scenario.name in result.stdout
        assert scenario.story in result.stdout
        assert scenario.effect_means in result.stdout


@pytest.mark.parametrize(
    ("scenario", "planted"),
    [
        ("none", ("none", "none")),
        ("demand", ("demand", "arrivals")),
        ("rework", ("efficiency", "visits")),
        ("both", ("none or demand", "arrivals")),
    ],
)
def test_what_lowers_conversion_may_show_as_less_demand(
    scenario: str, planted: tuple[str, str]
) -> None:
    plan = SamplePlan(scenario=scenario, members=20_000)
    rates = rates_of(plan, clients_of(plan))
    found = verdicts(rates, expect(rates))["demand-or-efficiency"]
    assert (found["verdict"], found["driver"]) == planted
