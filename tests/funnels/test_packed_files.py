"""Files of events as they are packed, encoded and wrapped elsewhere."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile

import pyarrow
import pytest
from click.testing import CliRunner

from carepath.cli.funnel import command
from carepath.errors import CarepathError
from carepath.funnels import funnel

STEPS = {"steps": [{"event": "A"}, {"event": "B"}], "window_seconds": 3600}
CSV = (
    "person,event,timestamp,note\n"
    'ann,A,2026-03-01T10:00:00Z,"a – line\nand another"\n'
    "ann,B,2026-03-01T10:01:00Z,\n"
    "bob,A,2026-03-01T10:00:00Z,€\n"
)
ROWS = [
    {"person": "ann", "event": "A", "timestamp": "2026-03-01T10:00:00Z", "items": [{"id": 1}]},
    {"person": "ann", "event": "B", "timestamp": "2026-03-01T10:01:00Z", "items": []},
    {"person": "bob", "event": "A", "timestamp": "2026-03-01T10:00:00Z"},
]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def pack_zstd(content: bytes) -> bytes:
    return pyarrow.compress(content, "zstd", asbytes=True)


def count(path, **more) -> list[int]:
    return [step.closed for step in funnel(STEPS | more, events=path).steps]


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl"])
@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".zst", pack_zstd), (".bz2", bz2.compress), (".xz", lzma.compress), (".gz", gzip.compress)],
)
def test_a_packed_file_is_read_also_without_its_suffix(tmp_path, name, suffix, pack):
    content = pack({"e.csv": CSV, "e.jsonl": LINES}[name].encode())
    for path in (tmp_path / (name + suffix), tmp_path / name):
        path.write_bytes(content)
        assert count(path) == [2, 1]


def test_a_packed_file_with_bad_records_is_read_but_for_these(tmp_path):
    path = tmp_path / "e.csv.zst"
    path.write_bytes(pack_zstd((CSV + "ann,B\n").encode()))
    result = funnel(STEPS, events=path)
    assert ([step.closed for step in result.steps], result.events.unreadable) == ([2, 1], 1)
    assert result.source == str(path)


def test_what_zstd_packs_is_never_half_read(tmp_path):
    path = tmp_path / "e.csv.zst"
    for content in (CSV.encode() + b"ann\x01x,B,2026-03-01,\n", CSV.encode("utf-16"), b"PAR1\x80"):
        path.write_bytes(pack_zstd(content))
        with pytest.raises(CarepathError, match="zstd file") as caught:
            funnel(STEPS, events=path)
        assert "zstd -d" in caught.value.fix


def zip_files(path, contents):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def test_an_archive_of_one_file_is_that_file(tmp_path):
    contents = {"out/e.csv": CSV, "__MACOSX/out/._e.csv": "x", "out/.DS_Store": "x"}
    assert count(zip_files(tmp_path / "e.zip", contents)) == [2, 1]
    assert count(zip_files(tmp_path / "e.csv.zip", {"e.jsonl": LINES})) == [2, 1]


def test_an_archive_of_several_files_names_them(tmp_path):
    path = zip_files(tmp_path / "e.zip", {"one.csv": CSV, "two.csv": CSV})
    with pytest.raises(CarepathError, match=r"holds 2 files: one.csv, two.csv\.") as caught:
        funnel(STEPS, events=path)
    assert "unpack it" in caught.value.fix
    with pytest.raises(CarepathError, match="holds 0 files"):
        funnel(STEPS, events=zip_files(tmp_path / "e.zip", {}))
    with pytest.raises(CarepathError, match="format of the file is not recognised"):
        funnel(STEPS, events=zip_files(tmp_path / "e.zip", {"e.pdf": "x"}))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("name", ["e.csv", "e.jsonl"])
def test_the_encodings_of_spreadsheets_are_read(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes({"e.csv": CSV, "e.jsonl": LINES}[name].encode(encoding))
    assert count(path) == [2, 1]


def test_a_file_of_an_older_spreadsheet_is_read_as_windows_1252_and_said_to_be(tmp_path):
    path = tmp_path / "e.csv"
    path.write_bytes(CSV.replace("note", "Größe").encode("windows-1252"))
    result = funnel(STEPS | {"breakdown": {"property": "Größe"}}, events=path)
    assert {segment.value for segment in result.breakdown.segments} == {
        "a – line\nand another",
        "€",
    }
    assert result.encoding == "windows-1252"
    definition = tmp_path / "f.toml"
    definition.write_text('steps = [{ event = "A" }, { event = "B" }]\n')
    output = CliRunner().invoke(command, ["--events", str(path), "-d", str(definition)]).output
    assert "The file is not in UTF-8: it is read as Windows-1252." in output


def test_one_damaged_character_does_not_make_a_file_windows_1252(tmp_path):
    path = tmp_path / "e.csv"
    path.write_bytes(CSV.encode() + b"bob,B,2026-03-01T10:01:00Z,\xff\n")
    result = funnel(STEPS | {"breakdown": {"property": "note"}}, events=path)
    assert (result.encoding, result.events.unreadable) == ("utf-8", 1)
    assert "€" in {segment.value for segment in result.breakdown.segments}


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_tells_a_spreadsheet_the_separator_is_no_header(tmp_path, line):
    path = tmp_path / "e.csv"
    rows = CSV.replace(",", ";").replace("\n", "\r\n")
    path.write_text(f"{line}\r\n{rows}", encoding="utf-8-sig", newline="")
    assert count(path) == [2, 1]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "".join(json.dumps(row, indent=2) + "\n" for row in ROWS),
        json.dumps({"object": "list", "data": ROWS, "has_more": False, "urls": ["x"]}),
        json.dumps({"results": ROWS}, indent=2),
        json.dumps({'odd "key".': ROWS}),
    ],
    ids=["array", "indented-array", "indented-objects", "wrapped", "indented-wrap", "odd-key"],
)
def test_a_json_document_is_read_as_its_objects(tmp_path, content):
    path = tmp_path / "e.json"
    path.write_text(content)
    assert count(path) == [2, 1]
    path = tmp_path / "e.json.gz"
    path.write_bytes(gzip.compress(content.encode()))
    assert count(path) == [2, 1]


def test_a_lone_event_with_a_list_is_an_event(tmp_path):
    path = tmp_path / "e.json"
    for indent in (None, 2):
        path.write_text(json.dumps(ROWS[0], indent=indent))
        assert count(path) == [1, 0]


def test_elements_that_are_no_objects_are_unreadable_rows(tmp_path):
    path = tmp_path / "e.json"
    path.write_text(json.dumps([*ROWS, None, 7, "x"]))
    result = funnel(STEPS, events=path)
    assert (result.events.counted, result.events.unreadable) == (3, 3)
    assert [row.row_number for row in result.problem_rows] == [4, 5, 6]


@pytest.mark.parametrize("separator", [", ", " | ", " ;  "])
def test_spaces_around_all_cells_belong_to_none(tmp_path, separator):
    path = tmp_path / "e.csv"
    rows = ["person,event,timestamp", "ann,A,2026-03-01 10:00", "ann,B,2026-03-01 10:01"]
    path.write_text("".join(row.replace(",", separator) + "\n" for row in rows))
    assert count(path) == [1, 1]
    assert funnel(STEPS, events=path, persons=True).steps[0].persons_closed == ("ann",)


def test_spaces_in_cells_of_a_plain_header_are_part_of_the_name(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("person,event,timestamp\nann, A,2026-03-01 10:00\n")
    assert count(path) == [0, 0]


def test_quotation_marks_escaped_by_backslashes_are_read(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        "person,event,timestamp,properties\n"
        r'"ann","A","2026-03-01 10:00","{\"plan\":\"pro\",\"note\":\"a, \\\"b\\\"\"}"' + "\n"
        r'"ann","B","2026-03-01 10:01","{\"plan\":\"pro\"}"' + "\n"
    )
    result = funnel(STEPS | {"where": {"properties.plan": "pro"}}, events=path)
    assert [step.closed for step in result.steps] == [1, 1]
    assert count(path, where={"properties.note": 'a, "b"'}) == [1, 0]


@pytest.mark.parametrize(
    "row", [r'ann,A,2026-03-01,"C:\dir\"', r'ann,A,2026-03-01,"a\""b"', "ann,A,2026-03-01,\\"]
)
def test_backslashes_that_escape_nothing_stay(tmp_path, row):
    path = tmp_path / "e.csv"
    path.write_text(f"person,event,timestamp,note\n{row}\n{row.replace('A', 'B')}\n")
    result = funnel(STEPS | {"breakdown": {"property": "note"}}, events=path)
    assert result.events.counted == 2
    assert result.breakdown.segments[0].value in ("C:\\dir\\", 'a\\"b', "\\")
