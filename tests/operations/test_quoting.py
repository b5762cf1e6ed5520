"""Text from outside is text: in SQL, in a spreadsheet."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carepath.quoting import quote_list, quote_name, quote_text
from carepath.spreadsheet import make_safe, write_rows

SOURCE = Path(__file__).resolve().parents[2] / "src" / "carepath"
NASTY = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text("'\"\\;-/* \0$\n", min_size=1),
    st.sampled_from(["'; drop table t; --", "\\'", "''", '"', "$$", "%s", "?", "$name", "{}"]),
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@given(text=NASTY)
def test_a_quoted_text_is_read_back_as_it_was(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert connection.execute(f"select {quote_text(text)}").fetchall() == [(text,)]


@given(texts=st.lists(NASTY, max_size=4))
def test_a_quoted_list_is_read_back_as_it_was(
    connection: duckdb.DuckDBPyConnection, texts: list[str]
) -> None:
    assert connection.execute(f"select {quote_list(texts)}").fetchall() == [(texts,)]


@given(name=NASTY.filter(lambda name: name and "\0" not in name))
def test_a_quoted_name_names_that_column(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    cursor = connection.execute(f"select 1 as {quote_name(name)}")
    assert [column[0] for column in cursor.description] == [name]


def test_only_one_module_quotes() -> None:
    """Doubling quotation marks by hand is what a second quoting function looks like."""
    doubling = re.compile(r"""replace\(\s*("'"|'"')\s*,\s*("''"|'""')""")
    places = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if doubling.search(path.read_text())
    }
    # The review writes no SQL that runs.
    assert {place for place in places if not place.startswith("review/")} == {"quoting.py"}


def test_no_value_stands_between_quotation_marks_in_sql() -> None:
    """An f-string with '{value}' in SQL is a value that nobody quoted."""
    word = re.compile(r"\b(select|insert|attach|copy|where|set)\b", re.IGNORECASE)
    # Names of our own, or numbers: nothing from outside.
    allowed = {
        "kind",
        "version",
        "entity",
        "table",
        "PUBLISHED_SCHEMA",
        "trend.interval",  # one of a fixed list: parsing.py
        "'no_group' if group else 'no_person'",
    }
    found = []
    for path in SOURCE.rglob("*.py"):
        if "review" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.JoinedStr):
                continue
            pieces = [
                piece.value if isinstance(piece, ast.Constant) else None for piece in node.values
            ]
            if not word.search(" ".join(str(piece) for piece in pieces if piece)):
                continue
            for place in range(1, len(pieces) - 1):
                before, after = pieces[place - 1], pieces[place + 1]
                inside = str(before).endswith("'") and str(after).startswith("'")
                if pieces[place] is None and before and after and inside:
                    value = ast.unparse(node.values[place].value)  # type: ignore[attr-defined]
                    if value not in allowed:
                        found.append(f"{path.relative_to(SOURCE)}:{node.lineno}: {value}")
    assert not found, "\n".join(found)


FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


@example(text=" \t")
@given(text=st.one_of(NASTY, st.text("=+-@\t\r\n 1eE.＝", max_size=6)))
def test_no_cell_begins_like_a_formula(text: str) -> None:
    (cell,) = next(
        csv.reader(io.StringIO(write_rows(["a"], [[text]]).split("\n", 1)[1]), strict=True)
    )
    assert not FORMULA.match(cell) or NUMBER.fullmatch(cell)
    assert "\r" not in cell


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        ("-5", "-5"),
        ("-2+3", "'-2+3"),
        ("-inf", "'-inf"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        (" @SUM(1)", "' @SUM(1)"),
        ("plain", "plain"),
    ],
)
def test_cells_as_written(cell: object, written: str) -> None:
    assert make_safe(cell) == written  # type: ignore[arg-type]
