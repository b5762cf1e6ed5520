"""The commands that write a workspace, recorded: what the command line and the demo call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from carepath.logs import LogFormat
from carepath.operations.recording import record_run
from carepath.workspace import Workspace

if TYPE_CHECKING:
    from carepath.building import BuildReport
    from carepath.building.invocation import Progress as BuildProgress
    from carepath.landing import LandingReport
    from carepath.landing.report import Progress as LandingProgress
    from carepath.operations.erasure import Erased


def run_landing(
    workspace: Workspace,
    folder: Path,
    progress: LandingProgress,
    *,
    skip_bad_files: bool = False,
    log_format: LogFormat = "text",
) -> LandingReport:
    """Land a folder; see `carepath.landing.land`."""
    from carepath.configuration import read_build_configuration
    from carepath.landing import land

    asked = {"folder": str(folder), "skip_bad_files": skip_bad_files}
    with record_run(workspace, "land", asked, log_format) as recorder:
        memory = read_build_configuration(workspace).memory
        report = land(folder, workspace, progress, skip_bad_files=skip_bad_files, memory=memory)
        recorder.count(
            files=sum(file.status == "landed" for file in report.files),
            rows_read=report.rows_read,
            accepted=report.accepted,
            rejected=report.rejected,
        )
    return report


def run_build(
    workspace: Workspace,
    progress: BuildProgress,
    *,
    as_of: str | None = None,
    log_format: LogFormat = "text",
    full_refresh: bool = False,
) -> BuildReport:
    """Build and publish; see `carepath.building.build`."""
    from carepath.building import build
    from carepath.configuration import read_build_configuration

    with record_run(
        workspace, "build", {"as_of": as_of, "full_refresh": full_refresh}, log_format
    ) as recorder:
        configuration = read_build_configuration(workspace)
        report = build(
            workspace,
            as_of=as_of,
            variables=configuration.variables,
            progress=progress,
            threads=configuration.threads,
            memory=configuration.memory,
            full_refresh=full_refresh,
        )
        recorder.count(
            models=report.model_count,
            tests_passed=report.test_count,
            raw_rows=sum(fate.raw for fate in report.fates),
            modelled=sum(fate.modelled for fate in report.fates),
            rejected=sum(fate.rejected for fate in report.fates),
            restated_weeks=len({week.week for week in report.restated}),
        )
    return report


def run_erasure(
    workspace: Workspace, people: Mapping[str, str], *, log_format: LogFormat = "text"
) -> tuple[Erased, ...]:
    """Erase people from raw; see `carepath.operations.erasure`. Who they were is not recorded.

    `people` maps each id to where it was given: a line of a file, an option.

    Raises
    ------
    MissingPeopleError
        When nothing was found of somebody; the others were erased.
    """
    from carepath.operations.erasure import erase_from_raw, sum_up

    with record_run(workspace, "erase", {"people": len(people)}, log_format) as recorder:
        erasure = erase_from_raw(workspace, list(people))
        recorder.count(**sum_up(erasure.tables))
        if missing := erasure.explain_missing(people):
            raise missing
    return erasure.tables
