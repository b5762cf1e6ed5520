"""The command: data on stdout, the rest on stderr, and the code it ends with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from landed import REAL_DATA, make_workspace, query

from carepath.landing import land

TASKS = "id,due,created,extra\n1,,2024-01-02,x\n2,soon,2024-01-02,x\n3,later,2024-01-02,x\n"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from carepath.cli.main import main; main()", "land"]
        + [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_table_counts_rows_gives_reasons_and_says_what_is_next(workspace, folder):
    (folder / "task.csv").write_text(TASKS)
    done = run(folder, "--workspace", workspace.root)
    assert done.returncode == 0
    assert done.stderr == ""
    row = next(line for line in done.stdout.splitlines() if line.lstrip().startswith("task "))
    assert row.split() == ["task", "1", "0", "3", "1", "2"]
    assert "task: 2 rejected: due is not a timestamp" in done.stdout
    assert "unknown columns ignored (1): extra" in done.stdout
    assert done.stdout.rstrip().endswith(f"Next: carepath build -w {workspace.root}")
    assert "soon" not in done.stdout


def test_no_heading_or_number_is_cut_off_where_the_terminal_is_narrow(
    workspace, folder, monkeypatch
):
    (folder / "task.csv").write_text(TASKS)
    monkeypatch.setenv("COLUMNS", "40")
    done = run(folder, "-w", workspace.root)
    assert "…" not in done.stdout
    assert "already landed   rows read   accepted   rejected" in done.stdout


def test_json_is_the_whole_report(workspace, folder):
    (folder / "task.csv").write_text(TASKS)
    report = json.loads(run(folder, "-w", workspace.root, "--format", "json").stdout)
    assert (report["batch_number"], report["accepted"], report["rejected"]) == (1, 1, 2)
    assert report["files"][0]["reasons"] == [["due is not a timestamp", 2]]
    again = json.loads(run(folder, "-w", workspace.root, "--format", "json").stdout)
    assert again["batch_number"] is None
    assert again["files"][0]["already_landed"] is True


def test_a_bad_file_ends_with_a_message_and_code_2(workspace, folder):
    (folder / "task.csv").write_text("id\n1\n")
    (folder / "clients.csv").write_text("id\n1\n")
    done = run(folder, "-w", workspace.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: The required column created")
    assert "Traceback" not in done.stderr
    done = run(folder, "-w", workspace.root, "--skip-bad-files")
    assert done.returncode == 0
    assert "task.csv: refused: The required column created" in done.stdout


@pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"no real data in {REAL_DATA}")
def test_the_real_files_land_whole(tmp_path):
    workspace = make_workspace(tmp_path)
    report = land(REAL_DATA, workspace)
    assert {file.file_name: (file.accepted, file.rejected) for file in report.files} == {
        "helpdesk/historical_task.csv": (21_348, 0),
        "helpdesk/project.csv": (394, 0),
        "helpdesk/task.csv": (4_580, 0),
        "snowplow/atomic_events.csv": (160, 0),
    }
    assert query(
        workspace,
        "select count(*), count(load_tstamp), count(derived_tstamp), count(distinct event_id) "
        "from snowplow.events",
    ) == [(160, 65, 160, 160 - _count_repeats())]
    assert query(
        workspace,
        "select len(source_columns) from landing.files where table_name = 'snowplow.events'",
    ) == [(135,)]


def _count_repeats() -> int:
    import csv

    with (REAL_DATA / "snowplow" / "atomic_events.csv").open(newline="") as stream:
        keys = [row["event_id"] for row in csv.DictReader(stream)]
    return len(keys) - len(set(keys))


def test_a_column_that_all_earlier_files_had_is_missed_once(land_text):
    def notes(name, text):
        (file,) = land_text(name, text).files
        return file.notes

    assert notes("task.csv", "id,created,Status,due\n1,2024-01-01,TODO,\n") == ()
    assert notes("task_2.csv", "id,created,status,due,more\n2,2024-01-02,TODO,,x\n") == ()
    assert notes("task_3.jsonl", '{"id": "3", "created": "2024-01-03", "status": "TODO"}') == ()
    assert notes("task_4.csv", "id,created,status\n") == ("the file has no rows",)
    assert notes("task_5.csv", "id,created,task_status\n4,2024-01-04,TODO\n") == (
        "without columns that all earlier files of this table had, so these are null: status",
    )
    assert notes("task_6.csv", "id,created,task_status\n5,2024-01-05,TODO\n") == ()
