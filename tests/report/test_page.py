"""The page as text: escaped, whole, the same each time, and asking nobody for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise

from answers import ENTITY, MEMBER, SCRIPT, make_answer, make_collected

from carepath.questions.answer import Answer, Exclusion, Figure
from carepath.report.checks import describe_model
from carepath.report.collection import Collected
from carepath.report.funnel import describe_funnel
from carepath.report.glance import describe_glance
from carepath.report.rendering import render
from carepath.report.summary import describe_questions, summarise


def read_markup(page: str) -> str:
    """Return the page without its style, its scripts and the data in them."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)


class Reader(HTMLParser):
    """Collects the text a reader sees, and the elements that load something."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.scripts = 0
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what loads."""
        given = dict(attrs)
        self.scripts += tag == "script"
        if tag in ("img", "iframe", "object", "embed", "video", "audio", "source", "base"):
            self.loads.append(tag)
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            value = given.get(name) or ""
            if value and not value.startswith(("#", "data:")):
                self.loads.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def draw(collected: Collected, scripts: str = "") -> str:
    return render(summarise(collected, describe_questions(collected)), scripts)


def test_a_client_named_like_a_script_is_only_ever_text(page: str) -> None:
    assert SCRIPT not in page
    assert "alert(1)</script" not in page
    assert read(page).scripts == 2
    text = "".join(read(read_markup(page)).text)
    assert SCRIPT in text and ENTITY in text and "<b>not</b> bold" in text


def test_nothing_on_the_page_loads_anything(page: str) -> None:
    assert read(page).loads == []
    assert "default-src 'none'" in page
    assert not re.search(r"url\((?!#)", read_markup(page))
    assert "@import" not in page


def test_no_id_and_no_small_group_is_in_the_file(page: str) -> None:
    assert MEMBER not in page
    text = "".join(read(read_markup(page)).text)
    assert "4 people" not in text and "Tiny" in text
    assert "suppressed" in text


def test_the_page_is_small_and_the_same_each_time(page: str) -> None:
    assert len(page.encode()) < 2_000_000
    scripts = "window.vegaEmbed = null;"
    assert draw(make_collected(), scripts) == draw(make_collected(), scripts)


def test_a_question_without_data_says_so_and_the_others_are_there(page: str) -> None:
    text = "".join(read(read_markup(page)).text)
    assert f"No data for {SCRIPT}." in text and "Next: land data." in text
    for question in ("largest-dropoff", "conversion-trend", "slowest-phase"):
        assert f'<h3 id="{question}">' in page


def test_moments_that_count_as_none_are_counted(page: str) -> None:
    assert "that they have none, and count as none: 1,200 of care_platform." in page


def test_headings_descend_by_one_and_ids_are_unique(page: str) -> None:
    markup = read_markup(page)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", markup)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    ids = re.findall(r'\sid="([^"]+)"', markup)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', markup)) <= set(ids)


def test_the_funnel_has_people_shares_and_the_largest_loss() -> None:
    steps = describe_funnel(make_collected().answers["largest-dropoff"], None)
    assert [step["people"] for step in steps] == ["1,000", "900", "400"]
    assert [step["of_start"].replace("\u202f", " ") for step in steps] == [
        "100.0 %",
        "90.0 %",
        "40.0 %",
    ]
    assert steps[1]["interval"] == "88.0 to 92.0\u202f%"
    assert [step["is_largest"] for step in steps] == [False, False, True]


def test_the_tests_behind_an_answer_are_in_words() -> None:
    found = describe_model("member_intake_funnel_metrics")
    assert "one row per member_id, never null" in found["tests"]
    assert found["description"].startswith("One row per member")
    assert any("every source row" in test for test in describe_model("row_reconciliation")["tests"])


def test_sentences_are_set_with_minus_signs_and_dates_on_one_line() -> None:
    from carepath.report.rendering import _set_type

    said = str(_set_type("fell -3.9 points from 2025-08-25 (9 %) at A_B & client-12"))
    assert said == (
        'fell −3.9 points from <span class="date">2025-08-25</span> (9\u202f%) '
        "at A_<wbr>B &amp; client-12"
    )


def test_one_task_left_out_is_one_and_a_hidden_number_of_people_is_not_told_by_the_words() -> None:
    left = (
        Exclusion("tasks that have not been started", 1, "tasks"),
        Exclusion("have an account but no funnel event", 1),
    )
    answer = make_answer("slowest-type", excluded=left)
    collected = replace(make_collected(), answers={"slowest-type": answer})
    (section,) = [
        one for one in describe_questions(collected).sections if one["id"] == "slowest-type"
    ]
    assert [f"{one['count']} {one['words']}" for one in section["excluded"]] == [
        "1 task that has not been started",
        "fewer than 10 people: have an account but no funnel event",
    ]


def test_the_first_screen_tells_no_change_that_is_not_seen_and_counts_one_as_one() -> None:
    change = Figure("change", 0.051, "points", 2384, "change", level=0.95, reason="chance")
    rate = Figure("conversion_rate", 1.0, "rate", 1, "conversion", 0.2, 1.0, 0.95, "Wilson")
    starts = Figure("per_week_recent", 0.08, "per week", 1, "starts", 0.0, 0.4, 0.95)
    moment = datetime(2026, 1, 1)
    given = {
        "conversion": Answer("conversion", moment, "", "estimated", (rate,)),
        "conversion-trend": Answer("conversion-trend", moment, "", "no problem", (change,)),
        "projects-started": Answer("projects-started", moment, "", "counted", (starts,)),
    }
    tiles = describe_glance(given)["tiles"]
    assert [(tile["question"], tile["n"]) for tile in tiles] == [
        ("conversion", "1 person"),
        ("projects-started", "1 project"),
    ]
    seen = replace(change, low=0.02, high=0.08)
    given["conversion-trend"] = replace(given["conversion-trend"], estimates=(seen,))
    assert "conversion-trend" in [tile["question"] for tile in describe_glance(given)["tiles"]]
