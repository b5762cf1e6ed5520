"""The same rows in every format land as the same rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest
from landed import make_workspace, query, read_rejects

from carepath.errors import CarepathError
from carepath.landing import land

ROWS = """
    select * from (values
        (1, '10', 'G', true, timestamp '2024-01-02 03:04:05.678901', 'x, "y"'),
        (2, null, 'I', null, timestamp '2024-02-03', ''),
        (3, '30', null, false, null, 'ü'),
        (null, '40', 'member', false, timestamp '2024-02-03', null)
    ) as t (id, project_id, title, _fivetran_deleted, created, extra)
"""
LANDED = (
    "select id, project_id, title, _fivetran_deleted, created from care_platform.task order by id"
)


def write(path: Path, rows: str, options: str) -> None:
    duckdb.sql(f"copy ({rows}) to '{path}' ({options})")


def test_every_format_lands_the_same_rows(tmp_path):
    folders = {name: tmp_path / name for name in ("csv", "gz", "jsonl", "parquet")}
    for folder in folders.values():
        folder.mkdir()
    write(folders["csv"] / "task.csv", ROWS, "header")
    packed = gzip.compress((folders["csv"] / "task.csv").read_bytes())
    (folders["gz"] / "task.csv.gz").write_bytes(packed)
    write(folders["jsonl"] / "task.jsonl", ROWS, "format json")
    write(folders["parquet"] / "task.parquet", ROWS, "format parquet")
    outcomes = set()
    for name, folder in folders.items():
        workspace = make_workspace(tmp_path / f"workspace-{name}")
        report = land(folder, workspace)
        assert report.files[0].unknown_columns == ("extra",)
        rejects = [(number, reason) for number, reason, _ in read_rejects(workspace)]
        assert rejects == [(3, "created is missing"), (4, "id is missing")]
        outcomes.add(str(query(workspace, LANDED)))
    assert len(outcomes) == 1
    assert "('1', '10', 'G', True, datetime.datetime(2024, 1, 2, 3, 4, 5, 678901))" in str(outcomes)


@pytest.mark.parametrize(
    ("sql", "stored"),
    [
        ("timestamptz '2024-01-02 00:00:00+02'", "2024-01-01 22:00:00"),
        ("timestamp_ns '2024-01-02 00:00:00.123456789'", "2024-01-02 00:00:00.123456"),
        ("timestamp_s '2024-01-02 00:00:00'", "2024-01-02 00:00:00"),
        ("date '2024-01-02'", "2024-01-02 00:00:00"),
        ("'2024-01-02T00:00:00+01:00'", "2024-01-01 23:00:00"),
        ("1717171717::bigint", None),
        ("timestamp 'infinity'", None),
    ],
)
def test_parquet_timestamps_of_every_kind_become_utc(workspace, folder, sql, stored):
    write(folder / "task.parquet", f"select 1 as id, {sql} as created", "format parquet")
    report = land(folder, workspace)
    assert report.rejected == (stored is None)
    landed = query(workspace, "select created::varchar from care_platform.task")
    assert landed == ([] if stored is None else [(stored,)])


@pytest.mark.parametrize(
    ("sql", "stored"),
    [
        ("123", "123"),
        ("123.0::double", "123"),
        ("123.0::decimal(9, 1)", "123"),
        ("1e16::double", "10000000000000000"),
        ("12345678901234567890::decimal(38, 0)", "12345678901234567890"),
        ("'123.0'", "123"),
        ("'a.0'", "a.0"),
        ("'abc'::blob", "abc"),
        ("1.5::double", "1.5"),
    ],
)
def test_identifiers_of_any_type_become_the_same_text(workspace, folder, sql, stored):
    rows = f"select {sql} as id, timestamp '2024-01-02' as created"
    write(folder / "task.parquet", rows, "format parquet")
    land(folder, workspace)
    assert query(workspace, "select id from care_platform.task") == [(stored,)]


def test_content_tells_the_format_whatever_the_suffix(workspace, folder):
    write(folder / "task_1.csv", "select 1 as id, date '2024-01-02' as created", "format parquet")
    (folder / "task_2.txt").write_text('{"id": 2, "created": "2024-01-02"}\n')
    (folder / "task_3.gz").write_bytes(gzip.compress(b'{"id": 3, "created": "2024-01-02"}\n'))
    assert land(folder, workspace).accepted == 3
    assert query(workspace, "select id from care_platform.task order by id") == [
        ("1",),
        ("2",),
        ("3",),
    ]


def test_what_is_no_number_in_parquet_is_null(workspace, folder):
    rows = "select 'e' as event_id, 'nan'::double as user_id, 'nan'::float as geo_latitude, "
    write(
        folder / "events.parquet", rows + "date '2024-01-02' as collector_tstamp", "format parquet"
    )
    assert land(folder, workspace).accepted == 1
    assert query(workspace, "select user_id, geo_latitude from snowplow.events") == [(None, None)]


def test_nested_parquet_values_are_kept_as_json(workspace, folder):
    rows = "select 1 as id, date '2024-01-02' as created, {'a': [1, 2], 'b': null} as title"
    write(folder / "task.parquet", rows, "format parquet")
    land(folder, workspace)
    assert query(workspace, "select title from care_platform.task") == [('{"a":[1,2]}',)]


def test_a_rejected_parquet_row_is_kept_whole_as_json(workspace, folder):
    rows = "select null::int as id, date '2024-01-02' as created, 'kept' as \"Odd Name\""
    write(folder / "task.parquet", rows, "format parquet")
    land(folder, workspace)
    ((_, _, row_text),) = read_rejects(workspace)
    assert json.loads(row_text) == {"id": None, "created": "2024-01-02", "Odd Name": "kept"}


def test_a_packed_parquet_file_lands(workspace, folder):
    write(folder / "task.parquet", ROWS, "format parquet")
    packed = gzip.compress((folder / "task.parquet").read_bytes())
    (folder / "task.parquet").unlink()
    (folder / "task.parquet.gz").write_bytes(packed)
    assert land(folder, workspace).accepted == 2


@pytest.mark.parametrize("keep", [0, 3, 100, -10])
def test_a_half_written_parquet_file_is_a_clear_error(workspace, folder, keep):
    path = folder / "task.parquet"
    write(
        path, "select i as id, date '2024-01-02' as created from range(1000) r(i)", "format parquet"
    )
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CarepathError, match="not written to its end") as error:
        land(folder, workspace)
    assert error.value.where == "task.parquet"


def test_parquet_with_damaged_rows_is_a_clear_error(workspace, folder):
    path = folder / "task.parquet"
    write(
        path,
        "select i::varchar as id, date '2024-01-02' as created from range(9999) r(i)",
        "format parquet",
    )
    content = bytearray(path.read_bytes())
    content[500:5000] = b"\xff" * 4500
    path.write_bytes(bytes(content))
    with pytest.raises(CarepathError, match="damaged"):
        land(folder, workspace)
    assert query(workspace, "select count(*) from care_platform.task") == [(0,)]


@pytest.mark.parametrize("cut", [-4, -12, -30])
def test_a_half_written_gzip_file_is_a_clear_error(workspace, folder, cut):
    content = b"id,created\n" + b"".join(b"%d,2024-01-02\n" % n for n in range(1000))
    (folder / "task.csv.gz").write_bytes(gzip.compress(content)[:cut])
    with pytest.raises(CarepathError, match="gzip file is damaged"):
        land(folder, workspace)


def test_a_gzip_file_that_fails_its_check_sum_is_a_clear_error(workspace, folder):
    packed = bytearray(gzip.compress(b"id,created\n1,2024-01-02\n"))
    packed[-8] ^= 1
    (folder / "task.csv.gz").write_bytes(bytes(packed))
    with pytest.raises(CarepathError, match="gzip file is damaged"):
        land(folder, workspace)


def test_files_with_wildcards_and_quotes_in_their_names_land(workspace, folder):
    for name in ("task_[1].csv", "task_*2.csv", "task_3'.csv"):
        (folder / name).write_text(f"id,created\n{name[-5]},2024-01-02\n")
    assert land(folder, workspace).accepted == 3
