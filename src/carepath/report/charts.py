"""From a plot to a Vega-Lite specification, by altair."""

from __future__ import annotations

from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from carepath.report.encodings import (
    WIDE,
    configure,
    encode_colour,
    encode_shape,
    list_values,
    make_tooltip,
    make_value_axis,
    measure_labels,
)
from carepath.report.palette import MUTED, PAPER, SERIES
from carepath.report.points import Plot

_DATA = "points"
_ROW = 23
_LINE_HEIGHT = {True: 260, False: 210}


def make_spec(plot: Plot, width: int) -> dict[str, Any]:
    """Return the specification of the chart, `width` pixels wide in all.

    Points are put in by name afterwards, and altair's check of every part against the schema is
    left to the tests: together they take most of the time.
    """
    with debug_mode(False):
        if plot.kind == "line":
            drawn: Any = _draw_line(plot, width)
        elif _has_panels(plot):
            drawn = _draw_panels(plot, width)
        else:
            drawn = _draw_rows(plot, width, plot.series)
        spec: dict[str, Any] = configure(drawn).to_dict(validate=False)
    spec.setdefault("datasets", {})[_DATA] = list_values(plot)
    return spec


def _has_panels(plot: Plot) -> bool:
    """Tell whether a group occurs in more than one series, so that each needs its own panel."""
    names = [point.x for point in plot.points]
    return len(plot.series) > 1 and (len(set(names)) < len(names) or len(plot.series) > len(SERIES))


def _draw_rows(
    plot: Plot, width: int, series: tuple[str, ...], domain: list[float] | None = None,
    panel: str | None = None, has_axis: bool = True,
) -> Any:  # fmt: skip
    """One row a point: a bar from zero, or a dot with its limits."""
    labels = measure_labels(plot, width)
    label_axis = alt.Axis(
        title=None, minExtent=labels, maxExtent=labels, labelLimit=labels - 8, ticks=False,
        domain=False, grid=False, labelPadding=8,
    )  # fmt: skip
    scale = alt.Scale(domain=domain or alt.Undefined, nice=not domain, zero=_starts_at_zero(plot))
    base = alt.Chart(alt.NamedData(_DATA), width=width - labels - 24, height=alt.Step(_ROW))
    if panel is not None:
        base = base.transform_filter(alt.FieldEqualPredicate(field="series", equal=panel))
    y = alt.Y("x:N", sort=None, axis=label_axis)
    axis = make_value_axis(plot, width, "x", has_axis)
    x = alt.X("y:Q", scale=scale, axis=axis)
    tip = make_tooltip(plot)
    colour = encode_colour(series, width)
    if plot.kind == "bar":
        return base.mark_bar(height=13, cornerRadiusEnd=2).encode(
            y=y, x=x, color=colour, tooltip=tip
        )
    layers = []
    if plot.unit in ("points", "log"):
        # Nothing happened here: the line that an interval crosses or does not.
        nothing = alt.Chart(alt.InlineData(values=[{}])).mark_rule(strokeWidth=1.25, color=MUTED)
        layers.append(nothing.encode(x=alt.X(datum=0, scale=scale, axis=axis)))
    if plot.has_limits:
        whiskers = base.mark_rule(strokeWidth=2.5, opacity=0.5, strokeCap="round")
        layers.append(
            whiskers.encode(
                y=y,
                x=alt.X("low:Q", scale=scale, axis=axis),
                x2="high:Q",
                color=colour,
                tooltip=tip,
            )
        )
    dots = base.mark_point(filled=True, opacity=1, size=64)
    layers.append(
        dots.encode(y=y, x=x, color=colour, shape=encode_shape(series, width), tooltip=tip)
    )
    return alt.layer(*layers)


def _draw_panels(plot: Plot, width: int) -> Any:
    """One panel a series, all on the same scale; the last has its axis."""
    low, high = _find_ends(plot)
    room = 0.04 * (high - low or 1)
    domain = [0.0 if _starts_at_zero(plot) else low - room, high + room]
    panels = [
        _draw_rows(plot, width, ("",), domain, series, series == plot.series[-1]).properties(
            title=series
        )
        for series in plot.series
    ]
    return alt.vconcat(*panels, spacing=12)


def _find_ends(plot: Plot) -> tuple[float, float]:
    ends = [end for p in plot.points for end in (p.low, p.high, p.y) if end is not None]
    return min(ends), max(ends)


def _starts_at_zero(plot: Plot) -> bool:
    """Bars always; times and rates where zero is near, so that lengths can be compared."""
    low, high = _find_ends(plot)
    return plot.kind == "bar" or (plot.unit not in ("points", "log") and 0 <= low < 0.4 * high)


def _draw_line(plot: Plot, width: int) -> Any:
    """A line with a band of its limits; what is not final is dashed and hollow."""
    base = alt.Chart(alt.NamedData(_DATA), width=width - 70, height=_LINE_HEIGHT[width == WIDE])
    x: Any = alt.X("x:N", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True))
    if plot.is_dated:
        axis = alt.Axis(
            title=None, format="%b %Y", grid=False, tickCount=7 if width == WIDE else 4,
            labelOverlap=True, labelFlush=False,
        )  # fmt: skip
        # Dates are dates wherever the reader is: no conversion to local time.
        x = alt.X("x:T", scale=alt.Scale(type="utc"), axis=axis)
    zero = not plot.has_limits and plot.unit not in ("rate", "points")
    y = alt.Y("y:Q", scale=alt.Scale(zero=zero, nice=True), axis=make_value_axis(plot, width, "y"))
    colour = encode_colour(plot.series, width)
    layers = []
    if plot.has_limits:
        layers.append(
            base.mark_area(opacity=0.16).encode(x=x, y=_bound(y, "low"), y2="high:Q", color=colour)
        )
    final = base.transform_filter("datum.final")
    layers.append(
        final.mark_line(strokeWidth=2.25, strokeJoin="round").encode(x=x, y=y, color=colour)
    )
    tip = [alt.Tooltip("x:N", title="from" if plot.is_dated else "group"), *make_tooltip(plot)[1:]]
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
