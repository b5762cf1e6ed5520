"""What goes wrong in one question loses neither the report nor the other answers."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from answers import make_collected, make_conversion

import carepath
from carepath import stopping
from carepath.cli import demo
from carepath.cli.main import main
from carepath.errors import CarepathError, DefectError
from carepath.operations.history import read_history
from carepath.questions.answer import Answer
from carepath.report import collection, report, summary, write_report
from carepath.workspace import Workspace

SECRET = "member-4711 Jane"
FAILING = "slowest-phase"


class Nothing:
    """A warehouse that is only closed."""

    def close(self) -> None:
        """Let go of nothing."""


@pytest.fixture
def fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], Workspace]:
    """Answer some questions by hand; one of them does what it is told instead."""
    made = make_collected()

    def set_up(act: Callable[[], object]) -> Workspace:
        def ask(question: str, **_: object) -> object:
            if question == FAILING:
                return act()
            return made.answers[question]

        entries = tuple(entry for entry in collection.QUESTIONS if entry.id in made.answers)
        monkeypatch.setattr(collection, "QUESTIONS", entries)
        monkeypatch.setattr(collection, "ask", ask)
        monkeypatch.setattr(report, "open_warehouse", lambda *_: Nothing())
        accounts = collection.replace(made, answers={}, silences={})
        monkeypatch.setattr(report, "read_accounts", lambda *_: accounts)
        (tmp_path / "carepath.toml").write_text("")
        return Workspace(tmp_path)

    return set_up


def raise_(failure: BaseException) -> None:
    raise failure


def run_report(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> int:
    page = workspace.root / "report.html"
    monkeypatch.setattr(
        sys, "argv", ["carepath", "report", "-w", str(workspace.root), "-o", str(page)]
    )
    monkeypatch.setattr("carepath.stopping.signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def test_a_defect_in_one_question_is_told_by_type_and_the_others_are_in_the_report(
    fail: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = fail(lambda: raise_(ZeroDivisionError(SECRET)))
    monkeypatch.delenv("CAREPATH_DEBUG", raising=False)
    assert run_report(workspace, monkeypatch) == 70
    page = (workspace.root / "report.html").read_text(encoding="utf-8")
    assert "carepath has a defect here: ZeroDivisionError." in page
    assert "run `carepath report` again with CAREPATH_DEBUG=1" in page
    assert page.count(f'href="#{FAILING}"') >= 1 and f'<h3 id="{FAILING}">' in page
    assert "_<wbr>PROJECT loses the most people" in page
    told = capsys.readouterr()
    assert "5 questions answered, 1 without an answer" in told.out
    assert "1 question could not be answered; the others were." in told.err
    assert f"{FAILING}: carepath has a defect here: ZeroDivisionError." in told.err
    assert "CAREPATH_DEBUG=1" in told.err and "Traceback" not in told.err
    (only,) = read_history(workspace).runs
    assert (only.exit_code, only.outcome, only.counts["silent"]) == (70, "failed", 1)
    log = (workspace.logs / "carepath.log").read_text()
    assert not [text for text in (page, told.err, told.out, log, str(only)) if SECRET in text]


def test_with_debugging_the_traceback_leads_to_the_place(
    fail: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = fail(lambda: raise_(ZeroDivisionError("here")))
    monkeypatch.setenv("CAREPATH_DEBUG", "1")
    with pytest.raises(DefectError) as raised:
        run_report(workspace, monkeypatch)
    cause = raised.value.__cause__
    assert isinstance(cause, ExceptionGroup)
    (defect,) = cause.exceptions
    assert isinstance(defect, ZeroDivisionError) and defect.__traceback__ is not None
    assert (workspace.root / "report.html").exists()


def test_the_demo_prints_the_other_answers_and_ends_as_a_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(question: str, **_: object) -> Answer:
        if question == FAILING:
            raise ZeroDivisionError(SECRET)
        return make_conversion()

    monkeypatch.setattr(carepath, "ask", ask)
    failures = demo._print_answers(Workspace(tmp_path))
    assert list(failures) == [FAILING] and failures[FAILING].exit_code == 70
    said = capsys.readouterr().out
    assert "No answer: carepath has a defect here: ZeroDivisionError." in said
    assert said.count("40.0 % of 1,000 people") == len(demo.FIRST_QUESTIONS) - 1


@pytest.mark.parametrize("step", ["clear", "draw_chart"])
def test_an_answer_that_cannot_be_shown_is_a_section_that_says_so(
    step: str, fail: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = fail(lambda: make_collected().answers[FAILING])
    shown = getattr(summary, step)

    def break_one(answer: Answer) -> object:
        return raise_(KeyError(SECRET)) if answer.question == FAILING else shown(answer)

    monkeypatch.setattr(summary, step, break_one)
    written = write_report(workspace, tmp_path / "report.html")
    assert (written.answered, list(written.silences)) == (5, [FAILING])
    assert isinstance(written.explain_silences(), DefectError)
    page = written.path.read_text(encoding="utf-8")
    assert "carepath has a defect here: KeyError." in page and SECRET not in page


def test_a_question_that_prod_cannot_answer_is_told_and_is_no_success(
    fail: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = CarepathError("prod could not answer.", where="prod", fix="run `carepath build`")
    workspace = fail(lambda: raise_(failure))
    assert run_report(workspace, monkeypatch) == 1
    told = capsys.readouterr().err
    assert f"{FAILING}: prod could not answer." in told and "next:  run `carepath build`" in told
    assert "prod could not answer." in (workspace.root / "report.html").read_text()


@pytest.mark.parametrize(
    "failure", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")]
)
def test_what_concerns_all_questions_stops_everything(
    failure: BaseException, fail: Callable, tmp_path: Path
) -> None:
    workspace = fail(lambda: raise_(failure))
    with pytest.raises(type(failure)):
        write_report(workspace, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("failure", [CarepathError("prod could not answer."), RuntimeError(), None])
def test_an_interrupt_that_a_library_swallowed_stops_everything(
    failure: Exception | None,
    fail: Callable,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def be_interrupted() -> object:
        monkeypatch.setattr(stopping, "_asked", KeyboardInterrupt())
        return raise_(failure) if failure else make_collected().answers[FAILING]

    workspace = fail(be_interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_report(workspace, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_a_file_system_that_takes_no_file_is_a_message(
    fail: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace = fail(lambda: make_collected().answers[FAILING])
    read_only = OSError(errno.EROFS, "Read-only file system")
    # Such a file system refuses to remove, too, even what is not there.
    monkeypatch.setattr(Path, "write_bytes", lambda *_: raise_(read_only))
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: raise_(read_only))
    with pytest.raises(CarepathError, match="Read-only file system"):
        write_report(workspace, tmp_path / "report.html")


def test_what_is_no_file_is_written_to_and_not_replaced(fail: Callable, tmp_path: Path) -> None:
    workspace = fail(lambda: make_collected().answers[FAILING])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    written = write_report(workspace, pipe)
    reader.join(timeout=30)
    assert pipe.is_fifo()
    assert [len(content) for content in read] == [written.size]
