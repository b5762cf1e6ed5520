"""Which warehouse a workspace has: the one place that questions ask."""

from __future__ import annotations

from carepath.configuration import read_platform
from carepath.questions.warehouse import EmbeddedWarehouse, Warehouse
from carepath.workspace import Workspace


def open_warehouse(workspace: Workspace, purpose: str) -> Warehouse:
    """Open `prod`, wherever the workspace has it.

    Parameters
    ----------
    workspace : Workspace
        Whose.
    purpose : str
        What for, in a word: Snowflake's query tag.

    Raises
    ------
    CarepathError
        When it has not been built or cannot be reached.
    """
    if read_platform(workspace) == "snowflake":
        from carepath.questions.production import SnowflakeWarehouse
        from carepath.snowflake.settings import read_settings

        return SnowflakeWarehouse(read_settings(), purpose)
    return EmbeddedWarehouse(workspace.prod)
