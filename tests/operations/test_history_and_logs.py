"""What ran is known afterwards, also what was killed; a log line holds counts, never values."""

from __future__ import annotations

import errno
import json
import math
import signal
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from commands import run, start

from carepath import logs
from carepath.errors import CarepathError, TerminatedError
from carepath.initialisation import init_workspace
from carepath.operations.history import read_history, start_run
from carepath.operations.places import check_last_run
from carepath.operations.recording import record_run
from carepath.operations.running import run_build
from carepath.workspace import Workspace

Copy = Callable[[Workspace], Workspace]


def test_a_landing_is_in_the_history_with_its_counts(tmp_path: Path, data: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    printed = json.loads(run("land", data, "-w", workspace.root, "--format", "json").stdout)
    (only,) = read_history(workspace).runs
    assert (only.verb, only.outcome, only.exit_code) == ("land", "succeeded", 0)
    assert only.counts["rows_read"] == printed["rows_read"] > 0
    assert only.counts["accepted"] + only.counts["rejected"] == only.counts["rows_read"]
    assert only.arguments == {"folder": str(data)}
    assert only.seconds is not None and only.seconds > 0


def test_a_refused_landing_says_why_and_a_second_run_is_first(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    assert run("land", tmp_path / "nowhere", "-w", workspace.root).returncode == 2
    assert run("land", tmp_path / "nowhere", "-w", workspace.root).returncode == 2
    newest, oldest = read_history(workspace).runs
    assert (newest.number, oldest.number) == (2, 1)
    assert newest.outcome == "refused"
    assert newest.error == "There is no such file or folder."


def test_a_killed_run_is_shown_as_interrupted_and_a_living_one_as_running(
    landed: Workspace, copy_of: Copy
) -> None:
    workspace = copy_of(landed)
    with start("build", "-w", workspace.root) as process:
        while not read_history(workspace).runs:
            assert process.poll() is None, process.communicate()
        assert read_history(workspace).runs[0].outcome == "running"
        process.send_signal(signal.SIGKILL)
        process.communicate()
    (killed,) = read_history(workspace).runs
    assert (killed.outcome, killed.seconds) == ("interrupted", None)
    table = run("history", "-w", workspace.root).stdout
    assert "interrupted" in table and "killed before it ended" in table


def test_a_restated_week_is_in_the_history_and_in_the_log(built: Workspace, copy_of: Copy) -> None:
    workspace = copy_of(built)
    with duckdb.connect(str(workspace.prod)) as connection:
        (week,) = connection.execute(
            "select min(entered_week_date) from member_intake_funnel_metrics "
            "where population = 'entrant' and exclusion_reason is null"
        ).fetchall()[0]
        connection.execute(
            "delete from member_intake_funnel_metrics where entered_week_date = ?", [week]
        )
    run_build(workspace, lambda *_: None)
    assert read_history(workspace).runs[0].counts["restated_weeks"] == 1
    told = (workspace.logs / "carepath.log").read_text()
    assert f'restated a closed week  week={week}  measure="people entered"  before=0' in told


@pytest.mark.parametrize(
    ("failure", "outcome", "code"),
    [
        (CarepathError("Wrong."), "refused", 2),
        (KeyboardInterrupt(), "interrupted", 130),
        (TerminatedError(), "interrupted", 143),
        (ZeroDivisionError("secret"), "failed", 70),
        (OSError(errno.ENOSPC, "secret"), "failed", 2),
    ],
)
def test_however_a_run_ends_it_is_recorded(
    failure: BaseException, outcome: str, code: int, tmp_path: Path
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    with pytest.raises(type(failure)), record_run(workspace, "land", {}):
        raise failure
    (only,) = read_history(workspace).runs
    assert (only.outcome, only.exit_code) == (outcome, code)
    text = (workspace.logs / "carepath.log").read_text() + str(only)
    assert "secret" not in text


def test_a_clock_that_goes_back_does_not_change_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    for moment in ("2026-06-30 12:00:00", "2026-06-29 12:00:00"):
        monkeypatch.setattr("carepath.operations.recording._now", lambda moment=moment: moment)
        with record_run(workspace, "land", {}):
            pass
    days = [run.started_at[:10] for run in read_history(workspace).runs]
    assert days == ["2026-06-29", "2026-06-30"]


def test_two_runs_that_start_at_once_get_two_numbers(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    from carepath.operations import history

    run_ = history.Run(0, "land", {}, "2026-06-30 12:00:00")
    workspace.history.mkdir()
    first = start_run(workspace, run_)
    # The second looks before the first is there, and finds its number taken.
    listed = history._list_numbers
    history._list_numbers = lambda _folder: []  # type: ignore[assignment]
    try:
        second = start_run(workspace, run_)
    finally:
        history._list_numbers = listed
    assert first is not None and second is not None
    assert (first.run.number, second.run.number) == (1, 2)


def test_old_runs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carepath.operations.history.KEPT", 3)
    workspace = init_workspace(tmp_path / "workspace")
    for _ in range(6):
        with record_run(workspace, "land", {}):
            pass
    assert [run.number for run in read_history(workspace).runs] == [6, 5, 4]


def make_history(folder: Path, count: int) -> Workspace:
    workspace = init_workspace(folder / "workspace")
    for _ in range(count):
        with record_run(workspace, "land", {}):
            pass
    return workspace


def test_a_damaged_record_is_named_and_hides_no_other(tmp_path: Path) -> None:
    workspace = make_history(tmp_path, 3)
    (workspace.history / "00000002.json").write_text("{")
    process = run("history", "-w", workspace.root, "--format", "json")
    assert [listed["number"] for listed in json.loads(process.stdout)] == [3, 1]
    assert process.returncode == 1
    assert "00000002.json" in process.stderr and "remove the file" in process.stderr
    table = run("history", "-w", workspace.root)
    assert table.returncode == 1
    assert table.stdout.count("succeeded") == 2 and table.stderr == process.stderr
    (workspace.history / "00000002.json").unlink()
    assert run("history", "-w", workspace.root).returncode == 0


def test_of_many_damaged_records_a_few_are_named_and_all_are_counted(tmp_path: Path) -> None:
    workspace = make_history(tmp_path, 9)
    for number in range(1, 10):
        (workspace.history / f"{number:08d}.json").write_bytes(b"\x00")
    process = run("history", "-w", workspace.root)
    assert (process.returncode, process.stdout) == (1, "")
    assert "9 records" in process.stderr and "and 4 more" in process.stderr
    assert process.stderr.count(".json") == 5


def test_a_folder_in_the_place_of_a_record_is_named(tmp_path: Path) -> None:
    workspace = make_history(tmp_path, 1)
    (workspace.history / "00000002.json").mkdir()
    history = read_history(workspace)
    assert len(history.runs) == 1
    assert history.damage is not None and "Is a directory" in str(history.damage)


def test_doctor_names_a_damaged_record_and_the_last_run_beside_it(tmp_path: Path) -> None:
    workspace = make_history(tmp_path, 2)
    (workspace.history / "00000001.json").write_text("[]")
    findings = {finding.check: finding for finding in check_last_run(workspace)}
    assert findings["history"].status == "warn" and "00000001.json" in findings["history"].what
    assert findings["last run"].status == "ok" and "#2" in findings["last run"].what


@pytest.mark.parametrize(
    "wrong",
    [
        {"arguments": []},
        {"started_at": 5},
        {"seconds": "long"},
        {"counts": {"rows_read": "many"}},
        {"verb": None},
        {"outcome": 1},
        {"seconds": math.inf},
        {"seconds": math.nan},
    ],
)
def test_a_record_of_wrong_kinds_is_named_too(wrong: dict[str, object], tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    with record_run(workspace, "land", {}):
        pass
    path = workspace.history / "00000001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | wrong))
    history = read_history(workspace)
    assert history.runs == ()
    assert history.damage is not None and str(path) in str(history.damage)


def test_a_record_of_a_newer_version_is_read_and_other_files_are_left_alone(
    tmp_path: Path,
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    with record_run(workspace, "land", {}):
        pass
    before = read_history(workspace).runs
    path = workspace.history / "00000001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "a"}))
    (workspace.history / "\u00b2.json").write_text("")
    assert read_history(workspace).runs == before


def test_json_logs_are_one_object_a_line_on_stderr_and_in_the_file(
    tmp_path: Path, data: Path
) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    process = run("land", data, "-w", workspace.root, "--log-format", "json")
    lines = [json.loads(line) for line in process.stderr.splitlines()]
    assert lines == [
        json.loads(line) for line in (workspace.logs / "carepath.jsonl").read_text().splitlines()
    ]
    steps = [line["step"] for line in lines]
    assert steps[0] == "started" and steps[-1] == "ended"
    files = [line for line in lines if line["step"] == "read a file"]
    assert sum(line["rows"] for line in files) == lines[-1]["rows_read"]
    assert all(line["seconds"] >= 0 for line in files)
    assert {line["run"] for line in lines} == {1}


def test_a_mistake_is_a_json_line_too_and_stands_there_once(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    process = run("land", "nowhere", "-w", workspace.root, "--log-format", "json")
    assert process.returncode == 2
    lines = [json.loads(line) for line in process.stderr.splitlines()]
    assert [line["step"] for line in lines] == ["started", "refused", "ended"]
    assert lines[1]["what"] == "There is no such file or folder." and lines[1]["next"]


def test_a_long_log_is_set_aside_and_five_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 100)
    for number in range(9):
        with logs.open_log(tmp_path / "logs", "land"):
            logs.log("a step", number=number, text="x" * 100)
    found = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert found == ["carepath.log", *(f"carepath.log.{n}" for n in range(1, 6))]
    assert "number=8" in (tmp_path / "logs" / "carepath.log").read_text()
    assert "number=3" in (tmp_path / "logs" / "carepath.log.5").read_text()


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "workspace")
    workspace.logs.write_text("a file where the folder should be")
    workspace.history.write_text("likewise")
    with record_run(workspace, "land", {}) as recorder:
        recorder.count(rows_read=1)
