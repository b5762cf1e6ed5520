"""Charts: what is drawn, what is not, and that altair agrees with every specification."""

from __future__ import annotations

import re

import altair as alt
import pytest
from answers import SCRIPT, make_answer, make_clients, make_conversion, make_trend, make_types

from carepath.questions.answer import Answer, Chart
from carepath.report.charts import make_spec
from carepath.report.drawing import draw_chart
from carepath.report.encodings import NARROW, WIDE
from carepath.report.points import describe_plot, plan_plot

BARS = make_answer(chart=Chart("bar", "client", "mature", "People"))
PANELS = make_answer(
    columns=(("by", ""), ("segment", ""), ("rate", "rate")),
    rows=(("size", "unknown", 0.3), ("size", "large", 0.4), ("device", "unknown", 0.2)),
    chart=Chart("interval", "segment", "rate", "By segment", series="by"),
)


@pytest.mark.parametrize("answer", [make_trend(), make_clients(), make_types(), BARS, PANELS])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_specification_obeys_the_schema(answer: Answer, width: int) -> None:
    plot = plan_plot(answer)
    assert plot is not None
    spec = make_spec(plot, width)
    alt.Chart.from_dict(spec, validate=True)
    assert "http" not in str({**spec, "$schema": ""})


def test_a_chart_is_the_same_bytes_each_time_and_as_wide_as_it_says() -> None:
    first, second = draw_chart(make_trend()), draw_chart(make_trend())
    assert first == second and first is not None
    for shape, width in zip(first["shapes"], (WIDE, NARROW), strict=True):
        found = re.search(r'viewBox="0 0 (\d+)', shape["svg"])
        assert found and abs(int(found.group(1)) - width) <= 40


def test_names_in_pictures_are_escaped_and_ids_are_of_one_picture() -> None:
    answer = make_clients()
    drawn = draw_chart(answer)
    assert drawn is not None
    svg = drawn["shapes"][0]["svg"]
    assert SCRIPT not in svg and "&lt;script" in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert all(name.startswith("conversion-by-client-wide-") for name in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


def test_one_or_two_rows_are_left_to_the_table() -> None:
    assert draw_chart(make_conversion()) is None
    assert draw_chart(make_answer(rows=())) is None


def test_what_is_not_final_is_drawn_apart() -> None:
    plot = plan_plot(make_trend())
    assert plot is not None
    assert [point.is_final for point in plot.points][-3:] == [True, False, False]
    drawn = draw_chart(make_trend())
    assert drawn is not None and drawn["has_loose"]


def test_a_long_series_is_left_to_the_table_where_there_are_others() -> None:
    rows = (
        *(("client", f"c{n}", 0.1) for n in range(44)),
        *(("device", name, 0.2) for name in ("a", "b", "c")),
    )
    answer = make_answer(
        columns=(("by", ""), ("segment", ""), ("rate", "rate")),
        rows=rows,
        chart=Chart("interval", "segment", "rate", "By segment", series="by"),
    )
    plot = plan_plot(answer)
    assert plot is not None
    assert (plot.series, plot.omitted) == (("device",), ("client",))


def test_the_words_for_a_chart_name_its_extremes() -> None:
    plot = plan_plot(make_trend())
    assert plot is not None
    said = describe_plot(plot).replace("\u202f", " ")
    assert "20 points from 2025-01-06 (40.0 %) to 2026-06-22 (59.0 %)" in said
    assert "lowest 2025-01-06" in said
