"""Which tests stay together, which begin, and how many examples properties are tried on.

With `pytest -n auto` the tests of a file stay on one processor, and so do those of a folder whose
files share something that takes long to make: otherwise every processor would make it.
"""

from __future__ import annotations

from pathlib import Path

import parsed_project
import pytest
from effort import times
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
# Their files share a warehouse that is built once, or a sample.
TOGETHER = ("survival", "on_snowflake", "building", "operations", "report", "sample")
# The long ones begin, so that no processor waits for them at the end.
FIRST = ("survival", "on_snowflake", "building", "warehouse", "operations", "oracle", "docs")

# A deadline for an example would say more about who else uses the machine.
settings.register_profile("carepath", max_examples=times(100), deadline=None)
settings.load_profile("carepath")


def pytest_configure(config: pytest.Config) -> None:
    """Builds go on from one parse of the dbt project; whoever made its folder removes it."""
    if parsed_project.make_folder():
        config.add_cleanup(parsed_project.remove_folder)
    parsed_project.share_parse()


def folder_of(nodeid: str) -> str:
    """The folder below tests/ that a test is in."""
    return nodeid.removeprefix("tests/").split("/")[0]


class Together(LoadScopeScheduling):
    """Gives whole files, or whole folders, to a processor."""

    def _split_scope(self, nodeid: str) -> str:
        folder = folder_of(nodeid)
        return folder if folder in TOGETHER else nodeid.split("::", 1)[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    """Whatever `--dist` says."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long folders begin; the order inside a folder stays."""

    def place(item: pytest.Item) -> int:
        folder = folder_of(item.nodeid)
        return FIRST.index(folder) if folder in FIRST else len(FIRST)

    items.sort(key=place)
