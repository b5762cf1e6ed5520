"""Files of events in every format, and what becomes of rows that cannot be used."""

from __future__ import annotations

import csv
import gzip
import json
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import polars
import pytest

from carepath.errors import CarepathError
from carepath.funnels import funnel
from carepath.landing.records import MAX_RECORD_BYTES

STEPS = {"steps": [{"event": "A"}, {"event": "B"}], "window_seconds": 3600}
ROWS = [
    {"person": "ann", "event": "A", "timestamp": "2026-03-01T10:00:00Z", "event_id": "1", "c": "x"},
    {"person": "ann", "event": "B", "timestamp": "2026-03-01T10:10:00Z", "event_id": "2", "c": "x"},
    {"person": "ann", "event": "B", "timestamp": "2026-03-01T10:10:00Z", "event_id": "2", "c": "x"},
    {"person": "bob", "event": "A", "timestamp": "2026-03-01T10:00:00Z", "event_id": "3", "c": ""},
]


def write_csv(path: Path, rows, **options) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), **options)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, select: str) -> Path:
    duckdb.connect().execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


def pack(path: Path) -> Path:
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return packed


def write_as(folder: Path, kind: str, rows) -> Path:
    plain = kind.removesuffix(".gz")
    if plain == "parquet":
        source = write_jsonl(folder / "rows.jsonl", rows)
        select = f"select * from read_json('{source}', format = 'newline_delimited')"
        path = write_parquet(folder / "events.parquet", select)
    elif plain == "jsonl":
        path = write_jsonl(folder / "events.jsonl", rows)
    else:
        path = write_csv(
            folder / f"events.{plain}", rows, delimiter="\t" if plain == "tsv" else ","
        )
    return pack(path) if kind.endswith(".gz") else path


@pytest.mark.parametrize(
    "kind", ["csv", "csv.gz", "tsv", "jsonl", "jsonl.gz", "parquet", "parquet.gz"]
)
@pytest.mark.parametrize("has_ids", [True, False])
def test_every_format_gives_the_same_answer(tmp_path, kind, has_ids):
    rows = ROWS if has_ids else [{k: v for k, v in r.items() if k != "event_id"} for r in ROWS]
    breakdown = {"property": "c"}
    result = funnel(STEPS | {"breakdown": breakdown}, events=write_as(tmp_path, kind, rows))
    assert [step.closed for step in result.steps] == [2, 1]
    assert result.steps[1].median_seconds == 600
    assert {s.value: s.totals.entered for s in result.breakdown.segments} == {"x": 1, None: 1}
    assert result.events.rows_read == 4
    assert result.events.duplicate_event_id == (1 if has_ids else 0)


def test_a_long_tab_separated_file_may_call_its_columns_as_it_likes(tmp_path):
    path = tmp_path / "log.tsv"
    path.write_text("Case\tActivity\tWhen\n" + "1\tA\t2026-03-01\n" * 60)
    columns = {"person": "Case", "event": "Activity", "timestamp": "When"}
    assert funnel(STEPS | {"columns": columns}, events=path).events.counted == 60


AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01 10:00:00",
        "2026-03-01T10:00",
        "2026/03/01 10:00:00",
        "2026-03-01T10:00:00.000000999Z",
        "2026-03-01T15:30:00+05:30",
        "2026-03-01 05:00:00 America/New_York",
        "2026-03-01 10:00:00 utc",
        "2026-03-01 10:00:00 GMT",
        "2026-03-01 05:00:00 -0500",
        "2026-03-01T15:30:00.000 +05:30",
        "2026-03-01 10:00:00,000",
        "2026-03-01 11:00:00,000 +01",
        " 2026-03-01T10:00:00Z ",
        "1772359200",
        "1772359200.0000004",
        "1772359200000",
        "1772359200000000",
        "1772359200000000000",
        "1772359200000000999",
        "1772359200,0",
        "2026-03-01t10:00:00z",
        "2026-03-01 10:00:00.000z",
        "2026-03-01 10:00:00 Z",
        "20260301T100000Z",
        "20260301T1000",
        "20260301t153000,000+0530",
        "2026-03-01T11:00:00+01:00[Europe/Berlin]",
        "2026-03-01T10:00:00Z[Etc/UTC]",
    ],
)
def test_a_time_is_read_however_it_is_written(tmp_path, written):
    path = write_csv(tmp_path / "e.csv", [{"person": "p", "event": "A", "timestamp": written}])
    assert funnel(STEPS, events=path).complete_through == AT.replace(tzinfo=None)


