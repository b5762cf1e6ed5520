"""What makes a build fail, each told in one message with the next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import duckdb

from carepath.building.invocation import DbtResult, NodeResult
from carepath.building.reconciliation import Read, read_latest
from carepath.building.report import Fate
from carepath.errors import CarepathError
from carepath.faults import is_damaged, is_out_of_space
from carepath.workspace import Workspace

_SHOWN_FAILURES = 5
_ACCOUNT_TEST = "assert_every_source_row_is_accounted_for"


class BuildFailedError(CarepathError):
    """The build ran and must not be published; what was published before stays."""

    exit_code = 1
    counts: Mapping[str, int] = {}
    """Nodes built, tests passed and failed, for the history."""


@contextmanager
def explained(workspace: Workspace) -> Iterator[None]:
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


def misses_rows(result: DbtResult) -> bool:
    """Tell whether a build failed only because raw rows have no fate."""
    bad = {node.name for node in result.nodes if node.is_bad}
    return result.error is None and bad == {_ACCOUNT_TEST}


def check_result(result: DbtResult, workspace: Workspace, candidate: str | None = None) -> None:
    """Raise what went wrong while dbt ran; `candidate` is where to look at it."""
    bad = [node for node in result.nodes if node.is_bad]
    if not bad and result.error is None:
        return
    dbt_log = workspace.logs / "dbt.log"
    fault = _find_fault([*(node.message for node in bad), result.error or ""], workspace)
    if fault is not None:
        fault.counts = count_nodes(result)
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
    error.counts = count_nodes(result)
    raise error


def count_nodes(result: DbtResult) -> dict[str, int]:
    """Count models built, tests passed and failed."""
    tables = [node for node in result.nodes if node.kind in ("model", "seed")]
    tests = [node for node in result.nodes if node.kind == "test"]
    return {
        "models": sum(node.status == "success" for node in tables),
        "tests_passed": sum(node.status in ("pass", "warn") for node in tests),
        "tests_failed": sum(node.is_bad for node in tests),
    }


def _describe(node: NodeResult) -> str:
    if node.kind == "test" and node.status == "fail":
        rows = "1 row" if node.failures == 1 else f"{node.failures:,} rows"
        return f"data test {node.name} returned {rows} ({node.path})"
    kind = "data test" if node.kind == "test" else node.kind
    return f"{kind} {node.name}: {_error_line(node.message)} ({node.path})"


def _error_line(message: str) -> str:
    """Keep the line that says what is wrong, without dbt's heading."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return next((line for line in lines if "Error:" in line), lines[0] if lines else "no message")


def check_account(fates: tuple[Fate, ...], unaccounted: str | None = None) -> None:
    """Raise unless every row has a fate; `unaccounted` is the next step if one has none."""
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


def check_moment(moment: str, fates: tuple[Fate, ...], read: Read) -> None:
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
