"""All of a landing or nothing of it, whatever happens; and the same content only once."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import pytest
from landed import query

from carepath.errors import CarepathError
from carepath.landing import create_raw, land
from carepath.landing import landings as landings_module
from carepath.landing.tables import TABLES

GOOD = "id,created\n1,2024-01-02\n2,2024-01-03\n"


def write_many(path: Path, count: int) -> None:
    """Write a file of tasks big enough to be caught while it lands."""
    columns = "i as id, md5(i::varchar) as title, date '2024-01-02' as created"
    rows = f"select {columns} from range({count}) r(i)"
    duckdb.sql(f"copy ({rows}) to '{path}' (header)")


def read_state(workspace):
    """Everything that a landing may change."""
    counts = [
        query(workspace, f"select count(*), max(_batch_number) from {table.full_name}")
        for table in TABLES
    ]
    return counts, query(workspace, "select * from landing.files order by all")


def test_a_new_raw_database_has_every_table_empty(workspace):
    create_raw(workspace)
    create_raw(workspace)
    for table in TABLES:
        assert query(workspace, f"select count(*) from {table.full_name}") == [(0,)]
        described = query(workspace, f"describe {table.full_name}")
        assert [(name, kind) for name, kind, *_ in described] == [
            *((column.name, column.type) for column in table.columns),
            ("_batch_number", "INTEGER"),
        ]
    assert query(workspace, "select count(*) from landing.rejected_rows") == [(0,)]


def test_an_older_raw_database_gets_the_columns_it_lacks(workspace, folder):
    connection = duckdb.connect(str(workspace.raw))
    connection.execute("create schema care_platform")
    connection.execute("create table care_platform.task (id varchar)")
    connection.execute("insert into care_platform.task values ('old')")
    connection.close()
    (folder / "task.csv").write_text(GOOD)
    land(folder, workspace)
    assert query(workspace, "select id from care_platform.task order by id") == [
        ("1",),
        ("2",),
        ("old",),
    ]


def test_landing_the_same_file_twice_changes_nothing(workspace, folder):
    (folder / "task.csv").write_text(GOOD + ",bad\n")
    first = land(folder, workspace)
    before = read_state(workspace)
    (folder / "task.csv").rename(folder / "task_renamed.csv")
    second = land(folder, workspace)
    assert (first.batch_number, second.batch_number) == (1, None)
    assert second.files[0].already_landed
    assert read_state(workspace) == before


def test_the_same_content_twice_in_one_folder_lands_once(workspace, folder):
    (folder / "task_1.csv").write_text(GOOD)
    (folder / "task_2.csv").write_text(GOOD)
    assert [file.status for file in land(folder, workspace).files] == ["landed", "already_landed"]


def test_each_landing_of_something_new_is_one_batch(workspace, folder):
    (folder / "task.csv").write_text(GOOD)
    (folder / "clients.csv").write_text("id\n1\n")
    assert land(folder, workspace).batch_number == 1
    (folder / "task.csv").write_text(GOOD + "3,2024-01-04\n")
    assert land(folder, workspace).batch_number == 2
    assert query(
        workspace,
        "select _batch_number, count(*) from care_platform.task group by all order by all",
    ) == [(1, 2), (2, 3)]


def test_one_unreadable_file_keeps_the_others_out(workspace, folder):
    (folder / "task.csv").write_text(GOOD)
    (folder / "project.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(CarepathError, match="Nothing was landed") as error:
        land(folder, workspace)
    assert error.value.where == "project.parquet"
    assert query(workspace, "select count(*) from care_platform.task") == [(0,)]
    report = land(folder, workspace, skip_bad_files=True)
    assert [file.status for file in report.files] == ["refused", "landed"]
    assert report.accepted == 2


def test_every_unreadable_file_is_named_at_once(workspace, folder):
    (folder / "task.csv").write_text("id\n1\n")
    (folder / "project.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(CarepathError) as error:
        land(folder, workspace)
    assert "project.parquet" in str(error.value)
    assert "created" in str(error.value)


def test_a_file_that_changes_while_it_is_read_is_refused(workspace, folder, monkeypatch):
    path = folder / "task.csv"
    path.write_text(GOOD)
    stage_file = landings_module.stage_file

    def stage_and_append(*arguments, **options):
        staged = stage_file(*arguments, **options)
        with path.open("a") as stream:
            stream.write("3,2024-01-04\n")
        return staged

    monkeypatch.setattr(landings_module, "stage_file", stage_and_append)
    with pytest.raises(CarepathError, match="changed while it was read"):
        land(folder, workspace)
    assert query(workspace, "select count(*) from care_platform.task") == [(0,)]


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell starts what is in the background with interrupts ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


LAND = """
    import sys
    from pathlib import Path
    from carepath.landing import land
    from carepath.workspace import Workspace
    print("ready", flush=True)
    def show(what, share):
        if what.startswith(sys.argv[3]):
            print(what, flush=True)
    land(Path(sys.argv[1]), Workspace(Path(sys.argv[2])), show)
    print("landed", flush=True)
