"""What the killed runs start from, and what they must end in."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from processes import Server

from carepath.workspace import Workspace


@dataclass
class World:
    """What killed runs start from, and what they must end in.

    Parameters
    ----------
    server : Server
        Runs commands.
    second : Path
        Files of the second batch.
    waiting : Workspace
        First batch built, second not landed.
    landed : Workspace
        First batch built, second landed.
    old, new : str
        Digest of prod after the first batch, and after both, built from nothing.
    raw : dict
        Digest of every raw table after both.
    landing_seconds, building_seconds : float
        How long a landing and a build take here.
    """

    server: Server
    second: Path
    waiting: Workspace
    landed: Workspace
    old: str
    new: str
    raw: dict[str, tuple[int, str]]
    landing_seconds: float
    building_seconds: float
    account: list[str] = field(default_factory=list)
