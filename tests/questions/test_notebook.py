"""An answer in a script and in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

import duckdb
import pytest
from made import MONDAY, Made

import carepath
from carepath.questions.answer import Answer


@pytest.fixture
def answer(made: Made) -> Answer:
    """Conversion by client, one of which is named like a script."""
    made.fresh()
    for index in range(40):
        name = "<script>alert(1)</script>" if index % 2 else "Acme"
        made.person(MONDAY, (1, 6) if index % 4 else (1,), entry_client_name=name)
    return made.ask("conversion", by="client")


def test_the_answer_can_be_asked_for_by_name(made: Made) -> None:
    made.fresh()
    made.person(MONDAY, (1, 6))
    made.write()
    answer = carepath.ask("conversion", workspace=str(made.root))
    assert isinstance(answer, carepath.Answer)
    with pytest.raises(AttributeError):
        answer.verdict = "other"  # type: ignore[misc]


def test_a_notebook_that_has_prod_open_for_reading_can_ask(made: Made) -> None:
    made.fresh()
    made.person(MONDAY, (1, 6))
    made.write()
    with duckdb.connect(str(made.root / "prod.duckdb"), read_only=True):
        assert carepath.ask("conversion", workspace=made.root).verdict == "estimated"


def test_a_prompt_shows_one_line_and_print_everything(answer: Answer) -> None:
    assert repr(answer).startswith("Answer('conversion', verdict='estimated', headline='75.0 %")
    assert "\n" not in repr(answer)
    printed = str(answer)
    assert printed.startswith(answer.headline)
    assert "Keep in mind" in printed and "Acme" in printed


def test_a_notebook_shows_tables_in_which_a_hostile_name_is_text(answer: Answer) -> None:
    html = answer._repr_html_()
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    opened: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Reader().feed(html)
    assert opened == []
    assert html.count("<table>") == 2
