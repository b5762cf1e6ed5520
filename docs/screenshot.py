"""Draw the report's first screen: `python -m docs.screenshot WORKSPACE` (with Chromium).

Writes docs/report.png, which README and docs/report.md show. WORKSPACE is that of `carepath demo`
with a scenario in which something happens: `carepath demo --scenario new_page WORKSPACE`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from carepath.report import write_report
from carepath.workspace import Workspace

PICTURE = Path(__file__).with_name("report.png")
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 900, 790


def main() -> None:
    """Write the report of a workspace, open it, and keep what is seen first."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        report = Path(folder) / "report.html"
        write_report(Workspace(Path(sys.argv[1])), report)
        browser = running.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        window = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        window.goto(report.as_uri())
        window.wait_for_timeout(1500)
        window.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
