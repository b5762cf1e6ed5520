"""A build: candidates are built and tested, the account must add up, then they are published."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from carepath.building.invocation import DbtResult, NodeResult, Progress, run_dbt_build
from carepath.building.project import find_project, shipped_definitions
from carepath.building.publication import (
    candidate_folder,
    keep_raw_still,
    lock_build,
    publish,
    remove_leftovers,
)
from carepath.building.reconciliation import (
    Read,
    account_rows,
    list_rejections,
    list_warnings,
    read_as_of,
    read_embedded,
    read_latest,
)
from carepath.building.report import BuildReport, Fate
from carepath.building.restatement import list_restated_weeks
from carepath.building.state import (
    explain_rebuilds,
    is_before_erasure,
    is_up_to_date,
    note_publication,
    prepare_state,
    read_inputs,
    read_signatures,
    sign_macros,
)
from carepath.configuration import DEFAULT_MEMORY, has_time_travel, read_platform, read_sources
from carepath.definitions import CheckedDefinitions, check_definitions, write_definitions
from carepath.errors import CarepathError
from carepath.faults import is_damaged, is_locked, is_out_of_space
from carepath.logs import log
from carepath.moments import read_moment
from carepath.workspace import Workspace

_SHOWN_FAILURES = 5


class BuildFailedError(CarepathError):
    """The build ran and must not be published; what was published before stays."""

    exit_code = 1
    counts: Mapping[str, int] = {}
    """Nodes built, tests passed and failed, for the history."""


def _show_nothing(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


_ACCOUNT_TEST = "assert_every_source_row_is_accounted_for"
_AGAIN = (
    "rows may have come while the build ran: build again, and report it if it happens again; "
    "prod is unchanged"
)
_UNTOLD = "rows have come that the loader's time does not tell of"


def build(
    workspace: Workspace,
    as_of: str | None = None,
    variables: Mapping[str, Any] | None = None,
    progress: Progress = _show_nothing,
    threads: int = 2,
    *,
    full_refresh: bool = False,
    memory: str = DEFAULT_MEMORY,
) -> BuildReport:
    """Build, test and publish the warehouse of a workspace, embedded or on Snowflake.

    Only what new rows concern is worked out again; prep keeps the rest. Readers of prod see the old
    state until the new one is complete, tested and reconciled. Killed at any moment, the next build
    gives what a clean one gives.

    Parameters
    ----------
    workspace : Workspace
        Where the raw database lies and prod is published.
    as_of : str, optional
        ISO 8601 moment (UTC): rows dated later are set aside. The latest moment in the data by
        default; not later than the midnight after it.
    variables : mapping, optional
        dbt vars that override the project's.
    progress : callable, optional
        Called with what is being done, nodes finished and nodes in all.
    threads : int
        dbt threads.
    full_refresh : bool
        Whether to build everything from scratch.
    memory : str
        How much memory DuckDB may take before it spills to disk, as ``16GB`` or ``50%``.

    Raises
    ------
    BuildFailedError
        When a model or a data test fails, or rows are unaccounted for.
    CarepathError
        When the definitions are wrong, nothing was landed, another build is running, or the data
        end before `as_of`.
    """
    started = time.monotonic()
    moment = parse_moment(as_of) if as_of else ""
    definitions = workspace.definitions if workspace.definitions.is_dir() else shipped_definitions()
    chosen = {"as_of": moment, **(variables or {})}
    funnel = str(chosen.get("intake_funnel_name", "MEMBER_INTAKE"))
    checked = check_definitions(definitions, funnel)
    chosen.setdefault("intake_step_count", checked.step_count)
    if read_platform(workspace) == "snowflake":
        return _build_production(
            workspace, checked, chosen, progress, threads, started, full_refresh=full_refresh
        )
    with lock_build(workspace), keep_raw_still(workspace), _explained(workspace):
        _check_raw(workspace)
        project = find_project()
        copy = _copy_definitions(checked, workspace)
        inputs = read_inputs(workspace, project, copy, chosen)
        if not full_refresh and is_up_to_date(workspace, inputs):
            remove_leftovers(workspace)
            fates = account_rows(workspace.raw, workspace.prod)
            read = read_embedded(workspace.prod)
            return _report(workspace.prod, read, fates, started, "nothing is new")
        with candidate_folder(workspace) as candidate:
            # An explicit moment cuts rows off: it is built apart, the state is of the latest.
            prep = candidate / "prep.duckdb" if moment else workspace.prep
            prod = candidate / "prod.duckdb"
            reason = prepare_state(prep, workspace.raw, start_over=full_refresh)
            before = read_signatures(prep)
            result = run_dbt_build(
                project,
                {**chosen, "macros_signature": sign_macros(project)},
                {
                    "CAREPATH_WORKSPACE": str(workspace.root),
                    "CAREPATH_DEFINITIONS": str(copy),
                    "CAREPATH_PREP": str(prep),
                    "CAREPATH_PROD": str(prod),
                    "CAREPATH_THREADS": str(threads),
                    "CAREPATH_MEMORY": memory,
                },
                workspace.target,
                workspace.logs,
                progress,
            )
            log("ran dbt", **_count(result), seconds=round(time.monotonic() - started, 3))
            _check_result(result, workspace)
            progress("Reconciling rows", 0, 0)
            mode = _describe_mode(moment, reason, explain_rebuilds(before, read_signatures(prep)))
            fates = account_rows(workspace.raw, prod)
            _check_account(fates)
            _check_moment(moment, fates, read_embedded(prod))
            report = _report(workspace.prod, read_embedded(prod), fates, started, mode, result)
            if not is_before_erasure(workspace):  # the difference would be the person
                restated = list_restated_weeks(workspace.prod, prod, checked.time_zone)
                report = replace(report, restated=restated)
            progress("Publishing", 0, 0)
            publish(prod, workspace.prod)
            log("published", bytes=workspace.prod.stat().st_size, mode=mode)
            _log_restated(report)
            note_publication(workspace, inputs)
    return report


@contextmanager
def _explained(workspace: Workspace) -> Iterator[None]:
    """Say in one message what the machine refused; other errors pass."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        fault = _find_fault([error], workspace)
        if fault is None:
            raise
        raise fault from error


