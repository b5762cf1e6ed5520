"""The page in a real browser, from disk, with every request refused."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
COLOUR = "getComputedStyle(document.querySelector('{}')).{}"


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker axe-core, as a package carries it."""
    script = resources.files("axe_playwright_python") / "axe.min.js"
    return script.read_text(encoding="utf-8")


def scroll_through(window) -> None:
    """Bring every chart into view and wait until each is alive."""
    window.evaluate(
        "document.querySelectorAll('[data-spec]').forEach((shape) => shape.scrollIntoView())"
    )
    window.evaluate(
        """async () => {
            for (let y = 0; y < document.body.scrollHeight; y += 500) {
                scrollTo(0, y);
                await new Promise((done) => setTimeout(done, 30));
            }
        }"""
    )


def test_the_page_asks_for_nothing_and_says_nothing(visit, page_file: Path) -> None:
    window, asked, said = visit(viewport=DESKTOP)
    scroll_through(window)
    # Not wait_for_function: it evaluates a string, which the page forbids.
    window.locator(".wide .vega-embed svg").nth(2).wait_for(state="attached")
    assert asked == [page_file.as_uri()]
    assert said == []


def test_a_chart_tells_its_numbers_under_the_pointer(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP)
    shape = window.locator("[data-spec=conversion-by-client-wide]")
    shape.scroll_into_view_if_needed()
    window.wait_for_selector("[data-spec=conversion-by-client-wide] .vega-embed")
    shape.locator("svg .mark-symbol path").nth(2).hover(force=True)
    window.wait_for_selector("#vg-tooltip-element.visible")
    assert "Client" in window.inner_text("#vg-tooltip-element")


def test_without_javascript_charts_tables_and_folded_parts_are_there(visit) -> None:
    window, asked, said = visit(viewport=DESKTOP, java_script_enabled=False)
    assert len(asked) == 1 and said == []
    assert window.locator(".shape.wide svg").count() >= 3
    assert window.locator(".shape.wide svg").first.is_visible()
    assert window.locator("table.funnel").is_visible()
    folded = window.locator("details").first
    folded.locator("summary").click()
    assert folded.locator("table, dl, pre").first.is_visible()


def test_a_phone_need_not_be_scrolled_sideways(visit) -> None:
    window, _, _ = visit(viewport=PHONE)
    for details in window.locator("details").all():
        details.locator("summary").click()
    assert window.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert window.locator(".shape.narrow svg").first.is_visible()
    assert not window.locator(".shape.wide").first.is_visible()


def test_the_dark_page_is_dark_and_so_are_its_charts(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP, color_scheme="dark")
    paper = window.evaluate(COLOUR.format("body", "backgroundColor"))
    text = window.evaluate(COLOUR.format(".wide svg text", "fill"))
    dot = window.evaluate(COLOUR.format('.wide svg [fill="#0072b2"]', "fill"))
    assert (paper, text, dot) == ("rgb(20, 23, 27)", "rgb(163, 172, 182)", "rgb(95, 180, 234)")


def test_the_page_prints_with_its_tables_unfolded(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP)
    paper = window.pdf(format="A4")
    assert paper.startswith(b"%PDF") and len(paper) > 30_000
    assert window.locator("details.rows[open]").count() == 0


def test_a_dark_page_prints_in_light_colours(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP, color_scheme="dark")
    window.emulate_media(media="print", color_scheme="dark")
    paper = window.evaluate(COLOUR.format("body", "backgroundColor"))
    dot = window.evaluate(COLOUR.format('.wide svg [fill="#0072b2"]', "fill"))
    assert (paper, dot) == ("rgb(254, 254, 254)", "rgb(0, 114, 178)")


def test_folded_tables_print_without_javascript_too(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP, java_script_enabled=False)
    tables = window.locator("details.rows table")
    assert tables.count() > 1
    assert not tables.first.is_visible()
    window.emulate_media(media="print")
    assert all(table.is_visible() for table in tables.all())


def test_the_keyboard_reaches_the_answers(visit) -> None:
    window, _, _ = visit(viewport=DESKTOP)
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.textContent") == "Skip to the answers"
    window.keyboard.press("Enter")
    assert window.evaluate("location.hash") == "#content"
    window.locator("details summary").first.focus()
    window.keyboard.press("Enter")
    assert window.locator("details[open]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_accessibility_checker_finds_nothing(visit, axe: str, viewport, scheme: str) -> None:
    window, _, _ = visit(viewport=viewport, color_scheme=scheme, bypass_csp=True)
    scroll_through(window)
    for details in window.locator("details").all():
        details.locator("summary").click()
    window.evaluate(axe)
    found = window.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found["violations"]] == []
