"""Writing files: numbers in, DuckDB turns them into text and writes Parquet, CSV or JSON lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
from numpy.typing import NDArray

from carepath.quoting import quote_text
from carepath.sample.plan import SamplePlan
from carepath.sample.vocabulary import FIRST_NAMES, LAST_NAMES

_COPY = {
    "parquet": "format parquet, compression zstd, compression_level 1",
    "csv": "format csv, header true",
    "jsonl": "format json",
    # No quoting: the fields of Snowplow's TSV hold no tab and no line break.
    "tsv": "format csv, header false, delimiter '\t', quote '', escape '', nullstr ''",
}


def _sql_list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


class Writer:
    """Writes tables of one sample to a folder.

    Identifiers and names are made in SQL from a number and the seed, so that a person is the same
    in every file without any join.
    """

    def __init__(self, folder: Path, plan: SamplePlan) -> None:
        self.folder = folder
        self.plan = plan
        self.rows: dict[str, int] = {}
        self.files: list[str] = []
        self._connection = duckdb.connect()
        self._connection.execute("set preserve_insertion_order = true")
        first, last = _sql_list(FIRST_NAMES), _sql_list(LAST_NAMES)
        for macro in (
            f"as_uuid(kind, n) as md5(concat('{plan.seed}-', kind, '-', n))::uuid::varchar",
            f"first_name(n) as {first}[n * 7 % {len(FIRST_NAMES)} + 1]",
            f"last_name(n) as {last}[n // 3 % {len(LAST_NAMES)} + 1]",
            "email_of(n) as concat(lower(first_name(n)), '.', lower(last_name(n)), '.', n,"
            " '@mail.example.org')",
        ):
            self._connection.execute(f"create macro {macro}")

    def __enter__(self) -> Writer:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def write(
        self,
        table: str,
        columns: Mapping[str, NDArray[Any]],
        select: str,
        *,
        part: int | None = None,
        file_format: str | None = None,
    ) -> None:
        """Write `columns` as one file of `table`, in their order.

        Parameters
        ----------
        table : str
            Name of the raw table and of its file.
        columns : mapping of str to array
            Codes, numbers and texts; masked elements are null.
        select : str
            SQL select list that turns the codes into the table's columns.
        part : int, optional
            Number of the part when the table has several files.
        file_format : str, optional
            One of parquet, csv, jsonl, tsv; the plan's by default.
        """
        kind = file_format or self.plan.file_format
        name = f"{table}.{kind}" if part is None else f"{table}-{part:04d}.{kind}"
        path = quote_text(str(self.folder / name))
        self._connection.register("coded", dict(columns))
        self._connection.execute(f"copy (select {select} from coded) to {path} ({_COPY[kind]})")
        self._connection.unregister("coded")
        count = len(next(iter(columns.values())))
        self.rows[table] = self.rows.get(table, 0) + count
        self.files.append(name)