def _find_fault(
    faults: Sequence[BaseException | str], workspace: Workspace
) -> BuildFailedError | None:
    """Find what is the machine's fault: no space, no memory, a damaged file."""
    dbt_log = str(workspace.logs / "dbt.log")
    if any(is_out_of_space(fault) for fault in faults):
        return BuildFailedError(
            "The disk is full.",
            where=str(workspace.root),
            fix="free disk space, then build again; prod is unchanged",
        )
    if any("out of memory" in str(fault).lower() for fault in faults):
        return BuildFailedError(
            "There is not enough memory for this build.",
            where=dbt_log,
            fix=f"raise memory in [build] of {workspace.config}, or set threads = 1 there; "
            "prod is unchanged",
        )
    damaged = [str(fault) for fault in faults if is_damaged(fault)]
    if damaged:
        raw = any(workspace.raw.name in text for text in damaged)
        return BuildFailedError(
            "A database is damaged: what was read is not what was written.",
            where=str(workspace.root),
            fix="find out which with carepath doctor --deep; raw has to be restored from a backup"
            + ("" if raw else ", prep and prod are made anew by carepath build --full-refresh"),
        )
    return None


def _describe_mode(moment: str, reason: str | None, rebuilt: str | None) -> str:
    if moment:
        return f"from scratch: as of {moment}, apart from the state of later builds"
    if reason:
        return f"from scratch: {reason}"
    return f"incremental, in part from scratch ({rebuilt})" if rebuilt else "incremental"