@pytest.mark.parametrize(
    "written",
    [
        "", "soon", "epoch", "infinity", "-infinity", "nan", "now", "2026-02-30", "03/01/2026",
        "2026-03 -01",
        "20260301", "202603011000", "20260301100000", "1e9", "0x10", "--1", "1_000",
        "99999999999999999999", "2026-03-01T25:00:00",
        "02-03-26 09:00", "0026-03-02", "0999-12-31T23:59:59Z",
        "20261301T100000Z", "1,772,359", "2026-03-01T10:00:00Z[BST]", "10:00:00z",
        "2026-03-01 10:00:00 BST", "2026/03/01 10:00 pst", "2026-03-01 10:00:00 NZ",
    ],
)  # fmt: skip
def test_what_is_no_time_is_set_aside_with_its_row(tmp_path, written):
    rows = [
        {"person": "p", "event": "A", "timestamp": "2026-03-01"},
        {"person": "p", "event": "B", "timestamp": written},
    ]
    result = funnel(STEPS, events=write_csv(tmp_path / "e.csv", rows))
    assert (result.events.counted, result.events.unparsable_timestamp) == (1, 1)
    (row,) = result.problem_rows
    assert (row.row_number, row.reason) == (2, "unparsable_timestamp")
    assert row.detail == (f"'{written}'" if written else "timestamp is empty")


@pytest.mark.parametrize("written", ["0", "46083.375", "1900-01-01", "1979-12-31T23:59:59Z"])
def test_a_date_that_is_how_systems_write_none_is_set_aside_with_its_row(tmp_path, written):
    rows = [
        {"person": "p", "event": "A", "timestamp": written},
        {"person": "p", "event": "A", "timestamp": "2026-03-01 10:00"},
        {"person": "p", "event": "B", "timestamp": "2026-03-01 10:01"},
    ]
    path = write_csv(tmp_path / "e.csv", rows)
    result = funnel(STEPS, events=path)
    assert [step.closed for step in result.steps] == [1, 1]
    assert (result.events.counted, result.events.dated_too_early) == (2, 1)
    (row,) = result.problem_rows
    assert (row.row_number, row.reason, row.detail) == (1, "dated_too_early", f"'{written}'")
    older = funnel(STEPS | {"earliest_plausible_at": "1900-01-01"}, events=path)
    assert (older.events.counted, older.events.dated_too_early) == (3, 0)
    assert [step.closed for step in older.steps] == [1, 0]


@pytest.mark.parametrize("written", ["9999-12-31", "2999-12-31T23:59:59Z", "4102444800"])
def test_a_date_after_the_file_is_read_is_set_aside_with_its_row(tmp_path, written):
    now = datetime.now(UTC)
    rows = [
        {"person": "p", "event": "A", "timestamp": f"{now - timedelta(days=1):%F %T}"},
        {"person": "p", "event": "B", "timestamp": written},
        {"person": "q", "event": "A", "timestamp": f"{now:%F %T}"},
    ]
    path = write_csv(tmp_path / "e.csv", rows)
    result = funnel(STEPS, events=path)
    assert [step.closed for step in result.steps] == [2, 0]
    assert result.complete_through < now.replace(tzinfo=None) + timedelta(seconds=1)
    assert (result.events.counted, result.events.dated_too_late) == (2, 1)
    (row,) = result.problem_rows
    assert (row.row_number, row.reason, row.detail) == (2, "dated_too_late", f"'{written}'")
    later = funnel(STEPS | {"latest_plausible_at": "9999-12-31"}, events=path)
    assert (later.events.counted, later.events.dated_too_late) == (3, 0)
    assert later.complete_through > datetime(2090, 1, 1)


