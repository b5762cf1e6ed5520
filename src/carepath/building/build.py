"""A build: candidates are built and tested, the account must add up, then they are published."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from carepath.building.failures import (
    check_account,
    check_moment,
    check_result,
    count_nodes,
    explained,
    misses_rows,
)
from carepath.building.invocation import DbtResult, Progress, run_dbt_build
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
from carepath.faults import is_locked
from carepath.logs import log
from carepath.moments import read_moment
from carepath.workspace import Workspace

_AGAIN = (
    "rows may have come while the build ran: build again, and report it if it happens again; "
    "prod is unchanged"
)
_UNTOLD = "rows have come that the loader's time does not tell of"


def _show_nothing(_what: str, _done: int, _total: int) -> None:
    """Show no progress."""


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
    with lock_build(workspace), keep_raw_still(workspace), explained(workspace):
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
            log("ran dbt", **count_nodes(result), seconds=round(time.monotonic() - started, 3))
            check_result(result, workspace)
            progress("Reconciling rows", 0, 0)
            mode = _describe_mode(moment, reason, explain_rebuilds(before, read_signatures(prep)))
            fates = account_rows(workspace.raw, prod)
            check_account(fates)
            check_moment(moment, fates, read_embedded(prod))
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
        if reason is None and misses_rows(result):
            reason = _UNTOLD
            log("starts over", reason=reason)
            result = run()
        log("ran dbt", **count_nodes(result), seconds=round(time.monotonic() - started, 3))
        check_result(result, workspace, production.candidate)
        progress("Reconciling rows", 0, 0)
        fates = account_production(production, chosen)
        check_account(fates, _AGAIN)
        check_moment(str(variables["as_of"]), fates, production.read)
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
        busy, said = is_locked(error), str(error).splitlines()[0]
        raise CarepathError(
            "The raw database is being written by another process."
            if busy
            else "The raw database cannot be opened.",
            where=str(workspace.raw),
            fix="wait until the landing has ended, then build again"
            if busy
            else f"restore it from a backup, or remove it and land again ({said})",
        ) from None
