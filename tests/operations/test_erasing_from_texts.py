"""What names an erased person in other people's texts goes, however it is written there."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import duckdb
from test_mentions import ADDRESS, ALIKE, FORMS, ID, NAME, WORDS

from carepath.initialisation import init_workspace
from carepath.landing import land
from carepath.operations.erasure import erase_from_raw
from carepath.operations.traces import TEXTS
from carepath.workspace import Workspace

AT = "2026-01-05T10:00:00"
OTHER = "other-person-1"
REQUIRED: dict[str, dict[str, str]] = {
    "project": {"id": "p", "created": AT, "modified": AT, "creator_id": OTHER},
    "historical_project": {"history_id": "h", "id": "p", "created": AT, "history_date": AT},
    "task": {"id": "t", "project_id": "p", "created": AT, "modified": AT},
    "historical_task": {"history_id": "g", "id": "t", "created": AT, "history_date": AT},
    "events": {"event_id": "e", "collector_tstamp": AT, "domain_userid": "shared-device"},
}
KEYS = {"historical_project": "history_id", "historical_task": "history_id", "events": "event_id"}
DATES = {"project": "created", "task": "created", "events": "collector_tstamp"}
TABLES = {table.rpartition(".")[2]: (table, columns) for table, columns in TEXTS.items()}


def write_files(folder: Path, texts: list[str]) -> Path:
    """Write rows of another person that hold each text in each column, accepted and rejected."""
    folder.mkdir()
    members = [
        {"user_id": ID, "user_name": NAME, "email": ADDRESS, "created": AT},
        {"user_id": OTHER, "user_name": "Bea Other", "email": "bea@example.org", "created": AT},
    ]
    rows = {"members": members}
    for name, (_, columns) in TABLES.items():
        rows[name] = []
        for number, text in enumerate(texts):
            for column in columns:
                for wrong in (False, True):
                    row = {**REQUIRED[name], column: text}
                    key = KEYS.get(name, "id")
                    row[key] = f"{row[key]}-{column}-{number}-{wrong}"
                    if wrong:
                        row[DATES.get(name, "history_date")] = "no date"
                    rows[name].append(row)
    # Both people were on the device, so that its anonymous events are nobody's.
    rows["events"] += [
        {**REQUIRED["events"], "event_id": f"of {who}", "user_id": who} for who in (ID, OTHER)
    ]
    for name, listed in rows.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in listed]
        (folder / f"{name}-1.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def read_texts(workspace: Workspace) -> list[tuple[object, ...]]:
    """List every free text of every row, and every rejected row."""
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        found = [
            row
            for _, (table, columns) in sorted(TABLES.items())
            for column in columns
            for row in connection.execute(f"select '{column}', {column} from {table}").fetchall()
        ]
        return found + connection.execute("select row_text from landing.rejected_rows").fetchall()


def test_in_no_form_is_anything_left_and_everybody_else_keeps_their_rows(tmp_path: Path) -> None:
    texts = [f"see {form(word)} " for form in FORMS.values() for word in WORDS]
    workspace = init_workspace(tmp_path / "workspace")
    report = land(write_files(tmp_path / "files", texts), workspace)
    count = sum(len(columns) for columns in TEXTS.values()) * len(texts)
    assert report.rejected == count
    # Found by their bytes before, and not afterwards, in whatever case.
    planted = {text.strip().partition(" ")[2].encode().lower() for text in texts}
    planted |= {json.dumps(text)[1:-1].strip().encode().lower() for text in texts}
    before = workspace.raw.read_bytes().lower()
    assert sum(text in before for text in planted) > len(FORMS)

    erasure = erase_from_raw(workspace, [ID])

    assert erasure.missing == ()
    after = workspace.raw.read_bytes().lower()
    assert [text for text in planted if text in after] == []
    assert sum(erased.rejected_rows for erased in erasure.tables) == count
    emptied = {erased.table: erased.emptied for erased in erasure.tables if erased.emptied}
    assert emptied == {table: len(columns) * len(texts) for table, columns in TEXTS.items()}
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        for table, columns in TEXTS.items():
            kept = len(columns) * len(texts) + (table == "snowplow.events")
            assert connection.execute(f"select count(*) from {table}").fetchone() == (kept,)


def test_people_who_are_called_alike_keep_every_text(tmp_path: Path) -> None:
    texts = [f"see {form(other)} " for form in FORMS.values() for other in ALIKE]
    workspace = init_workspace(tmp_path / "workspace")
    land(write_files(tmp_path / "files", texts), workspace)
    before = read_texts(workspace)
    erasure = erase_from_raw(workspace, [ID])
    assert {erased.table for erased in erasure.tables} == {
        "care_platform.members",
        "snowplow.events",
    }
    before.remove(("page_url", None))
    for column in TEXTS["snowplow.events"][1:]:
        before.remove((column, None))
    assert sorted(read_texts(workspace), key=repr) == sorted(before, key=repr)


def test_a_namesake_keeps_texts_however_their_name_is_written(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", [f"see {NAME}"])
    namesake = {
        "user_id": "namesake",
        "user_name": unicodedata.normalize("NFD", NAME) + " ",
        "created": AT,
    }
    with (files / "members-1.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(namesake) + "\n")
    workspace = init_workspace(tmp_path / "workspace")
    land(files, workspace)
    erasure = erase_from_raw(workspace, [ID])
    assert [erased.table for erased in erasure.tables if erased.emptied] == []
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        found = connection.execute("select distinct title from care_platform.task").fetchall()
    assert found == [(f"see {NAME}",)]


def test_rejected_rows_of_clients_that_name_the_person_go_as_well(tmp_path: Path) -> None:
    files = write_files(tmp_path / "files", ["nobody"])
    rows = [
        {"id": "c1", "created": "no date", "name": text} for text in (NAME, ADDRESS, "Acme", "Anna")
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (files / "clients-1.jsonl").write_text(lines, encoding="utf-8")
    workspace = init_workspace(tmp_path / "workspace")
    land(files, workspace)
    erasure = erase_from_raw(workspace, [ID])
    (erased,) = [one for one in erasure.tables if one.table == "care_platform.clients"]
    assert (erased.rows, erased.emptied, erased.rejected_rows) == (0, 0, 2)
    left = [text for (text, *_) in read_texts(workspace) if '"c1"' in str(text)]
    assert len(left) == 2


def test_a_url_keeps_what_comes_before_the_part_that_names_the_person(tmp_path: Path) -> None:
    urls = {
        "https://a.example.org/?who=anna.meier%40example.org#top": "https://a.example.org/",
        "https://a.example.org/start?x=1#anna.meier@example.org": "https://a.example.org/start?x=1",
        "https://a.example.org/of/anna.meier@example.org?x=1": None,
        "https://a.example.org/is?who=anna.meier&#64;example.org": "https://a.example.org/is",
        "https://a.example.org/of/anna.meier&amp;#64;example.org": None,
    }
    workspace = init_workspace(tmp_path / "workspace")
    land(write_files(tmp_path / "files", list(urls)), workspace)
    erase_from_raw(workspace, [ID])
    with duckdb.connect(str(workspace.raw), read_only=True) as connection:
        kept = connection.execute(
            "select event_id, page_url from snowplow.events where event_id like 'e-page_url-%'"
        ).fetchall()
    assert dict(kept) == {
        f"e-page_url-{number}-False": url for number, url in enumerate(urls.values())
    }


def test_a_short_id_and_a_name_of_one_word_empty_nobody_elses_texts(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    folder = write_files(tmp_path / "files", ["will 17"])
    person = {"user_id": "17", "user_name": "Will", "email": None, "created": AT}
    (folder / "members-2.jsonl").write_text(json.dumps(person) + "\n")
    land(folder, workspace)
    erasure = erase_from_raw(workspace, ["17"])
    assert [erased.table for erased in erasure.tables if erased.emptied] == []


def test_a_namesake_keeps_the_texts_with_their_name(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    folder = write_files(tmp_path / "files", [f"Care for {NAME}"])
    person = {"user_id": OTHER, "user_name": NAME.upper(), "email": None, "created": AT}
    (folder / "members-2.jsonl").write_text(json.dumps(person) + "\n")
    land(folder, workspace)
    erasure = erase_from_raw(workspace, [ID])
    assert [erased.table for erased in erasure.tables if erased.emptied] == []
