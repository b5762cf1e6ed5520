"""A mistake in a definition is named by file, line and column, with the next step."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from carepath.building.project import shipped_definitions
from carepath.definitions import COLUMNS, check_definitions, write_definitions
from carepath.errors import CarepathError

MISTAKES = {
    "an unknown column": (
        "status_map.csv",
        lambda text: text.replace("category", "categry"),
        ":1",
        "did you mean category",
    ),
    "a missing column": (
        "holidays.csv",
        lambda text: text.replace(",holiday_name", "").replace(",", ""),
        ":1",
        "lacks the column 'holiday_name'",
    ),
    "an unknown category": (
        "status_map.csv",
        lambda text: text.replace(",waiting\n", ",wating\n", 1),
        ":4, column category",
        "did you mean waiting",
    ),
    "a status mapped twice, spelled otherwise": (
        "status_map.csv",
        lambda text: text + "task,in progress,busy,active\n",
        "column raw_status",
        "already mapped in line 3",
    ),
    "a gap in the numbers of the steps": (
        "funnel_steps.csv",
        lambda text: text.replace(",6,", ",7,"),
        "column step_number",
        "not numbered 1 to 6",
    ),
    "a step defined twice": (
        "funnel_steps.csv",
        lambda text: text.replace("CAREGIVING_GOAL", "CONFIRM_COUNTRY"),
        ":6, column step_name",
        "already defined in line 4",
    ),
    "a date that is none": (
        "funnel_steps.csv",
        lambda text: text.replace("false,,,,\n", "false,soon,,,\n", 1),
        ":2, column valid_from",
        "not a date or time",
    ),
    "an address instead of a path": (
        "funnel_steps.csv",
        lambda text: text.replace("false,,,,\n", "false,,,https://example.org/goal/,\n", 1),
        ":2, column page_urlpath",
        "not the path of a page",
    ),
    "a path with a query": (
        "funnel_steps.csv",
        lambda text: text.replace("false,,,,\n", "false,,,/goal?step=2,\n", 1),
        ":2, column page_urlpath",
        "up to a ? or #",
    ),
    "a row with a cell too many": (
        "funnel_steps.csv",
        lambda text: text.replace("false,,,,\n", "false,,,,,\n", 1),
        ":2",
        "9 cells, the header has 8",
    ),
    "a zone that is none": (
        "calendar.csv",
        lambda text: text.replace("America/New_York", "America/NewYork"),
        ":2, column time_zone",
        "did you mean America/New_York",
    ),
    "two zones": (
        "calendar.csv",
        lambda text: text.replace("America/New_York", "Europe/Paris", 1),
        "column time_zone",
        "one time zone",
    ),
    "a quotation mark that is never closed": (
        "holidays.csv",
        lambda text: text.replace("Labor Day", '"Labor Day', 1),
        ":3",
        "not CSV",
    ),
    "a number in other digits": (
        "funnel_steps.csv",
        lambda text: text.replace("E,2,", "E,²,").replace("T,2,", "T,²,").replace(",2,", ",²,"),
        ":3, column step_number",
        "not a whole number",
    ),
    "a clock time in other digits": (
        "calendar.csv",
        lambda text: text.replace("09:00", "0٩:00", 1),
        ":2, column opens_at",
        "not a clock time",
    ),
    "hours that end before they begin": (
        "calendar.csv",
        lambda text: text.replace("17:00", "08:00", 1),
        ":2, column closes_at",
        "closes before it opens",
    ),
    "hours that overlap on a weekday": (
        "calendar.csv",
        lambda text: text + "1,16:30,20:00,America/New_York\n",
        ":7, column opens_at",
        "open already by line 2",
    ),
    "a holiday twice": (
        "holidays.csv",
        lambda text: text + "2025-12-25,Christmas again\n",
        "column holiday_date",
        "already a holiday",
    ),
    "a change without a name": (
        "product_changes.csv",
        lambda text: text + ",page_added,,,2026-01-01\n",
        ":2, column change_name",
        "has no name",
    ),
    "a change of a step that is none": (
        "product_changes.csv",
        lambda text: text + "goals,page_added,CAREGIVING_GAOL,,2026-01-01\n",
        ":2, column step_name",
        "did you mean CAREGIVING_GOAL?",
    ),
    "a change recorded twice": (
        "product_changes.csv",
        lambda text: text + 2 * "goals,page_added,,,2026-01-01\n",
        ":3, column change_name",
        "in line 2",
    ),
}


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    shutil.copytree(shipped_definitions(), folder)
    return folder


def test_the_shipped_definitions_are_right(definitions: Path) -> None:
    checked = check_definitions(definitions, "MEMBER_INTAKE")
    assert (checked.step_count, checked.time_zone) == (6, "America/New_York")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str, definitions: Path) -> None:
    name, change, where, word = MISTAKES[mistake]
    path = definitions / name
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before
    with pytest.raises(CarepathError) as failure:
        check_definitions(definitions, "MEMBER_INTAKE")
    assert f"{path}{where}" in str(failure.value) or where in str(failure.value)
    assert name in str(failure.value)
    assert word in str(failure.value)


def test_a_break_at_noon_is_two_lines_of_a_weekday(definitions: Path) -> None:
    path = definitions / "calendar.csv"
    path.write_text(path.read_text() + "1,17:00,20:00,America/New_York\n")
    check_definitions(definitions, "MEMBER_INTAKE")


def test_a_missing_file_is_named(definitions: Path) -> None:
    (definitions / "calendar.csv").unlink()
    with pytest.raises(CarepathError, match="calendar.csv is missing"):
        check_definitions(definitions, "MEMBER_INTAKE")


def test_an_intake_funnel_that_is_not_defined_is_named(definitions: Path) -> None:
    with pytest.raises(CarepathError, match="needs at least two steps") as failure:
        check_definitions(definitions, "ONBOARDING")
    assert "MEMBER_INTAKE" in str(failure.value)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(definitions: Path) -> None:
    path = definitions / "status_map.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert check_definitions(definitions, "MEMBER_INTAKE").step_count == 6


SPELLINGS = {
    "funnel_steps.csv": (
        "MEMBER_INTAKE,2,INPUT_FULL_NAME,false",
        " MEMBER_INTAKE ,02,INPUT_FULL_NAME, False",
    ),
    "status_map.csv": (
        "task,IN_PROGRESS,in_progress,active",
        "Task ,IN_PROGRESS, in_progress, ACTIVE",
    ),
    "calendar.csv": ("2,09:00,17:00,America/New_York", '" 2",09:00 , 17:00," America/New_York"'),
    "holidays.csv": ("2025-12-25,Christmas Day", "20251225, Christmas Day\n\n"),
}


def write(definitions: Path, folder: Path) -> dict[str, str]:
    """What dbt is given of these definitions."""
    folder.mkdir()
    write_definitions(check_definitions(definitions, "MEMBER_INTAKE"), folder)
    return {name: (folder / name).read_text() for name in COLUMNS}


def test_dbt_is_given_one_spelling_whichever_the_files_have(
    definitions: Path, tmp_path: Path
) -> None:
    shipped = {name: (definitions / name).read_text() for name in COLUMNS}
    assert write(definitions, tmp_path / "as_shipped") == shipped
    for name, (usual, odd) in SPELLINGS.items():
        assert usual in shipped[name]
        (definitions / name).write_text(
            "\ufeff" + shipped[name].replace(usual, odd).replace("\n", "\r\n"), newline=""
        )
    path = definitions / "status_map.csv"
    path.write_text(
        "\n".join(
            ",".join(reversed(line.split(","))) for line in path.read_text("utf-8-sig").splitlines()
        )
    )
    assert write(definitions, tmp_path / "odd") == shipped


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("20200101", "2020-01-01 00:00:00"),
        ("2026-W52-5", "2026-12-25 00:00:00"),
        ("2020-01-01T10", "2020-01-01 10:00:00"),
        ("2020-01-01 10:00:00.5", "2020-01-01 10:00:00.500000"),
    ],
)
def test_whatever_is_taken_for_a_moment_is_one_for_the_database(
    text: str, written: str, definitions: Path, tmp_path: Path
) -> None:
    changes = definitions / "product_changes.csv"
    changes.write_text(changes.read_text() + f'"a ""new"" page, at last",page_added,,,{text}\n')
    holidays = definitions / "holidays.csv"
    holidays.write_text(holidays.read_text().partition("\n")[0] + "\n2026-W52-5,\n")
    write(definitions, tmp_path / "written")
    with duckdb.connect() as connection:
        connection.execute(
            "create table changes (a text, b text, c text, d text, moment timestamp)"
        )
        connection.execute("create table holidays (day date, name text)")
        for table, path in (("changes", changes), ("holidays", holidays)):
            connection.execute(
                f"copy {table} from '{tmp_path / 'written' / path.name}' "
                "(format csv, header true, delimiter ',')"
            )
        rows = connection.execute("select a, moment from changes").fetchall()
        assert rows == [('a "new" page, at last', datetime.fromisoformat(written))]
        assert connection.execute("from holidays").fetchall() == [(date(2026, 12, 25), None)]