def test_dates_that_are_mostly_shifted_into_the_future_all_count(tmp_path):
    rows = [
        {"person": "p", "event": "A", "timestamp": "2180-03-01 10:00"},
        {"person": "p", "event": "B", "timestamp": "2180-03-01 11:00"},
        {"person": "q", "event": "A", "timestamp": "2026-03-01 10:00"},
    ]
    result = funnel(STEPS, events=write_csv(tmp_path / "e.csv", rows))
    assert [step.closed for step in result.steps] == [2, 1]
    assert result.events.dated_too_late == 0


RENAMED = {"person": "user_id", "event": "Action", "timestamp": "at", "event_id": "$id"}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_definition_names_the_columns_of_the_file(tmp_path, kind):
    rows = [
        {"user_id": "p", "Action": "A", "at": "2026-03-01 10:00", "$id": "1", "event": "web"},
        {"user_id": "p", "Action": "A", "at": "2026-03-01 10:00", "$id": "1", "event": "web"},
        {"user_id": "p", "Action": "B", "at": "2026-03-01 10:01", "$id": "2", "event": "app"},
    ]
    path = tmp_path / f"e.{kind}"
    frame = polars.DataFrame(rows)
    {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}[kind](
        path
    )
    for action in ("Action", "action"):
        result = funnel(STEPS | {"columns": RENAMED | {"event": action}}, events=path)
        assert [step.closed for step in result.steps] == [1, 1]
        assert (result.events.counted, result.events.duplicate_event_id) == (2, 1)


def test_a_column_that_the_definition_names_wrongly_is_told_with_the_nearest(tmp_path):
    path = write_csv(tmp_path / "e.csv", [{"user_id": "p", "event": "A", "timestamp": "0"}])
    with pytest.raises(CarepathError, match="no column 'user', which the definition") as caught:
        funnel(STEPS | {"columns": {"person": "user"}}, events=path)
    assert caught.value.where == str(path)
    assert caught.value.fix.startswith("did you mean 'user_id'?")
    with pytest.raises(CarepathError, match="columns.persom is not a known key"):
        funnel(STEPS | {"columns": {"persom": "user"}}, events=path)
    with pytest.raises(CarepathError, match="the events are the warehouse's"):
        funnel(STEPS | {"columns": {"person": "user"}}, warehouse=tmp_path)


def test_a_clock_that_starts_at_nought_is_the_files_own(tmp_path):
    rows = [
        {"person": "p", "event": "A", "timestamp": "0"},
        {"person": "p", "event": "B", "timestamp": "90.5"},
        {"person": "q", "event": "A", "timestamp": "2026-03-01 10:00"},
    ]
    path = write_csv(tmp_path / "e.csv", rows)
    result = funnel(STEPS | {"timestamp_unit": "seconds"}, events=path)
    assert [step.closed for step in result.steps] == [2, 1]
    assert result.events.dated_too_early == 0 and not result.problem_rows
    strict = funnel(STEPS | {"earliest_plausible_at": "1980-01-01"}, events=path)
    assert (strict.events.counted, strict.events.dated_too_early) == (1, 2)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timestamp", "timestamp '2026-03-01 10:00:00'"),
        ("timestamptz", "timestamptz '2026-03-01 10:00:00+00'"),
        ("timestamp_ns", "timestamp_ns '2026-03-01 10:00:00.000000999'"),
        ("timestamptz_ns", "timestamptz_ns '2026-03-01 11:00:00.000000999+01'"),
        ("timestamp_ms", "timestamp_ms '2026-03-01 10:00:00'"),
        ("bigint", "1772359200"),
        ("bigint", "1772359200000"),
        ("double", "1772359200.0"),
        ("decimal(18, 3)", "1772359200.000"),
        ("varchar", "'2026-03-01T10:00:00Z'"),
    ],
)
def test_a_parquet_time_of_any_type_is_read(tmp_path, kind, value):
    select = f"select 'p' as person, 'A' as event, cast({value} as {kind}) as timestamp"
    path = write_parquet(tmp_path / "e.parquet", select)
    assert funnel(STEPS, events=path).complete_through == AT.replace(tzinfo=None)


