"""Definitions: what is wrong is named by file, line and key, with what to do."""

from __future__ import annotations

from datetime import datetime

import pytest

from carepath.errors import CarepathError
from carepath.funnels import parse_definition, read_definition
from carepath.funnels.definition import DateRange, FunnelDefinition

TWO = 'steps = [{ event = "A" }, { event = "B" }]\n'


def complain(tmp_path, text):
    path = tmp_path / "funnel.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CarepathError) as caught:
        read_definition(path)
    error = caught.value
    assert error.fix
    return error.what, (error.where or "").replace(str(path), "funnel.toml"), error.fix


def test_everything_has_a_default_but_the_steps():
    read = parse_definition({"steps": [{"event": "A"}, {"event": "B"}]})
    assert (read.window_seconds, read.tie_seconds) == (14 * 86_400, 2)
    assert (read.order, read.entry, read.first_time_only) == ("ordered", "first_entry", False)
    assert read == FunnelDefinition(steps=read.steps)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("step", "steps"),
        ("windowseconds", "window_seconds"),
        ("Order", "order"),
        ("exclusion", "exclusions"),
        ("groupby", "group_by_property"),
        ("break_down", "breakdown"),
    ],
)
def test_an_unknown_key_names_the_nearest_and_its_line(tmp_path, key, nearest):
    what, where, fix = complain(tmp_path, TWO + f"# a remark\n{key} = 1\n")
    assert what == f"{key} is not a known key."
    assert where.startswith("funnel.toml:3: ")
    assert fix.startswith(f"did you mean {nearest!r}?")


@pytest.mark.parametrize(
    ("text", "path", "nearest"),
    [
        (
            'steps = [{ event = "A" }, { event = "B", optinal = true }]',
            "steps[2].optinal",
            "optional",
        ),
        (TWO + 'exclusions = [{ event = "X", from = 1 }]', "exclusions[1].from", "from_step"),
        (TWO + 'breakdown = { property = "c", when = "entry" }', "breakdown.when", ""),
        (TWO + 'trend = { interval = "day", time_zone = "UTC" }', "trend.time_zone", "timezone"),
        (TWO + "histogram = { bin = 3 }", "histogram.bin", "bins"),
        (TWO + "date_range = { until = 2026-01-01 }", "date_range.until", ""),
    ],
)
def test_an_unknown_key_within_a_table_is_named_with_its_path(tmp_path, text, path, nearest):
    what, where, fix = complain(tmp_path, text)
    assert what == f"{path} is not a known key."
    assert path in where
    assert (f"did you mean {nearest!r}" in fix) == bool(nearest)
    assert "known keys: " in fix


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "steps has 0"),
        ("steps = []", "steps has 0"),
        ('steps = [{ event = "A" }]', "steps has 1"),
        ('steps = "A"', "steps must be a list"),
        ('steps = ["A", "B"]', "steps[1] must be a table"),
        ('steps = [{ event = "A" }, { }]', "steps[2] names no event"),
        ('steps = [{ event = "A" }, { event = "" }]', "steps[2].event must be a text"),
        ('steps = [{ event = 5 }, { event = "B" }]', "steps[1].event must be a text"),
        (
            'steps = [{ event = "A" }, { event = "B", any_event = true }]',
            "both event and any_event",
        ),
        ('steps = [{ event = "A", optional = true }, { event = "B" }]', "optional cannot be true"),
        ('steps = [{ event = "A" }, { event = "B", optional = "yes" }]', "must be true or false"),
        (
            'order = "unordered"\nsteps = [{ event = "A" }, { event = "B", optional = true }]',
            "optional step",
        ),
        (TWO + "window_seconds = 0", "window_seconds cannot be 0"),
        (TWO + "window_seconds = -5", "window_seconds cannot be -5"),
        (TWO + "window_seconds = inf", "window_seconds cannot be inf"),
        (TWO + "window_seconds = nan", "window_seconds cannot be nan"),
        (TWO + 'window_seconds = "1 day"', "must be a number of seconds"),
        (TWO + "window_seconds = true", "must be a number of seconds"),
        (TWO + "window_seconds = 1e30", "window_seconds cannot be 1e+30"),
        (TWO + "tie_seconds = -1", "tie_seconds cannot be -1"),
        (TWO + 'order = "sorted"', "order cannot be 'sorted'"),
        (TWO + "order = 1", "order cannot be 1"),
        (TWO + 'order = ["ordered"]', "order cannot be ['ordered']"),
        (TWO + 'entry = "any"', "entry cannot be 'any'"),
        (TWO + 'first_time_only = "yes"', "first_time_only must be true or false"),
        (TWO + "exclusions = [{ }]", "exclusions[1] names no event"),
        (TWO + 'exclusions = { event = "X" }', "exclusions must be a list"),
        (
            TWO + 'exclusions = [{ event = "X", from_step = 2, to_step = 2 }]',
            "from_step cannot be 2",
        ),
        (TWO + 'exclusions = [{ event = "X", to_step = 3 }]', "to_step cannot be 3"),
        (TWO + 'exclusions = [{ event = "X", from_step = 0 }]', "from_step cannot be 0"),
        (TWO + 'exclusions = [{ event = "X", mode = "drop" }]', "mode cannot be 'drop'"),
        (
            'order = "unordered"\n' + TWO + 'exclusions = [{ event = "X", to_step = 2 }]',
            "no meaning",
        ),
        (TWO + "breakdown = { }", "breakdown names no property"),
        (TWO + 'breakdown = "c"', "breakdown must be a table"),
        (TWO + 'breakdown = { property = "c", at = "exit" }', "at cannot be 'exit'"),
        (TWO + 'breakdown = { property = "c", at = "step" }', "breakdown needs step"),
        (TWO + 'breakdown = { property = "c", step = 1 }', "step without need"),
        (TWO + 'breakdown = { property = "c", at = "step", step = 3 }', "step cannot be 3"),
        (TWO + "where = 1", "where must be a table"),
        (TWO + "where = { c = [] }", "where.c lists no value"),
        (TWO + "where = { c = { d = 1 } }", "where.c has a value of a wrong kind"),
        (TWO + "where = { c = 2026-01-01 }", "where.c has a value of a wrong kind"),
        (TWO + "where = { c = nan }", "where.c cannot be nan"),
        (TWO + "where = { c = 1000000000000000000 }", "where.c cannot be 1000000000000000000"),
        (TWO + "group_by_property = 1", "group_by_property must be a text"),
        (TWO + 'date_range = { from = "soon" }', "date_range.from is not a date"),
        (
            TWO + "date_range = { from = 2026-02-02, to = 2026-02-01 }",
            "date_range.from is not before to",
        ),
        (TWO + "date_range = { clip_conversions = true }", "clip_conversions needs to"),
        (
            TWO + "date_range = { from = 0001-01-01T00:00:00+05:00 }",
            "date_range.from is outside of the years 1 to 9999",
        ),
        (
            TWO + "date_range = { to = 9999-12-31T23:00:00-05:00 }",
            "date_range.to is outside of the years 1 to 9999",
        ),
        (TWO + "trend = { }", "trend.interval is missing"),
        (TWO + 'trend = { interval = "year" }', "interval cannot be 'year'"),
        (TWO + 'trend = { interval = "day", from_step = 2 }', "from_step cannot be 2"),
        (TWO + 'histogram = { bins = "Auto" }', 'bins must be a whole number or "auto"'),
        (TWO + "histogram = { bins = 0 }", "bins cannot be 0"),
        (TWO + "histogram = { bins = 1001 }", "bins cannot be 1001"),
        (TWO + "histogram = { bins = 2.5 }", "bins must be a whole number"),
        (TWO + "complete_through = 12:00:00", "complete_through is not a date"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path, text, said):
    what, where, _ = complain(tmp_path, text)
    assert said in what
    assert where.startswith("funnel.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("steps = [\n", "end of document"),
        (TWO + "order = ordered\n", "line 2"),
        (TWO + TWO, "line 2"),
        ('steps = [{ event = "A", event = "B" }]', "line 1"),
    ],
)
def test_broken_toml_and_keys_given_twice_are_named_with_their_line(tmp_path, text, line):
    what, _, _ = complain(tmp_path, text)
    assert what.startswith("The definition is not valid TOML")
    assert line in what


