"""From a plot to a Vega-Lite specification, by altair."""

from __future__ import annotations

from typing import Any

import altair as alt

from carepath.report.palette import FONT, GRID, INK, MUTED, PAPER, SERIES, SHAPES
from carepath.report.points import Plot, Point, describe_point

WIDE, NARROW = 720, 350
_ROW = 23
_LINE_HEIGHT = {WIDE: 260, NARROW: 210}
_LABELS = {WIDE: 220, NARROW: 124}


def make_spec(plot: Plot, width: int) -> dict[str, Any]:
    """Return the specification of the chart, `width` pixels wide in all."""
    if plot.kind == "line":
        drawn: Any = _draw_line(plot, width)
    elif _has_panels(plot):
        drawn = _draw_panels(plot, width)
    else:
        drawn = _draw_rows(plot, plot.points, width, plot.series)
    spec: dict[str, Any] = _configure(drawn).to_dict()
    return spec


def _has_panels(plot: Plot) -> bool:
    """Tell whether a group occurs in more than one series, so that each needs its own panel."""
    names = [point.x for point in plot.points]
    return len(plot.series) > 1 and (len(set(names)) < len(names) or len(plot.series) > len(SERIES))


def _draw_rows(
    plot: Plot,
    points: tuple[Point, ...],
    width: int,
    series: tuple[str, ...],
    domain: list[float] | None = None,
) -> Any:
    """One row a point: a bar from zero, or a dot with its limits."""
    labels = _measure_labels(plot, width)
    label_axis = alt.Axis(
        title=None, minExtent=labels, maxExtent=labels, labelLimit=labels - 8, ticks=False,
        domain=False, grid=False, labelPadding=8,
    )  # fmt: skip
    scale = alt.Scale(domain=domain or alt.Undefined, nice=not domain, zero=plot.kind == "bar")
    base = alt.Chart(_data(points, plot.unit), width=width - labels - 24, height=alt.Step(_ROW))
    y = alt.Y("x:N", sort=None, axis=label_axis)
    x = alt.X("y:Q", scale=scale, axis=_value_axis(plot, width, "x"))
    tip = _tooltip(points)
    colour = _colour(series)
    if plot.kind == "bar":
        return base.mark_bar(height=13, cornerRadiusEnd=2).encode(y=y, x=x, color=colour, tooltip=tip)
    dots = base.mark_point(filled=True, opacity=1, size=64).encode(
        y=y, x=x, color=colour, shape=_shape(series), tooltip=tip
    )
    if all(point.low is None and point.high is None for point in points):
        return dots
    whiskers = base.mark_rule(strokeWidth=2.5, opacity=0.5, strokeCap="round").encode(
        y=y, x=alt.X("low:Q", scale=scale, axis=_value_axis(plot, width, "x")), x2="high:Q",
        color=colour, tooltip=tip,
    )  # fmt: skip
    return alt.layer(whiskers, dots)


def _draw_panels(plot: Plot, width: int) -> Any:
    """One panel a series, all on the same scale."""
    ends = [end for p in plot.points for end in (p.low, p.high, p.y) if end is not None]
    low, high = min(ends), max(ends)
    room = 0.04 * (high - low or 1)
    domain = [0.0 if plot.kind == "bar" else max(low - room, min(low, 0.0)), high + room]
    panels = [
        _draw_rows(
            plot,
            tuple(point for point in plot.points if point.series == series),
            width,
            ("",),
            domain,
        ).properties(title=series)
        for series in plot.series
    ]
    return alt.vconcat(*panels, spacing=14)


