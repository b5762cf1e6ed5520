"""Charts for a page: drawn beforehand as SVG, and as specifications for the browser."""

from __future__ import annotations

import re
from typing import Any

import vl_convert

from carepath.questions.answer import Answer
from carepath.report.charts import make_spec
from carepath.report.encodings import NARROW, WIDE
from carepath.report.points import describe_plot, plan_plot

_ID = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r"url\(#([^)]+)\)")


def draw_chart(answer: Answer) -> dict[str, Any] | None:
    """Return the chart of an answer, wide and narrow; None where the table says it better."""
    plot = plan_plot(answer)
    if plot is None:
        return None
    shapes = []
    for name, width in (("wide", WIDE), ("narrow", NARROW)):
        spec = make_spec(plot, width)
        svg = _tidy(vl_convert.vegalite_to_svg(spec), f"{answer.question}-{name}")
        shapes.append({"name": name, "svg": svg, "spec": spec})
    return {
        "title": plot.title,
        "alt": describe_plot(plot),
        "shapes": shapes,
        "has_loose": any(not point.is_final for point in plot.points),
        "has_limits": plot.has_limits,
        "kind": plot.kind,
        "omitted": list(plot.omitted),
    }


def _tidy(svg: str, prefix: str) -> str:
    """Let the picture scale, give its ids a name of their own, and hide its parts from readers.

    The renderer counts ids over a whole process; on a page with many pictures, and in two runs
    that must give the same bytes, they need names that depend on the picture alone. The text
    alternative is the label of the figure, not the hundreds of shapes in it.
    """
    names = {old: f"{prefix}-{place}" for place, old in enumerate(_ID.findall(svg))}
    svg = _ID.sub(lambda found: f'id="{names[found.group(1)]}"', svg)
    svg = _LINK.sub(lambda found: f"url(#{names.get(found.group(1), found.group(1))})", svg)
    svg = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", svg)
    svg = svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "", 1)
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
