"""A landing: find the files, stage each, publish all of them or none."""

from __future__ import annotations

import logging
import time
from pathlib import Path, PurePath

import duckdb

from carepath.configuration import DEFAULT_MEMORY
from carepath.errors import CarepathError
from carepath.faults import is_damaged, is_out_of_space
from carepath.landing.database import lock_raw, open_raw
from carepath.landing.files import (
    RawFile,
    UnreadableFileError,
    find_files,
    fingerprint,
    recognise,
)
from carepath.landing.ledger import is_landed_already, list_usual_columns, publish
from carepath.landing.matching import match_table, normalise_name
from carepath.landing.other_kinds import refuse_other_kind
from carepath.landing.packed import refuse_packed
from carepath.landing.report import FileReport, LandingReport, Progress
from carepath.landing.staging import Staged, describe_file, stage_file
from carepath.landing.tables import TABLES
from carepath.logs import log, timed
from carepath.quoting import quote_text
from carepath.workspace import Workspace, resolve_folder

_OTHER_KIND = "not a CSV, JSONL or Parquet file"
_BY_COLUMNS = "taken for {} by its columns, not by its name"


def _show_nothing(_what: str, _share: float) -> None:
    """Show no progress."""


def land(
    folder: Path,
    workspace: Workspace,
    progress: Progress = _show_nothing,
    *,
    skip_bad_files: bool = False,
    memory: str = DEFAULT_MEMORY,
) -> LandingReport:
    """Land a folder of raw files, or one file: each row accepted, or rejected with a reason.

    Everything new becomes one batch in one transaction: all of it is there afterwards, or, after
    an error, an interrupt or a kill, none of it. Content landed before is recognised and left
    out.

    Parameters
    ----------
    folder : Path
        Folder (with subfolders) or file: CSV, JSON Lines, Parquet, Snowplow's enriched TSV, each
        also packed with gzip.
    workspace : Workspace
        Its ``raw.duckdb`` is made where it is not there yet.
    progress : callable, optional
        Called with what is being done and its share done, in [0, 1].
    skip_bad_files : bool
        Whether to land the other files where one cannot be read at all.
    memory : str
        How much memory DuckDB may take before it spills to disk, as ``16GB`` or ``50%``.

    Returns
    -------
    LandingReport
        File by file, what was read, accepted, rejected and why.

    Raises
    ------
    CarepathError
        When there is nothing to land, a file cannot be read, or the database is in use.
    """
    resolve_folder(folder)
    folder = folder.expanduser()
    if not folder.exists():
        raise CarepathError(
            "There is no such file or folder.", where=str(folder), fix="check the path"
        )
    with lock_raw(workspace) as scratch:
        try:
            connection = open_raw(workspace)
        except duckdb.Error as error:
            raise _explain(error, workspace) from error
        try:
            # In a file, not in memory: a landing can be larger than memory.
            target = quote_text(str(scratch / "scratch.duckdb"))
            connection.execute(f"attach {target} as scratch")
            connection.execute(f"set temp_directory = {quote_text(str(scratch / 'spill'))}")
            connection.execute(f"set memory_limit = {quote_text(memory)}")
            return _Landing(connection, folder, scratch, progress).run(skip_bad_files)
        except duckdb.Error as error:
            raise _explain(error, workspace) from error
        except OSError as error:
            raise CarepathError(
                f"Landing stopped: {error.strerror or error}. Nothing was landed.",
                where=str(error.filename or workspace.root),
                fix="correct this, then land again",
            ) from error
        finally:
            connection.close()


