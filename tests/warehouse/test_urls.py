"""Of the address of a page its host and path are kept, and nothing that says who was there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from oracle.definitions import EVENTS

from warehouse.fast import FastWarehouse
from warehouse.packs import STANDARD

COLUMNS = ("page_host", "page_path", "referrer_host", "failure_reason")
# URL of the page -> its host and path
PAGES = {
    "https://www.Example.org/a/b/?q=1#top": ("example.org", "/a/b"),
    "https://example.org": ("example.org", "/"),
    "https://anna:secret@example.org:8080/a": ("example.org", "/a"),
    "https://anna%40care.org:secret@example.org/a": ("example.org", "/a"),
    "anna@example.org": ("example.org", "/"),
    "anna%40example.org": ("*", "/"),
    "mailto:anna@example.org?subject=x": ("example.org", "/"),
    "https://example.org/invite/anna@example.org/now": ("example.org", "/invite/*/now"),
    "https://example.org/invite/anna.m+1%40example.org/": ("example.org", "/invite/*"),
    "https://example.org/to=anna%2540example.org": ("example.org", "/*"),
    "https://example.org/@acme": ("example.org", "/@acme"),
    "https://example.org/a?email=\nanna@example.org": ("example.org", "/a"),
    "https://example.org/a#\nanna": ("example.org", "/a"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str | None]]:
    folder = tmp_path_factory.mktemp("pages")
    warehouse = FastWarehouse()
    warehouse.define(replace(STANDARD, as_of=None), folder)
    rows = [
        {
            "event_id": url,
            "event_name": "page_view",
            "collector_tstamp": "2026-01-05 10:00:00",
            "page_url": url,
            "page_referrer": url,
        }
        for url in PAGES
    ]
    rows.append(rows[0] | {"event_id": "parsed", "page_urlpath": "/a/anna@example.org"})
    rows.append(rows[0] | {"event_id": "failed", "funnel_failure_reason": "taken: a@b.org, sorry"})
    warehouse.add_rows({EVENTS: rows}, 1, folder / "rows.jsonl")
    warehouse.build(["events"])
    return {row["event_id"]: row for row in warehouse.read("events")}


@pytest.mark.parametrize("url", PAGES)
def test_a_page_is_its_host_and_path(url: str, pages: dict[str, dict[str, str | None]]) -> None:
    page = pages[url]
    assert (page["page_host"], page["page_path"]) == PAGES[url]
    assert page["referrer_host"] == PAGES[url][0]


def test_an_address_in_a_parsed_path_or_a_reason_is_a_star(
    pages: dict[str, dict[str, str | None]],
) -> None:
    assert pages["parsed"]["page_path"] == "/a/*"
    assert pages["failed"]["failure_reason"] == "taken: * sorry"


# Path of a page -> with /members/* and /of/*/a.b/* as personal paths
PERSONAL = {
    "/members/anna-mueller": "/members/*",
    "/members/anna-mueller/edit/": "/members/*/edit",
    "/members/a@b.org/x": "/members/*/x",
    "/members": "/members",
    "/members/": "/members",
    "/care/members/anna": "/care/members/anna",
    "/of/acme/a.b/anna/x": "/of/*/a.b/*/x",
    "/of/acme/aXb/anna": "/of/acme/aXb/anna",
}


def test_a_part_of_a_path_that_is_said_to_name_people_is_a_star(tmp_path: Path) -> None:
    warehouse = FastWarehouse()
    warehouse.define(replace(STANDARD, as_of=None), tmp_path)
    warehouse.variables["personal_paths"] = ["/members/*", "/of/*/a.b/*"]
    rows = [
        {
            "event_id": path,
            "event_name": "page_view",
            "collector_tstamp": "2026-01-05 10:00:00",
            "page_url": f"https://example.org{path}?x=1",
        }
        for path in PERSONAL
    ]
    rows += [
        row | {"event_id": "parsed " + path, "page_urlpath": path}
        for row, path in zip(rows, PERSONAL, strict=True)
    ]
    warehouse.add_rows({EVENTS: rows}, 1, tmp_path / "rows.jsonl")
    warehouse.build(["events"])
    found = {row["event_id"]: row["page_path"] for row in warehouse.read("events")}
    assert found == PERSONAL | {"parsed " + path: kept for path, kept in PERSONAL.items()}
