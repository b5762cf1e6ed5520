"""The summary through the templates: one page that asks nobody for anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

# A hyphen before a number that is not part of a name or a date is a minus sign.
_HYPHEN = re.compile(r"(?<![\w-])-(?=\d)")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
TEMPLATES = Path(__file__).parent / "templates"


@contextmanager
def load_scripts() -> Iterator[Future[str]]:
    """Bundle Vega while something else is done: it takes seconds, outside of Python."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(_bundle)


def render(summary: dict[str, Any], scripts: str) -> str:
    """Return the page.

    Parameters
    ----------
    summary : dict
        Of `carepath.report.summary.summarise`.
    scripts : str
        What draws charts in the browser; empty for a page without interaction.

    Notes
    -----
    Every text is escaped by the environment. What is not escaped is named here: the style sheet,
    the scripts and the SVG, whose texts the renderer has escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["svg"] = Markup
    environment.filters["breakable"] = _set_type
    page = environment.get_template("report.html").render(
        report=summary,
        style=Markup(_read("report.css")),
        scripts=Markup(scripts.replace("</script", "<\\/script")),
        starter=Markup(_read("report.js")),
    )
    return page + "\n"


def _set_type(text: str) -> Markup:
    """Set a text: minus signs, dates and shares on one line, long names that may break."""
    joined = _HYPHEN.sub("\u2212", str(text)).replace(" %", "\u202f%")
    escaped = _DATE.sub(r'<span class="date">\g<0></span>', str(escape(joined)))
    return Markup(escaped.replace("_", "_<wbr>"))


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _bundle() -> str:
    import vl_convert

    return vl_convert.javascript_bundle(snippet="window.vegaEmbed = vegaEmbed;")
