"""Parts that every chart is made of: points, axes, colours, tooltips, type."""

from __future__ import annotations

from typing import Any

import altair as alt

from carepath.report.palette import FONT, GRID, INK, MUTED, SERIES, SHAPES
from carepath.report.points import Plot, describe_point

WIDE, NARROW = 720, 350
_LABELS = {WIDE: 220, NARROW: 140}


def list_values(plot: Plot) -> list[dict[str, Any]]:
    """Return the points as the chart reads them."""
    points, values = plot.points, []
    for place, point in enumerate(points):
        before = points[place - 1].is_final if place else point.is_final
        after = points[place + 1].is_final if place + 1 < len(points) else point.is_final
        values.append(
            {
                "x": point.x,
                "y": point.y,
                # Without a limit the whisker ends at the dot: nothing is drawn that is not known.
                "low": point.y if point.low is None else point.low,
                "high": point.y if point.high is None else point.high,
                "series": point.series,
                "final": point.is_final,
                # The dashed tail starts at the last final point, so that the line does not break.
                "tail": not (point.is_final and before and after),
                "side": 0 if place < len(points) / 2 else 1,
                **describe_point(point, plot.unit),
            }
        )
    return values


def make_tooltip(plot: Plot) -> list[alt.Tooltip]:
    """Return what the tooltip of a point lists."""
    tip = [alt.Tooltip("x:N", title="group"), alt.Tooltip("shown:N", title="value")]
    if plot.has_limits:
        tip.append(alt.Tooltip("interval:N", title="interval"))
    return tip


def make_value_axis(plot: Plot, width: int, side: str, is_shown: bool = True) -> alt.Axis:
    """Return the axis of the numbers; one that is not shown keeps its grid."""
    titles = {"ratio": "times", "log": "log of the ratio", "rate": None, "": None}
    extent: dict[str, Any] = {"minExtent": 46, "maxExtent": 46} if side == "y" else {}
    if plot.unit == "points":
        extent["labelExpr"] = "format(datum.value * 100, '+~f')"
    return alt.Axis(
        title=titles.get(plot.unit, plot.unit) if side == "x" and is_shown else None,
        format="~%" if plot.unit == "rate" else ",~f",
        tickCount=(6 if width == WIDE else 4) if side == "x" else 5,
        labels=is_shown,
        grid=True,
        domain=False,
        ticks=False,
        labelPadding=6,
        **extent,
    )


def measure_labels(plot: Plot, width: int) -> int:
    """Return the room for the names of the rows, in pixels."""
    longest = max(sum(8.6 if c.isupper() else 6.4 for c in point.x) for point in plot.points)
    return int(min(longest + 18, _LABELS[width]))


def encode_colour(series: tuple[str, ...], width: int) -> Any:
    """Return the colour of a mark: one for all, or one a series."""
    if len(series) < 2:
        return alt.value(SERIES[0])
    return alt.Color(
        "series:N",
        scale=alt.Scale(domain=list(series), range=list(SERIES)),
        legend=_legend(width),
    )


def encode_shape(series: tuple[str, ...], width: int) -> Any:
    """Return the shape of a dot, which tells series apart where colours do not."""
    if len(series) < 2:
        return alt.value(SHAPES[0])
    return alt.Shape(
        "series:N",
        scale=alt.Scale(domain=list(series), range=list(SHAPES)),
        legend=_legend(width),
    )


def _legend(width: int) -> alt.Legend:
    columns = 5 if width == WIDE else 2
    return alt.Legend(
        title=None, orient="top", direction="horizontal", columns=columns, symbolOpacity=1
    )


def configure(drawn: Any) -> Any:
    """Give the chart the type and the colours of the page."""
    padding = {"left": 2, "right": 14, "top": 6, "bottom": 4}
    return (
        drawn.configure(background="transparent", font=FONT, padding=padding)
        .configure_view(stroke="transparent")
        .configure_axis(
            labelColor=MUTED,
            titleColor=MUTED,
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=8,
        )
        .configure_legend(labelColor=INK, labelFontSize=12, symbolSize=70, offset=8)
        .configure_title(
            color=INK, fontSize=12.5, fontWeight=600, anchor="start", frame="group", offset=6
        )
    )