def _build_production(
    workspace: Workspace,
    definitions: CheckedDefinitions,
    variables: Mapping[str, Any],
    progress: Progress,
    threads: int,
    started: float,
    *,
    full_refresh: bool,
) -> BuildReport:
    """Do the same on Snowflake, where the rows are already and prod is a schema."""
    from carepath.building.production import (
        account_production,
        fix_moment,
        list_restated_production,
        open_production,
        publish_production,
    )
    from carepath.snowflake.settings import read_settings

    settings = read_settings()
    project = find_project()
    chosen = {
        **read_sources(workspace),
        **variables,
        "macros_signature": sign_macros(project),
    }
    reason = "--full-refresh was given" if full_refresh else None
    with lock_build(workspace), open_production(settings, workspace) as production:
        if has_time_travel(workspace):
            chosen["sources_at"] = fix_moment(production, chosen)

        def run() -> DbtResult:
            return run_dbt_build(
                project,
                chosen,
                {
                    "CAREPATH_WORKSPACE": str(workspace.root),
                    "CAREPATH_DEFINITIONS": str(_copy_definitions(definitions, workspace)),
                    **production.environment(threads),
                },
                workspace.target,
                workspace.logs,
                progress,
                dbt_target="snowflake",
                full_refresh=reason is not None,
            )

        result = run()
        if reason is None and _misses_rows(result):
            reason = _UNTOLD
            log("starts over", reason=reason)
            result = run()
        log("ran dbt", **_count(result), seconds=round(time.monotonic() - started, 3))
        _check_result(result, workspace, production.candidate)
        progress("Reconciling rows", 0, 0)
        fates = account_production(production, chosen)
        _check_account(fates, _AGAIN)
        _check_moment(str(variables["as_of"]), fates, production.read)
        mode = f"from scratch: {reason}" if reason else "incremental"
        report = replace(
            _report(production.published, production.read, fates, started, mode, result),
            restated=list_restated_production(production, definitions.time_zone),
        )
        progress("Publishing", 0, 0)
        publish_production(
            production,
            frozenset(
                node.name
                for node in result.nodes
                if node.kind == "model" and "models/prod/" in node.path
            ),
        )
        log("published", schema=production.published, mode=mode)
        _log_restated(report)
    return report


def _log_restated(report: BuildReport) -> None:
    for week in report.restated:
        log(
            "restated a closed week",
            week=week.week.isoformat(),
            measure=week.measure,
            before=week.before,
            after=week.after,
        )


def _report(
    prod: Path | str,
    read: Read,
    fates: tuple[Fate, ...],
    started: float,
    mode: str,
    result: DbtResult | None = None,
) -> BuildReport:
    nodes = result.nodes if result else ()
    return BuildReport(
        prod=prod,
        as_of=read_as_of(read),
        mode=mode,
        model_count=sum(node.kind in ("model", "seed") for node in nodes),
        test_count=sum(node.kind == "test" for node in nodes),
        seconds=time.monotonic() - started,
        fates=fates,
        rejections=list_rejections(read),
        warnings=list_warnings(read),
    )


def parse_moment(text: str) -> str:
    """Read an ISO 8601 date or time as UTC and write it the way the models take it.

    Raises
    ------
    CarepathError
        When it is not one.
    """
    try:
        moment = read_moment(text)
    except ValueError:
        raise CarepathError(
            f"{text!r} is not a date or time.",
            where="--as-of",
            fix="write it as 2026-06-30 or 2026-06-30T17:00:00 (UTC)",
        ) from None
    return moment.isoformat(sep=" ")


def _copy_definitions(definitions: CheckedDefinitions, workspace: Workspace) -> Path:
    """Give dbt what was checked, as files of its own: it writes compiled SQL over seed files."""
    copy = workspace.building / "definitions"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    write_definitions(definitions, copy)
    return copy