def test_parquet_properties_of_any_type_can_be_conditions(tmp_path):
    select = """
        select 'p' as person, 'A' as event, timestamp '2026-03-01' as timestamp,
            7 as whole, 7.5 as half, true as flag, ['a', 'b'] as list, {'k': 1} as record
    """
    path = write_parquet(tmp_path / "e.parquet", select)
    for where in (
        {"whole": 7},
        {"half": 7.5},
        {"flag": True},
        {"list": '["a","b"]'},
        {"record": '{"k":1}'},
    ):
        assert funnel(STEPS | {"where": where}, events=path).totals.entered == 1, where


def test_json_properties_of_any_type_can_be_conditions(tmp_path):
    row = {"person": 5, "event": "A", "timestamp": 1772359200.25, "n": 7, "f": False, "none": None}
    path = write_jsonl(tmp_path / "e.jsonl", [row])
    for where in ({"n": 7}, {"n": [6, 7]}, {"f": False}):
        result = funnel(STEPS | {"where": where}, events=path, persons=True)
        assert result.steps[0].persons_closed == ("5",), where
    assert funnel(STEPS | {"where": {"none": "x"}}, events=path).totals.entered == 0


@pytest.mark.parametrize("key", ["", "*", 'a"b', "a/b", "a~1b", "$.a", "[0]", "a.b", "a'b"])
def test_a_json_key_of_any_characters_is_a_property_and_does_no_harm(tmp_path, key):
    rows = [ROWS[0] | {key: "x"}, ROWS[1] | {key: "x"}, ROWS[1] | {key: "y"}]
    path = write_jsonl(tmp_path / "e.jsonl", rows)
    result = funnel(STEPS, events=path)
    assert (result.events.counted, result.events.conflicting_event_ids) == (2, 1)
    assert funnel(STEPS | {"where": {key: "x"}}, events=path).events.counted == 2


def test_the_zone_of_each_time_counts(tmp_path):
    later = (AT + timedelta(seconds=9)).astimezone(timezone(timedelta(hours=-8)))
    rows = [
        {"person": "p", "event": "A", "timestamp": AT.isoformat()},
        {"person": "p", "event": "B", "timestamp": later.isoformat()},
    ]
    result = funnel(STEPS, events=write_csv(tmp_path / "e.csv", rows))
    assert result.steps[1].median_seconds == 9


def test_every_row_is_counted_or_set_aside_under_one_reason(tmp_path):
    at = "2026-03-01"
    rows = [
        ("p", "A", at, "1"), ("p", "A", at, "1"), ("", "A", at, "2"), ("p", " ", at, "3"),
        ("p", "A", "never", "4"), ("", "", "", "5"), ("q", "B", at, "1"),
    ]  # fmt: skip
    names = ("person", "event", "timestamp", "event_id")
    path = write_csv(tmp_path / "e.csv", [dict(zip(names, row, strict=True)) for row in rows])
    result = funnel(STEPS, events=path)
    account = result.events
    assert (account.rows_read, account.counted) == (7, 1)
    assert (account.no_person, account.no_event, account.unparsable_timestamp) == (2, 1, 1)
    assert (account.duplicate_event_id, account.conflicting_event_ids) == (2, 1)
    assert [row.row_number for row in result.problem_rows] == [3, 4, 5, 6]


def test_records_that_cannot_be_read_are_counted_and_the_others_used(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        "person,event,timestamp\np,A,2026-03-01 10:00:00\np,B,2026-03-01 10:01:00,too,many\n"
        "p,B\np,B,2026-03-01 10:02:00\n,A,2026-03-01\n"
    )
    result = funnel(STEPS, events=path)
    assert [step.closed for step in result.steps] == [1, 1]
    assert result.events.unreadable == 2
    assert result.events.rows_read == 5
    assert [(r.row_number, r.reason) for r in result.problem_rows] == [
        (2, "unreadable"), (3, "unreadable"), (5, "no_person"),
    ]  # fmt: skip


