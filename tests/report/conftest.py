"""A report of answers made by hand, with a hostile client, single people and ids among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from answers import make_collected

from carepath.report.rendering import load_scripts, render
from carepath.report.summary import describe_questions, summarise

CHROMIUM = Path("/usr/bin/chromium")
# Not one connection may be tried, not even by the browser itself.
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def page() -> str:
    """The whole page, with its scripts."""
    collected = make_collected()
    with load_scripts() as scripts:
        return render(summarise(collected, describe_questions(collected)), scripts.result())


@pytest.fixture(scope="session")
def page_file(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as a file on disk, as it is mailed."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield found
        found.close()


@pytest.fixture
def visit(browser, page_file: Path) -> Iterator[Callable]:
    """Open the page in a window of its own; gives the window and what it asked for or said."""
    windows = []

    def open_page(**options):
        context = browser.new_context(**options)
        windows.append(context)
        window = context.new_page()
        asked: list[str] = []
        said: list[str] = []

        def answer(route):
            asked.append(route.request.url)
            if route.request.url == page_file.as_uri():
                route.continue_()
            else:
                route.abort()

        window.route("**/*", answer)
        window.on("console", lambda message: said.append(message.text))
        window.on("pageerror", lambda error: said.append(str(error)))
        window.goto(page_file.as_uri())
        return window, asked, said

    yield open_page
    for context in windows:
        context.close()
