"""CSV and JSON Lines in all the ways people write them."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import datetime

import pytest
from landed import query, read_rejects

from carepath.errors import CarepathError
from carepath.landing.records import read_records

TASKS = "id,project_id,title,status,due,created,modified\n"


def tasks(workspace, columns="id, title, created"):
    return query(workspace, f"select {columns} from care_platform.task order by id")


@pytest.mark.parametrize(
    "content",
    [
        "id,title,created\n1,G,2024-01-02\n2,I,2024-01-03\n",
        "id,title,created\r\n1,G,2024-01-02\r\n2,I,2024-01-03\r\n",
        "id,title,created\r1,G,2024-01-02\r2,I,2024-01-03\r",
        "id,title,created\r\n1,G,2024-01-02\n2,I,2024-01-03\r\n",
        "id,title,created\r1,G,2024-01-02\r2,I,2024-01-03\r\n",
        "id,title,created\r1,G,2024-01-02\r\n2,I,2024-01-03\r\r\n",
        "id,title,created\r1,G,2024-01-02\n2,I,2024-01-03\n",
        "\r\rid,title,created\r1,G,2024-01-02\r2,I,2024-01-03",
        "id,title,created\n1,G,2024-01-02\n2,I,2024-01-03",
        "\ufeffid,title,created\n1,G,2024-01-02\n2,I,2024-01-03\n",
        '\ufeff"id","title","created"\n"1","G","2024-01-02"\n"2","I","2024-01-03"\n',
        "id;title;created\n1;G;2024-01-02\n2;I;2024-01-03\n",
        "id\ttitle\tcreated\n1\tG\t2024-01-02\n2\tI\t2024-01-03\n",
        "id|title|created\n1|G|2024-01-02\n2|I|2024-01-03\n",
        " ID , Title,CREATED\n1,G,2024-01-02\n2,I,2024-01-03\n",
        "\n\nid,title,created\n\n1,G,2024-01-02\n\n   \n2,I,2024-01-03\n\n",
        "id,title,created,\n1,G,2024-01-02,\n2,I,2024-01-03,\n",
        "id,title,created\n1.0,G,2024-01-02T00:00:00Z\n2.0,I,2024-01-03 02:00:00+02:00\n",
    ],
)
def test_every_dialect_lands_the_same_rows(land_text, workspace, content):
    report = land_text("task.csv", content)
    assert (report.accepted, report.rejected) == (2, 0)
    assert tasks(workspace) == [
        ("1", "G", datetime(2024, 1, 2)),
        ("2", "I", datetime(2024, 1, 3)),
    ]


def test_quoted_cells_keep_separators_quotes_and_line_ends(land_text, workspace):
    content = 'id,title,created\n1,"a,""b""\nc",2024-01-02\n2,x,2024-01-02\n'
    assert land_text("task.csv", content).accepted == 2
    assert tasks(workspace, "id, title") == [("1", 'a,"b"\nc'), ("2", "x")]


LINE_ENDS = ("\r", "\n", "\r\n")


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("inner", LINE_ENDS)
@pytest.mark.parametrize("header", ["id,title,created", '"id","title","created"'])
def test_quoted_breaks_of_any_kind_read_as_python_reads_them(
    land_text, workspace, header, line_end, inner
):
    lines = [header, f'1,"Acme{inner}Inc, ""x""{inner}",2024-01-02', "2,Beta,2024-01-03"]
    lines += [f'{n},"a{inner}b",2024-01-03' for n in range(3, 9)]
    content = line_end.join(lines) + line_end
    report = land_text("task.csv", content)
    _, *rows = csv.reader(io.StringIO(content, newline=""))
    assert (report.accepted, report.rejected) == (len(rows), 0)
    assert tasks(workspace, "id, title") == [(key, title) for key, title, _ in rows]


def test_a_line_end_within_a_quoted_name_of_a_column_is_not_that_of_the_file(land_text, workspace):
    report = land_text("task.csv", 'id,title,"the\nnote",created\r1,G,x,2024-01-02\r')
    assert (report.accepted, report.rejected) == (1, 0)
    assert tasks(workspace, "id, title") == [("1", "G")]


@pytest.mark.parametrize(
    "content",
    [
        'id,"title\r1",created\n1,G,2024-01-02\n',
        "   \nid,title,created\r1,G,2024-01-02\r",
    ],
)
def test_a_carriage_return_in_the_name_of_a_column_is_refused(land_text, content):
    with pytest.raises(CarepathError, match="carriage return in its name"):
        land_text("task.csv", content)


def test_a_carriage_return_and_its_line_feed_may_come_apart_in_reading():
    class Dribble(io.BytesIO):
        def read(self, size=-1):
            return super().read(1)

    content = b'id,title\r1,"a\r\nb"\r\n2,c\n3,d\r'
    records = read_records(
        Dribble(content), separator=b",", is_quoted=True, width=2, has_header=True, line_end=b"\r"
    )
    assert [record.cells for record in records] == [[b"1", b"a\r\nb"], [b"2", b"c"], [b"3", b"d"]]


def test_an_empty_cell_is_null_whether_quoted_or_not(land_text, workspace):
    land_text("members.csv", 'user_id,email,country\n1,"",\n')
    assert query(workspace, "select email, country from care_platform.members") == [(None, None)]


@pytest.mark.parametrize(
    "word", [r"\N", r"\\N", "NULL", "null", "NaN", "nan", "NaT", "None", "<NA>", '"NULL"']
)
def test_a_word_that_stands_for_null_is_null_in_every_column(land_text, workspace, word):
    columns = ("client_id", "country", "birthdate", "is_eligibility_verified", "created")
    content = f"user_id,{','.join(columns)}\n1{f',{word}' * 5}\n{word}{f',{word}' * 5}\n"
    land_text("members.csv", content)
    assert query(workspace, f"select {', '.join(columns)} from care_platform.members") == [
        (None,) * 5
    ]
    plain = word.strip('"')
    assert read_rejects(workspace) == [(2, "user_id is missing", ",".join([plain] * 6))]


@pytest.mark.parametrize("word", ["NA", "N/A", "none", "Null", "-", "N"])
def test_a_word_that_may_mean_something_stays(land_text, workspace, word):
    land_text("members.csv", f"user_id,country\n1,{word}\n")
    assert query(workspace, "select country from care_platform.members") == [(word,)]


def test_spaces_around_an_identifier_are_no_part_of_it(land_text, workspace):
    land_text("task.csv", "id, project_id, title, created\n7   , 5.0, a b , 2024-01-02\n")
    assert tasks(workspace, "id, project_id, title") == [("7", "5", " a b ")]


@pytest.mark.parametrize("null", ["", r"\N"])
def test_quotation_marks_escaped_by_backslashes_are_read(land_text, workspace, null):
    # A copy is read in chunks of a megabyte: one is to end within an escape.
    many = "".join(rf'{n},"a \"b\\",{null},2024-01-02' + "\n" for n in range(60_000))
    report = land_text("task.csv", "id,title,project_id,created\n" + many + "x,y\n")
    assert (report.accepted, report.rejected) == (60_000, 1)
    assert query(workspace, "select distinct title, project_id from care_platform.task") == [
        ('a "b\\', None)
    ]
    assert read_rejects(workspace) == [(60_001, "the row has 2 cells, the header has 4", "x,y")]


def test_json_within_a_cell_keeps_its_backslashes(land_text, workspace):
    land_text("task.csv", 'id,title,created\n1,"{""a"":""x\\""y""}",2024-01-02\n')
    assert tasks(workspace, "title") == [('{"a":"x\\"y"}',)]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b"2,G", "the row has 2 cells, the header has 3"),
        (b"2,G,2024-01-02,more", "the row has 4 cells, the header has 3"),
        (b'2,"G,2024-01-02', "a quotation mark is not closed"),
        (b'2,"G"x,2024-01-02', "a quotation mark is not closed"),
        (b"2,\xff\xfe,2024-01-02", "the row is not text in UTF-8"),
        (b"2,G,yesterday", "created: 'yesterday' is not a timestamp"),
        (b",G,2024-01-02", "id is missing"),
        (b"2,G,", "created is missing"),
        (b" ,G,x", "created: 'x' is not a timestamp; id is missing"),
    ],
)
def test_a_bad_row_costs_only_itself(land_text, workspace, row, problem):
    content = b'id,title,created\n1,"a\nb",2024-01-02\n' + row + b"\n3,I,2024-01-03\n"
    report = land_text("task.csv", content)
    assert (report.rows_read, report.accepted, report.rejected) == (3, 2, 1)
    assert [key for (key,) in tasks(workspace, "id")] == ["1", "3"]
    ((row_number, reason, row_text),) = read_rejects(workspace)
    assert row_number == 2
    assert sorted(reason.split("; ")) == problem.split("; ")
    assert row_text == row.decode("utf-8", "backslashreplace")


def test_row_numbers_count_records_past_several_bad_ones(land_text, workspace):
    lines = [f"{n},G,2024-01-02" for n in range(1, 11)]
    lines[2] = "3,G"
    lines[5] = "6,G,soon"
    lines[8] = '9,"G,2024-01-02'
    land_text("task.csv", "id,title,created\n" + "\n".join(lines) + "\n")
    assert [number for number, *_ in read_rejects(workspace)] == [3, 6, 9]


def test_a_row_with_several_bad_cells_gets_every_reason(land_text, workspace):
    report = land_text("task.csv", "id,due,created\n,x,y\n")
    assert read_rejects(workspace)[0][1] == (
        "id is missing; due: 'x' is not a timestamp; created: 'y' is not a timestamp"
    )
    assert dict(report.files[0].reasons) == {
        "id is missing": 1,
        "due is not a timestamp": 1,
        "created is not a timestamp": 1,
    }


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05"),
        ("2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.123456"),
        ("2024-01-02 03:04:05.123456789", "2024-01-02 03:04:05.123456"),
        ("2024-01-02 03:04:05+02", "2024-01-02 01:04:05"),
        ("2024-01-02T03:04:05-05:30", "2024-01-02 08:34:05"),
        ("2024-01-02 03:04:05.000 Z", "2024-01-02 03:04:05"),
        ("2024-01-02 03:04:05.120 -0530", "2024-01-02 08:34:05.120"),
        ("2024-01-02 03:04:05 +02:00 ", "2024-01-02 01:04:05"),
        ("2024-01-02 03:04:05 +02", "2024-01-02 01:04:05"),
        ("2024-01-02 03:04:05.123456789 +0000 UTC", "2024-01-02 03:04:05.123456"),
        ("2024-01-02 +02", None),
        ("2024-01-02 03:04:05 +0200 EST", None),
        ("2024-01-02 03:04:05 +020", None),
        ("2024-07-02 03:04:05 America/New_York", "2024-07-02 07:04:05"),
        ("2024-07-02 03:04:05 etc/GMT+5 ", "2024-07-02 08:04:05"),
        ("2024-07-02 03:04:05 utc", "2024-07-02 03:04:05"),
        ("2024-07-02 03:04:05 GMT", "2024-07-02 03:04:05"),
        ("2024-07-02 03:04:05 BST", None),
        ("2024/07/02 03:04 ast ", None),
        ("2024-07-02 03:04:05 EST5EDT", None),
        ("2024-07-02 03:04:05 NZ", None),
        ("1717171717", None),
        ("1717171717000", None),
        ("epoch", None),
        ("infinity", None),
        ("01/02/2024", None),
        ("2024-02-30", None),
        ("0000-01-01", None),
        ("12024-01-01", None),
        ("01-07-26 10:00", None),
        ("1-07-26", None),
        ("26/07/01", None),
    ],
)
def test_timestamps_are_read_as_utc_and_epochs_are_refused(land_text, workspace, text, moment):
    report = land_text("task.csv", f"id,created\n1,{text}\n")
    if moment is None:
        assert report.rejected == 1
        assert read_rejects(workspace)[0][1] == f"created: '{text}' is not a timestamp"
    else:
        assert tasks(workspace, "created") == [(datetime.fromisoformat(moment),)]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("domain_sessionidx", "3.0", 3),
        ("domain_sessionidx", "1.5", None),
        ("domain_sessionidx", "0x10", None),
        ("domain_sessionidx", "1_000", None),
        ("geo_latitude", "-37.5", -37.5),
        ("geo_latitude", "inf", None),
        ("geo_latitude", "1_0.5", None),
        ("dvce_ismobile", "TRUE", True),
        ("dvce_ismobile", "0", False),
        ("dvce_ismobile", "1.0", True),
        ("dvce_ismobile", "2.0", None),
        ("dvce_ismobile", "perhaps", None),
    ],
)
def test_numbers_and_booleans_are_never_rounded_or_guessed(
    land_text, workspace, column, text, value
):
    report = land_text("events.csv", f"event_id,collector_tstamp,{column}\ne,2024-01-02,{text}\n")
    assert report.rejected == (value is None)
    if value is not None:
        assert query(workspace, f"select {column} from snowplow.events") == [(value,)]


@pytest.mark.parametrize(
    ("text", "is_date"),
    [("1980-02-03", True), ("1980-02-03T00:00:00Z", True), ("1980-02-03 10:00:00", False)],
)
def test_a_date_with_a_time_of_day_is_refused(land_text, text, is_date):
    assert land_text("members.csv", f"user_id,birthdate\n1,{text}\n").accepted == is_date


def test_reasons_never_show_direct_identifiers_nor_long_values(land_text, workspace):
    report = land_text(
        "members.csv", "user_id,birthdate,created\n1,3rd of May 1970," + "z" * 100 + "\n"
    )
    reason = read_rejects(workspace)[0][1]
    assert "May" not in reason
    assert "z" * 40 + "…'" in reason
    assert "z" * 41 not in reason
    assert "zzz" not in str(report)


def test_json_lines_that_are_no_objects_are_rejected_with_their_number(land_text, workspace):
    content = (
        '{"id": 1, "created": "2024-01-02"}\n'
        "not json\n"
        "\n"
        "[1]\n"
        '{"id": 5, "created": "2024-01-02", "title": {"a": [1, null]}}\n'
        '{"title": "no id", "created": "2024-01-02"}\n'
        '{"id": 7, "created": "2024-01-02"'
    )
    report = land_text("task.jsonl", content)
    assert (report.rows_read, report.accepted, report.rejected) == (6, 2, 4)
    assert tasks(workspace, "id, title") == [("1", None), ("5", '{"a":[1,null]}')]
    assert [(number, reason) for number, reason, _ in read_rejects(workspace)] == [
        (2, "the line is not a JSON object"),
        (4, "the line is not a JSON object"),
        (6, "id is missing"),
        (7, "the line is not a JSON object"),
    ]


def test_a_json_line_in_another_encoding_costs_only_itself(land_text, workspace):
    good = b'{"id": 1, "created": "2024-01-02"}\n'
    report = land_text("task.jsonl", good + b'{"id": "\xe9"}\n' + good.replace(b"1", b"3", 1))
    assert (report.accepted, report.rejected) == (2, 1)
    assert read_rejects(workspace) == [(2, "the row is not text in UTF-8", '{"id": "\\xe9"}')]


def test_a_json_key_given_twice_is_rejected_not_guessed(land_text, workspace):
    report = land_text(
        "task.jsonl",
        '{"id": 1, "id": 2, "created": "2024-01-02"}\n'
        '{"ID": 1, "created": "2024-01-02"}\n'
        '{"id": 1, "ID": 2, "created": "2024-01-02"}\n',
    )
    assert (report.accepted, report.rejected) == (1, 2)
    assert {reason for _, reason, _ in read_rejects(workspace)} == {
        "a key appears twice",
        "id is given twice",
    }


def test_json_with_a_byte_order_mark_and_carriage_returns_lands(land_text):
    content = '\ufeff{"id": 1, "created": "2024-01-02"}\r\n{"id": 2, "created": "2024-01-02"}\r\n'
    assert land_text("task.jsonl", content).accepted == 2


def test_packed_and_plain_content_is_the_same_file(land_text, workspace):
    content = TASKS + "1,p,G,Open,,2024-01-02,\n"
    assert land_text("task.csv", content).accepted == 1
    again = land_text("task_again.csv.gz", gzip.compress(content.encode()))
    assert again.batch_number is None
    assert again.files[0].already_landed
    assert len(tasks(workspace)) == 1


def test_numbers_and_texts_are_the_same_identifier(land_text, workspace):
    land_text("task_1.csv", "id,project_id,created\n1,10.0,2024-01-02\n")
    land_text("task_2.jsonl", '{"id": 2, "project_id": 10.0, "created": "2024-01-02"}\n')
    land_text("task_3.jsonl", '{"id": "3", "project_id": "10", "created": "2024-01-02"}\n')
    assert tasks(workspace, "id, project_id") == [("1", "10"), ("2", "10"), ("3", "10")]


def test_a_duplicate_column_is_a_clear_error(land_text):
    with pytest.raises(CarepathError, match=r"'Id' appears twice.*also as 'id'"):
        land_text("task.csv", "id,created,Id\n1,2024-01-02,2\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_a_clear_error(land_text, encoding):
    with pytest.raises(CarepathError, match="UTF-16"):
        land_text("task.csv", (TASKS + "1,p,G,Open,,2024-01-02,\n").encode(encoding))
    with pytest.raises(CarepathError, match="UTF-16") as error:
        land_text("task.jsonl", '{"id": 1, "created": "2024-01-02"}\n'.encode(encoding))
    assert "iconv -f UTF-16 -t UTF-8 task.jsonl" in str(error.value.fix)


def test_a_json_array_is_a_clear_error(land_text):
    with pytest.raises(CarepathError, match="one JSON array"):
        land_text("task.json", '[{"id": 1, "created": "2024-01-02"}]')


@pytest.mark.parametrize("content", ['{\n "id": 1,\n "created": "2024-01-02"\n}\n', TASKS])
def test_json_without_any_object_on_a_line_is_a_clear_error(land_text, content):
    with pytest.raises(CarepathError, match="No line of the file is a JSON object with") as error:
        land_text("task.json", content)
    assert "jq -c ." in str(error.value.fix)


@pytest.mark.parametrize(
    ("wrap", "place"),
    [
        ('{"before": null, "after": %s, "op": "c"}', ".after"),
        ('{"schema": {}, "payload": {"before": null, "after": %s}}', ".payload.after"),
        ('{"_airbyte_emitted_at": 1, "_airbyte_data": %s}', "._airbyte_data"),
        ('{"data": [%s, {}], "next": null}', ".data[]"),
        ('{"a b": %s}', '."a b"'),
    ],
)
def test_rows_within_another_object_are_found_and_the_command_given(land_text, wrap, place):
    with pytest.raises(CarepathError, match="required columns id, created") as error:
        land_text("task.jsonl", wrap % '{"ID": 1, "created": "2024-01-02"}' + "\n")
    assert f"jq -c '{place} | objects'" in str(error.value.fix)


def test_a_file_in_windows_1252_is_told_how_to_convert_it(land_text):
    report = land_text("clients.csv", "id,name\n1,Müller\n2,Acme\n".encode("windows-1252"))
    assert (report.accepted, report.rejected) == (1, 1)
    assert "iconv -f WINDOWS-1252 -t UTF-8" in report.files[0].notes[0]


def test_one_broken_quote_in_a_long_file_costs_one_row(land_text, workspace):
    lines = [f'{n},"title, {n}",2024-01-02' for n in range(5000)]
    lines[1234] = '1234,"title,2024-01-02'
    report = land_text("task.csv", "id,title,created\n" + "\n".join(lines) + "\n")
    assert (report.accepted, report.rejected) == (4999, 1)
    assert read_rejects(workspace)[0][0] == 1235
