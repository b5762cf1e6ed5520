"""Random small worlds: raw rows that bend every rule, from one source of randomness.

A world's ids carry its own prefix, so many worlds can share one build and still be told apart;
a world with a seed is made again from the seed alone. Hash tie-breaks are never decisive here:
two versions of one row differ in a load or collector time, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from oracle.definitions import TABLES, Raw, Row

Value = TypeVar("Value")

YEAR_START = datetime(2024, 1, 8)
AS_OF = datetime(2024, 12, 1, 15, 30)
# How systems write that they have no date, and the last instant that cannot be one.
NO_DATES = (
    datetime(1, 1, 1),
    datetime(1900, 1, 1),
    datetime(1970, 1, 1),
    datetime(1999, 12, 31, 23, 59, 59, 999999),
)
# When a step of a definition begins or ends to exist.
DEFINITION_CHANGES = (datetime(2024, 5, 1), datetime(2024, 9, 1))


@dataclass
class World:
    """Raw rows under construction."""

    random: Random
    number: int
    rows: Raw = field(default_factory=lambda: {table: [] for table in TABLES})
    counter: int = 0
    visitor: str | None = None
    session: str | None = None

    def name(self, kind: str) -> str:
        """A fresh id."""
        self.counter += 1
        return f"w{self.number}-{kind}-{self.counter}"

    def serial(self) -> int:
        """A fresh number, higher than all before, different in every world."""
        self.counter += 1
        return self.number * 100_000 + self.counter

    def chance(self, share: float) -> bool:
        """Whether something that happens in this share of cases happens."""
        return self.random.random() < share

    def pick(self, *values: Value) -> Value:
        """One of these."""
        return values[self.random.randrange(len(values))]

    def moment(self) -> datetime:
        """Some time in the year; at times around a change of the clocks, or of a definition."""
        if self.chance(0.15):
            start = self.pick(datetime(2024, 3, 10, 4), datetime(2024, 11, 3, 3))
            return start + timedelta(minutes=self.random.randrange(360))
        if self.chance(0.05):
            return AS_OF - timedelta(hours=self.random.randrange(-30, 30))
        if self.chance(0.04):
            return self.pick(*DEFINITION_CHANGES) + timedelta(microseconds=self.pick(-1, 0, 1))
        if self.chance(0.1):
            return AS_OF - timedelta(seconds=self.random.randrange(40 * 86_400))
        return YEAR_START + timedelta(
            seconds=self.random.randrange(310 * 86_400), microseconds=self.pick(0, 1, 500_000)
        )

    def pause(self) -> timedelta:
        """Time between two things: nothing, an instant, a tolerance, minutes, days, weeks."""
        return self.pick(
            timedelta(0),
            timedelta(microseconds=1),
            timedelta(seconds=1),
            timedelta(seconds=2),
            timedelta(seconds=2, microseconds=1),
            timedelta(seconds=self.random.randrange(1, 7200)),
            timedelta(seconds=self.random.randrange(1, 7200)),
            timedelta(hours=self.random.randrange(1, 72)),
            timedelta(days=self.random.randrange(1, 9), seconds=self.random.randrange(86_400)),
            timedelta(days=self.random.randrange(5, 40)),
        )

    def add(self, table: str, row: Row) -> None:
        """Add a row, at times twice."""
        self.rows[table].append(row)
        if self.chance(0.05):
            self.rows[table].append(dict(row))

    def add_versions(self, table: str, row: Row, older: Row) -> None:
        """Add a current-state row, at times after an outdated version of it."""
        loaded = row["_fivetran_synced"] or row["_sdc_received_at"]
        if self.chance(0.2):
            stale = row | older
            if loaded is None:
                stale["modified"] = None
            else:
                back = timedelta(hours=self.random.randrange(1, 200))
                column = "_fivetran_synced" if row["_fivetran_synced"] else "_sdc_received_at"
                stale[column] = self.pick(None, loaded - back)
            if loaded is not None or table.endswith(("task", "project")):
                self.add(table, stale)
        self.add(table, row)

    def loader(self, at: datetime, family: str) -> Row:
        """Loader columns for a row that was there at a time; at times of the other family."""
        columns: Row = {
            "_fivetran_synced": None,
            "_fivetran_deleted": None,
            "_sdc_received_at": None,
            "_sdc_deleted_at": None,
            "_batch_number": 1,
        }
        if self.chance(0.85):
            if self.chance(0.05):
                family = "_sdc_received_at" if family == "_fivetran_synced" else "_fivetran_synced"
            columns[family] = at + timedelta(seconds=self.random.randrange(86_400))
        return columns


def combine(worlds: Iterable[Raw]) -> Raw:
    """All rows of several worlds, table by table."""
    combined: Raw = {table: [] for table in TABLES}
    for world in worlds:
        for table in TABLES:
            combined[table].extend(world[table])
    return combined


def shuffled(raw: Raw, seed: int, repeated_share: float = 0.1) -> Raw:
    """The same rows in another order, some of them more than once."""
    random = Random(seed)
    result: Raw = {}
    for table, rows in raw.items():
        more = [dict(row) for row in rows if random.random() < repeated_share]
        result[table] = [dict(row) for row in rows] + more
        random.shuffle(result[table])
    return result
