"""Whatever is in the folder: a clear message or a counted row, never a traceback."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import random
import tarfile
import zipfile

import pyarrow
import pytest
from landed import query

from carepath.errors import CarepathError
from carepath.landing import land
from carepath.landing.tables import TABLES


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"id,created\n"])
def test_an_empty_file_lands_no_rows_and_says_so(workspace, folder, content):
    (folder / "task.csv").write_bytes(content)
    report = land(folder, workspace)
    assert (report.rows_read, report.files[0].status) == (0, "landed")
    assert report.files[0].notes == (
        ("the file has no rows",) if b"id" in content else ("the file is empty",)
    )


def test_an_empty_json_file_lands_no_rows(workspace, folder):
    (folder / "task.jsonl").write_bytes(b"")
    assert land(folder, workspace).rows_read == 0


def test_only_one_of_the_tables_is_enough_and_the_others_stay_empty(workspace, folder):
    (folder / "historical_task.csv").write_text("history_id,id,history_date\n1,2,2024-01-02\n")
    assert land(folder, workspace).accepted == 1
    for table in TABLES:
        expected = 1 if table.name == "historical_task" else 0
        assert query(workspace, f"select count(*) from {table.full_name}") == [(expected,)]


def test_a_missing_required_column_is_named(workspace, folder):
    (folder / "historical_task.csv").write_text("history_id,id,status\n1,2,Open\n")
    with pytest.raises(CarepathError) as error:
        land(folder, workspace)
    assert "history_date of care_platform.historical_task is missing" in error.value.what
    assert "historical_task.csv" in str(error.value.where)
    assert "history_id, id, status" in str(error.value.where)


def test_a_file_without_its_header_is_told_what_is_missing(workspace, folder):
    (folder / "task.csv").write_text("1,Value 1,G,Open\n2,Value 2,G,Open\n")
    with pytest.raises(CarepathError, match="required columns id, created"):
        land(folder, workspace)


def test_a_folder_without_a_file_of_a_known_kind_is_told_of_kinds_and_not_of_names(
    workspace, folder
):
    (folder / "orders.avro").write_bytes(b"Obj\x01")
    (folder / "notes.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(CarepathError, match=r"found notes\.xlsx, orders\.avro") as error:
        land(folder, workspace)
    assert "CSV, JSON Lines or Parquet" in error.value.what
    assert "gzip" in str(error.value.fix)


def pack_tar(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def pack_zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


PACKED = [
    ("task.csv.zst", lambda text: pyarrow.compress(text, "zstd", asbytes=True), "zstd -d --rm"),
    ("task.csv.bz2", bz2.compress, "bunzip2"),
    ("task.csv.xz", lzma.compress, "unxz"),
    ("all.zip", lambda text: pack_zip("task.csv", text), "unzip"),
    ("all.tar.gz", lambda text: pack_tar("task.csv", text), "tar -xf"),
    ("task.csv", lambda text: pack_zip("task.csv", text), "unzip"),
]
PACKED_NAMES = [name for name, _, _ in PACKED]


@pytest.mark.parametrize(("name", "pack", "command"), PACKED, ids=PACKED_NAMES)
def test_a_file_packed_otherwise_is_refused_with_what_unpacks_it(
    workspace, folder, name, pack, command
):
    (folder / "members.csv").write_text("user_id\n1\n")
    (folder / name).write_bytes(pack(b"id,created\n1,2024-01-02\n"))
    with pytest.raises(CarepathError, match="is packed") as error:
        land(folder, workspace)
    assert f"`{command} {name}`" in str(error.value.fix)


@pytest.mark.parametrize(("name", "pack"), [one[:2] for one in PACKED[:-1]], ids=PACKED_NAMES[:-1])
def test_a_packed_file_that_lies_unpacked_beside_is_left_alone(workspace, folder, name, pack):
    content = b"id,created\n1,2024-01-02\n"
    (folder / "task.csv").write_bytes(content)
    (folder / name).write_bytes(pack(content))
    report = land(folder, workspace)
    assert report.accepted == 1
    notes = {file.file_name: file.notes for file in report.files}
    assert "unpacked beside it" in notes[name][0]


def test_a_packed_file_landed_by_itself_is_refused_whatever_lies_beside_it(workspace, folder):
    (folder / "task.csv").write_text("id,created\n1,2024-01-02\n")
    (folder / "task.zip").write_bytes(pack_zip("task.csv", b"id,created\n1,2024-01-02\n"))
    with pytest.raises(CarepathError, match="is packed") as error:
        land(folder / "task.zip", workspace)
    assert "`unzip task.zip`" in error.value.fix


OTHER_KINDS = [
    ("task.xlsx", "a spreadsheet", "CSV UTF-8"),
    ("Task 2024-01.ods", "a spreadsheet", "CSV UTF-8"),
    ("task.orc", "ORC", "Parquet"),
    ("task/000000_0.avro", "Avro", "Parquet"),
]


@pytest.mark.parametrize(("name", "kind", "remedy"), OTHER_KINDS)
def test_a_table_in_another_format_is_refused_with_what_to_do(
    workspace, folder, name, kind, remedy
):
    (folder / "members.csv").write_text("user_id\n1\n")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\0")
    with pytest.raises(CarepathError, match=f"The file is {kind}") as error:
        land(folder, workspace)
    assert name in error.value.where
    assert remedy in error.value.fix
    (folder / name).with_suffix(".csv").write_text("id,created\n1,2024-01-02\n")
    assert land(folder, workspace).accepted == 2


def test_a_spreadsheet_that_is_no_table_is_left_alone(workspace, folder):
    (folder / "task").mkdir()
    (folder / "task" / "notes.xlsx").write_bytes(b"\0")
    (folder / "task" / "1.csv").write_text("id,created\n1,2024-01-02\n")
    assert land(folder, workspace).accepted == 1


def test_what_holds_no_table_is_left_alone(workspace, folder):
    (folder / "task").mkdir()
    (folder / "task" / "0000_part_00").write_text("id|created\n1|2024-01-02\n")
    (folder / "task" / "manifest").write_text('{"entries": []}')
    (folder / "task" / "task_manifest.json").write_text('{"entries": []}')
    (folder / "task" / "v1.metadata.json").write_text('{"format-version": 2}')
    (folder / "task" / "logos.zip").write_bytes(pack_zip("logo.png", b"x"))
    (folder / "truth.json").write_text('{\n  "seed": 1\n}\n')
    (folder / "notes.zip").write_bytes(pack_zip("README.txt", b"x"))
    (folder / "notes.txt.xz").write_bytes(lzma.compress(b"x"))
    report = land(folder, workspace)
    assert report.accepted == 1
    assert [file.status for file in report.files if file.file_name != "task/0000_part_00"] == [
        "unknown"
    ] * 7


def test_links_to_folders_are_followed_once(workspace, folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "task.csv").write_text("id,created\n1,2024-01-02\n")
    (folder / "a").symlink_to(tmp_path / "elsewhere")
    (folder / "b").symlink_to(tmp_path / "elsewhere")
    (folder / "round").symlink_to(folder)
    report = land(folder, workspace)
    assert [(file.file_name, file.accepted) for file in report.files] == [("a/task.csv", 1)]


def test_a_folder_without_any_known_file_names_the_known_tables(workspace, folder):
    (folder / "README.md").write_text("hello")
    (folder / "orders.csv").write_text("order_id,amount\n1,2\n")
    with pytest.raises(CarepathError, match=r"orders\.csv") as error:
        land(folder, workspace)
    assert all(table.name in str(error.value.fix) for table in TABLES)


def test_an_empty_folder_and_a_missing_one_are_clear_errors(workspace, folder):
    with pytest.raises(CarepathError, match="no files"):
        land(folder, workspace)
    with pytest.raises(CarepathError, match="no such file"):
        land(folder / "absent", workspace)


def test_unknown_files_beside_known_ones_are_listed(workspace, folder):
    (folder / "task.csv").write_text("id,created\n1,2024-01-02\n")
    (folder / "orders.csv").write_text("order_id,amount\n1,2\n")
    (folder / "notes.md").write_text("hello")
    (folder / ".hidden.csv").write_text("x")
    (folder / "_SUCCESS").write_text("")
    report = land(folder, workspace)
    assert {file.file_name: file.status for file in report.files} == {
        "notes.md": "unknown",
        "orders.csv": "unknown",
        "task.csv": "landed",
    }


def test_unknown_columns_are_ignored_and_listed(workspace, folder):
    (folder / "task.csv").write_text("id,created,Colour,_batch_number\n1,2024-01-02,red,99\n")
    report = land(folder, workspace)
    assert report.files[0].unknown_columns == ("Colour", "_batch_number")
    assert query(workspace, "select unknown_columns, source_columns from landing.files") == [
        (["Colour", "_batch_number"], ["id", "created", "Colour", "_batch_number"])
    ]
    assert query(workspace, "select _batch_number from care_platform.task") == [(1,)]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "tsv", "csv.gz"])
def test_random_bytes_are_a_clear_error(workspace, folder, suffix):
    (folder / f"task.{suffix}").write_bytes(random.Random(7).randbytes(5000))
    with pytest.raises(CarepathError):
        report = land(folder, workspace)
        # Lines of JSON are judged one by one, so there every row is rejected instead.
        assert report.accepted == 0
        assert report.rejected == report.rows_read > 0
        raise CarepathError("every row was rejected")


def test_a_row_longer_than_the_limit_costs_only_itself(workspace, folder):
    rows = ["1,G,2024-01-02", "2," + "x" * 3_000_000 + ",2024-01-02", "3,G,2024-01-02"]
    (folder / "task.csv").write_text("id,title,created\n" + "\n".join(rows) + "\n")
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (2, 1)
    assert query(workspace, "select reason, length(row_text) from landing.rejected_rows") == [
        ("the row is longer than 2000000 bytes", 3_000_013)
    ]


def test_a_long_json_line_costs_only_itself(workspace, folder):
    good = '{"id": 1, "created": "2024-01-02"}\n'
    (folder / "task.jsonl").write_text(
        good + good.replace("1", '"' + "x" * 3_000_000 + '"', 1) + good
    )
    report = land(folder, workspace)
    assert (report.accepted, report.rejected) == (2, 1)


def test_an_unreadable_file_is_a_clear_error(workspace, folder):
    path = folder / "task.csv"
    path.write_text("id,created\n1,2024-01-02\n")
    path.chmod(0)
    try:
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        with pytest.raises(CarepathError, match="cannot be read"):
            land(folder, workspace)
    finally:
        path.chmod(0o600)


def test_a_broken_link_is_ignored_as_no_file(workspace, folder):
    (folder / "task.csv").write_text("id,created\n1,2024-01-02\n")
    (folder / "project.csv").symlink_to(folder / "gone.csv")
    assert land(folder, workspace).accepted == 1
