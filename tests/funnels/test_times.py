"""Times in the ways that spreadsheets, web servers and mail write them, and clocks of places."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from carepath.cli.funnel import command as funnel_command
from carepath.errors import CarepathError
from carepath.funnels import funnel

STEPS = {"steps": [{"event": "A"}, {"event": "B"}], "window_seconds": 3600}
AT = datetime(2026, 3, 31, 13, 5)


def write(folder, times):
    """Ann does A at the first time, B at the second, and so on."""
    path = folder / "e.csv"
    rows = [f"ann;{event};{time}" for event, time in zip("AB" * 99, times, strict=False)]
    path.write_text("\n".join(["person;event;timestamp", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("%d.%m.%Y %H:%M", "{0:%d.%m.%Y %H:%M}"),
        ("%d.%m.%Y %H:%M", "{0.day}.{0.month}.{0.year} {0:%H:%M}"),
        ("%d/%m/%Y %H:%M:%S", "{0:%d/%m/%Y %H:%M:%S}"),
        ("%m/%d/%Y %I:%M %p", "{0.month}/{0.day}/{0.year} 1:05 PM"),
        ("%m/%d/%Y, %I:%M:%S %p", "{0:%m/%d/%Y}, 1:05:00 PM"),
        ("%Y-%m-%d %I:%M:%S %p", "{0:%Y-%m-%d} 01:05:00 pm"),
        ("%d/%b/%Y:%H:%M:%S %z", "{0:%d/%b/%Y}:15:05:00 +0200"),
        ("[%d/%b/%Y:%H:%M:%S %z]", "[{0:%d/%b/%Y}:13:05:00 +0000]"),
        ("%a, %d %b %Y %H:%M:%S GMT", "{0:%a, %d %b %Y %H:%M:%S} GMT"),
        ("%b %d, %Y %I:%M:%S %p", "{0:%b %d, %Y} 01:05:00 PM"),
        ("%a %b %d %H:%M:%S %Y", "{0:%a %b %d %H:%M:%S %Y}"),
        ("%d/%b/%y %I:%M %p", "{0:%d/%b/%y} 1:05 PM"),
        ("%d-%b-%y %I.%M.%S.%f %p", "31-MAR-26 01.05.00.000000 PM"),
        ("%m/%d/%Y, %I:%M:%S %p", "{0:%m/%d/%Y}, 1:05:00\N{NARROW NO-BREAK SPACE}PM"),
        ("%m/%d/%Y %I:%M%p", "{0.month}/{0.day}/{0.year} 1:05PM"),
        ("%Y-%m-%d %I:%M %p", "{0:%Y-%m-%d} 1:05 p.m."),
        ("%d/%m/%Y %I:%M:%S %p", "{0:%d/%m/%Y} 1:05:00 p.\N{NO-BREAK SPACE}m."),
        ("%d%b%Y:%H:%M:%S", "31MAR2026:13:05:00"),
        ("%d%b%Y %H:%M:%S", "31mar2026 13:05:00"),
        ("%d-%m-%Y:%H.%M", "{0:%d-%m-%Y:%H.%M}"),
        ("%d.%m.%Y %H.%M.%S", "{0:%d.%m.%Y %H.%M.%S}"),
        ("%a %b %d %Y %H:%M:%S GMT%z", "{0:%a %b %d %Y} 15:05:00 GMT+0200 (Central Europe Time)"),
    ],
)
def test_a_form_that_all_times_have_is_found_and_told(tmp_path, form, pattern):
    result = funnel(STEPS, events=write(tmp_path, [pattern.format(AT)] * 2))
    assert [step.closed for step in result.steps] == [1, 1]
    assert result.timestamp_format == (form,)
    assert result.first_timestamp.text == pattern.format(AT)
    assert result.first_timestamp.read_as == result.complete_through == AT


@pytest.mark.parametrize(
    ("unit", "first", "read_as", "seconds"),
    [
        ("milliseconds", "183", datetime(1970, 1, 1, 0, 0, 0, 183_000), 0.182),
        ("seconds", "183", datetime(1970, 1, 1, 0, 3, 3), 182),
        ("minutes", "183", datetime(1970, 1, 1, 3, 3), 182 * 60),
        ("hours", "183", datetime(1970, 1, 8, 15), 182 * 3600),
        ("days", "183", datetime(1970, 7, 3), 182 * 86400),
        ("spreadsheet_days", "46083.5", datetime(2026, 3, 2, 12), 45.5 * 86400),
    ],
)
def test_small_numbers_count_what_the_definition_says(tmp_path, unit, first, read_as, seconds):
    path = tmp_path / "e.csv"
    second = "46129" if unit == "spreadsheet_days" else "365"
    path.write_text(f"person,event,timestamp\np,A,{first}\np,B,{second}\nq,A,99999999999999\n")
    steps = {"steps": [{"event": "A"}, {"event": "B"}], "window_seconds": 86400 * 400}
    result = funnel(steps | {"timestamp_unit": unit}, events=path)
    assert (result.timestamp_unit, result.first_timestamp.read_as) == (unit, read_as)
    assert result.steps[1].median_seconds == pytest.approx(seconds)
    assert result.events.unparsable_timestamp == (unit != "milliseconds")


@pytest.mark.parametrize(
    "times", [("0", "183", "365"), ("2006", "2007", "2008"), ("46083.5", "4", "5")]
)
def test_numbers_too_small_for_a_date_are_refused_until_their_unit_is_said(tmp_path, times):
    path = tmp_path / "e.csv"
    path.write_text("person,event,timestamp\n" + "".join(f"p,A,{time}\n" for time in times))
    steps = {"steps": [{"event": "A"}, {"event": "B"}]}
    with pytest.raises(CarepathError, match="numbers too small for seconds since 1970") as caught:
        funnel(steps, events=path)
    assert 'timestamp_unit = "seconds"' in caught.value.fix
    assert funnel(steps | {"timestamp_unit": "days"}, events=path).events.counted == 3
    with pytest.raises(CarepathError, match="timestamp_unit"):
        funnel(steps | {"timestamp_unit": "weeks"}, events=path)


def test_one_day_after_the_twelfth_tells_the_order_of_all(tmp_path):
    result = funnel(STEPS, events=write(tmp_path, ["01/02/2026 10:00", "13/02/2026 10:00"]))
    assert result.first_timestamp.read_as == datetime(2026, 2, 1, 10)
    result = funnel(STEPS, events=write(tmp_path, ["01/02/2026 10:00", "02/13/2026 10:00"]))
    assert result.first_timestamp.read_as == datetime(2026, 1, 2, 10)


def test_days_and_months_that_nothing_tells_apart_are_not_guessed(tmp_path):
    path = write(tmp_path, ["01/02/2026 10:00", "03/04/2026 10:00"])
    with pytest.raises(CarepathError, match=r"as %d/%m/%Y %H:%M or as %m/%d/%Y %H:%M") as caught:
        funnel(STEPS, events=path)
    assert caught.value.where == str(path)
    assert 'timestamp_format = "%d/%m/%Y %H:%M"' in caught.value.fix
    result = funnel(STEPS | {"timestamp_format": "%m/%d/%Y %H:%M"}, events=path)
    assert result.complete_through == datetime(2026, 3, 4, 10)


def test_the_same_date_in_both_orders_is_one_moment(tmp_path):
    result = funnel(STEPS, events=write(tmp_path, ["03/03/2026 10:00", "03/03/2026 10:01"]))
    assert [step.closed for step in result.steps] == [1, 1]


def test_times_with_and_without_seconds_are_both_read(tmp_path):
    times = ["14.02.2026 10:00", "14.02.2026 10:00:30", "15.02.2026 11:00", "15.02.2026 11:00:05"]
    result = funnel(STEPS, events=write(tmp_path, times))
    assert result.events.counted == 4
    assert set(result.timestamp_format) == {"%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"}


def test_a_few_times_of_another_form_stay_set_aside(tmp_path):
    times = ["2026-03-01 10:00", "2026-03-01 10:01", "13.02.2026 10:00"]
    result = funnel(STEPS, events=write(tmp_path, times))
    assert (result.events.counted, result.events.unparsable_timestamp) == (2, 1)
    assert result.timestamp_format == ()


def test_the_year_of_two_digits_and_what_is_no_time_are_not_guessed(tmp_path):
    result = funnel(STEPS, events=write(tmp_path, ["13/02/26 10:00", "soon", "20260213"]))
    assert (result.events.counted, result.events.unparsable_timestamp) == (0, 3)
    assert result.first_timestamp is None


@pytest.mark.parametrize(
    ("times", "forms"),
    [
        (["03/11/25 10:00", "04/11/25 10:00"], ["%d/%m/%y", "%m/%d/%y", "%y/%m/%d"]),
        (["03/11/25 10:00", "13/11/25 10:00"], ["%d/%m/%y", "%y/%m/%d"]),
        (["3/1/26 10:00", "3/31/26 10:00"], ["%m/%d/%y"]),
        (["26-03-01 10:00", "26-02-25 10:00", "soon"], ["%d-%m-%y", "%y-%m-%d"]),
        (["31.03.26 10:00"], ["%d.%m.%y", "%y.%m.%d"]),
    ],
)
def test_years_of_two_digits_are_refused_with_the_forms_that_they_may_have(tmp_path, times, forms):
    path = write(tmp_path, times)
    with pytest.raises(CarepathError, match="write years with two digits, such as") as caught:
        funnel(STEPS, events=path)
    assert caught.value.where == str(path)
    listed = caught.value.fix.partition("timestamp_format = ")[2].split(", or ")
    assert sorted(listed) == sorted(f'"{form} %H:%M"' for form in forms)
    result = funnel(STEPS | {"timestamp_format": f"{forms[0]} %H:%M"}, events=path)
    assert result.events.counted == len(times) - times.count("soon")


def test_a_defined_form_goes_before_the_usual_ways(tmp_path):
    forms = ["%d%m%Y", "%d.%m.%y"]
    path = write(tmp_path, ["01022026", "13.02.26", "2026-02-14"])
    result = funnel(STEPS | {"timestamp_format": forms}, events=path)
    assert result.events.counted == 3
    assert result.first_timestamp.read_as == datetime(2026, 2, 1)
    assert result.complete_through == datetime(2026, 2, 14)


@pytest.mark.parametrize("form", ["%Q", "", 7, ["%d", "%!"]])
def test_a_form_that_strptime_does_not_know_is_refused(tmp_path, form):
    with pytest.raises(CarepathError, match="timestamp_format") as caught:
        funnel(STEPS | {"timestamp_format": form}, events=write(tmp_path, ["2026-03-01"]))
    assert "%d.%m.%Y" in caught.value.fix


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-01-15 10:00", datetime(2026, 1, 15, 9)),
        ("2026-07-15T10:00:00", datetime(2026, 7, 15, 8)),
        ("20260715T1000", datetime(2026, 7, 15, 8)),
        ("15.07.2026 10:00", datetime(2026, 7, 15, 8)),
        ("2026-07-15", datetime(2026, 7, 14, 22)),
        ("2026-07-15T10:00:00Z", datetime(2026, 7, 15, 10)),
        ("2026-07-15 10:00:00 UTC", datetime(2026, 7, 15, 10)),
        ("2026-07-15 10:00+05:30", datetime(2026, 7, 15, 4, 30)),
        ("2026-07-15 10:00:00.5 -08", datetime(2026, 7, 15, 18, 0, 0, 500_000)),
        ("2026-07-15 10:00 America/New_York", datetime(2026, 7, 15, 14)),
        ("1784109600", datetime(2026, 7, 15, 10)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 1, 30)),
    ],
)
def test_a_time_without_a_zone_is_of_the_zone_that_the_definition_says(tmp_path, written, read_as):
    path = write(tmp_path, [written])
    result = funnel(STEPS | {"timezone": "Europe/Berlin"}, events=path)
    assert result.first_timestamp.read_as == read_as
    assert result.timezone == "Europe/Berlin"


def test_what_belongs_to_a_file_is_refused_over_the_warehouse(tmp_path):
    for more in (
        {"timezone": "Europe/Berlin"},
        {"timestamp_format": "%d.%m.%Y"},
        {"earliest_plausible_at": "2020-01-01"},
        {"latest_plausible_at": "2027-01-01"},
    ):
        with pytest.raises(CarepathError, match="the events are the warehouse's") as caught:
            funnel(STEPS | more, warehouse=tmp_path)
        assert caught.value.where in more


@pytest.mark.parametrize("zone", ["BST", "IST", "CST", "PST"])
def test_an_abbreviation_of_several_zones_is_no_zone(zone, tmp_path):
    for more in ({"timezone": zone}, {"trend": {"interval": "day", "timezone": zone}}):
        with pytest.raises(CarepathError, match=f"no time zone '{zone}'"):
            funnel(STEPS | more, events=write(tmp_path, ["2026-03-01 10:00:00"]))


def test_an_unknown_zone_names_the_nearest(tmp_path):
    with pytest.raises(CarepathError, match="no time zone 'Europe/Berlim'") as caught:
        funnel(STEPS | {"timezone": "Europe/Berlim"}, events=write(tmp_path, ["2026-03-01"]))
    assert caught.value.where == "timezone"
    assert "Europe/Berlin" in caught.value.fix


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("13.02.2026 10:00", "(written as %d.%m.%Y %H:%M) are read so: '13.02.2026 10:00' is"),
        ("1784109600000", "'1784109600000' is 2026-07-15 10:00:00 UTC."),
        ("2026-03-01 10:00", "'2026-03-01 10:00' is 2026-03-01 10:00:00 UTC."),
        ("2026-03-01T10:00:00Z", None),
        ("2026-03-01 10:00:00.5+02", None),
    ],
)
def test_the_table_shows_how_a_time_is_read_unless_it_says_so_itself(tmp_path, written, told):
    definition = tmp_path / "f.toml"
    definition.write_text('steps = [{ event = "A" }, { event = "B" }]\n')
    arguments = ["--events", str(write(tmp_path, [written])), "-d", str(definition)]
    output = CliRunner().invoke(funnel_command, arguments).output
    assert (told in output) if told else ("are read so" not in output)


def test_durations_are_right_across_the_change_of_clocks(tmp_path):
    local = ["28.03.2026 23:30", "29.03.2026 03:30"]
    definition = STEPS | {"timezone": "Europe/Berlin", "window_seconds": 10_800}
    result = funnel(definition, events=write(tmp_path, local))
    assert result.steps[1].median_seconds == timedelta(hours=3).total_seconds()


def test_a_day_and_its_time_may_stand_in_two_columns(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        "Date,Time,person,event\n13.02.2026,10:00,ann,A\n13.02.2026,10:01,ann,B\n,,ann,B\n"
    )
    columns = {"timestamp": ["date", "Time"]}
    result = funnel(STEPS | {"columns": columns}, events=path)
    assert [step.closed for step in result.steps] == [1, 1]
    assert result.first_timestamp.read_as == datetime(2026, 2, 13, 10)
    assert [row.detail for row in result.problem_rows] == ["timestamp is empty"]
    with pytest.raises(CarepathError, match="no column 'Tme', which the definition gives for"):
        funnel(STEPS | {"columns": {"timestamp": ["date", "Tme"]}}, events=path)
    for wrong in ([], ["date", 7], [""], 7):
        with pytest.raises(CarepathError, match=r"columns\.timestamp must be a text"):
            funnel(STEPS | {"columns": {"timestamp": wrong}}, events=path)


def test_a_date_with_hours_and_no_dashes_is_no_number(tmp_path):
    path = write(tmp_path, ["2026030110", "2026030111"])
    assert funnel(STEPS, events=path).events.unparsable_timestamp == 2
    result = funnel(STEPS | {"timestamp_format": "%Y%m%d%H"}, events=path)
    assert result.first_timestamp.read_as == datetime(2026, 3, 1, 10)
