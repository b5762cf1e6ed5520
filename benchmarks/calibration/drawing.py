"""The power curves of the calibration as one small picture, drawn from the table itself."""

from __future__ import annotations

import re
from typing import Any

import altair as alt
import vl_convert

from benchmarks.calibration.verdicts import CAUSES
from carepath.report.palette import FONT, GRID, INK, MUTED, PAPER, SERIES, SHAPES

CURVES = ("problem", *CAUSES)
TARGET = 1823 / 2000
"""Right at ten points."""
_ROW = re.compile(
    r"\| (?P<name>\w+) (?P<points>\d+) \| (?P<right>[\d,]+) of (?P<n>[\d,]+) "
    r"\|[^|]*\| (?P<wrong>[\d,]+) of "
)


def read_curves(document: str) -> list[dict[str, Any]]:
    """Read the share of data sets in which each verdict names what was planted.

    At 0 points nothing is planted, and naming it is wrong.
    """
    found = []
    for row in _ROW.finditer(document):
        number = {key: int(row[key].replace(",", "")) for key in ("points", "right", "n", "wrong")}
        if row["name"] in CURVES:
            named = number["right"] if number["points"] else number["wrong"]
            found.append(
                {
                    "verdict": row["name"],
                    "points": number["points"],
                    "named": named / number["n"],
                    "wrong": number["wrong"] / number["n"],
                }
            )
    return found


def draw_power(document: str) -> str:
    """Return the picture as SVG: solid what is named rightly, dashed what is said wrongly."""
    rows = read_curves(document)
    colour = alt.Color(
        "verdict:N",
        sort=list(CURVES),
        scale=alt.Scale(domain=list(CURVES), range=list(SERIES[: len(CURVES)])),
        legend=alt.Legend(title=None, orient="right", symbolType="circle"),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X(
            "points:Q",
            title="percentage points planted",
            axis=alt.Axis(values=[0, 3, 6, 10], grid=False),
        ),
        color=colour,
    )
    named = alt.Y(
        "named:Q",
        title="of 2,000 data sets",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", tickCount=5),
    )
    wrong = base.mark_line(strokeDash=[4, 3], strokeWidth=1.5).encode(y=alt.Y("wrong:Q"))
    right = base.mark_line(strokeWidth=2).encode(y=named)
    dots = base.mark_point(filled=True, size=55, opacity=1).encode(
        y=named,
        shape=alt.Shape(
            "verdict:N",
            sort=list(CURVES),
            scale=alt.Scale(domain=list(CURVES), range=list(SHAPES[: len(CURVES)])),
            legend=None,
        ),
    )
    target = (
        alt.Chart(alt.Data(values=[{"points": 10, "named": TARGET}]))
        .mark_tick(orient="horizontal", color=INK, thickness=2, size=26)
        .encode(x="points:Q", y="named:Q")
    )
    chart = (
        (right + wrong + dots + target)
        .properties(
            width=430,
            height=250,
            title=alt.Title(
                "How often each verdict is named, by what was planted",
                subtitle="dashed: said wrongly; tick: the target at ten points",
                anchor="start",
            ),
        )
        .configure(font=FONT, background=PAPER)
        .configure_view(stroke=None)
        .configure_axis(
            gridColor=GRID, domainColor=MUTED, tickColor=MUTED, labelColor=INK, titleColor=INK,
            titleFontWeight="normal",
        )
        .configure_title(color=INK, subtitleColor=MUTED, fontSize=14, subtitleFontSize=12)
    )  # fmt: skip
    return str(vl_convert.vegalite_to_svg(chart.to_dict())) + "\n"