class _Landing:
    """One landing, file after file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        scratch: Path,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._scratch = scratch
        self._progress = progress
        self._staged: list[Staged] = []
        self._seen: set[tuple[str, str]] = set()
        self._usual: dict[str, frozenset[str]] = {}

    def run(self, skip_bad_files: bool) -> LandingReport:
        reports: list[FileReport] = []
        refusals: list[UnreadableFileError] = []
        for name, path in find_files(self._folder):
            try:
                reports.append(self._read(name, path))
            except UnreadableFileError as error:
                refusals.append(error)
                log("refused a file", logging.WARNING, file=name, why=error.what)
                reports.append(FileReport(name, None, "refused", notes=(_in_one_line(error),)))
        if refusals and not skip_bad_files:
            raise _combine(refusals)
        if all(report.table is None for report in reports):
            raise self._explain_nothing_known(reports)
        batch_number = None
        if self._staged:
            self._progress("writing the raw database", 0.0)
            with timed("landed a batch", files=len(self._staged)) as facts:
                batch_number = publish(self._connection, self._staged)
                facts["batch"] = batch_number
            self._progress("writing the raw database", 1.0)
        return LandingReport(batch_number, tuple(reports))

    def _read(self, name: str, path: Path) -> FileReport:
        place = PurePath(self._folder.resolve().name, name)
        is_alone = self._folder.is_file()
        if is_alone:
            place = PurePath(self._folder.resolve().parent.name, name)
        packed = refuse_packed(path, name, place, is_alone=is_alone)
        if packed is not None:
            return FileReport(name, None, "unknown", notes=(packed,))
        file = recognise(path, name)
        if file is None:
            refuse_other_kind(path, name, place)
            return FileReport(name, None, "unknown", notes=(_OTHER_KIND,))
        started = time.monotonic()
        size = max(path.stat().st_size, 1)
        sha256 = self._hash(file, size)
        source = describe_file(self._connection, file, self._scratch)
        table = match_table(place, (column.normalised for column in source.columns))
        if table is None:
            return FileReport(name, None, "unknown", notes=("no table of this name or columns",))
        by_columns = match_table(place, ()) is None
        key = (table.full_name, sha256)
        if key in self._seen or is_landed_already(self._connection, *key):
            return FileReport(name, table.full_name, "already_landed")
        self._progress(f"reading {name}", 0.0)
        staged = stage_file(
            self._connection,
            file,
            source,
            table,
            sha256=sha256,
            number=len(self._staged),
            scratch=self._scratch,
            tick=lambda share: self._progress(f"reading {name}", share),
        )
        if self._hash(file, size) != sha256:
            raise UnreadableFileError(
                "The file changed while it was read.",
                where=name,
                fix="wait until it has been written, then land again",
            )
        log(
            "read a file",
            file=name,
            table=table.full_name,
            rows=staged.accepted_count + staged.rejected_count,
            accepted=staged.accepted_count,
            rejected=staged.rejected_count,
            seconds=round(time.monotonic() - started, 3),
        )
        self._seen.add(key)
        self._staged.append(staged)
        return FileReport(
            name,
            table.full_name,
            "landed",
            rows_read=staged.accepted_count + staged.rejected_count,
            accepted=staged.accepted_count,
            rejected=staged.rejected_count,
            unknown_columns=staged.unknown_columns,
            reasons=staged.reasons,
            notes=(
                *staged.notes,
                *[_BY_COLUMNS.format(table.name)] * by_columns,
                *self._note_missing(file, staged),
            ),
        )

    def _note_missing(self, file: RawFile, staged: Staged) -> list[str]:
        """Tell of columns that a loader may have renamed; in JSON Lines an absent key is null."""
        table = staged.table.full_name
        if file.format == "jsonl" or not staged.accepted_count + staged.rejected_count:
            return []
        if table not in self._usual:
            self._usual[table] = list_usual_columns(self._connection, table)
        missing = sorted(self._usual[table] - set(map(normalise_name, staged.source_columns)))
        if not missing:
            return []
        log("misses columns", logging.WARNING, file=file.name, columns=", ".join(missing))
        return [
            "without columns that all earlier files of this table had, so these are null: "
            + ", ".join(missing)
        ]

    def _hash(self, file: RawFile, size: int) -> str:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            # A packed file has more content than its size on disk.
            self._progress(f"checking {file.name}", min(done / size, 1.0))

        return fingerprint(file, advance)

    def _explain_nothing_known(self, reports: list[FileReport]) -> CarepathError:
        names = ", ".join(table.name for table in TABLES)
        fix = f"name each file or folder after its table ({names}), as in task.csv"
        refused = [report for report in reports if report.status == "refused"]
        if refused:
            what = "No file could be read, so nothing was landed."
        elif reports:
            shown = ", ".join(report.file_name for report in reports[:5])
            more = f" and {len(reports) - 5} more" if len(reports) > 5 else ""
            what = f"No file of a known table here; found {shown}{more}."
            if all(report.notes == (_OTHER_KIND,) for report in reports):
                what = f"No file here is CSV, JSON Lines or Parquet; found {shown}{more}."
                fix = "export one of these, plain or packed with gzip"
        else:
            what = "The folder has no files."
        return CarepathError(
            what,
            where=str(self._folder),
            fix=fix,
        )


def _in_one_line(error: CarepathError) -> str:
    return error.what


def _combine(refusals: list[UnreadableFileError]) -> CarepathError:
    if len(refusals) == 1:
        only = refusals[0]
        return CarepathError(
            f"{only.what} Nothing was landed.",
            where=only.where,
            fix=f"{only.fix}; or leave the file out with --skip-bad-files",
        )
    listed = "".join(f"\n  - {error.where}: {error.what}" for error in refusals)
    return CarepathError(
        f"{len(refusals)} files cannot be read. Nothing was landed.{listed}",
        fix="correct them, or land the others with --skip-bad-files",
    )


def _explain(error: duckdb.Error, workspace: Workspace) -> CarepathError:
    text = str(error)
    if isinstance(error, duckdb.OutOfMemoryException) and "disk" not in text.lower():
        return CarepathError(
            "There is not enough memory for this landing. Nothing was landed.",
            where=str(workspace.root),
            fix="land fewer files at a time, or raise memory in [build] of carepath.toml",
        )
    if is_out_of_space(error):
        return CarepathError(
            "There is no space left on the disk. Nothing was landed.",
            where=str(workspace.root),
            fix="free some space (about twice the size of the files), then land again",
        )
    if is_damaged(error):
        return CarepathError(
            "The raw database is damaged. Nothing was landed.",
            where=str(workspace.raw),
            fix="restore it from a backup, or move it away and land all files again",
        )
    return CarepathError(
        "The raw database refused the landing. Nothing was landed.",
        # The first line only: further ones may quote rows.
        where=text.splitlines()[0][:200],
        fix="land again; if it happens again, report this message",
    )