"""


@pytest.mark.parametrize(
    ("moment", "delay"),
    [
        ("checking", 0),
        ("reading", 0.05),
        ("reading", 0.3),
        ("writing", 0),
        ("writing", 0.05),
        ("writing", 0.2),
    ],
)
def test_a_killed_landing_leaves_raw_as_it_was(workspace, folder, tmp_path, moment, delay):
    (folder / "task.csv").write_text(GOOD)
    land(folder, workspace)
    before = read_state(workspace)
    big = tmp_path / "big"
    big.mkdir()
    write_many(big / "task.csv", 150_000)
    process = start(LAND, big, workspace.root, moment)
    try:
        for line in process.stdout:
            if line.startswith(moment):
                break
        time.sleep(delay)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    after = read_state(workspace)
    if after != before:
        # The kill came after the commit: then everything must be there.
        assert moment == "writing"
        assert query(
            workspace, "select count(*) from care_platform.task where _batch_number = 2"
        ) == [(150_000,)]
    else:
        assert land(big, workspace).accepted == 150_000
    assert query(workspace, "select count(*) from care_platform.task") == [(150_002,)]
    land(folder, workspace)
    assert not list(workspace.building.glob("landing-*/"))


LAND_AND_DIE = """
    import os, signal, sys
    from pathlib import Path
    from carepath.landing import land, ledger
    from carepath.workspace import Workspace
    publish_file = ledger._publish_file
    published = []
    def publish_and_die(connection, staged, batch_number):
        publish_file(connection, staged, batch_number)
        published.append(staged)
        if len(published) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    ledger._publish_file = publish_and_die
    land(Path(sys.argv[1]), Workspace(Path(sys.argv[2])))
"""


@pytest.mark.parametrize("published", [1, 2])
def test_a_kill_between_two_files_leaves_neither(workspace, folder, published):
    create_raw(workspace)
    before = read_state(workspace)
    (folder / "clients.csv").write_text("id\n1\n")
    write_many(folder / "task.csv", 200_000)
    process = start(LAND_AND_DIE, folder, workspace.root, published)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert read_state(workspace) == before
    assert land(folder, workspace).accepted == 200_001


def test_an_interrupted_landing_leaves_raw_as_it_was(workspace, tmp_path):
    create_raw(workspace)
    big = tmp_path / "big"
    big.mkdir()
    write_many(big / "task.csv", 400_000)
    process = start(LAND, big, workspace.root, "reading")
    for line in process.stdout:
        if line.startswith("reading"):
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert "landed" not in out
    assert process.returncode != 0
    assert query(workspace, "select count(*) from care_platform.task") == [(0,)]
    assert not list(workspace.building.glob("landing-*/"))


HOLD = """
    import sys, time, duckdb
    connection = duckdb.connect(sys.argv[1], read_only=True)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_reader_in_another_program_is_a_clear_error(workspace, folder):
    create_raw(workspace)
    (folder / "task.csv").write_text(GOOD)
    process = start(HOLD, workspace.raw)
    try:
        process.stdout.readline()
        with pytest.raises(CarepathError, match=r"open in another program \(PID \d+\)"):
            land(folder, workspace)
    finally:
        process.kill()
        process.communicate()
    assert land(folder, workspace).accepted == 2


def test_a_reader_in_this_program_is_a_clear_error(workspace, folder):
    create_raw(workspace)
    (folder / "task.csv").write_text(GOOD)
    reader = duckdb.connect(str(workspace.raw), read_only=True)
    try:
        with pytest.raises(CarepathError, match="open in another program"):
            land(folder, workspace)
    finally:
        reader.close()


def test_a_second_landing_at_the_same_time_is_a_clear_error(workspace, folder):
    (folder / "task.csv").write_text(GOOD)

    def land_again(_what, _share):
        with pytest.raises(CarepathError, match="Another landing is running"):
            land(folder, workspace)

    assert land(folder, workspace, land_again).accepted == 2


def test_a_damaged_raw_database_is_a_clear_error(workspace, folder):
    (folder / "task.csv").write_text(GOOD)
    workspace.raw.write_text("this is not a database")
    with pytest.raises(CarepathError, match="raw database cannot be opened"):
        land(folder, workspace)


LAND_WITHOUT_SPACE = """
    import resource, sys
    from pathlib import Path
    from carepath.errors import CarepathError
    from carepath.landing import land
    from carepath.workspace import Workspace
    def show(what, share):
        if what.startswith(sys.argv[4]):
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        land(Path(sys.argv[1]), Workspace(Path(sys.argv[2])), show)
        print("landed")
    except CarepathError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("moment", "megabytes"), [("checking", 1), ("checking", 5), ("writing", 4), ("writing", 7)]
)
def test_a_full_disk_is_a_clear_error_and_loses_nothing(
    workspace, folder, tmp_path, moment, megabytes
):
    (folder / "task.csv").write_text(GOOD)
    land(folder, workspace)
    before = read_state(workspace)
    big = tmp_path / "big"
    big.mkdir()
    write_many(big / "task.csv", 300_000)
    process = start(LAND_WITHOUT_SPACE, big, workspace.root, megabytes << 20, moment)
    out, err = process.communicate(timeout=60)
    assert "no space left" in out, (out, err)
    assert "Traceback" not in err
    assert read_state(workspace) == before
    assert land(big, workspace).accepted == 300_000


def test_landing_into_a_read_only_folder_is_a_clear_error(workspace, folder, monkeypatch):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (folder / "task.csv").write_text(GOOD)
    workspace.root.chmod(0o500)
    try:
        with pytest.raises(CarepathError):
            land(folder, workspace)
    finally:
        workspace.root.chmod(0o700)


def test_files_are_only_read(workspace, folder):
    (folder / "task.csv").write_text(GOOD)
    before = hashlib.sha256((folder / "task.csv").read_bytes()).hexdigest()
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    land(folder, workspace)
    assert hashlib.sha256((folder / "task.csv").read_bytes()).hexdigest() == before
    assert sorted(path.name for path in folder.rglob("*")) == ["task.csv"]
