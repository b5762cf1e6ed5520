"""`write_report`: ask every question, render one file."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from carepath.errors import CarepathError
from carepath.questions.attempts import explain_unanswered
from carepath.questions.opening import open_warehouse
from carepath.report.collection import ask_all, read_accounts, read_range
from carepath.report.rendering import load_scripts, render
from carepath.report.summary import describe_questions, summarise
from carepath.workspace import Workspace

Progress = Callable[[str, int, int], None]
_BEGIN = 200


@dataclass(frozen=True)
class ReportFile:
    """What was written.

    Parameters
    ----------
    path : Path
        The HTML file.
    size : int
        Its bytes.
    answered : int
        Questions answered; having no data to answer from is an answer too.
    silences : mapping of str to CarepathError
        Why the others could not be answered, by question. Their sections say it.
    """

    path: Path
    size: int
    answered: int
    silences: Mapping[str, CarepathError]

    def explain_silences(self) -> CarepathError | None:
        """Sum up which questions could not be answered, and why; None where all were."""
        return explain_unanswered(self.silences)


def write_report(
    workspace: Workspace,
    path: Path,
    since: date | str | None = None,
    until: date | str | None = None,
    progress: Progress = lambda _what, _done, _total: None,
) -> ReportFile:
    """Answer every question from prod and write the report.

    Parameters
    ----------
    workspace : Workspace
        Its published warehouse is read.
    path : Path
        The file to write; replaced in one step where it exists.
    since, until : date or str, optional
        First and last date asked about, both inclusive.
    progress : callable
        Told what is being done, how many steps are done, and how many there are.

    Returns
    -------
    ReportFile

    Raises
    ------
    CarepathError
        When the warehouse has not been built or is empty, or the file cannot be written or is there
        and no HTML. What goes wrong in a single question raises nothing: its section says so.
    """
    if path.is_dir():
        path = path / "carepath-report.html"
    _check_place(path)
    first, last = read_range(since, until)
    # One connection: all of the report is of one publication.
    with closing(open_warehouse(workspace, "report")) as warehouse:
        accounts = read_accounts(warehouse, first, last)
        with load_scripts() as scripts:
            collected = ask_all(accounts, warehouse, progress)
            # Where prod is no file, it may have been published anew meanwhile.
            while (now := read_accounts(warehouse, first, last)) != accounts:
                accounts = now
                collected = ask_all(accounts, warehouse, progress)
            described = describe_questions(collected)
            page = render(summarise(collected, described), scripts.result())
    content = page.encode("utf-8")
    _replace(path, content)
    return ReportFile(path, len(content), len(described.answers), described.silences)


def _check_place(path: Path) -> None:
    """Refuse before the work what could not be written, and what is no page: a database, say."""
    if not path.parent.is_dir():
        raise CarepathError(
            f"There is no folder {path.parent}.",
            where=str(path),
            fix="make it, or name another file with --output FILE",
        )
    if not path.is_file():
        return
    try:
        with path.open("rb") as stream:
            begin = stream.read(_BEGIN).lstrip(codecs.BOM_UTF8).lstrip().lower()
    except OSError:  # it can be replaced all the same, or that is told then
        return
    if begin and not begin.startswith((b"<!doctype html", b"<html")):
        raise CarepathError(
            "The file exists and is not HTML: a report would overwrite it.",
            where=str(path),
            fix="name another file with --output FILE, or remove this one",
        )


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, then move over it: nobody mails half a report."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file():
            # /dev/stdout, a pipe: it is written to, not replaced.
            path.write_bytes(content)
            return
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        # Where nothing can be written, nothing can be removed either.
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise CarepathError(
            f"The report cannot be written: {error.strerror or error}.",
            where=str(path),
            fix="name another file with --output FILE",
        ) from error
