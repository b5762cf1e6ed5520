"""Accepted and rejected rows add up for any dirty file, and the same rows are told apart."""

from __future__ import annotations

import csv
import io
import json

from effort import times
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from landed import make_workspace, query

from carepath.landing import land
from carepath.landing.casting import WORDS_FOR_NULL
from carepath.landing.records import read_records

PHASES = settings(
    max_examples=times(12),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
HEADER = ("id", "title", "created")

ids = st.sampled_from(["1", "2", "Case 3", "4.0", "", " ", "ü", 'a"b', "x,y", "l\nm"])
titles = st.one_of(
    st.sampled_from(
        ["", "G", "a,b", '"', '""', "l\r\nm", " ", "\t", "'", "\\", "#", "NULL", "\x00"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
moments = st.sampled_from(["2024-01-02", "2024-01-02T03:04:05Z", "", "soon", "1717171717", "2024"])
GOOD_MOMENTS = {"2024-01-02", "2024-01-02T03:04:05Z"}


def is_good(identifier: str, moment: str) -> bool:
    return identifier.strip(" ") != "" and moment in GOOD_MOMENTS


def land_content(tmp_path_factory, name: str, content: bytes):
    base = tmp_path_factory.mktemp("property")
    (base / name).write_bytes(content)
    workspace = make_workspace(base / "workspace")
    return land(base / name, workspace), workspace


def check_ledger(report, workspace) -> None:
    """The report, the tables and the ledger say the same."""
    assert report.accepted + report.rejected == report.rows_read
    assert query(workspace, "select count(*) from care_platform.task") == [(report.accepted,)]
    ((count, distinct, lowest, highest),) = query(
        workspace,
        "select count(*), count(distinct row_number), coalesce(min(row_number), 1), "
        "coalesce(max(row_number), 1) from landing.rejected_rows",
    )
    assert count == distinct == report.rejected
    assert lowest >= 1
    assert query(
        workspace, "select row_count, accepted_count, rejected_count from landing.files"
    ) == [(report.rows_read, report.accepted, report.rejected)]
    assert highest <= max(report.rows_read, 1) * 3 + 3


@PHASES
@given(st.lists(st.tuples(ids, titles, moments), max_size=60))
def test_well_formed_csv_is_judged_row_by_row(tmp_path_factory, rows):
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerows([HEADER, *rows])
    report, workspace = land_content(tmp_path_factory, "task.csv", stream.getvalue().encode())
    check_ledger(report, workspace)
    assert report.rows_read == len(rows)
    expected = [number for number, row in enumerate(rows, 1) if not is_good(row[0], row[2])]
    found = query(workspace, "select row_number from landing.rejected_rows order by row_number")
    assert [number for (number,) in found] == expected
    landed = query(workspace, "select title from care_platform.task order by rowid")
    assert [title or "" for (title,) in landed] == [
        "" if row[1] in WORDS_FOR_NULL else row[1] for row in rows if is_good(row[0], row[2])
    ]


broken_lines = st.one_of(
    st.tuples(ids, titles, moments).map(lambda row: ",".join(row).encode()),
    st.sampled_from(
        [
            b"1,G,2024-01-02",
            b'1,"G,2024-01-02',
            b'1,"G"x,2024-01-02',
            b"1,G",
            b"1,G,2024-01-02,extra,cells",
            b"\xff\xfe,G,2024-01-02",
            b'"1","G","2024-01-02"',
            b'1,"a',
            b'b",2024-01-02',
            b"",
            b"   ",
            b",,",
            b'"',
            b'""',
            b"1,G,2024-01-02\r",
            b"1,G\r,2024-01-02",
        ]
    ),
    st.binary(max_size=12),
)


@PHASES
@given(st.lists(broken_lines, max_size=60))
def test_broken_csv_loses_no_row(tmp_path_factory, lines):
    content = b"\n".join([b"id,title,created", *lines]) + b"\n"
    report, workspace = land_content(tmp_path_factory, "task.csv", content)
    check_ledger(report, workspace)
    records = list(
        read_records(io.BytesIO(content), separator=b",", is_quoted=True, width=3, has_header=True)
    )
    assert report.rows_read == len(records)
    # Every line that is clean by itself and stands between clean lines is accepted.
    clean = b"1,G,2024-01-02"
    if all(b'"' not in line for line in lines):
        assert report.accepted >= sum(line.rstrip(b"\r") == clean for line in lines)


@PHASES
@given(st.lists(broken_lines, max_size=60))
def test_no_byte_of_a_broken_file_is_lost(lines):
    content = b"\n".join([b"id,title,created", *lines]) + b"\n"
    records = read_records(
        io.BytesIO(content), separator=b",", is_quoted=True, width=3, has_header=True
    )
    blank = b" \t\r\n"
    kept = b"".join(record.text for record in records).translate(None, blank)
    assert kept == b"".join(lines).translate(None, blank)


json_lines = st.one_of(
    st.fixed_dictionaries(
        {"id": st.one_of(ids, st.integers(), st.none()), "created": st.one_of(moments, st.none())},
        optional={"title": st.one_of(titles, st.lists(st.integers(), max_size=2))},
    ).map(lambda row: json.dumps(row).encode()),
    st.sampled_from(
        [b"", b"  ", b"{", b"[]", b"null", b'"{"', b"nonsense", b'{"id": "\xff"}', b"{}"]
    ),
)


@PHASES
@given(st.lists(json_lines, min_size=1, max_size=60))
def test_json_lines_are_judged_line_by_line(tmp_path_factory, lines):
    lines = [*lines, b'{"id": 1, "created": "2024-01-02"}']
    report, workspace = land_content(tmp_path_factory, "task.jsonl", b"\n".join(lines))
    check_ledger(report, workspace)
    bad = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            good = is_good(str(row["id"] if row["id"] is not None else ""), row["created"] or "")
        except (ValueError, TypeError, KeyError):
            good = False
        if not good:
            bad.append(number)
    assert report.rows_read == sum(bool(line.strip()) for line in lines)
    found = query(workspace, "select row_number from landing.rejected_rows order by row_number")
    assert [number for (number,) in found] == bad
