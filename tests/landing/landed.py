"""What the landing tests use to look at what landed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from carepath.workspace import Workspace

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def make_workspace(root: Path) -> Workspace:
    """Make an empty workspace."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "carepath.toml").touch()
    return Workspace(root)


def query(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Run a query on the raw database."""
    connection = duckdb.connect(str(workspace.raw), read_only=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def read_rejects(workspace: Workspace) -> list[tuple[Any, ...]]:
    """Read the reject ledger in order."""
    return query(
        workspace,
        "select row_number, reason, row_text from landing.rejected_rows order by row_number",
    )