def _check_raw(workspace: Workspace) -> None:
    if not workspace.raw.exists():
        raise CarepathError(
            "Nothing has been landed in this workspace.",
            where=str(workspace.raw),
            fix="land a folder of raw files first: carepath land FOLDER",
        )
    try:
        duckdb.connect(str(workspace.raw), read_only=True).close()
    except duckdb.Error as error:
        busy = is_locked(error)
        raise CarepathError(
            "The raw database is being written by another process."
            if busy
            else "The raw database cannot be opened.",
            where=str(workspace.raw),
            fix="wait until the landing has ended, then build again"
            if busy
            else f"restore it from a backup, or remove it and land again ({_first_line(error)})",
        ) from None


def _misses_rows(result: DbtResult) -> bool:
    """Tell whether a build failed only because raw rows have no fate."""
    bad = {node.name for node in result.nodes if node.is_bad}
    return result.error is None and bad == {_ACCOUNT_TEST}


def _check_result(result: DbtResult, workspace: Workspace, candidate: str | None = None) -> None:
    """Raise what went wrong."""
    bad = [node for node in result.nodes if node.is_bad]
    if not bad and result.error is None:
        return
    dbt_log = workspace.logs / "dbt.log"
    fault = _find_fault([*(node.message for node in bad), result.error or ""], workspace)
    if fault is not None:
        fault.counts = _count(result)
        raise fault
    if not bad:
        raise BuildFailedError(
            f"dbt could not run: {result.error}",
            where=str(dbt_log),
            fix="correct what dbt names, then build again; prod is unchanged",
        )
    lines = [_describe(node) for node in bad[:_SHOWN_FAILURES]]
    if len(bad) > _SHOWN_FAILURES:
        lines.append(f"and {len(bad) - _SHOWN_FAILURES} more")
    candidate = candidate or str(workspace.building / "candidate")
    error = BuildFailedError(
        "\n  ".join(["The build failed.", *lines]),
        where=str(dbt_log),
        fix=f"look at the candidate in {candidate}; prod is unchanged",
    )
    error.counts = _count(result)
    raise error


def _count(result: DbtResult) -> dict[str, int]:
    tables = [node for node in result.nodes if node.kind in ("model", "seed")]
    tests = [node for node in result.nodes if node.kind == "test"]
    return {
        "models": sum(node.status == "success" for node in tables),
        "tests_passed": sum(node.status in ("pass", "warn") for node in tests),
        "tests_failed": sum(node.is_bad for node in tests),
    }


def _describe(node: NodeResult) -> str:
    if node.kind == "test":
        return f"data test {node.name} returned {node.failures:,} rows ({node.path})"
    return f"{node.kind} {node.name}: {_error_line(node.message)} ({node.path})"


def _error_line(message: str) -> str:
    """Keep the line that says what is wrong, without dbt's heading."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next((line for line in lines if "Error:" in line), lines[0] if lines else "no message")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _check_account(fates: tuple[Fate, ...], unaccounted: str | None = None) -> None:
    wrong = [fate for fate in fates if not fate.is_balanced]
    if wrong:
        lines = [
            f"{fate.source_table}: {fate.missing:,} raw rows and {fate.missing_at_landing:,} rows "
            "of files without a fate"
            for fate in wrong
        ]
        raise BuildFailedError(
            "\n  ".join(["Rows are unaccounted for; nothing was published.", *lines]),
            fix=unaccounted or "this is a defect of the models or of landing: please report it",
        )


def _check_moment(moment: str, fates: tuple[Fate, ...], read: Read) -> None:
    """Refuse a moment after the data: what is open would be measured into a time nobody knows of.

    A date means its first moment, so the midnight that ends the last day of the data will do.
    """
    if not moment or any(fate.after_as_of for fate in fates):
        return
    asked, latest = datetime.fromisoformat(moment), read_latest(read)
    if latest is None or asked.date() <= latest.date():
        return
    midnight = latest.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if asked <= midnight:
        return
    raise CarepathError(
        f"The data end at {latest:%Y-%m-%d %H:%M:%S}: nothing is known as of {asked}.",
        where="--as-of",
        fix=f"leave it out, or give a moment up to {midnight} (UTC); prod is unchanged",
    )
