"""Is a workspace well? One check after the other; none changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from carepath.configuration import read_platform
from carepath.errors import CarepathError
from carepath.operations.databases import check_databases
from carepath.operations.findings import Finding, fail
from carepath.operations.freshness import (
    check_batches,
    check_data,
    check_prod,
    check_snowflake,
)
from carepath.operations.installation import check_dbt, check_python, check_versions
from carepath.operations.places import (
    check_configuration,
    check_definitions,
    check_disk,
    check_last_run,
    check_leftovers,
    check_locks,
    check_permissions,
)
from carepath.workspace import Workspace

Check = Callable[[Workspace], Iterator[Finding]]

CHECKS_ON_SNOWFLAKE: tuple[Check, ...] = (
    check_python,
    check_versions,
    check_dbt,
    check_configuration,
    check_definitions,
    check_permissions,
    check_locks,
    check_leftovers,
    check_snowflake,
    check_last_run,
)
CHECKS: tuple[Check, ...] = (
    check_python,
    check_versions,
    check_dbt,
    check_configuration,
    check_definitions,
    check_permissions,
    check_locks,
    check_leftovers,
    check_disk,
    check_databases,
    check_batches,
    check_data,
    check_prod,
    check_last_run,
)


def examine(workspace: Workspace, *, deep: bool = False) -> tuple[Finding, ...]:
    """Check a workspace.

    Parameters
    ----------
    workspace : Workspace
        What to look at; nothing in it is changed.
    deep : bool
        Whether to read every block of the databases: slow where they are large, and the only way
        to find a block that the disk has damaged.

    Returns
    -------
    tuple of Finding
        In the order of `CHECKS`, or of `CHECKS_ON_SNOWFLAKE`. A check that cannot be made is a
        finding, never an error.

    Raises
    ------
    CarepathError
        Where blocks are to be read and the warehouse is on Snowflake.
    """
    findings: list[Finding] = []
    is_on_snowflake = _is_on_snowflake(workspace)
    if deep and is_on_snowflake:
        raise CarepathError(
            "The warehouse is on Snowflake: there are no files whose blocks could be read.",
            where="--deep",
            fix="leave --deep out",
        )
    for check in CHECKS_ON_SNOWFLAKE if is_on_snowflake else CHECKS:
        try:
            findings += (
                check_databases(workspace, deep) if check is check_databases else check(workspace)
            )
        except CarepathError as error:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            findings.append(fail(name, error.what, error.fix or "correct this"))
        except OSError as error:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            findings.append(fail(name, f"{error.strerror}: {error.filename}", "check permissions"))
    return tuple(findings)


def _is_on_snowflake(workspace: Workspace) -> bool:
    try:
        return read_platform(workspace) == "snowflake"
    except CarepathError:  # told by check_configuration
        return False