def test_too_many_steps_are_refused(tmp_path):
    steps = ", ".join('{ event = "A" }' for _ in range(31))
    assert "has 31" in complain(tmp_path, f"steps = [{steps}]")[0]


def test_a_definition_that_is_not_there_or_not_text_is_said_to_be(tmp_path):
    with pytest.raises(CarepathError, match="cannot be read"):
        read_definition(tmp_path / "none.toml")
    (tmp_path / "funnel.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CarepathError, match="not valid TOML"):
        read_definition(tmp_path / "funnel.toml")


def test_the_line_of_a_wrong_step_among_several_is_its_own(tmp_path):
    text = '[[steps]]\nevent = "A"\n\n[[steps]]\nevent = "B"\nwindow = 5\n'
    assert complain(tmp_path, text)[1].startswith("funnel.toml:6: ")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-31", datetime(2026, 2, 1)),
        ('"2026-01-31"', datetime(2026, 2, 1)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10)),
        ('"2026-01-31T12:00:00+02:00"', datetime(2026, 1, 31, 10)),
        ("2026-01-31T00:00:00", datetime(2026, 1, 31)),
    ],
)
def test_the_end_of_a_range_is_a_whole_day_or_a_moment(tmp_path, written, moment):
    path = tmp_path / "funnel.toml"
    path.write_text(TWO + f"date_range = {{ to = {written} }}\ncomplete_through = {written}\n")
    read = read_definition(path)
    assert read.date_range.end == read.complete_through == moment


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_ends_of_the_calendar_are_no_limit(tmp_path, quote):
    first, last = (f"{quote}{day}{quote}" for day in ("0001-01-01", "9999-12-31"))
    path = tmp_path / "funnel.toml"
    path.write_text(
        f"{TWO}complete_through = {last}\n"
        f"date_range = {{ from = {first}, to = {last}, clip_conversions = true }}\n"
    )
    read = read_definition(path)
    assert read.date_range == DateRange()
    assert read.complete_through == datetime.max