def test_lines_that_are_no_json_objects_are_counted_and_the_others_used(tmp_path):
    path = tmp_path / "e.jsonl"
    good = json.dumps({"person": "p", "event": "A", "timestamp": "2026-03-01"})
    path.write_text(f"{good}\nnot json\n\n[1]\n{good}\n")
    result = funnel(STEPS, events=path)
    assert (result.totals.entered, result.events.counted, result.events.unreadable) == (1, 2, 2)
    assert result.events.rows_read == 4


def test_a_long_cell_is_a_cell_and_one_beyond_the_limit_makes_its_row_unreadable(tmp_path):
    row = {"person": "p", "event": "A", "timestamp": "2026-03-01", "note": "x" * 1_000_000}
    path = write_csv(tmp_path / "e.csv", [row, row | {"note": "x" * (MAX_RECORD_BYTES + 1)}])
    result = funnel(STEPS | {"breakdown": {"property": "note"}}, events=path)
    assert len(result.breakdown.segments[0].value) == 1_000_000
    assert result.events.unreadable == 1
    assert [(r.row_number, r.reason) for r in result.problem_rows] == [(2, "unreadable")]


def test_names_are_found_in_any_case(tmp_path):
    rows = [{"Person": "p", "EVENT": "A", "Timestamp": "2026-03-01"}]
    assert funnel(STEPS, events=write_csv(tmp_path / "e.csv", rows)).totals.entered == 1