def _draw_line(plot: Plot, width: int) -> Any:
    """A line with a band of its limits; what is not final is dashed and hollow."""
    base = alt.Chart(_data(plot.points, plot.unit), width=width - 70, height=_LINE_HEIGHT[width])
    x: Any = alt.X("x:N", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True))
    if plot.is_dated:
        axis = alt.Axis(
            title=None, format="%b %Y", grid=False, tickCount=7 if width == WIDE else 4,
            labelOverlap=True, labelFlush=False,
        )  # fmt: skip
        # Dates are dates wherever the reader is: no conversion to local time.
        x = alt.X("x:T", scale=alt.Scale(type="utc"), axis=axis)
    has_limits = any(point.low is not None for point in plot.points)
    zero = not has_limits and plot.unit not in ("rate", "points")
    y = alt.Y("y:Q", scale=alt.Scale(zero=zero, nice=True), axis=_value_axis(plot, width, "y"))
    colour = _colour(plot.series)
    layers = []
    if has_limits:
        layers.append(
            base.mark_area(opacity=0.16).encode(x=x, y=_bound(y, "low"), y2="high:Q", color=colour)
        )
    final = base.transform_filter("datum.final")
    layers.append(final.mark_line(strokeWidth=2.25).encode(x=x, y=y, color=colour))
    tip = [alt.Tooltip("x:N", title="from" if plot.is_dated else "group"), *_tooltip(plot.points)[1:]]
    if any(not point.is_final for point in plot.points):
        tail = base.transform_filter("datum.tail")
        layers.append(
            tail.mark_line(strokeWidth=1.75, strokeDash=[3, 3]).encode(
                x=x, y=y, color=colour, detail="side:N"
            )
        )
        loose = base.transform_filter("!datum.final")
        layers.append(
            loose.mark_point(fill=PAPER, opacity=1, size=42, strokeWidth=1.75).encode(
                x=x, y=y, stroke=colour, tooltip=tip
            )
        )
    size = 40 if len(plot.points) <= 40 else 9
    layers.append(
        final.mark_point(filled=True, opacity=1, size=size).encode(
            x=x, y=y, color=colour, tooltip=tip
        )
    )
    return alt.layer(*layers)


def _bound(y: Any, field: str) -> Any:
    bound = y.copy()
    bound.shorthand = f"{field}:Q"
    return bound


def _data(points: tuple[Point, ...], unit: str) -> alt.Data:
    values = []
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
                **describe_point(point, unit),
            }
        )
    return alt.Data(values=values)


def _tooltip(points: tuple[Point, ...]) -> list[alt.Tooltip]:
    tip = [alt.Tooltip("x:N", title="group"), alt.Tooltip("shown:N", title="value")]
    if any(point.low is not None or point.high is not None for point in points):
        tip.append(alt.Tooltip("interval:N", title="interval"))
    return tip


def _value_axis(plot: Plot, width: int, side: str) -> alt.Axis:
    formats = {"rate": "~%", "points": "+.1%"}
    title = {"days": "days", "seconds": "seconds", "ratio": "times"}.get(plot.unit)
    return alt.Axis(
        title=title if side == "x" else None,
        format=formats.get(plot.unit, ",~f"),
        tickCount=(6 if width == WIDE else 4) if side == "x" else 5,
        grid=True,
        domain=False,
        ticks=False,
        labelPadding=6,
        **({"minExtent": 46, "maxExtent": 46} if side == "y" else {}),
    )


def _measure_labels(plot: Plot, width: int) -> int:
    longest = max(len(point.x) for point in plot.points)
    return int(min(longest * 6.6 + 18, _LABELS[width]))


def _colour(series: tuple[str, ...]) -> Any:
    if len(series) < 2:
        return alt.value(SERIES[0])
    legend = alt.Legend(title=None, orient="top", direction="horizontal", columns=3)
    return alt.Color(
        "series:N", scale=alt.Scale(domain=list(series), range=list(SERIES)), legend=legend
    )


def _shape(series: tuple[str, ...]) -> Any:
    if len(series) < 2:
        return alt.value(SHAPES[0])
    return alt.Shape("series:N", scale=alt.Scale(domain=list(series), range=list(SHAPES)))


def _configure(drawn: Any) -> Any:
    return (
        drawn.configure(background="transparent", font=FONT, padding={"left": 2, "right": 14, "top": 6, "bottom": 4})
        .configure_view(stroke="transparent")
        .configure_axis(
            labelColor=MUTED, titleColor=MUTED, gridColor=GRID, domainColor=GRID, tickColor=GRID,
            labelFontSize=12, titleFontSize=12, titleFontWeight="normal", titlePadding=8,
        )
        .configure_legend(labelColor=INK, labelFontSize=12, symbolSize=70, offset=8)
        .configure_title(color=INK, fontSize=12.5, fontWeight=600, anchor="start", frame="group", offset=6)
    )  # fmt: skip
