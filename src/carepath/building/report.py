"""What a build did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Fate:
    """What became of the raw rows of one source table.

    Parameters
    ----------
    source_table : str
        For example ``care_platform.task``.
    in_files, rejected_at_landing : int
        Rows read from files, and those that landing put in its reject ledger.
    raw : int
        Rows in the raw database.
    modelled, deduplicated, rejected, after_as_of : int
        What the models made of them.
    erased : int
        Rows of files that were in raw until a person was erased.
    """

    source_table: str
    in_files: int
    rejected_at_landing: int
    raw: int
    modelled: int
    deduplicated: int
    rejected: int
    after_as_of: int
    erased: int = 0

    @property
    def missing(self) -> int:
        """Raw rows without a fate; 0 when the account is right, negative when rows were made."""
        return self.raw - self.modelled - self.deduplicated - self.rejected - self.after_as_of

    @property
    def missing_at_landing(self) -> int:
        """Rows of files that are neither raw nor in the reject ledger."""
        if not self.in_files:
            return 0
        return self.in_files - self.rejected_at_landing - self.erased - self.raw

    @property
    def is_balanced(self) -> bool:
        """Whether every row is accounted for."""
        return self.missing == 0 and self.missing_at_landing == 0


@dataclass(frozen=True)
class RestatedWeek:
    """A closed week of which the published prod said something else.

    Parameters
    ----------
    measure : str
        What is counted: people entered, people converted, projects started, tasks completed.
    week : date
        Monday of the week, in the site's time zone.
    before, after : int
        The count in the prod published before, and now.
    """

    measure: str
    week: date
    before: int
    after: int


@dataclass(frozen=True)
class BuildReport:
    """A build that was published.

    Parameters
    ----------
    prod : Path or str
        The published database: its file, or its schema on Snowflake.
    as_of : str or None
        The moment it is of, ISO 8601, UTC; None without any data.
    mode : str
        Whether it was incremental, from scratch or nothing at all, and why.
    model_count, test_count : int
        dbt nodes that were built, and data tests that passed.
    seconds : float
        Wall-clock time.
    fates : tuple of Fate
        The account of every raw row.
    rejections : tuple of (source_table, reason, rows)
        Why rows were rejected by the models.
    warnings : tuple of str
        What a person should look at.
    restated : tuple of RestatedWeek
        Closed weeks whose headline counts are not those of the prod published before.
    """

    prod: Path | str
    as_of: str | None
    mode: str
    model_count: int
    test_count: int
    seconds: float
    fates: tuple[Fate, ...]
    rejections: tuple[tuple[str, str, int], ...]
    warnings: tuple[str, ...]
    restated: tuple[RestatedWeek, ...] = ()