def test_a_header_without_rows_is_a_funnel_of_nobody(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("person,event,timestamp\n")
    result = funnel(STEPS | {"trend": {"interval": "day"}, "histogram": {}}, events=path)
    assert (result.totals.entered, result.totals.completion_rate) == (0, None)
    assert (result.trend.rows, result.histogram.bins, result.complete_through) == ((), (), None)
    assert [step.closed for step in result.steps] == [0, 0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("e.csv", b"", "empty"),
        ("e.jsonl", b"  \n", "empty"),
        ("e.csv", b"person,event,when\np,A,2026-03-01\n", "column timestamp is missing"),
        ("e.csv", b"person,event,timestamp\np,A,2026-03-01\n", "property 'plan'"),
        ("e.parquet", b"PAR1 not parquet", "damaged"),
        ("e.csv.gz", b"\x1f\x8b broken", "gzip file is damaged"),
        ("e.xlsx", b"PK\x03\x04", "not recognised"),
        ("e.xes", b'<?xml version="1.0"?>\n<log>', "save the log as CSV; programs that write XES"),
        ("e.json", b'[{"person": 1}]', "columns event and timestamp are missing"),
        ("e.json", b'[{"person": 1}, {"per', "not valid JSON"),
        ("e.json", b"[]", "empty"),
        ("e.csv.bz2", b"BZh91AY&SY broken", "bzip2 file is damaged"),
        ("e.csv.xz", b"\xfd7zXZ\x00 broken", "xz file is damaged"),
        ("e.csv.zst", b"\x28\xb5\x2f\xfd broken", "zstd file is damaged"),
        ("e.zip", b"PK\x03\x04 broken", "zip file is damaged"),
        ("e.csv", b"\xff\xfea", "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_to_do(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS | {"where": {"plan": "pro"}}, events=path)
    assert said in str(caught.value)
    assert caught.value.where and caught.value.fix


def test_a_missing_property_names_the_nearest(tmp_path):
    path = write_csv(tmp_path / "e.csv", ROWS)
    with pytest.raises(CarepathError, match="did you mean 'event_id'"):
        funnel(STEPS | {"breakdown": {"property": "event_ids"}}, events=path)


def test_missing_columns_are_named_together_with_those_that_they_may_be(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("id,User ID,event_type,when,note\n1,p,A,2026-03-01,x\n")
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS, events=path)
    assert caught.value.what == "The columns person, event and timestamp are missing."
    line = 'columns = { person = "User ID", event = "event_type", timestamp = "when" }'
    assert caught.value.fix == (
        "name the columns that say who did it, what was done and when in the definition: "
        f"{line}; known columns: id, User ID, event_type, when, note"
    )
    assert funnel(STEPS | tomllib.loads(line), events=path).totals.entered == 1


def test_a_first_line_that_is_data_is_told_and_never_read_as_names(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("48,A,2026-03-01 16:56:34.666,0.5\n48,B,2026-03-01 16:56:35,0.1\n")
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS, events=path)
    assert caught.value.fix.startswith("put a line with the names of the columns first if there is")
    columns = {"person": "48", "event": "A", "timestamp": "2026-03-01 16:56:34.666"}
    with pytest.raises(CarepathError, match="has no header: its first line is data"):
        funnel(STEPS | {"columns": columns}, events=path)


def test_a_table_of_one_column_is_told_what_separates_cells(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text("person  event  timestamp\nann  A  2026-03-01\n")
    for columns in ({}, {"columns": {"timestamp": "when"}}):
        with pytest.raises(
            CarepathError, match="next:  let the first line name the columns, separated by"
        ):
            funnel(STEPS | columns, events=path)


def test_a_date_beside_a_time_is_suggested_with_it(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("person,event,Date,Time\nann,A,2026-03-01,10:00\n")
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS, events=path)
    line = 'columns = { timestamp = ["Date", "Time"] }'
    assert line in caught.value.fix
    assert funnel(STEPS | tomllib.loads(line), events=path).totals.entered == 1


def test_columns_of_one_name_are_numbered_and_matter_only_when_they_are_read(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("person,event,timestamp,Comment,comment\np,A,2026-03-01,one,two\n")
    assert funnel(STEPS, events=path).totals.entered == 1
    assert funnel(STEPS | {"where": {"comment (2)": "two"}}, events=path).totals.entered == 1
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS | {"where": {"comment": "two"}}, events=path)
    assert caught.value.fix.endswith("Comment (1), comment (2)")


def test_a_log_of_objects_is_json_whatever_its_suffix(tmp_path):
    path = write_jsonl(tmp_path / "e.log", ROWS)
    assert [step.closed for step in funnel(STEPS, events=path).steps] == [2, 1]
    path.write_text("[1]\n")
    with pytest.raises(CarepathError, match="format of the file is not recognised"):
        funnel(STEPS, events=path)


def test_a_column_that_nothing_is_usually_called_like_is_left_to_the_user(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("ip,event,timestamp\np,A,2026-03-01\n")
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS, events=path)
    assert caught.value.what == "The column person is missing."
    assert caught.value.fix == (
        "name the column that says who did it in the definition: "
        'columns = { person = "..." }; known columns: ip, event, timestamp'
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("e.csv", "user_id,person_id,event,event,created,time\n,p,,A,,2026-03-01\n"),
        (
            "e.jsonl",
            '{"user_id": null, "p": {"user_id": "", "person_id": "p"}, "event (1)": null, '
            '"event (2)": "A", "created": " ", "time": "2026-03-01"}\n',
        ),
    ],
)
def test_a_column_without_a_value_is_not_suggested(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(CarepathError) as caught:
        funnel(STEPS, events=path)
    line = "columns" + caught.value.fix.partition(": columns")[2].partition("; known")[0]
    columns = tomllib.loads(line)["columns"]
    assert columns["person"].endswith("person_id")
    assert (columns["event"], columns["timestamp"]) == ("event (2)", "time")
    assert "user_id" in caught.value.fix.partition("; known columns: ")[2]
    assert funnel(STEPS | {"columns": columns}, events=path).totals.entered == 1


def test_columns_of_no_rows_are_suggested_by_their_names(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("user_id,event,timestamp\n")
    with pytest.raises(CarepathError, match='columns = { person = "user_id" }'):
        funnel(STEPS, events=path)


def test_a_file_that_is_not_there_is_said_to_be(tmp_path):
    with pytest.raises(CarepathError, match="no such file"):
        funnel(STEPS, events=tmp_path / "none.csv")
    with pytest.raises(CarepathError, match="not a file"):
        funnel(STEPS, events=tmp_path)
