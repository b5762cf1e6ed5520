"""What one landing did, file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["landed", "already_landed", "unknown", "refused"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it done, in [0, 1]."""


@dataclass(frozen=True)
class FileReport:
    """What became of one file.

    Parameters
    ----------
    file_name : str
        Path relative to the folder that was landed.
    table : str or None
        ``care_platform.task`` and the like; None where no table was recognised.
    status : str
        ``landed``, ``already_landed`` (the same content is in raw), ``unknown`` or ``refused``.
    rows_read, accepted, rejected : int
        Rows of the file; ``accepted + rejected == rows_read``. Zero unless landed.
    unknown_columns : tuple of str
        Columns of the file that the table does not have; they are ignored.
    reasons : tuple of (str, int)
        Reasons of rejection without the values, most frequent first. One row can have several.
    notes : tuple of str
        What a reader should know: an empty file, several user entities, why it was refused.
    """

    file_name: str
    table: str | None
    status: Status
    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    unknown_columns: tuple[str, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def already_landed(self) -> bool:
        """Whether the same content had been landed before."""
        return self.status == "already_landed"


@dataclass(frozen=True)
class LandingReport:
    """What one landing did.

    Parameters
    ----------
    batch_number : int or None
        Number of the new batch; None where nothing new was landed.
    files : tuple of FileReport
        Every file looked at, in order of name.
    """

    batch_number: int | None
    files: tuple[FileReport, ...]

    @property
    def rows_read(self) -> int:
        """Rows read from new files."""
        return sum(file.rows_read for file in self.files)

    @property
    def accepted(self) -> int:
        """Rows now in the raw tables because of this landing."""
        return sum(file.accepted for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows now in the reject ledger because of this landing."""
        return sum(file.rejected for file in self.files)
